/* SPDX-License-Identifier: Apache-2.0 */
/* SQL: attempts at devices on a line's server. For the files of this folder. */
#ifndef IMPRINT_LEDGER_LINE_ATTEMPTS_H
#define IMPRINT_LEDGER_LINE_ATTEMPTS_H

/* Makes version 4 of version 3 (line_mcus.h): table and functions, with the attempts of the entries that are there. */
extern const char line_attempts_upgrade[];

#endif
