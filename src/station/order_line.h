/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders of a line: the order is in a PostgreSQL database, its home, and stations take leases of it. A station has a
 * copy of the order and its leases in its own ledger, makes devices with them without asking, and tells the home what
 * its ledger says of them: in the ledger's order, each entry once, whatever is lost or repeated.
 */
#ifndef IMPRINT_STATION_ORDER_LINE_H
#define IMPRINT_STATION_ORDER_LINE_H

#include "order/lease.h"
#include "station/line_file.h"
#include "station/orders.h"

/*
 * Opens the home that libpq's `settings` name. DATABASE_MAKE for who plans orders: makes the tables; DATABASE_JOIN for
 * stations. False with a reason, and closed.
 */
bool order_line_open(struct database *home, const char *settings, enum database_mode mode, struct error *err);

/* The same for the home that this station's line.yaml names, with DATABASE_JOIN. */
bool order_line_join(struct database *home, const struct line_file *file, struct error *err);

/*
 * As orders_make(), orders_approve() and orders_close(), for an order of the line. This ledger, that of whoever
 * decides, gets an entry that names the line's database; the order itself is at the home alone.
 */
bool order_line_make(struct ledger *ledger, struct database *home, const struct orders_who *who,
                     const struct profile *profile, const struct orders_list *list, struct order *order,
                     struct error *err);
bool order_line_approve(struct ledger *ledger, struct database *home, const struct orders_who *who, const char *id,
                        struct error *err);
bool order_line_close(struct ledger *ledger, struct database *home, const struct orders_who *who, const char *id,
                      struct error *err);

/*
 * Tells the home what it does not know yet of this station's leases; `*told` counts entries. May be repeated. False
 * with a reason: ERROR_DUPLICATE where this ledger is not the one that the home has heard before (a restored copy).
 */
bool order_line_send(struct ledger *ledger, struct database *home, uint64_t *told, struct error *err);

/* Where this station has a copy of a line's order: joins the home that the file names, and sends. Else `*told` is 0. */
bool order_line_sync(struct ledger *ledger, const struct line_file *file, uint64_t *told, struct error *err);

/* What a station asks for. */
struct order_line_wish {
    int64_t amount;    /* units */
    int64_t most_left; /* with more of its open leases left it asks for none; ORDER_LINE_ALWAYS: it always asks */
};

#define ORDER_LINE_ALWAYS INT64_MAX

/*
 * Sends, and takes a share of up to `wish->amount` units: `*answer` says what was granted; amount 0: this station has
 * more than `wish->most_left`. A share that was asked for before, without an answer, is asked for again first. False
 * with a reason, also where nothing was granted (ERROR_ORDER_FULL, ERROR_ORDER_REFUSED).
 */
bool order_line_lease(struct ledger *ledger, struct database *home, const char *operator_name, const char *id,
                      const struct order_line_wish *wish, struct order_lease *answer, struct error *err);

/* Ends this station's leases of the order, here; `*count` is how many were open. The home hears it when it is sent. */
bool order_line_end_leases(struct ledger *ledger, const char *operator_name, const char *id, unsigned *count,
                           struct error *err);

/* Ends this station's leases of the order, and sends: the unused rest goes back. `*count` is how many were open. */
bool order_line_return(struct ledger *ledger, struct database *home, const char *operator_name, const char *id,
                       unsigned *count, struct error *err);

#endif
