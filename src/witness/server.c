/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP, by libmicrohttpd: one thread answers everything, one request after the other. Without TLS: who asks is known by
 * the log's signature, and what is answered by the witness's own.
 */
#include "witness/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "witness/rate.h"

#define BODY_MAX ((size_t)16 * 1024) /* a request has up to 63 hashes and a checkpoint: 4 KiB */
#define CONNECTIONS_MAX 64u
#define CONNECTIONS_OF_ADDRESS_MAX 16u
#define CONNECTION_BYTES ((size_t)8 * 1024) /* for a request's line and headers */
#define IDLE_S 10u

struct witness_server {
    struct witness *witness;
    struct witness_events events;
    struct MHD_Daemon *daemon;
    struct rate rate;
};

/* One request: its body as far as it has come. */
struct exchange {
    size_t len;
    uint8_t body[BODY_MAX];
};

/* C2SP tlog-witness, "add-checkpoint". */
static const struct {
    unsigned status;
    const char *text;
} answers[] = {
    [WITNESS_COSIGNED] = {200, ""},
    [WITNESS_BAD_REQUEST] = {400, "not a request: old SIZE, the proof, an empty line, a checkpoint"},
    [WITNESS_UNKNOWN_LOG] = {404, "this witness was not told of this log"},
    [WITNESS_NOT_SIGNED] = {403, "the log's key has not signed this checkpoint"},
    [WITNESS_OTHER_SIZE] = {409, ""},
    [WITNESS_FORK] = {409, "fork: another tree of this size was cosigned before"},
    [WITNESS_NOT_CONSISTENT] = {422, "not consistent: the log does not begin with what was cosigned before"},
    [WITNESS_FAILED] = {500, "the witness cannot work now; its own output says why"},
};

/* --- answers --- */

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type, const char *text)
{
    char *copy = strdup(text);
    struct MHD_Response *response =
        copy == NULL ? NULL : MHD_create_response_from_buffer(strlen(copy), copy, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result = MHD_NO;

    if (response == NULL) {
        free(copy);
        return MHD_NO;
    }
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result add_checkpoint(struct witness_server *server, struct MHD_Connection *connection,
                                      struct bytes body)
{
    char room[ERROR_ROOM], text[NOTE_LINE_MAX];
    struct error err = ERROR_IN(room);
    struct witness_answer answer;

    witness_decide(server->witness, body, &answer, &err);
    server->events.decided(server->events.context, &answer, &err);
    if (answer.outcome == WITNESS_COSIGNED)
        return reply(connection, 200, "text/plain; charset=utf-8", answer.line);
    if (answer.outcome == WITNESS_OTHER_SIZE) {
        (void)snprintf(text, sizeof text, "%llu\n", (unsigned long long)answer.known);
        return reply(connection, 409, "text/x.tlog.size", text);
    }
    (void)snprintf(text, sizeof text, "%s\n", answers[answer.outcome].text);
    return reply(connection, answers[answer.outcome].status, "text/plain", text);
}

/* --- requests as they come --- */

static bool is_too_much(struct witness_server *server, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *client = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    return client != NULL && client->client_addr != NULL &&
           !rate_allows(&server->rate, client->client_addr, (uint64_t)clock_now_ms());
}

/* False: longer than any request. */
static bool take_body(struct exchange *exchange, const char *data, size_t len)
{
    if (len > BODY_MAX - exchange->len)
        return false;
    memcpy(exchange->body + exchange->len, data, len);
    exchange->len += len;
    return true;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *len, void **request)
{
    struct exchange *exchange = *request;

    (void)version;
    if (exchange == NULL) {
        *request = calloc(1, sizeof *exchange);
        return *request != NULL ? MHD_YES : MHD_NO;
    }
    if (*len != 0) {
        const bool goes_on = take_body(exchange, data, *len);

        *len = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    if (is_too_much(context, connection))
        return reply(connection, 429, "text/plain", "too many requests from this address: ask again in a second\n");
    if (strcmp(url, "/add-checkpoint") != 0)
        return reply(connection, 404, "text/plain", "nothing is here: /add-checkpoint is\n");
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
        return reply(connection, 405, "text/plain", "POST is needed\n");
    return add_checkpoint(context, connection, bytes_of(exchange->body, exchange->len));
}

static void completed(void *context, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode how)
{
    (void)context;
    (void)connection;
    (void)how;
    free(*request);
    *request = NULL;
}

/* --- starting and stopping --- */

static struct MHD_Daemon *start(struct witness_server *server, int fd)
{
    return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD, 0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                            CONNECTIONS_OF_ADDRESS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
                            MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_NOTIFY_COMPLETED, completed, server,
                            MHD_OPTION_END);
}

struct witness_server *witness_serve(struct witness *witness, const char *place, const struct witness_events *events,
                                     char address[static SERVICE_ADDRESS_SIZE], struct error *err)
{
    struct witness_server *server = calloc(1, sizeof *server);
    int fd;

    if (server == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return NULL;
    }
    *server = (struct witness_server){.witness = witness, .events = *events};
    fd = service_listen(place, address, err);
    if (fd < 0) {
        error_with_subject(err, place);
        free(server);
        return NULL;
    }
    server->daemon = start(server, fd); /* it closes the socket at its end */
    if (server->daemon != NULL)
        return server;
    (void)close(fd);
    free(server);
    error_set(err, ERROR_UNEXPECTED, "the server cannot be started", NULL);
    return NULL;
}

void witness_stop(struct witness_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
