/* SPDX-License-Identifier: Apache-2.0 */
/* SQL: board numbers on a line's server. For the files of this folder. */
#ifndef IMPRINT_LEDGER_LINE_BOARDS_H
#define IMPRINT_LEDGER_LINE_BOARDS_H

/* Makes version 2 of version 1 (line_tables.c): table and functions, with the numbers of the entries that are there. */
extern const char line_boards_upgrade[];

/* Makes version 7 of version 6: the same functions, in databases that had slower ones. */
extern const char line_boards_lookups[];

#endif
