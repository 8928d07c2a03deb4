/* SPDX-License-Identifier: Apache-2.0 */
#include "station/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/number.h"

#define US_PER_S UINT64_C(1000000)

uint64_t net_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * US_PER_S + (uint64_t)now.tv_nsec / 1000U;
}

static uint64_t left_us(uint64_t deadline_us)
{
    const uint64_t now = net_now_us();

    return now < deadline_us ? deadline_us - now : 0;
}

/* ---- HOST:PORT ---- */

static bool refuse_place(const char *text, struct error *err)
{
    error_set(err, ERROR_USAGE, "expected HOST:PORT, such as broker.example:8883 or [::1]:8883", NULL);
    error_with_subject(err, text);
    return false;
}

bool net_read_place(const char *text, struct net_place *place, struct error *err)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - text);
    uint64_t port;

    if (len == 0 || number_parse(colon + 1, 1, 65535, &port) != NUMBER_OK)
        return refuse_place(text, err);
    if (text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    } else if (memchr(text, ':', len) != NULL) { /* an IPv6 address needs brackets: else its end is no port */
        return refuse_place(text, err);
    }
    if (len == 0 || len >= sizeof place->host)
        return refuse_place(text, err);
    memcpy(place->host, text, len);
    place->host[len] = '\0';
    (void)snprintf(place->port, sizeof place->port, "%u", (unsigned)port % 65536U);
    return true;
}

/* ---- finding the address ---- */

/* What the resolver's thread uses: it may outlive the caller's wait. */
struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    struct net_place place;
};

static bool away(struct error *err, const struct net_place *place, const char *cause, int system_errno)
{
    error_set(err, ERROR_SERVER_AWAY, cause, NULL);
    error_with_errno(err, system_errno);
    error_with_subject(err, place->host);
    error_doing(err, "connect to the server");
    return false;
}

static struct lookup *start_lookup(const struct net_place *place)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    struct gaicb *list[1];

    if (lookup == NULL)
        return NULL;
    lookup->place = *place;
    lookup->hints = (struct addrinfo){.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    lookup->request =
        (struct gaicb){.ar_name = lookup->place.host, .ar_service = lookup->place.port, .ar_request = &lookup->hints};
    list[0] = &lookup->request;
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0)
        return lookup;
    free(lookup);
    return NULL;
}

/* The resolver's answer, 0 or an EAI_ value; EAI_INPROGRESS: none before the deadline. */
static int await_lookup(struct lookup *lookup, uint64_t deadline_us)
{
    const struct gaicb *const list[1] = {&lookup->request};
    uint64_t left;
    int answer;

    while ((answer = gai_error(&lookup->request)) == EAI_INPROGRESS && (left = left_us(deadline_us)) > 0) {
        const struct timespec limit = {.tv_sec = (time_t)(left / US_PER_S), .tv_nsec = (long)(left % US_PER_S) * 1000L};

        (void)gai_suspend(list, 1, &limit);
    }
    return answer;
}

/* `*addresses` are the caller's to freeaddrinfo(). */
static bool find_addresses(const struct net_place *place, uint64_t deadline_us, struct addrinfo **addresses,
                           struct error *err)
{
    struct lookup *lookup = start_lookup(place);
    int answer;

    if (lookup == NULL)
        return away(err, place, "the resolver cannot be started", errno);
    answer = await_lookup(lookup, deadline_us);
    if (answer == EAI_INPROGRESS) {
        /* Where it cannot be cancelled its thread goes on, and its memory must stay. */
        if (gai_cancel(&lookup->request) == EAI_CANCELED)
            free(lookup);
        return away(err, place, "no name server answered within the time limit", 0);
    }
    *addresses = lookup->request.ar_result;
    free(lookup);
    if (answer == 0 && *addresses != NULL)
        return true;
    return away(err, place, error_keep_format(err, "the host's address cannot be found: %s", gai_strerror(answer)),
                answer == EAI_SYSTEM ? errno : 0);
}

/* ---- connecting ---- */

/* Waits for `events`; false when the deadline passes first. */
static bool await(int fd, short events, uint64_t deadline_us)
{
    struct pollfd one = {.fd = fd, .events = events};
    uint64_t left;
    int ready = 0;

    while (ready == 0 && (left = left_us(deadline_us)) > 0) {
        ready = poll(&one, 1, (int)(left / 1000U) + 1);
        if (ready < 0 && errno == EINTR)
            ready = 0;
    }
    return ready != 0;
}

/* A connected socket, or -1 with errno. */
static int try_address(const struct addrinfo *address, uint64_t deadline_us)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), failure = 0;
    socklen_t len = sizeof failure;

    if (fd < 0)
        return -1;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        failure = errno;
        if (failure == EINPROGRESS && !await(fd, POLLOUT, deadline_us))
            failure = ETIMEDOUT;
        else if (failure == EINPROGRESS && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0)
            failure = errno;
    }
    if (failure == 0)
        return fd;
    (void)close(fd);
    errno = failure;
    return -1;
}

bool net_connect(struct net_connection *connection, const struct net_place *place, uint64_t deadline_us,
                 struct error *err)
{
    struct addrinfo *addresses = NULL;
    uint64_t count = 0;
    int failure = 0;

    *connection = (struct net_connection){.fd = -1, .deadline_us = deadline_us};
    if (!find_addresses(place, deadline_us, &addresses, err))
        return false;
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next)
        count++;
    /* Each address gets its share of the time that is left, so that one that never answers does not use it up. */
    for (const struct addrinfo *at = addresses; at != NULL && connection->fd < 0; at = at->ai_next, count--) {
        connection->fd = try_address(at, net_now_us() + left_us(deadline_us) / count);
        failure = errno;
        if (getnameinfo(at->ai_addr, at->ai_addrlen, connection->address, sizeof connection->address, NULL, 0,
                        NI_NUMERICHOST) != 0)
            connection->address[0] = '\0';
    }
    freeaddrinfo(addresses);
    if (connection->fd >= 0)
        return true;
    return away(err, place,
                error_keep_format(err,
                                  failure == ECONNREFUSED ? "no server is listening at %s port %s"
                                                          : "the server at %s port %s cannot be reached",
                                  connection->address, place->port),
                failure);
}

/* ---- talking ---- */

static enum net_status status_of(ssize_t n, size_t *done)
{
    *done = n > 0 ? (size_t)n : 0;
    if (n > 0)
        return NET_OK;
    return n == 0 || errno == ECONNRESET || errno == EPIPE ? NET_CLOSED : NET_FAILED;
}

static bool goes_on(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

enum net_status net_receive(const struct net_connection *connection, uint8_t *data, size_t size, size_t *done)
{
    ssize_t n;

    *done = 0;
    do {
        if (!await(connection->fd, POLLIN, connection->deadline_us))
            return NET_TIMEOUT;
        n = recv(connection->fd, data, size, 0);
    } while (goes_on(n));
    return status_of(n, done);
}

enum net_status net_send(const struct net_connection *connection, const uint8_t *data, size_t size, size_t *done)
{
    ssize_t n;

    *done = 0;
    do {
        if (!await(connection->fd, POLLOUT, connection->deadline_us))
            return NET_TIMEOUT;
        n = send(connection->fd, data, size, MSG_NOSIGNAL);
    } while (goes_on(n));
    return status_of(n, done);
}

void net_close(struct net_connection *connection)
{
    if (connection->fd >= 0)
        (void)close(connection->fd);
    connection->fd = -1;
}
