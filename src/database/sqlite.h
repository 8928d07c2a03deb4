/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite behind database.h. For the files of this folder. */
#ifndef IMPRINT_DATABASE_SQLITE_H
#define IMPRINT_DATABASE_SQLITE_H

#include <sqlite3.h>

#include "database/engine.h"

/* Notes SQLite's result `code` as an error of this database. Always false, for returning it. */
bool database_sqlite_failed(const struct database *database, int code, struct error *err);

/* sqlite_statement.c, for the row of functions in sqlite.c. */
bool database_sqlite_prepare(struct statement *statement, const char *sql, struct error *err);
void database_sqlite_bind(struct statement *statement, int parameter, const struct database_value *value);
enum statement_result database_sqlite_step(struct statement *statement, struct error *err);
bool database_sqlite_refused(struct statement *statement, struct error *err);
void database_sqlite_reset(struct statement *statement);
const char *database_sqlite_text(struct statement *statement, int column);
struct bytes database_sqlite_bytes(struct statement *statement, int column);
int64_t database_sqlite_number(struct statement *statement, int column);
bool database_sqlite_is_null(struct statement *statement, int column);
void database_sqlite_finish(struct statement *statement);

#endif
