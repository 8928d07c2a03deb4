/* SPDX-License-Identifier: Apache-2.0 */
/* The devices whose newest entry does not say that they are done with. */
#ifndef IMPRINT_LEDGER_FAILED_H
#define IMPRINT_LEDGER_FAILED_H

#include "ledger/ledger.h"

/*
 * Lists devices that are neither finished, nor retired, reworked or scrapped by their newest entry, those with the
 * newest entries first: at most `most`, into `devices`. Reads the newest entry of every device. False with a reason.
 */
bool ledger_list_failed(struct ledger *ledger, char (*devices)[LEDGER_DEVICE_SIZE], size_t most, size_t *count,
                        struct error *err);

#endif
