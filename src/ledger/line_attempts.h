/* SPDX-License-Identifier: Apache-2.0 */
/* SQL: attempts at devices on a line's server. For the files of this folder. */
#ifndef IMPRINT_LEDGER_LINE_ATTEMPTS_H
#define IMPRINT_LEDGER_LINE_ATTEMPTS_H

/* Makes version 6 of version 5 (line_briefs.h): table and functions, with the attempts of earlier entries. */
extern const char line_attempts_upgrade[];

#endif
