/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of a server are sent with their parameters each time: nothing of them stays in the connection, so a pooler
 * between may change it. All rows of an answer are in memory before the first is read.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database/postgres.h"

#define NUMBER_SIZE 21 /* an int64_t as text, with a NUL */

/* Object identifiers of types: PostgreSQL's catalogue pg_type, the same on every server. */
#define TYPE_BYTES 17
#define TYPE_NUMBER 20
#define TYPE_TEXT 25

enum bind_failure { BIND_NO_PARAMETER = 1, BIND_TOO_LONG };

/* The bytes of a BYTEA column of the current row; libpq's, for PQfreemem(). */
struct decoded {
    unsigned char *data;
    size_t len;
};

struct held {
    struct postgres_parameters parameters;
    char numbers[STATEMENT_PARAMETERS_MAX][NUMBER_SIZE];
    PGresult *result;
    struct decoded *decoded; /* one for each column */
    int row;                 /* the current one; -1: none yet */
    char sql[];
};

/* The highest $N in the SQL. */
static int count_parameters(const char *sql)
{
    long highest = 0;

    for (const char *at = strchr(sql, '$'); at != NULL; at = strchr(at + 1, '$')) {
        const long number = isdigit((unsigned char)at[1]) != 0 ? strtol(at + 1, NULL, 10) : 0;

        highest = number > highest ? number : highest;
    }
    return highest > STATEMENT_PARAMETERS_MAX ? -1 : (int)highest;
}

bool database_postgres_prepare(struct statement *statement, const char *sql, struct error *err)
{
    const int count = count_parameters(sql);
    struct held *held = count < 0 ? NULL : calloc(1, sizeof *held + strlen(sql) + 1);

    if (held == NULL)
        return database_refuse(statement->database, ERROR_UNEXPECTED,
                               count < 0 ? "a statement has too many parameters" : "out of memory", NULL, err);
    held->parameters.count = count;
    held->row = -1;
    memcpy(held->sql, sql, strlen(sql) + 1);
    statement->handle = held;
    return true;
}

void database_postgres_bind(struct statement *statement, int parameter, const struct database_value *value)
{
    struct held *held = statement->handle;
    struct postgres_parameters *to = &held->parameters;
    const int i = parameter - 1;

    if (parameter < 1 || parameter > to->count || value->data.len > INT32_MAX) {
        statement->failure = parameter < 1 || parameter > to->count ? BIND_NO_PARAMETER : BIND_TOO_LONG;
        return;
    }
    to->types[i] = 0; /* NULL is of whatever type its place has */
    to->values[i] = NULL;
    to->lengths[i] = (int)value->data.len;
    to->formats[i] = 1; /* the bytes themselves; of text they are the text */
    switch (value->type) {
    case DATABASE_NULL:
        break;
    case DATABASE_TEXT:
        to->types[i] = TYPE_TEXT;
        to->values[i] = (const char *)value->data.data;
        break;
    case DATABASE_BYTES:
        to->types[i] = TYPE_BYTES;
        to->values[i] = (const char *)value->data.data;
        break;
    case DATABASE_NUMBER:
        (void)snprintf(held->numbers[i], sizeof held->numbers[i], "%" PRId64, value->number);
        to->types[i] = TYPE_NUMBER;
        to->values[i] = held->numbers[i];
        to->formats[i] = 0;
        break;
    }
}

static void forget_row(struct held *held)
{
    const int columns = held->decoded == NULL ? 0 : PQnfields(held->result);

    for (int i = 0; i < columns; i++) {
        PQfreemem(held->decoded[i].data);
        held->decoded[i] = (struct decoded){.data = NULL};
    }
}

static void forget_result(struct held *held)
{
    forget_row(held);
    free(held->decoded);
    held->decoded = NULL;
    PQclear(held->result);
    held->result = NULL;
    held->row = -1;
}

/* With a savepoint a failed statement does not end its transaction, as PostgreSQL would have it. */
static bool run_savepoint(struct database *database, const char *sql, struct error *err)
{
    PGresult *result = database_postgres_ask(database, sql, NULL, err);
    const bool ok = result != NULL && database_postgres_succeeded(database, result, err);

    PQclear(result);
    return ok;
}

static bool ask(struct statement *statement, struct error *err)
{
    struct database *database = statement->database;
    struct held *held = statement->handle;
    const bool is_inner = database->in_transaction;
    bool ok;

    if (is_inner && !run_savepoint(database, "SAVEPOINT statement", err))
        return false;
    held->result = database_postgres_ask(database, held->sql, &held->parameters, err);
    if (held->result == NULL)
        return false;
    if (!is_inner)
        return true;
    ok = PQresultStatus(held->result) == PGRES_COMMAND_OK || PQresultStatus(held->result) == PGRES_TUPLES_OK;
    return database->is_lost ||
           run_savepoint(database, ok ? "RELEASE statement" : "ROLLBACK TO statement; RELEASE statement", err);
}

static enum statement_result begin(struct statement *statement, struct error *err)
{
    struct held *held = statement->handle;

    if (statement->failure != 0) {
        (void)database_refuse(statement->database, ERROR_UNEXPECTED,
                              statement->failure == BIND_TOO_LONG ? "a value is too long for the server"
                                                                  : "a statement has no parameter of that number",
                              NULL, err);
        return STATEMENT_FAILED;
    }
    if (!ask(statement, err))
        return STATEMENT_FAILED;
    if (database_postgres_is_refusal(held->result))
        return STATEMENT_EXISTS; /* the result stays, for database_postgres_refused() */
    if (!database_postgres_succeeded(statement->database, held->result, err))
        return STATEMENT_FAILED;
    held->decoded = calloc((size_t)PQnfields(held->result) + 1, sizeof *held->decoded);
    if (held->decoded != NULL)
        return STATEMENT_ROW;
    (void)database_refuse(statement->database, ERROR_UNEXPECTED, "out of memory", NULL, err);
    return STATEMENT_FAILED;
}

enum statement_result database_postgres_step(struct statement *statement, struct error *err)
{
    struct held *held = statement->handle;
    enum statement_result result = STATEMENT_ROW;

    if (held == NULL) {
        (void)database_refuse(statement->database, ERROR_UNEXPECTED, "a statement was not prepared", NULL, err);
        return STATEMENT_FAILED;
    }
    if (held->row < 0) {
        forget_result(held);
        result = begin(statement, err);
    }
    if (result == STATEMENT_EXISTS)
        return result;
    forget_row(held);
    if (result == STATEMENT_ROW && ++held->row < PQntuples(held->result))
        return STATEMENT_ROW;
    forget_result(held);
    return result == STATEMENT_ROW ? STATEMENT_DONE : result;
}

bool database_postgres_refused(struct statement *statement, struct error *err)
{
    const struct held *held = statement->handle;

    return database_postgres_succeeded(statement->database, held->result, err);
}

void database_postgres_reset(struct statement *statement)
{
    struct held *held = statement->handle;
    const int count = held->parameters.count;

    forget_result(held);
    memset(&held->parameters, 0, sizeof held->parameters);
    held->parameters.count = count;
}

static bool has_value(const struct held *held, int column)
{
    return held != NULL && held->row >= 0 && column < PQnfields(held->result) &&
           PQgetisnull(held->result, held->row, column) == 0;
}

const char *database_postgres_text(struct statement *statement, int column)
{
    const struct held *held = statement->handle;

    return has_value(held, column) ? PQgetvalue(held->result, held->row, column) : NULL;
}

struct bytes database_postgres_bytes(struct statement *statement, int column)
{
    struct held *held = statement->handle;
    struct decoded *decoded;

    if (!has_value(held, column))
        return BYTES_NONE;
    if (PQftype(held->result, column) != TYPE_BYTES)
        return bytes_of((const uint8_t *)PQgetvalue(held->result, held->row, column),
                        (size_t)PQgetlength(held->result, held->row, column));
    decoded = &held->decoded[column];
    if (decoded->data == NULL)
        decoded->data =
            PQunescapeBytea((const unsigned char *)PQgetvalue(held->result, held->row, column), &decoded->len);
    return bytes_of(decoded->data, decoded->data == NULL ? 0 : decoded->len);
}

/* PostgreSQL's true and false are t and f: 1 and 0, as SQLite has them. */
int64_t database_postgres_number(struct statement *statement, int column)
{
    const char *text = database_postgres_text(statement, column);

    if (text == NULL)
        return 0;
    return text[0] == 't' ? 1 : strtoll(text, NULL, 10);
}

bool database_postgres_is_null(struct statement *statement, int column)
{
    return !has_value(statement->handle, column);
}

void database_postgres_finish(struct statement *statement)
{
    struct held *held = statement->handle;

    forget_result(held);
    free(held);
}
