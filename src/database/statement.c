/* SPDX-License-Identifier: Apache-2.0 */
#include "database/statement.h"

#include <errno.h>

bool statement_prepare(struct statement *statement, const struct database *database, const char *sql, struct error *err)
{
    int code;

    *statement = (struct statement){.database = database};
    code = sqlite3_prepare_v2(database->handle, sql, -1, &statement->handle, NULL);
    if (code == SQLITE_OK)
        return true;
    statement->failure = code;
    return database_failed(database, code, err);
}

static void note(struct statement *statement, int code)
{
    if (statement->failure == SQLITE_OK)
        statement->failure = code;
}

/* SQLITE_STATIC: SQLite does not copy the value. */
void statement_bind_text(struct statement *statement, int parameter, const char *text)
{
    if (statement->handle != NULL)
        note(statement, sqlite3_bind_text(statement->handle, parameter, text, -1, SQLITE_STATIC));
}

void statement_bind_string(struct statement *statement, int parameter, struct bytes text)
{
    if (statement->handle != NULL)
        note(statement, sqlite3_bind_text64(statement->handle, parameter, (const char *)text.data,
                                            (sqlite3_uint64)text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void statement_bind_bytes(struct statement *statement, int parameter, struct bytes data)
{
    if (statement->handle != NULL)
        note(statement,
             sqlite3_bind_blob64(statement->handle, parameter, data.data, (sqlite3_uint64)data.len, SQLITE_STATIC));
}

void statement_bind_number(struct statement *statement, int parameter, int64_t number)
{
    if (statement->handle != NULL)
        note(statement, sqlite3_bind_int64(statement->handle, parameter, number));
}

enum statement_result statement_step(struct statement *statement, struct error *err)
{
    int code;

    errno = 0; /* for database_failed() */
    code = statement->failure != SQLITE_OK ? statement->failure : sqlite3_step(statement->handle);
    if (code == SQLITE_ROW)
        return STATEMENT_ROW;
    if (code != SQLITE_DONE && code != SQLITE_CONSTRAINT)
        (void)database_failed(statement->database, code, err);
    if (statement->handle != NULL)
        (void)sqlite3_reset(statement->handle);
    if (code == SQLITE_DONE)
        return STATEMENT_DONE;
    return code == SQLITE_CONSTRAINT ? STATEMENT_EXISTS : STATEMENT_FAILED;
}

bool statement_run(struct statement *statement, struct error *err)
{
    enum statement_result result = statement_step(statement, err);

    statement_reset(statement);
    if (result == STATEMENT_EXISTS)
        return database_failed(statement->database, SQLITE_CONSTRAINT, err);
    return result != STATEMENT_FAILED;
}

void statement_reset(struct statement *statement)
{
    if (statement->handle == NULL)
        return;
    (void)sqlite3_reset(statement->handle);
    (void)sqlite3_clear_bindings(statement->handle);
    statement->failure = SQLITE_OK;
}

const char *statement_text(struct statement *statement, int column)
{
    return (const char *)sqlite3_column_text(statement->handle, column);
}

struct bytes statement_bytes(struct statement *statement, int column)
{
    const void *data = sqlite3_column_blob(statement->handle, column);

    return bytes_of(data, data == NULL ? 0 : (size_t)sqlite3_column_bytes(statement->handle, column));
}

int64_t statement_number(struct statement *statement, int column)
{
    return sqlite3_column_int64(statement->handle, column);
}

bool statement_is_null(struct statement *statement, int column)
{
    return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

void statement_finish(struct statement *statement)
{
    (void)sqlite3_finalize(statement->handle);
    statement->handle = NULL;
}
