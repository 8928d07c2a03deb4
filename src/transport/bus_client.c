/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of docs/reference/bus-protocol.md. */
#include "transport/bus_client.h"

#include "base/clock.h"
#include "base/order.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TIME_BYTES 8
/* Longer than several other clients, one after the other, may hold the bus (BUS_HOLD_SILENCE_MS, BUS_HOLD_MAX_MS). */
#define REPLY_MS 60000
/* Nobody's turn is waited for: to connect, the reply to the hello, the rest of a frame whose first bytes are there. */
#define PROMPT_MS 10000

/* Waits for `events`, at most until `until_ms` (clock_now_ms()). False with errno, EAGAIN when the time is over. */
static bool wait_for(const struct bus_client *client, short events, int64_t until_ms)
{
    for (;;) {
        struct pollfd server = {.fd = client->fd, .events = events};
        const int64_t left_ms = until_ms - clock_now_ms();
        const int ready = left_ms > 0 ? poll(&server, 1, (int)left_ms) : 0;

        if (ready > 0)
            return true;
        if (ready == 0)
            errno = EAGAIN;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

static enum bus_client_status system_failed(struct bus_client *client)
{
    client->system_errno = errno;
    return would_block() ? BUS_CLIENT_TIMEOUT : BUS_CLIENT_SYSTEM;
}

enum bus_client_status bus_client_queue(struct bus_client *client, enum bus_request type, struct bytes body)
{
    uint8_t *frame = client->out + client->out_len;

    if (body.len > BUS_FRAME_MAX - 1 || client->out_len + BUS_HEADER_BYTES + body.len > sizeof client->out)
        return BUS_CLIENT_FULL;
    store16_le(frame, (uint16_t)(1 + body.len));
    frame[BUS_LENGTH_BYTES] = (uint8_t)type;
    if (body.len != 0)
        memcpy(frame + BUS_HEADER_BYTES, body.data, body.len);
    client->out_len += BUS_HEADER_BYTES + body.len;
    return BUS_CLIENT_OK;
}

enum bus_client_status bus_client_flush(struct bus_client *client)
{
    enum bus_client_status status = BUS_CLIENT_OK;
    size_t sent = 0;

    /* For the replies as well, however many: a server that lets its bytes drip cannot hold a call for ever. */
    client->until_ms = clock_now_ms() + (client->greeted ? REPLY_MS : PROMPT_MS);
    while (status == BUS_CLIENT_OK && sent < client->out_len) {
        ssize_t n = send(client->fd, client->out + sent, client->out_len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0)
            sent += (size_t)n;
        else if (errno == EPIPE || errno == ECONNRESET)
            status = BUS_CLIENT_OK, sent = client->out_len; /* the server's error frame may still be readable */
        else if (errno != EINTR && (!would_block() || !wait_for(client, POLLOUT, client->until_ms)))
            status = system_failed(client);
    }
    bytes_wipe(client->out, client->out_len); /* groups may carry keys */
    client->out_len = 0;
    return status;
}

/* Receives until at least `wanted` bytes are available after `in_used`, at most until `until_ms` (clock_now_ms()). */
static enum bus_client_status fill(struct bus_client *client, size_t wanted, int64_t until_ms)
{
    if (client->in_used > 0 && client->in_used + wanted > sizeof client->in) {
        memmove(client->in, client->in + client->in_used, client->in_len - client->in_used);
        client->in_len -= client->in_used;
        client->in_used = 0;
    }
    while (client->in_len - client->in_used < wanted) {
        ssize_t n = recv(client->fd, client->in + client->in_len, sizeof client->in - client->in_len, MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return BUS_CLIENT_CLOSED;
        if (n > 0)
            client->in_len += (size_t)n;
        else if (errno != EINTR && (!would_block() || !wait_for(client, POLLIN, until_ms)))
            return system_failed(client);
    }
    return BUS_CLIENT_OK;
}

enum bus_client_status bus_client_receive(struct bus_client *client, struct bus_reply *reply)
{
    enum bus_client_status status;
    const uint8_t *frame;
    int64_t until_ms;
    size_t len;

    reply->body = BYTES_NONE;
    if (client->in_used == client->in_len)
        client->in_used = client->in_len = 0;
    status = fill(client, 1, client->until_ms);
    until_ms = clock_now_ms() + PROMPT_MS;
    if (status == BUS_CLIENT_OK)
        status = fill(client, BUS_HEADER_BYTES, until_ms);
    if (status != BUS_CLIENT_OK)
        return status;
    len = load16_le(client->in + client->in_used);
    if (len < 2 || len > BUS_FRAME_MAX)
        return BUS_CLIENT_NOT_PROTOCOL;
    status = fill(client, BUS_LENGTH_BYTES + len, until_ms);
    if (status != BUS_CLIENT_OK)
        return status;
    frame = client->in + client->in_used;
    client->in_used += BUS_LENGTH_BYTES + len;
    if (frame[BUS_LENGTH_BYTES] == BUS_ERROR) {
        client->refusal = (enum bus_refusal)frame[BUS_HEADER_BYTES];
        return BUS_CLIENT_REFUSED;
    }
    if (frame[BUS_LENGTH_BYTES] != BUS_OK || len < 1 + TIME_BYTES)
        return BUS_CLIENT_NOT_PROTOCOL;
    client->now_ns = load64_le(frame + BUS_HEADER_BYTES);
    reply->body = bytes_of(frame + BUS_HEADER_BYTES + TIME_BYTES, len - 1 - TIME_BYTES);
    return BUS_CLIENT_OK;
}

enum bus_client_status bus_client_note_addresses(struct bus_client *client, struct bytes body)
{
    if (body.len < 1 || body.data[0] > BUS_CHIPS_MAX || body.len != 1u + body.data[0])
        return BUS_CLIENT_NOT_PROTOCOL;
    client->address_count = body.data[0];
    memcpy(client->addresses, body.data + 1, client->address_count);
    return BUS_CLIENT_OK;
}

static enum bus_client_status say_hello(struct bus_client *client)
{
    uint8_t hello[BUS_MAGIC_BYTES + 1];
    struct bus_reply reply;
    enum bus_client_status status;

    memcpy(hello, BUS_MAGIC, BUS_MAGIC_BYTES);
    hello[BUS_MAGIC_BYTES] = BUS_VERSION;
    status = bus_client_queue(client, BUS_HELLO, bytes_of(hello, sizeof hello));
    if (status == BUS_CLIENT_OK)
        status = bus_client_flush(client);
    if (status == BUS_CLIENT_OK)
        status = bus_client_receive(client, &reply);
    if (status != BUS_CLIENT_OK)
        return status;
    if (reply.body.len < 2)
        return BUS_CLIENT_NOT_PROTOCOL;
    client->real_time = (reply.body.data[0] & BUS_HELLO_REAL_TIME) != 0;
    client->can_await = (reply.body.data[0] & BUS_HELLO_AWAIT) != 0;
    client->greeted = true;
    return bus_client_note_addresses(client, bytes_of(reply.body.data + 1, reply.body.len - 1));
}

enum bus_client_status bus_client_start(struct bus_client *client, int fd)
{
    enum bus_client_status status;

    client->fd = fd;
    client->out_len = client->in_len = client->in_used = client->address_count = 0;
    client->now_ns = 0;
    client->real_time = client->can_await = client->greeted = false;
    client->system_errno = 0;
    client->refusal = BUS_NOT_REFUSED;
    status = say_hello(client);
    if (status != BUS_CLIENT_OK)
        bus_client_close(client);
    return status;
}

/* connect() that does not wait longer than PROMPT_MS, which on Linux is a matter of the socket's sending timeout. */
static int connect_in_time(int fd, const struct sockaddr *address, socklen_t len)
{
    const struct timeval timeout = {.tv_sec = PROMPT_MS / 1000};

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (connect(fd, address, len) == 0)
        return 0;
    if (errno == EINPROGRESS)
        errno = ETIMEDOUT;
    return -1;
}

enum bus_client_status bus_client_open_unix(struct bus_client *client, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    client->fd = -1;
    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof address.sun_path)
        return system_failed(client);
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return system_failed(client);
    if (connect_in_time(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        enum bus_client_status status = system_failed(client);

        (void)close(fd);
        return status;
    }
    return bus_client_start(client, fd);
}

enum bus_client_status bus_client_open_tcp(struct bus_client *client, const char *host, const char *port)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int yes = 1;
    int fd = -1;

    client->fd = -1;
    errno = EADDRNOTAVAIL;
    if (getaddrinfo(host, port, &wanted, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return system_failed(client);
    }
    for (const struct addrinfo *each = found; each != NULL && fd < 0; each = each->ai_next) {
        fd = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
        if (fd >= 0 && connect_in_time(fd, each->ai_addr, each->ai_addrlen) != 0) {
            client->system_errno = errno;
            (void)close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    if (fd < 0)
        return BUS_CLIENT_SYSTEM;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return bus_client_start(client, fd);
}

void bus_client_close(struct bus_client *client)
{
    if (client->fd >= 0)
        (void)close(client->fd);
    client->fd = -1;
    bytes_wipe(client->out, sizeof client->out);
    bytes_wipe(client->in, sizeof client->in);
}
