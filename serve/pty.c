/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "bytes/bytes.h"

#define NOBODY_THERE_MS 10 /* how often to look whether a host has opened the terminal */

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
    error_set(err, ERROR_DEVICE_MISSING, "no pseudo terminal can be made", NULL);
    error_with_errno(err, errno);
    serve_pty_close(pty);
    return false;
}

/* One line that the host has sent. What it does not fetch is lost, as on wires. */
static void answer(const struct serve_pty *pty, struct serve_kit *kit, const char *line)
{
    char reply[SERVE_KIT_LINE_MAX + 2];
    size_t len = serve_kit_answer(kit, line, reply);

    (void)!write(pty->fd, reply, len);
    bytes_wipe(reply, sizeof reply);
}

/* A line in the making; one that is too long is answered as the empty line, which is no command. */
struct line {
    char text[SERVE_KIT_LINE_MAX + 1];
    size_t len;
    bool too_long;
};

static void take(const struct serve_pty *pty, struct serve_kit *kit, struct line *line, char character)
{
    if (character == '\n') {
        line->text[line->too_long ? 0 : line->len] = '\0';
        answer(pty, kit, line->text);
        bytes_wipe(line, sizeof *line);
    } else if (line->len == SERVE_KIT_LINE_MAX) {
        line->too_long = true;
    } else if (character != '\0' && character != '\r') {
        line->text[line->len++] = character;
    }
}

bool serve_pty_run(const struct serve_pty *pty, struct serve_kit *kit, int stop_fd)
{
    struct pollfd fds[2] = {{.fd = stop_fd, .events = POLLIN}, {.fd = pty->fd, .events = POLLIN}};
    struct line line = {.len = 0};
    char data[256];
    bool host = true;

    for (;;) {
        ssize_t got;

        fds[1].fd = host ? pty->fd : -1;
        if (poll(fds, 2, host ? -1 : NOBODY_THERE_MS) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents != 0)
            return true;
        got = read(pty->fd, data, sizeof data);
        host = got > 0 || (got < 0 && errno != EIO);
        for (ssize_t i = 0; i < got; i++)
            take(pty, kit, &line, data[i]);
        if (!host) { /* nobody has it open: the next host begins anew */
            bytes_wipe(&line, sizeof line);
            kit->identity = 0;
        }
        bytes_wipe(data, sizeof data);
    }
}

void serve_pty_close(struct serve_pty *pty)
{
    if (pty->fd >= 0)
        (void)close(pty->fd);
    pty->fd = -1;
}
