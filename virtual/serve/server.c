/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: enforce the limits, answer the clients that may use the bus, send, wait, receive. A client that does not
 * read its replies is not read from, so buffers are bounded. A round answers one frame of each client, and of the
 * holder at most ROUND_MS, so that neither another client nor a signal waits for a client with much to do. While the
 * chips of a real-time bus are ahead of the wall clock, after an await, nothing is answered and no reply is sent: that
 * takes as long as a command of the chip, 2.3 s at most.
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
#define ROUND_MS 50
#define NS_PER_S UINT64_C(1000000000)
#define ACCEPT_AGAIN_MS 100 /* after accept() found no free file descriptor and no client could be closed */
#define SILENT_CLIENT_MS                                                                                               \
    60000            /* a client that has said hello is closed for another after this time without a request */
#define STREAK_MAX 3 /* holders in a row that lost the bus: the silence allowed is halved this often at most */

struct serve_client {
    int fd;
    struct serve_session session;
    bool closing;     /* refused or disconnected: closed after one attempt to send its last reply */
    uint64_t last_ms; /* when it connected, or sent its last whole request */
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

static bool has_frame(const struct serve_client *client)
{
    size_t len;

    if (client->in_len < BUS_LENGTH_BYTES)
        return false;
    len = load16_le(client->in);
    return len == 0 || len > BUS_FRAME_MAX || client->in_len >= BUS_LENGTH_BYTES + len;
}

/* True if the client has a request that cannot be answered because another client holds the bus. */
static bool is_waiting(const struct serve_server *server, const struct serve_client *client)
{
    return server->holder != NULL && server->holder != client && client->session.hello_done &&
           !client->session.hold_lost && !client->closing && has_frame(client);
}

static bool can_answer(const struct serve_server *server, const struct serve_client *client)
{
    return !client->closing && has_frame(client) && sizeof client->out - client->out_len >= FRAME_BYTES &&
           !is_waiting(server, client) && serve_bus_ahead_ns(server->bus) == 0;
}

static bool anyone_waits(const struct serve_server *server)
{
    for (size_t i = 0; i < server->count; i++) {
        if (is_waiting(server, server->clients[i]))
            return true;
    }
    return false;
}

/* The bus is free, or the next client's. */
static void set_holder(struct serve_server *server, struct serve_client *holder)
{
    server->holder = holder;
    server->holder_request_ms = now_ms();
    server->waited_since_ms = 0;
}

/* Applies a hold or release, and notes that the holder has used the bus. A request that must wait does not get here. */
static void grant(struct serve_server *server, struct serve_client *client, struct bytes frame)
{
    const enum serve_turn turn = serve_session_turn(frame);

    if (turn == SERVE_TURN_HOLD && server->holder == NULL) {
        set_holder(server, client);
    } else if (turn == SERVE_TURN_RELEASE && server->holder == client) {
        set_holder(server, NULL);
        server->lost_in_a_row = 0;
    } else if (server->holder == client && serve_session_uses_bus(frame)) {
        server->holder_request_ms = client->last_ms;
    }
}

/* Answers one whole frame. */
static void answer(struct serve_server *server, struct serve_client *client, struct bytes frame)
{
    struct bytes_out reply = {.data = client->out + client->out_len, .cap = FRAME_BYTES};
    const bool hello_done = client->session.hello_done;
    const char *cause = NULL;

    client->last_ms = now_ms();
    server->bus->client = client;
    if (serve_session_answer(&client->session, server->bus, frame, &reply, &cause) == SERVE_REFUSED) {
        client->closing = true;
        report_refused(server, cause);
    } else if (!hello_done) {
        server->greeted++;
    } else {
        grant(server, client, frame);
    }
    client->out_len += reply.len;
}

/* Answers the client's next frame; all it has sent, for at most ROUND_MS, while it holds the bus. */
static void answer_client(struct serve_server *server, struct serve_client *client)
{
    const uint64_t until_ms = now_ms() + ROUND_MS;

    if (!can_answer(server, client))
        return;
    do {
        const size_t len = load16_le(client->in), whole = BUS_LENGTH_BYTES + len;

        if (len == 0 || len > BUS_FRAME_MAX) {
            refuse(server, client, client->session.hello_done ? BUS_BAD_FRAME : BUS_NOT_A_CLIENT,
                   client->session.hello_done ? "a frame is empty or too long"
                                              : "not the imprint bus protocol: the first frame must be a hello");
            break;
        }
        answer(server, client, bytes_of(client->in + BUS_LENGTH_BYTES, len));
        client->in_len -= whole;
        memmove(client->in, client->in + whole, client->in_len);
    } while (server->holder == client && can_answer(server, client) && client->last_ms < until_ms);
    if (serve_bus_ahead_ns(server->bus) == 0)
        send_replies(client);
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
    if (client->in_len != 0 && !client->closing && !is_waiting(server, client))
        report_refused(server, "closed its connection in the middle of a frame");
    client->closing = true;
}

static void remove_client(struct serve_server *server, size_t at)
{
    struct serve_client *client = server->clients[at];

    if (server->holder == client)
        set_holder(server, NULL);
    serve_waiting_left(server->bus, client);
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

/* Is `one` to be closed before `other` (NULL: none), when a client must be? One that has not said hello comes first. */
static bool is_idler(const struct serve_client *one, const struct serve_client *other)
{
    if (other == NULL)
        return true;
    if (one->session.hello_done != other->session.hello_done)
        return other->session.hello_done;
    return one->last_ms < other->last_ms;
}

/* Closes the client that has been silent for longest, if there is one that may be closed. */
static bool make_room(struct serve_server *server)
{
    const uint64_t now = now_ms();
    struct serve_client *idlest = NULL;
    size_t at = 0;

    for (size_t i = 0; i < server->count; i++) {
        struct serve_client *client = server->clients[i];
        const bool may = !client->session.hello_done ||
                         (now - client->last_ms >= SILENT_CLIENT_MS && server->holder != client && !has_frame(client));

        if (may && is_idler(client, idlest)) {
            idlest = client;
            at = i;
        }
    }
    if (idlest == NULL)
        return false;
    refuse(server, idlest, BUS_TOO_MANY, "too many clients, and this one was silent for longest");
    send_replies(idlest);
    remove_client(server, at);
    return true;
}

static void accept_client(struct serve_server *server)
{
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    struct serve_client *client;
    const int yes = 1;

    if (fd < 0) { /* disconnected already, or too many open files */
        if ((errno == EMFILE || errno == ENFILE) && !make_room(server))
            server->accept_from_ms = now_ms() + ACCEPT_AGAIN_MS;
        return;
    }
    client = calloc(1, sizeof *client);
    if (client == NULL) {
        (void)close(fd);
        return;
    }
    client->fd = fd;
    client->last_ms = now_ms();
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes,
                     sizeof yes); /* fails on a Unix socket, which does not need it */
    if (server->count == SERVE_CLIENTS_MAX && !make_room(server))
        refuse(server, client, BUS_TOO_MANY, "too many clients: the limit is 1000");
    server->clients[server->count++] = client;
}

static uint64_t limit_of(uint32_t setting_ms, uint32_t default_ms)
{
    return setting_ms != 0 ? setting_ms : default_ms;
}

/* Each holder that lost the bus by silence halves what the next is allowed: many of them cannot keep others for long.
 */
static uint64_t silence_allowed_ms(const struct serve_server *server)
{
    const unsigned halvings = server->lost_in_a_row < STREAK_MAX ? server->lost_in_a_row : STREAK_MAX;

    return limit_of(server->limits.silence_ms, BUS_HOLD_SILENCE_MS) >> halvings;
}

static void lower(int *timeout_ms, uint64_t at_ms, uint64_t now)
{
    const int left = at_ms <= now ? 0 : (int)(at_ms - now);

    if (*timeout_ms < 0 || left < *timeout_ms)
        *timeout_ms = left;
}

static void lose_hold(struct serve_server *server, const char *cause)
{
    server->holder->session.hold_lost = true;
    set_holder(server, NULL);
    server->lost_in_a_row++;
    report_refused(server, cause);
}

/*
 * A client that holds the bus while others wait loses it when it does not use it, or uses it for too long. Lowers
 * `*timeout_ms` to when that is to be looked at again.
 */
static void limit_holder(struct serve_server *server, uint64_t now, int *timeout_ms)
{
    uint64_t silent_ms, hold_ms = limit_of(server->limits.hold_ms, BUS_HOLD_MAX_MS);

    if (server->holder == NULL || !anyone_waits(server)) {
        server->waited_since_ms = 0;
        return;
    }
    if (server->waited_since_ms == 0)
        server->waited_since_ms = now;
    silent_ms = silence_allowed_ms(server);
    if (now >= server->holder_request_ms + silent_ms) {
        lose_hold(server, "held the bus without using it while others waited");
    } else if (now >= server->waited_since_ms + hold_ms) {
        lose_hold(server, "held the bus for too long while others waited");
    } else {
        lower(timeout_ms, server->holder_request_ms + silent_ms, now);
        lower(timeout_ms, server->waited_since_ms + hold_ms, now);
    }
}

/* A client must say hello soon after it has connected. */
static void limit_hello(struct serve_server *server, uint64_t now, int *timeout_ms)
{
    const uint64_t hello_ms = limit_of(server->limits.hello_ms, BUS_HELLO_MAX_MS);

    for (size_t i = 0; i < server->count; i++) {
        struct serve_client *client = server->clients[i];

        if (client->session.hello_done || client->closing || has_frame(client))
            continue;
        if (now >= client->last_ms + hello_ms)
            refuse(server, client, BUS_NOT_A_CLIENT, "sent no hello in time after it connected");
        else
            lower(timeout_ms, client->last_ms + hello_ms, now);
    }
}

/* One round: a turn for each client, then closes those that are done. True if there is more to answer at once. */
static bool answer_round(struct serve_server *server)
{
    bool more = false;

    for (size_t i = 0; i < server->count; i++)
        answer_client(server, server->clients[i]);
    for (size_t i = server->count; i > 0; i--) {
        if (server->clients[i - 1]->closing) {
            send_replies(server->clients[i - 1]);
            remove_client(server, i - 1);
        }
    }
    for (size_t i = 0; i < server->count && !more; i++)
        more = can_answer(server, server->clients[i]);
    return more;
}

static void wait_for_client(const struct serve_client *client, struct pollfd *waiting)
{
    *waiting = (struct pollfd){.fd = client->fd};
    if (client->out_len != 0)
        waiting->events = POLLOUT;
    else if (client->in_len < sizeof client->in)
        waiting->events = POLLIN;
}

/* Enforces the limits and answers until nothing is left to do at once. Gives how long poll() may wait. */
static int work(struct serve_server *server)
{
    int timeout_ms = -1;
    const uint64_t now = now_ms();

    limit_hello(server, now, &timeout_ms);
    limit_holder(server, now, &timeout_ms);
    if (server->accept_from_ms > now)
        lower(&timeout_ms, server->accept_from_ms, now);
    if (answer_round(server))
        return 0;
    limit_holder(server, now,
                 &timeout_ms); /* again: the round may have given the bus to a client that others wait for */
    return timeout_ms;
}

/* Until the wall clock has reached the chips' clocks. 1: asked to stop before; -1 with errno: a system call failed. */
static int wait_for_chips(struct serve_server *server)
{
    struct pollfd stop = {.fd = server->stop_fd, .events = POLLIN};
    int ready = 0;
    uint64_t ahead_ns;

    while (ready == 0 && (ahead_ns = serve_bus_ahead_ns(server->bus)) != 0) {
        const struct timespec wait = {.tv_sec = (time_t)(ahead_ns / NS_PER_S), .tv_nsec = (long)(ahead_ns % NS_PER_S)};

        ready = ppoll(&stop, 1, &wait, NULL);
        if (ready < 0 && errno == EINTR)
            ready = 0;
    }
    server->holder_request_ms = now_ms(); /* the holder was using the bus */
    return ready;
}

bool serve_run(struct serve_server *server)
{
    struct pollfd fds[2 + SERVE_CLIENTS_MAX + 1];
    size_t count;
    int timeout_ms, is_stopped;

    for (;;) {
        timeout_ms = work(server);
        if (serve_bus_ahead_ns(server->bus) != 0) {
            is_stopped = wait_for_chips(server);
            if (is_stopped != 0)
                return is_stopped > 0;
            continue;
        }
        fds[0] = (struct pollfd){.fd = server->stop_fd, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = server->accept_from_ms > now_ms() ? -1 : server->listen_fd, .events = POLLIN};
        count = server->count;
        for (size_t i = 0; i < count; i++)
            wait_for_client(server->clients[i], &fds[2 + i]);
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
