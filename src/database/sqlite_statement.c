/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "database/sqlite.h"

#define NAME_SIZE 12 /* "$" and an int */

bool database_sqlite_prepare(struct statement *statement, const char *sql, struct error *err)
{
    sqlite3_stmt *handle = NULL;
    int code = sqlite3_prepare_v2(statement->database->handle, sql, -1, &handle, NULL);

    statement->handle = handle;
    if (code == SQLITE_OK)
        return true;
    statement->failure = code;
    return database_sqlite_failed(statement->database, code, err);
}

/*
 * SQLite numbers $1 and $2 in the order in which they appear, so a parameter is found by its name; 0, which no bind
 * accepts, where there is none. SQLITE_STATIC: SQLite does not copy the value.
 */
void database_sqlite_bind(struct statement *statement, int parameter, const struct database_value *value)
{
    sqlite3_stmt *handle = statement->handle;
    char name[NAME_SIZE];
    int index, code = SQLITE_OK;

    (void)snprintf(name, sizeof name, "$%d", parameter);
    index = sqlite3_bind_parameter_index(handle, name);
    switch (value->type) {
    case DATABASE_NULL:
        code = sqlite3_bind_null(handle, index);
        break;
    case DATABASE_TEXT:
        code = sqlite3_bind_text64(handle, index, (const char *)value->data.data, (sqlite3_uint64)value->data.len,
                                   SQLITE_STATIC, SQLITE_UTF8);
        break;
    case DATABASE_BYTES:
        code = sqlite3_bind_blob64(handle, index, value->data.data, (sqlite3_uint64)value->data.len, SQLITE_STATIC);
        break;
    case DATABASE_NUMBER:
        code = sqlite3_bind_int64(handle, index, value->number);
        break;
    }
    if (statement->failure == SQLITE_OK)
        statement->failure = code;
}

enum statement_result database_sqlite_step(struct statement *statement, struct error *err)
{
    int code;

    errno = 0; /* for database_sqlite_failed() */
    code = statement->failure != SQLITE_OK ? statement->failure : sqlite3_step(statement->handle);
    if (code == SQLITE_ROW)
        return STATEMENT_ROW;
    if (code != SQLITE_DONE && code != SQLITE_CONSTRAINT)
        (void)database_sqlite_failed(statement->database, code, err);
    if (statement->handle != NULL)
        (void)sqlite3_reset(statement->handle);
    if (code == SQLITE_DONE)
        return STATEMENT_DONE;
    return code == SQLITE_CONSTRAINT ? STATEMENT_EXISTS : STATEMENT_FAILED;
}

bool database_sqlite_refused(struct statement *statement, struct error *err)
{
    return database_sqlite_failed(statement->database, SQLITE_CONSTRAINT, err);
}

void database_sqlite_reset(struct statement *statement)
{
    (void)sqlite3_reset(statement->handle);
    (void)sqlite3_clear_bindings(statement->handle);
}

const char *database_sqlite_text(struct statement *statement, int column)
{
    return (const char *)sqlite3_column_text(statement->handle, column);
}

struct bytes database_sqlite_bytes(struct statement *statement, int column)
{
    const void *data = sqlite3_column_blob(statement->handle, column);

    return bytes_of(data, data == NULL ? 0 : (size_t)sqlite3_column_bytes(statement->handle, column));
}

int64_t database_sqlite_number(struct statement *statement, int column)
{
    return sqlite3_column_int64(statement->handle, column);
}

bool database_sqlite_is_null(struct statement *statement, int column)
{
    return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

void database_sqlite_finish(struct statement *statement)
{
    (void)sqlite3_finalize(statement->handle);
}
