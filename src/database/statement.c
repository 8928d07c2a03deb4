/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of whatever engine the database has. */
#include "database/statement.h"

#include <string.h>

#include "database/engine.h"
#include "database/utf8.h"

bool statement_prepare(struct statement *statement, struct database *database, const char *sql, struct error *err)
{
    *statement = (struct statement){.database = database};
    return database->engine->prepare(statement, sql, err);
}

static void bind(struct statement *statement, int parameter, const struct database_value *value)
{
    if (statement->handle != NULL)
        statement->database->engine->bind(statement, parameter, value);
}

void statement_bind_text(struct statement *statement, int parameter, const char *text)
{
    statement_bind_string(statement, parameter, bytes_of((const uint8_t *)text, text == NULL ? 0 : strlen(text)));
}

void statement_bind_string(struct statement *statement, int parameter, struct bytes text)
{
    const struct database_value value = {.type = text.data == NULL ? DATABASE_NULL : DATABASE_TEXT, .data = text};

    bind(statement, parameter, &value);
}

void statement_bind_bytes(struct statement *statement, int parameter, struct bytes data)
{
    const struct database_value value = {.type = data.data == NULL ? DATABASE_NULL : DATABASE_BYTES, .data = data};

    bind(statement, parameter, &value);
}

void statement_bind_number(struct statement *statement, int parameter, int64_t number)
{
    const struct database_value value = {.type = DATABASE_NUMBER, .number = number};

    bind(statement, parameter, &value);
}

enum statement_result statement_step(struct statement *statement, struct error *err)
{
    return statement->database->engine->step(statement, err);
}

bool statement_run(struct statement *statement, struct error *err)
{
    enum statement_result result = statement_step(statement, err);

    if (result == STATEMENT_EXISTS)
        (void)statement->database->engine->refused(statement, err);
    statement_reset(statement);
    return result == STATEMENT_DONE || result == STATEMENT_ROW;
}

void statement_reset(struct statement *statement)
{
    if (statement->handle == NULL)
        return;
    statement->database->engine->reset(statement);
    statement->failure = 0;
}

const char *statement_text(struct statement *statement, int column)
{
    const char *text = statement->database->engine->text(statement, column);

    return text == NULL || utf8_is_valid(bytes_of(text, strlen(text))) ? text : "\xef\xbf\xbd";
}

struct bytes statement_bytes(struct statement *statement, int column)
{
    return statement->database->engine->bytes(statement, column);
}

int64_t statement_number(struct statement *statement, int column)
{
    return statement->database->engine->number(statement, column);
}

bool statement_is_null(struct statement *statement, int column)
{
    return statement->database->engine->is_null(statement, column);
}

void statement_finish(struct statement *statement)
{
    if (statement->handle != NULL)
        statement->database->engine->finish(statement);
    statement->handle = NULL;
}
