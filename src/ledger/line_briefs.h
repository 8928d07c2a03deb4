/* SPDX-License-Identifier: Apache-2.0 */
/* SQL: what reports read of an entry, beside it on a line's server. For the files of this folder. */
#ifndef IMPRINT_LEDGER_LINE_BRIEFS_H
#define IMPRINT_LEDGER_LINE_BRIEFS_H

/* Makes a version of the line's tables of the one before it (line_tables.c); reads every entry that is there once. */
extern const char line_briefs_upgrade[];

#endif
