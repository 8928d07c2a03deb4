/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks over another process's connection: an answer becomes the result that libpq would have given. */
#include "database/postgres_shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error_format.h"
#include "database/postgres_message.h"

/*
 * The time-out is the server's, and the process that asks it begins it with the question, so a worker has more: it also
 * waits until it is its turn. A server that is silent ends that process, and with it every wait.
 */
#define TURNS 4
#define TURNS_MS 30000u /* but no more than this above the time-out: the station gives a look a minute */

/* For the first answer; without one the caller connects by itself. Of a long time-out an eighth, but not more of it. */
#define HELLO_MS 2000u
#define HELLO_SHARE 8

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned hello_ms(const struct database *database)
{
    const unsigned share = database->answer_ms / HELLO_SHARE;

    return smaller(share > HELLO_MS ? share : HELLO_MS, database->answer_ms);
}

static int socket_of(const struct database *database)
{
    return *(const int *)database->handle;
}

void database_postgres_close_shared(struct database *database)
{
    free(database->handle);
}

/* --- answers --- */

/* Gives a result its columns. */
static bool set_columns(PGresult *result, int count, const Oid types[static POSTGRES_COLUMNS_MAX])
{
    PGresAttDesc columns[POSTGRES_COLUMNS_MAX];
    char name[] = "";

    for (int i = 0; i < count; i++)
        columns[i] = (PGresAttDesc){.name = name, .typid = types[i], .typlen = -1, .atttypmod = -1};
    return PQsetResultAttrs(result, count, columns) != 0;
}

/* The next value of the message. libpq takes a length as int, and copies. */
static bool set_value(PGresult *result, int row, int column, struct postgres_message *answer)
{
    size_t len;
    char *value = database_message_bytes(answer, &len);
    char none[] = "";

    return !answer->has_failed &&
           PQsetvalue(result, row, column, value == NULL ? none : value, value == NULL ? -1 : (int)len) != 0;
}

static PGresult *read_rows(struct postgres_message *answer)
{
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    const int rows = database_message_number(answer), columns = database_message_number(answer);
    Oid types[POSTGRES_COLUMNS_MAX];
    bool ok = result != NULL && columns >= 0 && columns <= POSTGRES_COLUMNS_MAX;

    for (int i = 0; ok && i < columns; i++)
        types[i] = (Oid)database_message_number(answer);
    ok = ok && !answer->has_failed && set_columns(result, columns, types);
    for (int row = 0; ok && row < rows; row++)
        for (int column = 0; ok && column < columns; column++)
            ok = set_value(result, row, column, answer);
    if (ok && !answer->has_failed)
        return result;
    PQclear(result);
    return NULL;
}

static PGresult *read_error(struct postgres_message *answer)
{
    static const Oid types[POSTGRES_COLUMNS_MAX] = {0};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR);

    if (result != NULL && set_columns(result, POSTGRES_ERROR_COLUMNS, types) &&
        set_value(result, 0, POSTGRES_ERROR_STATE, answer) && set_value(result, 0, POSTGRES_ERROR_MESSAGE, answer))
        return result;
    PQclear(result);
    return NULL;
}

/* --- questions --- */

static void add_parameters(struct postgres_message *question, const struct postgres_parameters *parameters)
{
    const int count = parameters == NULL ? -1 : parameters->count;

    database_message_add_number(question, count);
    for (int i = 0; i < count; i++) {
        const char *value = parameters->values[i];

        database_message_add_number(question, (int32_t)parameters->types[i]);
        database_message_add_number(question, parameters->formats[i]);
        database_message_add(question, value,
                             parameters->formats[i] != 0 ? (size_t)parameters->lengths[i]
                             : value != NULL             ? strlen(value)
                                                         : 0);
    }
}

/* What comes later would be the answer to this question: no other one may be asked over this socket. */
static PGresult *lose(struct database *database, const char *cause, struct error *err)
{
    (void)shutdown(socket_of(database), SHUT_RDWR);
    return database_postgres_lose(database, cause, err);
}

static PGresult *read_answer(struct database *database, struct postgres_message *answer, struct error *err)
{
    const int32_t kind = database_message_number(answer);
    PGresult *result = NULL;
    size_t len;

    if (kind == POSTGRES_ANSWER_LOST) {
        const char *cause = database_message_bytes(answer, &len);

        return lose(database, cause == NULL ? "no answer" : error_keep(err, cause), err);
    }
    if (kind == POSTGRES_ANSWER_ROWS)
        result = read_rows(answer);
    else if (kind == POSTGRES_ANSWER_ERROR)
        result = read_error(answer);
    return result != NULL ? result : lose(database, "the answer cannot be read", err);
}

/* Into `answer`. False where none came in `ms`: `*cause` says why. */
static bool exchange(const struct database *database, const struct postgres_message *question, unsigned ms,
                     struct postgres_message *answer, const char **cause)
{
    const int64_t deadline = database_postgres_deadline(ms);
    bool in_time = true;
    const bool ok = database_message_send(socket_of(database), question, deadline) &&
                    database_message_receive(socket_of(database), answer, deadline, &in_time);

    *cause = in_time ? "the connection to the server broke" : "the server does not answer in time";
    return ok;
}

PGresult *database_postgres_ask_shared(struct database *database, const char *sql,
                                       const struct postgres_parameters *parameters, struct error *err)
{
    struct postgres_message question = {.len = 0}, answer = {.len = 0};
    PGresult *result;
    const char *cause;

    database_message_add(&question, sql, strlen(sql));
    add_parameters(&question, parameters);
    if (exchange(database, &question, smaller(TURNS * database->answer_ms, database->answer_ms + TURNS_MS), &answer,
                 &cause))
        result = read_answer(database, &answer, err);
    else
        result = lose(database, cause, err);
    database_message_free(&question);
    database_message_free(&answer);
    return result;
}

/* --- opening --- */

/* Whether the other process has a connection to this server, whose tables are of this program's version. */
static bool is_usable(struct database *database, const struct database_server *server)
{
    char sql[POSTGRES_VERSION_SQL_SIZE], room[ERROR_ROOM];
    struct error ignored = ERROR_IN(room);
    struct postgres_message question = {.len = 0}, answer = {.len = 0};
    PGresult *version = NULL;
    const char *cause, *path;
    size_t len;
    bool ok;

    database_postgres_version_sql(database->kind, sql);
    database_message_add(&question, NULL, 0);
    database_message_add(&question, server->settings, strlen(server->settings));
    database_message_add_number(&question, (int32_t)database->answer_ms);
    database_message_add(&question, sql, strlen(sql));
    add_parameters(&question, NULL);
    if (!exchange(database, &question, hello_ms(database), &answer, &cause)) {
        (void)shutdown(socket_of(database), SHUT_RDWR); /* else its answer would be taken for one to a later question */
    } else if ((path = database_message_bytes(&answer, &len)) != NULL) {
        (void)snprintf(database->path, sizeof database->path, "%s", path);
        version = read_answer(database, &answer, &ignored);
    }
    ok = version != NULL && database_postgres_is_version(database, version);
    PQclear(version);
    database_message_free(&question);
    database_message_free(&answer);
    return ok;
}

bool database_connect_shared(struct database *database, int socket, const struct database_server *server,
                             const struct database_kind *kind)
{
    int *handle = malloc(sizeof *handle);

    memset(database, 0, sizeof *database);
    if (handle == NULL)
        return false;
    *handle = socket;
    database->handle = handle;
    database->kind = kind;
    database->engine = &database_postgres_engine;
    database->is_shared = true;
    database->answer_ms = server->answer_ms != 0 ? server->answer_ms : DATABASE_ANSWER_MS;
    if (is_usable(database, server))
        return true;
    database_close(database);
    return false;
}
