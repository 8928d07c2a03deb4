/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has the connection and answers for it. One question after the other: what the server needs for one, the others
 * wait, as their own connections would wait for its locks. It never opens a second connection: when this one breaks, it
 * is done.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_format.h"
#include "database/postgres_message.h"
#include "database/postgres_shared.h"

#define CLIENTS_MAX 256
#define CLIENT_MS 1000     /* how long a process of this machine may take for the rest of what it sends or is sent */
#define STATE_LEFT "25001" /* active_sql_transaction: SQLSTATE of what must not be asked here */
#define LAST 4             /* answers of which the mean is taken */

struct client {
    int socket;
    bool is_known; /* its first message was answered: it relies on this connection */
};

struct share {
    struct database *database;
    const struct database_server *server;
    int from;         /* -1: no new client is accepted */
    int64_t until_ms; /* when that ends */
    bool is_lost;     /* the connection */
    struct client clients[CLIENTS_MAX];
    size_t count;
    int64_t last_ms[LAST]; /* what the server's last answers took, in a ring */
    size_t asked;
};

/* --- one question --- */

static void add_rows(struct postgres_message *answer, const PGresult *result)
{
    const int rows = PQntuples(result), columns = PQnfields(result);

    database_message_add_number(answer, POSTGRES_ANSWER_ROWS);
    database_message_add_number(answer, rows);
    database_message_add_number(answer, columns);
    for (int column = 0; column < columns; column++)
        database_message_add_number(answer, (int32_t)PQftype(result, column));
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
            database_message_add(answer, PQgetisnull(result, row, column) != 0 ? NULL : PQgetvalue(result, row, column),
                                 (size_t)PQgetlength(result, row, column));
}

static void add_text(struct postgres_message *answer, const char *text)
{
    database_message_add(answer, text, text == NULL ? 0 : strlen(text));
}

static void add_error(struct postgres_message *answer, const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    database_message_add_number(answer, POSTGRES_ANSWER_ERROR);
    add_text(answer, PQresultErrorField(result, PG_DIAG_SQLSTATE));
    add_text(answer, message != NULL ? message : PQresultErrorMessage(result));
}

static bool read_parameters(struct postgres_message *question, struct postgres_parameters *parameters, bool *has_any)
{
    const int32_t count = database_message_number(question);
    size_t len;

    *has_any = count >= 0;
    if (count > STATEMENT_PARAMETERS_MAX)
        return false;
    parameters->count = count;
    for (int32_t i = 0; i < count; i++) {
        parameters->types[i] = (Oid)database_message_number(question);
        parameters->formats[i] = database_message_number(question);
        parameters->values[i] = database_message_bytes(question, &len);
        parameters->lengths[i] = (int)len;
    }
    return !question->has_failed;
}

/*
 * Whether the session is not as it was: then the next one to ask would get another answer than over its own connection,
 * or lose what it wrote. An open transaction is always found, a setting where SET was the last statement.
 */
static bool has_left_something(const struct share *share, PGresult *result)
{
    return PQtransactionStatus(share->database->handle) != PQTRANS_IDLE || strcmp(PQcmdStatus(result), "SET") == 0;
}

static void add_refusal(struct postgres_message *answer)
{
    database_message_add_number(answer, POSTGRES_ANSWER_ERROR);
    add_text(answer, STATE_LEFT);
    add_text(answer, "a shared connection has no transactions and no settings of its own; it was closed");
}

static PGresult *ask(struct share *share, const char *sql, const struct postgres_parameters *parameters,
                     struct error *err)
{
    const int64_t begin = clock_now_ms();
    PGresult *result = database_postgres_ask(share->database, sql, parameters, err);

    share->last_ms[share->asked++ % LAST] = clock_now_ms() - begin;
    share->is_lost = share->database->is_lost;
    return result;
}

static void add_answer(struct share *share, const char *sql, const struct postgres_parameters *parameters,
                       struct postgres_message *answer)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    PGresult *result = ask(share, sql, parameters, &failure);

    if (result == NULL) {
        database_message_add_number(answer, POSTGRES_ANSWER_LOST);
        add_text(answer, failure.cause);
    } else if (!share->is_lost && has_left_something(share, result)) {
        share->is_lost = true;
        add_refusal(answer);
    } else if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK) {
        add_rows(answer, result);
    } else {
        add_error(answer, result);
    }
    PQclear(result);
}

/* Reads whose connection a first question is for. */
static bool is_for_this(const struct share *share, struct postgres_message *question)
{
    size_t len;
    const char *server = database_message_bytes(question, &len);
    const int32_t answer_ms = database_message_number(question);

    return server != NULL && strcmp(server, share->server->settings) == 0 &&
           answer_ms == (int32_t)share->database->answer_ms;
}

/* False where the question cannot be read. */
static bool answer_question(struct share *share, struct postgres_message *question, struct postgres_message *answer)
{
    struct postgres_parameters parameters = {.count = 0};
    bool has_parameters;
    size_t len;
    const char *sql = database_message_bytes(question, &len);

    if (sql == NULL && !question->has_failed) {
        const bool is_ours = is_for_this(share, question);

        add_text(answer, is_ours ? share->database->path : NULL);
        if (!is_ours)
            return !question->has_failed;
        sql = database_message_bytes(question, &len);
    }
    if (sql == NULL || !read_parameters(question, &parameters, &has_parameters))
        return false;
    add_answer(share, sql, has_parameters ? &parameters : NULL, answer);
    return true;
}

/*
 * One after the other, as long as the last ones took, all would wait too long: who has not asked anything yet connects
 * by itself. Half of the time-out: what is asked next may take longer.
 */
static bool has_too_many(const struct share *share)
{
    bool knows_any = false; /* without any, the last answers would never be newer ones */
    int64_t sum_ms = 0;

    for (size_t i = 0; i < share->count; i++)
        knows_any = knows_any || share->clients[i].is_known;
    for (size_t i = 0; i < LAST; i++)
        sum_ms += share->last_ms[i];
    return knows_any && sum_ms * (int64_t)share->count > (int64_t)share->database->answer_ms / 2 * LAST;
}

/* Who gave up, or was killed, wants no answer, and must not find later that something was written. */
static bool has_ended(int socket)
{
    struct pollfd place = {.fd = socket, .events = 0};

    return poll(&place, 1, 0) > 0;
}

/* Whether the next message is there, and is to be answered. */
static bool receive(const struct share *share, const struct client *client, struct postgres_message *question)
{
    bool in_time;

    return database_message_receive(client->socket, question, database_postgres_deadline(CLIENT_MS), &in_time) &&
           !has_ended(client->socket) && (client->is_known || !has_too_many(share));
}

/* False: this one is not to be answered any more. */
static bool answer_client(struct share *share, struct client *client)
{
    struct postgres_message question = {.len = 0}, answer = {.len = 0};
    const bool ok = receive(share, client, &question) && answer_question(share, &question, &answer) &&
                    database_message_send(client->socket, &answer, database_postgres_deadline(CLIENT_MS));

    client->is_known = true;
    database_message_free(&question);
    database_message_free(&answer);
    return ok;
}

/* --- whose questions --- */

static void stop_accepting(struct share *share)
{
    (void)close(share->from); /* sockets that are still on their way are closed by it, too */
    share->from = -1;
}

bool database_share_give(int to, int socket)
{
    union {
        struct cmsghdr header; /* cppcheck-suppress unusedStructMember ; for its alignment */
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof socket);
    memcpy(CMSG_DATA(header), &socket, sizeof socket);
    return sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

/* False: no more have arrived. */
static bool accept_client(struct share *share)
{
    union {
        struct cmsghdr header; /* cppcheck-suppress unusedStructMember ; for its alignment */
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    const ssize_t len = recvmsg(share->from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    const struct cmsghdr *header = len == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    int client;

    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR)) {
        stop_accepting(share);
        return false;
    }
    if (len < 0)
        return errno == EINTR;
    if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof client))
        return true;
    memcpy(&client, CMSG_DATA(header), sizeof client);
    if (share->count < CLIENTS_MAX)
        share->clients[share->count++] = (struct client){.socket = client};
    else
        (void)close(client);
    return true;
}

/* While nothing is asked the server says nothing but that it ends, or a notice. */
static void look_at_server(struct share *share)
{
    PGconn *connection = share->database->handle;

    share->is_lost = PQconsumeInput(connection) == 0 || PQstatus(connection) != CONNECTION_OK;
}

#define POLLED_MAX (2 + CLIENTS_MAX)

static void serve(struct share *share, const struct pollfd polled[static POLLED_MAX])
{
    const size_t count = share->count;
    size_t kept = 0;

    if (polled[0].revents != 0)
        look_at_server(share);
    for (size_t i = 0; i < count; i++) {
        struct client client = share->clients[i];

        if (polled[2 + i].revents == 0 || (!share->is_lost && answer_client(share, &client)))
            share->clients[kept++] = client;
        else
            (void)close(client.socket);
    }
    share->count = kept;
    while (polled[1].revents != 0 && accept_client(share)) {
        /* the next one */
    }
}

static int time_to_wait(const struct share *share)
{
    const int64_t left = share->until_ms - clock_now_ms();

    if (share->from < 0)
        return -1;
    return left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

void database_share(struct database *database, int from, const struct database_server *server, unsigned most_ms)
{
    struct share share = {
        .database = database, .server = server, .from = from, .until_ms = clock_now_ms() + (int64_t)most_ms};
    struct pollfd polled[POLLED_MAX];

    while (!share.is_lost && (share.from >= 0 || share.count > 0)) {
        polled[0] = (struct pollfd){.fd = PQsocket(database->handle), .events = POLLIN};
        polled[1] = (struct pollfd){.fd = share.from, .events = POLLIN};
        for (size_t i = 0; i < share.count; i++)
            polled[2 + i] = (struct pollfd){.fd = share.clients[i].socket, .events = POLLIN};
        if (poll(polled, (nfds_t)(2 + share.count), time_to_wait(&share)) > 0)
            serve(&share, polled);
        if (share.from >= 0 && clock_now_ms() >= share.until_ms)
            stop_accepting(&share);
    }
    for (size_t i = 0; i < share.count; i++)
        (void)close(share.clients[i].socket);
}
