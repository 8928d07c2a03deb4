/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual/serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static bool refuse(struct serve_listener *listener, int number, const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_DEVICE_MISSING, cause, next);
    error_with_errno(err, number);
    error_doing(err, "listen for clients");
    serve_listener_close(listener);
    return false;
}

/* True for a socket's file whose server has ended: connecting to it is refused. */
static bool is_left_over(const struct sockaddr_un *address)
{
    struct stat found;
    bool left_over = false;
    int fd;

    if (lstat(address->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        left_over = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
        (void)close(fd);
    }
    return left_over;
}

bool serve_listen_unix(struct serve_listener *listener, const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat made;
    mode_t mask;
    int result;

    *listener = (struct serve_listener){.fd = -1};
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path)
        return refuse(listener, 0, "the name of a Unix socket must have 1 to 107 characters", "choose a shorter name",
                      err);
    memcpy(address.sun_path, path, strlen(path));
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        return refuse(listener, errno, "the system cannot create a socket", NULL, err);
    mask = umask(0177);
    result = bind(listener->fd, (const struct sockaddr *)&address, sizeof address);
    if (result != 0 && errno == EADDRINUSE && is_left_over(&address) && unlink(path) == 0)
        result = bind(listener->fd, (const struct sockaddr *)&address, sizeof address);
    (void)umask(mask);
    if (result != 0 && errno == EADDRINUSE)
        return refuse(listener, 0, "another server is listening at this name, or another file has it",
                      "choose another name", err);
    if (result != 0 || listen(listener->fd, BACKLOG) != 0 || lstat(path, &made) != 0)
        return refuse(listener, errno, "the system cannot create a socket at this path",
                      "check that its folder exists and can be written", err);
    listener->has_path = true;
    listener->file_device = made.st_dev;
    listener->file_number = made.st_ino;
    snprintf(listener->device, sizeof listener->device, "unix:%s", path);
    return true;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, address, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;

        memcpy(&in, address, sizeof in);
        return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
    }
    return false;
}

/* Stores the address and the port on which it really listens, as DEVICE. */
static bool note_address(struct serve_listener *listener)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(listener->fd, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((const struct sockaddr *)&address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    snprintf(listener->device, sizeof listener->device, strchr(host, ':') != NULL ? "tcp:[%s]:%s" : "tcp:%s:%s", host,
             port);
    return true;
}

bool serve_listen_tcp(struct serve_listener *listener, const char *host, const char *port, bool remote,
                      struct error *err)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    const int yes = 1;
    int number = 0;
    bool local;

    *listener = (struct serve_listener){.fd = -1};
    if (getaddrinfo(host, port, &wanted, &found) != 0)
        return refuse(listener, 0, "no such host or port", "use a free port on this machine: --tcp 127.0.0.1:0", err);
    local = is_loopback(found->ai_addr);
    if (local || remote) {
        listener->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (listener->fd < 0 || setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
            bind(listener->fd, found->ai_addr, found->ai_addrlen) != 0 || listen(listener->fd, BACKLOG) != 0)
            number = errno;
    }
    freeaddrinfo(found);
    if (!local && !remote)
        return refuse(listener, 0, "other machines can reach this address, and the bus protocol has no passwords",
                      "use --tcp 127.0.0.1:0, or add --remote", err);
    if (number != 0)
        return refuse(listener, number, "the system cannot listen on this port",
                      "use a free port on this machine: --tcp 127.0.0.1:0", err);
    return note_address(listener) ||
           refuse(listener, errno, "the system cannot tell the address of this port", NULL, err);
}

void serve_listener_close(struct serve_listener *listener)
{
    const char *path = listener->device + strlen("unix:");
    struct stat found;

    if (listener->fd >= 0)
        (void)close(listener->fd);
    listener->fd = -1;
    if (listener->has_path && lstat(path, &found) == 0 && found.st_dev == listener->file_device &&
        found.st_ino == listener->file_number)
        (void)unlink(path);
    listener->has_path = false;
}
