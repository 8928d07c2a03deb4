/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/swi_tty.h"

#include <errno.h>
#include <poll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "transport/clock_linux.h"
#include "transport/tty.h"

/* A USB adapter may keep bytes back for 16 ms, and the scheduler adds to it. */
#define PATIENCE_US 25000

static bool swi_tty_set_baud(void *context, uint32_t baud)
{
    const struct transport_swi_tty *self = context;

    return tty_set_baud(self->fd, baud);
}

static bool try_again(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool swi_tty_exchange(void *context, struct bytes out, struct bytes_out *in, uint32_t silence_us)
{
    const struct transport_swi_tty *self = context;
    const struct timespec silence = {.tv_nsec = (long)silence_us * 1000};
    size_t sent = 0;

    in->len = 0;
    if (out.len > 0 && tcflush(self->fd, TCIFLUSH) != 0)
        return false;
    while (sent < out.len || in->len < in->cap) {
        struct pollfd port = {.fd = self->fd};
        int ready;

        if (in->len < in->cap)
            port.events |= POLLIN;
        if (sent < out.len)
            port.events |= POLLOUT;
        ready = ppoll(&port, 1, &silence, NULL);
        if (ready == 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready < 0)
            continue;
        if ((port.revents & POLLIN) != 0) {
            ssize_t n = read(self->fd, in->data + in->len, in->cap - in->len);

            if (n == 0 || (n < 0 && !try_again(n)))
                return false;
            in->len += n > 0 ? (size_t)n : 0;
        } else if ((port.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
            return false;
        }
        if ((port.revents & POLLOUT) != 0) {
            ssize_t n = write(self->fd, out.data + sent, out.len - sent);

            if (n < 0 && !try_again(n))
                return false;
            sent += n > 0 ? (size_t)n : 0;
        }
    }
    return true;
}

/* Why a wire is none. */
static bool check_wire(struct transport_swi_tty *self, struct error *err)
{
    static const char next[] =
        "join the port's transmitter (open drain, with a pull-up) and its receiver at the chip's pin";

    switch (transport_swi_probe(&self->swi)) {
    case TRANSPORT_OK:
        return true;
    case TRANSPORT_NO_ANSWER:
        error_set(err, ERROR_DEVICE_SILENT, "nothing that is sent on the wire is heard again", next);
        break;
    case TRANSPORT_GARBLED:
        error_set(err, ERROR_DEVICE_GARBLED, "what is sent on the wire is heard as something else", next);
        break;
    case TRANSPORT_GONE:
        error_set(err, ERROR_DEVICE_MISSING, "the serial port is gone", "check that the adapter is plugged in");
        break;
    }
    return false;
}

bool transport_swi_tty_open(struct transport_swi_tty *self, const char *path, struct transport *transport,
                            struct error *err)
{
    static const struct tty_form form = {
        .baud = SWI_BAUD, .seven_bits = true, .cause = "the serial port cannot be set to 230400 7N1"};

    *self = (struct transport_swi_tty){
        .fd = tty_open(path, &form, err),
        .port = {.set_baud = swi_tty_set_baud,
                 .exchange = swi_tty_exchange,
                 .delay_us = clock_linux_delay_us,
                 .now_us = clock_linux_now_us,
                 .patience_us = PATIENCE_US},
    };
    self->port.context = self;
    *transport = transport_swi_init(&self->swi, &self->port);
    if (self->fd >= 0 && check_wire(self, err))
        return true;
    error_with_subject(err, path);
    error_doing(err, "open a single wire");
    transport_swi_tty_close(self);
    return false;
}

void transport_swi_tty_close(struct transport_swi_tty *self)
{
    if (self->fd >= 0)
        (void)close(self->fd);
    self->fd = -1;
}
