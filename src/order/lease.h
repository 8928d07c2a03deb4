/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases: shares of an order that its home grants to stations, so that a station goes on without the home.
 *
 * The station gives the lease its id, and asks with it again until it has an answer; the home remembers what it
 * answered, refusals too. So requests and answers may be lost, late and doubled. The unused rest comes back with an
 * entry of the station's log (order_lease_end()), which the home applies in the log's order: after every claim that
 * used the lease. A lease never runs out by a clock: a station that is only away may still use it.
 */
#ifndef IMPRINT_ORDER_LEASE_H
#define IMPRINT_ORDER_LEASE_H

#include "order/order.h"

struct order_lease {
    char id[ORDER_LEASE_SIZE], order[ORDER_ID_SIZE], station[ORDER_LEASE_SIZE];
    int64_t amount, used; /* units */
    char state[16];       /* "asked", "open", "refused", "closed", "written-off" */
};

bool order_lease_find(struct database *database, const char *id, struct order_lease *lease, bool *found,
                      struct error *err);

/* At the station: a lease of the order that has no answer yet, or one that is open. `*found` false: there is none. */
bool order_lease_pending(struct database *database, const char *order, struct order_lease *lease, bool *found,
                         struct error *err);
bool order_lease_open(struct database *database, const char *order, struct order_lease *lease, bool *found,
                      struct error *err);

/* At the station: its open leases of the order. */
struct order_share {
    int64_t left;    /* units that no device has taken */
    int64_t largest; /* amount of the largest; 0: there are none */
};
bool order_lease_share(struct database *database, const char *order, struct order_share *share, struct error *err);

/* At the station: a number for the next lease's id, from 1. */
bool order_lease_number(struct database *database, uint64_t *number, struct error *err);

/* Calls `show` for every lease of the order. */
bool order_lease_list(struct database *database, const char *order,
                      void (*show)(void *context, const struct order_lease *lease), void *context, struct error *err);

/* At the station, before it asks: id, order, station and the amount that it wants. The same again changes nothing. */
bool order_lease_ask(struct database *database, const struct order_lease *lease, struct error *err);

/* At the station: the answer. A lease that is not "asked" any more stays as it is. */
bool order_lease_answer(struct database *database, const struct order_lease *answer, struct error *err);

/* At the station, and at the home when it applies the station's entry: the unused rest goes back. */
bool order_lease_end(struct database *database, const char *id, struct error *err);

/*
 * At the home, by a person's word that the station is lost: its rest goes back, and what its log may still say of the
 * lease is refused. Devices that it made meanwhile are then beyond the order.
 */
bool order_lease_write_off(struct database *database, const char *id, struct error *err);

#endif
