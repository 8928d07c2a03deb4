/* SPDX-License-Identifier: Apache-2.0 */
/* Entries with the entry before of the same device: for figures over all of them without a table of devices in memory.
 */
#ifndef IMPRINT_LEDGER_ATTEMPTS_H
#define IMPRINT_LEDGER_ATTEMPTS_H

#include "ledger/ledger.h"

#define ATTEMPTS_NONE UINT64_MAX /* the device has no entry before */

/* All entries in their order, and a way back through those of one device. Both as of one moment. */
struct attempts {
    struct ledger *ledger;
    struct statement all, one;
};

/* What is read of an entry. */
struct attempts_row {
    uint64_t seq;
    uint64_t before;   /* number of the device's entry before, or ATTEMPTS_NONE */
    struct bytes body; /* its text, valid until the next call on the same `attempts` */
};

/* False with a reason; attempts_close() in both cases. */
bool attempts_open(struct attempts *attempts, struct ledger *ledger, struct error *err);
void attempts_close(struct attempts *attempts);

/* The next entry. False at the end, or with a reason. */
bool attempts_next(struct attempts *attempts, struct attempts_row *row, struct error *err);

/* The entry with this number; attempts_next() goes on where it was. False with a reason. */
bool attempts_get(struct attempts *attempts, uint64_t seq, struct attempts_row *row, struct error *err);

#endif
