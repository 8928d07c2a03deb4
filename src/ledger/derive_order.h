/* SPDX-License-Identifier: Apache-2.0 */
/* Puts into the tables of orders what an entry says of them. */
#ifndef IMPRINT_LEDGER_DERIVE_ORDER_H
#define IMPRINT_LEDGER_DERIVE_ORDER_H

#include "ledger/ledger.h"

/* `conflict`: another device has the entry's board number. False with a reason. */
bool ledger_apply_order(struct database *database, const json_t *entry, struct ledger_conflict *conflict,
                        struct error *err);

#endif
