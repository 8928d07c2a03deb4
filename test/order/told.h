/* SPDX-License-Identifier: Apache-2.0 */
/* What a station of the simulation tells a home on a server: entries, as its ledger has them. */
#ifndef IMPRINT_TEST_ORDER_TOLD_H
#define IMPRINT_TEST_ORDER_TOLD_H

#include "order/claim.h"
#include "order/home.h"

#define TOLD_MAX 8192

/* How many entries of a station's log the home has heard: SQL, for printf() with the station's number. */
#define TOLD_NEXT "SELECT coalesce(max(next), 0) FROM order_heard WHERE log = 'line-%d'"

/* The part of a log that follows what the home has heard. */
struct told_batch {
    struct database *home;
    char log[32], entries[TOLD_MAX];
    struct order_heard before, after;
};

bool told_begin(struct told_batch *batch, struct database *home, int station, struct error *err);

/* An entry with its number in the log: left out where it does not follow. */
void told_add(struct told_batch *batch, int64_t seq, const struct order_claim *claim, const char *kind,
              const char *unit);
void told_add_end(struct told_batch *batch, int64_t seq, const struct order_claim *claim, enum order_end end);

bool told_end(struct told_batch *batch, struct error *err);

#endif
