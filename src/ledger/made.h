/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that the ledger has as made, one after the other. */
#ifndef IMPRINT_LEDGER_MADE_H
#define IMPRINT_LEDGER_MADE_H

#include <jansson.h>

#include "ledger/ledger.h"

/* What is done with a device's entry, which is borrowed: that of the last run that finished it. False with a reason. */
typedef bool ledger_made_work(void *context, const json_t *entry, struct error *err);

/*
 * Calls `work` for each device that a run finished and that was not retired since, by serial number, all as of one
 * moment. False with its reason, or one of the ledger's.
 */
bool ledger_each_made(struct ledger *ledger, ledger_made_work *work, void *context, struct error *err);

/* The same for one device; `*found` false where it was not made, or retired. */
bool ledger_made_of(struct ledger *ledger, const char *device, bool *found, ledger_made_work *work, void *context,
                    struct error *err);

#endif
