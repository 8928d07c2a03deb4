/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual/serve/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/bytes.h"

#define OPEN_POLL_MS 10 /* how often to check whether a host has opened the terminal */

bool serve_pty_open(struct serve_pty *pty, struct error *err)
{
    struct termios settings;
    bool made = false;
    int host;

    *pty = (struct serve_pty){.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (pty->fd >= 0 && grantpt(pty->fd) == 0 && unlockpt(pty->fd) == 0 &&
        ptsname_r(pty->fd, pty->name, sizeof pty->name) == 0) {
        host = open(pty->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (host >= 0 && tcgetattr(host, &settings) == 0) {
            cfmakeraw(&settings);
            made = tcsetattr(host, TCSANOW, &settings) == 0 && fcntl(pty->fd, F_SETFL, O_NONBLOCK) == 0;
        }
        if (host >= 0)
            (void)close(host);
    }
    if (made)
        return true;
    error_set(err, ERROR_DEVICE_MISSING, "the system cannot create a pseudo terminal", NULL);
    error_with_errno(err, errno);
    serve_pty_close(pty);
    return false;
}

static void put(void *context, struct bytes bytes)
{
    const struct serve_pty *pty = context;

    (void)!write(pty->fd, bytes.data, bytes.len);
}

bool serve_pty_run(struct serve_pty *pty, const struct serve_peer *peer, int stop_fd)
{
    const struct serve_outlet outlet = {.put = put, .context = pty};
    struct pollfd fds[2] = {{.fd = stop_fd, .events = POLLIN}, {.fd = pty->fd, .events = POLLIN}};
    uint8_t data[256];
    bool host = false;

    for (;;) {
        ssize_t got;

        fds[1].fd = host ? pty->fd : -1;
        if (poll(fds, 2, host ? -1 : OPEN_POLL_MS) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents != 0)
            return true;
        got = read(pty->fd, data, sizeof data);
        if (got > 0) {
            peer->receive(peer->context, bytes_of(data, (size_t)got), &outlet);
            bytes_wipe(data, sizeof data);
        }
        if (got > 0 || (got < 0 && errno != EIO)) {
            host = true;
        } else if (host) { /* the last host has closed the terminal */
            host = false;
            peer->disconnected(peer->context);
        }
    }
}

void serve_pty_close(struct serve_pty *pty)
{
    if (pty->fd >= 0)
        (void)close(pty->fd);
    pty->fd = -1;
}
