/* SPDX-License-Identifier: Apache-2.0 */
#include "service/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error_format.h"

#define WAITING_CLIENTS                                                                                                \
    1024 /* connections that the system accepts before we do: a flood keeps nobody waiting a second */
#define HOST_SIZE 256

static int refuse(enum error_reason reason, const char *cause, const char *next, int system_errno, struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_errno(err, system_errno);
    return -1;
}

/* Splits at the last colon; an address with colons stands in brackets. */
static bool split(const char *place, char host[static HOST_SIZE], const char **port)
{
    const char *colon = strrchr(place, ':');
    size_t len;

    if (colon == NULL || colon[1] == '\0' || colon == place)
        return false;
    len = (size_t)(colon - place);
    if (place[0] == '[' && place[len - 1] == ']') {
        place++;
        len -= 2;
    } else if (memchr(place, ':', len) != NULL) {
        return false;
    }
    if (len == 0 || len >= HOST_SIZE)
        return false;
    memcpy(host, place, len);
    host[len] = '\0';
    *port = colon + 1;
    return true;
}

static int open_socket(const struct addrinfo *at)
{
    const int yes = 1;
    const int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    int reason;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, WAITING_CLIENTS) == 0)
        return fd;
    reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

static bool name(int fd, char address[static SERVICE_ADDRESS_SIZE])
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    char host[64], port[16];
    bool colons;

    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
        getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    colons = strchr(host, ':') != NULL;
    (void)snprintf(address, SERVICE_ADDRESS_SIZE, "%s%s%s:%s", colons ? "[" : "", host, colons ? "]" : "", port);
    return true;
}

int service_listen(const char *place, char address[static SERVICE_ADDRESS_SIZE], struct error *err)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[HOST_SIZE];
    const char *port = NULL;
    int fd, status;

    if (!split(place, host, &port))
        return refuse(ERROR_USAGE, "--listen needs HOST:PORT", "use --listen 127.0.0.1:0 for a free port", 0, err);
    status = getaddrinfo(host, port, &wanted, &found);
    if (status != 0)
        return refuse(ERROR_USAGE, error_keep_format(err, "no such address: %s", gai_strerror(status)),
                      "use an address of this machine: ip address", 0, err);
    fd = open_socket(found);
    freeaddrinfo(found);
    if (fd >= 0 && name(fd, address))
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return refuse(ERROR_SERVER_AWAY, "cannot listen there",
                  "use a free port of this machine, above 1023 unless you are root", errno, err);
}
