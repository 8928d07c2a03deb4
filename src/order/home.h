/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The home of a line's orders, on PostgreSQL. Stations reach no table of it: they call functions, which know the caller
 * by its role. A log, and so its leases, belongs to the role that spoke of it first. Who plans orders has rights on the
 * tables of orders themselves (order/order.h works there); who looks (order_find() and the like) calls functions.
 *
 * The functions do with a station's entries what order/claim.h and order/lease.h do here, for a station is not to
 * decide what they do there. test/order/test_simulation.c holds both to the same rules.
 */
#ifndef IMPRINT_ORDER_HOME_H
#define IMPRINT_ORDER_HOME_H

#include "order/lease.h"

extern const struct database_kind order_home_kind;

/* Gives a role the rights of a station, or of one that plans; its name must be one that a station can have. */
bool order_home_grant(struct database *home, const char *role, bool plans, struct error *err);

/* How far the home has heard a station's log. */
struct order_heard {
    uint64_t next;                /* the number of the entry that follows */
    char leaf[ORDER_DIGEST_SIZE]; /* hash of the one before, hex; "" where there is none */
};

/* False with a reason: ERROR_DUPLICATE where the log is another role's. */
bool order_home_heard(struct database *home, const char *log, struct order_heard *heard, struct error *err);

/*
 * Tells the home what the log has after `before`, up to `after`: `entries` is a JSON array of the texts of those that
 * may concern orders. All or nothing. False with a reason: ERROR_DATABASE_BUSY where another process of the station has
 * told it meanwhile; ERROR_ORDER_REFUSED where an entry does not fit what the home knows.
 */
bool order_home_hear(struct database *home, const char *log, const struct order_heard *before,
                     const struct order_heard *after, const char *entries, struct error *err);

/*
 * Grants this station's log up to `asked->amount` units, or repeats what was answered to this id. `*answer` says what:
 * state "open" with an amount that may be smaller, or "refused": the order is full, closed or waits for its first
 * article. Of an order that is new one unit is granted: its first article.
 */
bool order_home_lease(struct database *home, const struct order_lease *asked, struct order_lease *answer,
                      struct error *err);

#endif
