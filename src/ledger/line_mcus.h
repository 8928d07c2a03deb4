/* SPDX-License-Identifier: Apache-2.0 */
/* SQL: microcontrollers on a line's server. For the files of this folder. */
#ifndef IMPRINT_LEDGER_LINE_MCUS_H
#define IMPRINT_LEDGER_LINE_MCUS_H

/* Makes version 3 of version 2 (line_boards.h): table and functions, with what the entries that are there say. */
extern const char line_mcus_upgrade[];

/* Makes version 8 of version 7: the same functions, in databases that had slower ones. */
extern const char line_mcus_lookups[];

#endif
