/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of ledger.db: each version of them, and what each statement of the ledger is. */
#ifndef IMPRINT_LEDGER_TABLES_H
#define IMPRINT_LEDGER_TABLES_H

#include "ledger/ledger.h"

extern const struct database_kind tables_kind;
extern const char *const tables_statements[LEDGER_STATEMENT_COUNT];

/* How many entries the line has, and since when that is known. */
extern const char tables_get_outbox[];
extern const char tables_set_outbox[];

/* Empties what is derived from entries. */
extern const char tables_forget_derived[];

#endif
