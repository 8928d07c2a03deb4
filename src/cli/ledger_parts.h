/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates of finished devices, from their entries: a row of CSV or an object for each. */
#ifndef IMPRINT_CLI_LEDGER_PARTS_H
#define IMPRINT_CLI_LEDGER_PARTS_H

#include "cli/output.h"

enum ledger_parts { LEDGER_PARTS_KEYS, LEDGER_PARTS_CERTIFICATES };

void ledger_parts_heading(const struct output *output, enum ledger_parts which);

/* Those of one entry. */
void ledger_parts_print(const struct output *output, enum ledger_parts which, const json_t *entry);

#endif
