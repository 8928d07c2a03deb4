/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/kit_tty.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "transport/place.h"
#include "transport/tty.h"

#define STUCK_MS 5000 /* a line is sent in 50 ms; a port that takes nothing for that long is gone */

/* Allocated by transport_kit_tty_open(), freed by close(). */
struct transport_kit_tty {
    int fd;
    struct kit_port port;
    struct transport_kit kit;
};

static bool kit_tty_send_line(void *context, struct bytes line)
{
    const struct transport_kit_tty *self = context;

    (void)tcflush(self->fd, TCIFLUSH); /* a late reply would be taken for the next reply */
    while (line.len > 0) {
        struct pollfd port = {.fd = self->fd, .events = POLLOUT};
        int ready = poll(&port, 1, STUCK_MS);
        ssize_t n = ready > 0 ? write(self->fd, line.data, line.len) : ready;

        if (n > 0)
            line = bytes_of(line.data + n, line.len - (size_t)n);
        else if (n == 0 || (errno != EINTR && errno != EAGAIN))
            return false;
    }
    return true;
}

static enum imprint_transport_status kit_tty_receive(void *context, struct bytes_out *piece, int timeout_ms)
{
    const struct transport_kit_tty *self = context;

    for (;;) {
        struct pollfd port = {.fd = self->fd, .events = POLLIN};
        int ready = poll(&port, 1, timeout_ms);
        ssize_t n;

        if (ready == 0)
            return IMPRINT_TRANSPORT_NO_ANSWER;
        n = ready < 0 ? -1 : read(self->fd, piece->data, piece->cap);
        if (n > 0) {
            piece->len = (size_t)n;
            return IMPRINT_TRANSPORT_OK;
        }
        if (n == 0 || (errno != EINTR && errno != EAGAIN))
            return IMPRINT_TRANSPORT_GONE;
    }
}

static void kit_tty_close(void *context)
{
    struct transport_kit_tty *self = context;

    if (self->fd >= 0)
        (void)close(self->fd);
    free(self);
}

bool transport_kit_tty_open(const char *path, uint8_t address, struct imprint_transport *transport, struct error *err)
{
    static const struct tty_form form = {.baud = 115200, .cause = "the serial port cannot be set to 115200 8N1"};
    struct transport_kit_tty *self = calloc(1, sizeof *self);

    if (self == NULL) {
        error_set(err, ERROR_UNEXPECTED, "no memory", NULL);
        return false;
    }
    self->port = (struct kit_port){
        .send_line = kit_tty_send_line, .receive = kit_tty_receive, .close = kit_tty_close, .context = self};
    self->fd = tty_open(path, &form, err);
    if (self->fd >= 0 && transport_kit_open(&self->kit, &self->port, address, transport, err))
        return true;
    error_with_subject(err, path);
    error_doing(err, "open a kit");
    kit_tty_close(self);
    return false;
}

/* A kit selects chips by address, so waking does not find a chip whose address has changed: tries both addresses. */
bool transport_kit_tty_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                  struct error *err)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct transport_place parts;

    if (!transport_place_read(&parts, place, false, "expected a serial port or hid after kit:", err))
        return false;
    if (parts.address != 0 && also_at != 0 &&
        (transport_kit_tty_open(parts.path, parts.address, transport, &ignored) ||
         transport_kit_tty_open(parts.path, also_at, transport, &ignored)))
        return true;
    return transport_kit_tty_open(parts.path, parts.address, transport, err);
}
