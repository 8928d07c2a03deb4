/* SPDX-License-Identifier: Apache-2.0 */
/* The derived tables, made anew from the entries. */
#ifndef IMPRINT_LEDGER_REBUILD_H
#define IMPRINT_LEDGER_REBUILD_H

#include "ledger/ledger.h"

/*
 * Forgets what was derived and derives it again, in one transaction. `*entries` gets how many there were, `*conflicts`
 * in how many a device has what another has. False with a reason; then the tables are as before.
 */
bool ledger_rebuild(struct ledger *ledger, uint64_t *entries, uint64_t *conflicts, struct error *err);

#endif
