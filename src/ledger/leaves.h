/* SPDX-License-Identifier: Apache-2.0 */
/* Trees over some of a ledger's entries, by the hashes that it keeps of them. */
#ifndef IMPRINT_LEDGER_LEAVES_H
#define IMPRINT_LEDGER_LEAVES_H

#include "ledger/ledger.h"

/* Adds the leaves of entries `first` to below `end`, as far as they are there, to the tree. False with a reason. */
bool leaves_add(struct ledger *ledger, uint64_t first, uint64_t end, struct merkle *tree, struct error *err);

/* The root of a range of entries, all of which must be there. False with a reason. */
bool leaves_root(struct ledger *ledger, struct merkle_range range, uint8_t root[static MERKLE_BYTES],
                 struct error *err);

#endif
