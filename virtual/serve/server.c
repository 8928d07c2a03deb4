/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: wait, receive, answer the clients that may use the bus, send. A client that does not read its replies is
 * not read from, so buffers are bounded.
 */
#include "virtual/serve/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/order.h"

#define FRAME_BYTES (BUS_LENGTH_BYTES + BUS_FRAME_MAX)

struct serve_client {
    int fd;
    struct serve_session session;
    bool waiting; /* a frame is complete, but another client holds the bus */
    bool closing; /* refused or disconnected: closed after one attempt to send its last reply */
    size_t in_len, out_len, out_sent;
    uint8_t in[FRAME_BYTES];
    uint8_t out[2 * FRAME_BYTES];
};

static uint64_t now_ms(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void report_refused(const struct serve_server *server, const char *cause)
{
    if (server->callbacks.refused != NULL)
        server->callbacks.refused(server->callbacks.context, cause);
}

/* Sends as much as the client accepts now. */
static void send_replies(struct serve_client *client)
{
    while (client->out_sent < client->out_len) {
        ssize_t n = send(client->fd, client->out + client->out_sent, client->out_len - client->out_sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            client->out_sent += (size_t)n;
        } else if (errno != EINTR) {
            client->closing |= errno != EAGAIN && errno != EWOULDBLOCK;
            return;
        }
    }
    client->out_len = client->out_sent = 0;
}

static void refuse(const struct serve_server *server, struct serve_client *client, enum bus_refusal refusal,
                   const char *cause)
{
    struct bytes_out reply = {.data = client->out + client->out_len, .cap = sizeof client->out - client->out_len};

    serve_session_refuse(refusal, cause, &reply);
    client->out_len += reply.len;
    client->closing = true;
    report_refused(server, cause);
}

/* Applies a hold or release. A request that must wait for its turn does not get here. */
static void grant(struct serve_server *server, struct serve_client *client, enum serve_turn turn)
{
    if (turn == SERVE_TURN_HOLD)
        server->holder = client;
    else if (turn == SERVE_TURN_RELEASE && server->holder == client)
        server->holder = NULL;
    if (server->holder == client)
        server->holder_request_ms = now_ms();
}

/* Answers one whole frame. */
static void answer(struct serve_server *server, struct serve_client *client, struct bytes frame)
{
    struct bytes_out reply = {.data = client->out + client->out_len, .cap = FRAME_BYTES};
    const bool hello_done = client->session.hello_done;
    const char *cause = NULL;

    if (serve_session_answer(&client->session, server->bus, frame, &reply, &cause) == SERVE_REFUSED) {
        client->closing = true;
        report_refused(server, cause);
    } else if (hello_done) {
        grant(server, client, serve_session_turn(frame));
    }
    client->out_len += reply.len;
}

/* Answers the client's complete frames, unless another client holds the bus. True if any was answered. */
static bool answer_client(struct serve_server *server, struct serve_client *client)
{
    size_t used = 0;

    client->waiting = false;
    while (!client->closing && client->in_len - used >= BUS_LENGTH_BYTES &&
           sizeof client->out - client->out_len >= FRAME_BYTES) {
        size_t len = load16_le(client->in + used);

        if (len == 0 || len > BUS_FRAME_MAX) {
            refuse(server, client, client->session.hello_done ? BUS_BAD_FRAME : BUS_NOT_A_CLIENT,
                   client->session.hello_done ? "a frame is empty or too long"
                                              : "not the imprint bus protocol: the first frame must be a hello");
            break;
        }
        if (client->in_len - used < BUS_LENGTH_BYTES + len)
            break;
        client->waiting = client->session.hello_done && !client->session.hold_lost && server->holder != NULL &&
                          server->holder != client;
        if (client->waiting)
            break;
        answer(server, client, bytes_of(client->in + used + BUS_LENGTH_BYTES, len));
        used += BUS_LENGTH_BYTES + len;
    }
    if (used != 0)
        memmove(client->in, client->in + used, client->in_len - used);
    client->in_len -= used;
    if (client->out_len != 0)
        send_replies(client);
    return used != 0;
}

static void receive(const struct serve_server *server, struct serve_client *client)
{
    ssize_t n = recv(client->fd, client->in + client->in_len, sizeof client->in - client->in_len, MSG_DONTWAIT);

    if (n > 0) {
        client->in_len += (size_t)n;
        return;
    }
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (client->in_len != 0 && !client->closing && !client->waiting)
        report_refused(server, "closed its connection in the middle of a frame");
    client->closing = true;
}

static void remove_client(struct serve_server *server, size_t at)
{
    struct serve_client *client = server->clients[at];

    if (server->holder == client)
        server->holder = NULL;
    (void)shutdown(client->fd, SHUT_WR);
    /* Unread bytes would make TCP reset the connection, and the client might not get the error frame. */
    while (recv(client->fd, client->in, sizeof client->in, MSG_DONTWAIT) > 0) {
        /* dropped */
    }
    (void)close(client->fd);
    bytes_wipe(client, sizeof *client);
    free(client);
    server->clients[at] = server->clients[--server->count];
}

static void accept_client(struct serve_server *server)
{
    int fd = accept(server->listen_fd, NULL, NULL);
    struct serve_client *client;
    const int yes = 1;

    if (fd < 0)
        return; /* disconnected already, or too many open files: the next round tries again */
    client = calloc(1, sizeof *client);
    if (client == NULL) {
        (void)close(fd);
        return;
    }
    client->fd = fd;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes,
                     sizeof yes); /* fails on a Unix socket, which does not need it */
    if (server->count == SERVE_CLIENTS_MAX - 1)
        refuse(server, client, BUS_TOO_MANY, "too many clients: the limit is 63");
    server->clients[server->count++] = client;
}

/* A client that holds the bus without a request while others wait loses it. Milliseconds until then; -1: never. */
static int watch_holder(struct serve_server *server)
{
    uint64_t silent_ms;
    bool waited_for = false;

    for (size_t i = 0; i < server->count; i++)
        waited_for |= server->clients[i]->waiting;
    if (server->holder == NULL || !waited_for)
        return -1;
    silent_ms = now_ms() - server->holder_request_ms;
    if (silent_ms < BUS_HOLD_SILENCE_MS)
        return (int)(BUS_HOLD_SILENCE_MS - silent_ms);
    server->holder->session.hold_lost = true;
    server->holder = NULL;
    report_refused(server, "held the bus for 5 seconds without a request");
    return 0;
}

/* Answers until no client that may use the bus has a complete frame. */
static void answer_all(struct serve_server *server)
{
    bool busy = true;

    while (busy) {
        busy = false;
        for (size_t i = 0; i < server->count; i++)
            busy |= answer_client(server, server->clients[i]);
        for (size_t i = server->count; i > 0; i--) {
            if (server->clients[i - 1]->closing) {
                send_replies(server->clients[i - 1]);
                remove_client(server, i - 1);
                busy = true;
            }
        }
    }
}

bool serve_run(struct serve_server *server)
{
    struct pollfd fds[2 + SERVE_CLIENTS_MAX];
    size_t count;
    int timeout_ms;

    for (;;) {
        do {
            answer_all(server);
            timeout_ms = watch_holder(server);
        } while (timeout_ms == 0);
        fds[0] = (struct pollfd){.fd = server->stop_fd, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = server->count < SERVE_CLIENTS_MAX ? server->listen_fd : -1, .events = POLLIN};
        count = server->count;
        for (size_t i = 0; i < count; i++) {
            const struct serve_client *client = server->clients[i];

            fds[2 + i] = (struct pollfd){.fd = client->fd};
            if (client->out_len != 0)
                fds[2 + i].events = POLLOUT;
            else if (client->in_len < sizeof client->in)
                fds[2 + i].events = POLLIN;
        }
        if (poll(fds, 2 + count, timeout_ms) < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        if (fds[0].revents != 0)
            return true;
        for (size_t i = 0; i < count; i++) {
            if ((fds[2 + i].revents & POLLOUT) != 0)
                send_replies(server->clients[i]);
            else if (fds[2 + i].revents != 0)
                receive(server, server->clients[i]);
        }
        if (fds[1].revents != 0)
            accept_client(server);
    }
}

void serve_close(struct serve_server *server)
{
    while (server->count > 0)
        remove_client(server, server->count - 1);
}
