/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK.md of an export and of a proof: how to check them with openssl and Python. The tests run these very commands.
 */
#ifndef IMPRINT_LEDGER_EXPORT_PAGES_H
#define IMPRINT_LEDGER_EXPORT_PAGES_H

#include <stdbool.h>
#include <stdio.h>

#include "ledger/note_key.h"

/* What an export has besides entries and checkpoint. */
struct export_extras {
    unsigned witnesses; /* files cosigned-N and witness-N.pem, from 1 */
    bool is_stamped;    /* files stamped, stamped.tsr, tsa.pem */
};

/* Writes the page for a log with a key of this type. What failed, the stream says at its end. */
void export_pages_ledger(FILE *page, enum note_type type, const struct export_extras *extras);
void export_pages_proof(FILE *page, enum note_type type);

#endif
