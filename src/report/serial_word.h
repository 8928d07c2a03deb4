/* SPDX-License-Identifier: Apache-2.0 */
/* A serial number as people type it and scanners send it. */
#ifndef IMPRINT_REPORT_SERIAL_WORD_H
#define IMPRINT_REPORT_SERIAL_WORD_H

#include "ledger/ledger.h"

/*
 * Reads 18 hex digits, in any case and with the blanks and hyphens of a label, and the check character that may follow
 * them: `serial` is in upper case, as the ledger has it. False with ERROR_USAGE.
 */
bool serial_word_read(const char *word, char serial[static LEDGER_DEVICE_SIZE], struct error *err);

#endif
