/* SPDX-License-Identifier: Apache-2.0 */
/* Sending to the server and waiting for its answer, both with an end: libpq's own calls wait for ever. */
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "database/postgres.h"
#include "database/postgres_shared.h"

int64_t database_postgres_deadline(unsigned ms)
{
    return clock_now_ms() + ms;
}

bool database_postgres_wait(int socket, short events, int64_t deadline)
{
    for (;;) {
        struct pollfd place = {.fd = socket, .events = events};
        const int64_t now = clock_now_ms();
        int count;

        if (now >= deadline)
            return false;
        count = poll(&place, 1, (int)(deadline - now));
        if (count > 0)
            return true;
        if (count < 0 && errno != EINTR)
            return false;
    }
}

PGresult *database_postgres_lose(struct database *database, const char *cause, struct error *err)
{
    database->is_lost = true;
    (void)database_refuse(database, ERROR_SERVER_AWAY, cause,
                          "check server and network, then run the same command again", err);
    return NULL;
}

/* Sends what is still to be sent, and reads until a result is complete. False with the connection's end, or too late.
 */
static bool await_result(PGconn *connection, int64_t deadline, const char **cause)
{
    int to_send = PQflush(connection);

    *cause = "the connection to the server broke";
    while (to_send > 0 || (to_send == 0 && PQisBusy(connection) != 0)) {
        if (!database_postgres_wait(PQsocket(connection), (short)(to_send > 0 ? POLLIN | POLLOUT : POLLIN), deadline)) {
            *cause = "the server does not answer in time";
            return false;
        }
        if (PQconsumeInput(connection) == 0)
            return false;
        to_send = PQflush(connection);
    }
    return to_send == 0;
}

static bool is_error(const PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);

    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

/* Later results replace earlier ones, but not an error. */
static PGresult *receive(struct database *database, struct error *err)
{
    const int64_t deadline = database_postgres_deadline(database->answer_ms);
    PGresult *kept = NULL, *next;
    const char *cause;

    while (await_result(database->handle, deadline, &cause)) {
        next = PQgetResult(database->handle);
        if (next == NULL && kept != NULL && PQstatus(database->handle) == CONNECTION_OK)
            return kept;
        if (next == NULL)
            break;
        if (kept != NULL && is_error(kept)) {
            PQclear(next);
        } else {
            PQclear(kept);
            kept = next;
        }
    }
    /* The server says why it ends a connection, with a result before the end. */
    if (kept != NULL && is_error(kept)) {
        database->is_lost = true;
        return kept;
    }
    PQclear(kept);
    return database_postgres_lose(database, cause, err);
}

PGresult *database_postgres_ask(struct database *database, const char *sql,
                                const struct postgres_parameters *parameters, struct error *err)
{
    int sent;

    if (database->handle == NULL || database->is_lost)
        return database_postgres_lose(database, "the connection to the server broke", err);
    if (database->is_shared)
        return database_postgres_ask_shared(database, sql, parameters, err);
    if (parameters == NULL)
        sent = PQsendQuery(database->handle, sql);
    else
        sent = PQsendQueryParams(database->handle, sql, parameters->count, parameters->types, parameters->values,
                                 parameters->lengths, parameters->formats, 0);
    if (sent == 0)
        return database_postgres_lose(database, "the connection to the server broke", err);
    return receive(database, err);
}
