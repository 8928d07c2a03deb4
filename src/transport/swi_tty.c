/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/swi_tty.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "transport/clock_linux.h"
#include "transport/tty.h"

/*
 * A USB adapter may delay received bytes by 16 ms, and the scheduler adds to it. The measured delay of echoes shows how
 * long to wait on this port; the minimum allows for a busy machine.
 */
#define PATIENCE_MAX_US 25000
#define PATIENCE_MIN_US 8000
/* An echo always comes unless the wire is broken; that of a served chip when its process gets its turn. */
#define ECHO_S 2
#define DROPS_MAX 1024 /* pieces of 256 bytes: more than a socket buffers */

/* Allocated by transport_swi_tty_open(), freed by close(). */
struct transport_swi_tty {
    int fd;
    bool is_socket;
    bool is_broken;      /* no echo came: the next one is not waited for longer than for a reply */
    uint32_t slowest_us; /* longest time from sending to the first byte of the echo */
    struct swi_port port;
    struct transport_swi swi;
};

static bool swi_tty_set_baud(void *context, uint32_t baud)
{
    const struct transport_swi_tty *self = context;

    return self->is_socket || tty_set_baud(self->fd, baud);
}

static bool try_again(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Drops bytes received earlier. */
static bool drop_input(const struct transport_swi_tty *self)
{
    uint8_t dropped[256];
    ssize_t n = 1;

    if (!self->is_socket)
        return tcflush(self->fd, TCIFLUSH) == 0;
    /* A server that never stops sending is no wire. */
    for (size_t rounds = 0; n > 0 && rounds < DROPS_MAX; rounds++)
        n = recv(self->fd, dropped, sizeof dropped, MSG_DONTWAIT);
    bytes_wipe(dropped, sizeof dropped);
    return try_again(n);
}

static void note_latency(struct transport_swi_tty *self, uint64_t latency_us)
{
    const uint64_t patience_us = PATIENCE_MIN_US + 2 * latency_us;

    if (latency_us < self->slowest_us)
        return;
    self->slowest_us = latency_us < PATIENCE_MAX_US ? (uint32_t)latency_us : PATIENCE_MAX_US;
    self->port.patience_us = patience_us < PATIENCE_MAX_US ? (uint32_t)patience_us : PATIENCE_MAX_US;
}

static bool swi_tty_exchange(void *context, struct bytes out, struct bytes_out *in, uint32_t silence_us)
{
    struct transport_swi_tty *self = context;
    const struct timespec echo = {.tv_sec = ECHO_S};
    const struct timespec silence = {.tv_nsec = (long)silence_us * 1000};
    const uint64_t began_us = clock_linux_now_us(NULL);
    size_t sent = 0;

    in->len = 0;
    if (out.len > 0 && !drop_input(self))
        return false;
    while (sent < out.len || in->len < in->cap) {
        struct pollfd port = {.fd = self->fd};
        int ready;

        if (in->len < in->cap)
            port.events |= POLLIN;
        if (sent < out.len)
            port.events |= POLLOUT;
        ready = ppoll(&port, 1, in->len < out.len && !self->is_broken ? &echo : &silence, NULL);
        if (ready == 0) {
            self->is_broken = self->is_broken || in->len < out.len;
            return true;
        }
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready < 0)
            continue;
        if ((port.revents & POLLIN) != 0) {
            ssize_t n = read(self->fd, in->data + in->len, in->cap - in->len);

            if (n == 0 || (n < 0 && !try_again(n)))
                return false;
            if (n > 0 && in->len == 0 && out.len > 0)
                note_latency(self, clock_linux_now_us(NULL) - began_us);
            in->len += n > 0 ? (size_t)n : 0;
            if (out.len > 0 && in->len >= out.len)
                self->is_broken = false;
        } else if ((port.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
            return false;
        }
        if ((port.revents & POLLOUT) != 0) {
            ssize_t n = self->is_socket ? send(self->fd, out.data + sent, out.len - sent, MSG_NOSIGNAL)
                                        : write(self->fd, out.data + sent, out.len - sent);

            if (n < 0 && !try_again(n))
                return false;
            sent += n > 0 ? (size_t)n : 0;
        }
    }
    return true;
}

/* Checks that the echo returns. False with a reason. */
static bool check_wire(struct transport_swi_tty *self, struct error *err)
{
    static const char next[] =
        "connect the port's transmitter (open drain, with a pull-up) and its receiver to the chip's pin";

    switch (transport_swi_probe(&self->swi)) {
    case IMPRINT_TRANSPORT_OK:
        return true;
    case IMPRINT_TRANSPORT_NO_ANSWER:
        error_set(err, ERROR_DEVICE_SILENT, "the receiver gets no echo of what is sent on the wire", next);
        break;
    case IMPRINT_TRANSPORT_GARBLED:
        error_set(err, ERROR_DEVICE_GARBLED, "the receiver gets a damaged echo of what is sent on the wire", next);
        break;
    default:
        error_set(err, ERROR_DEVICE_MISSING, "the serial port is gone", "check that the adapter is plugged in");
        break;
    }
    return false;
}

/* The socket at `path`, connected; -1 with a reason. */
static int open_socket(const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = -1;

    if (strlen(path) < sizeof address.sun_path) {
        memcpy(address.sun_path, path, strlen(path));
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
            return fd;
    } else {
        errno = ENAMETOOLONG;
    }
    error_set(err, ERROR_DEVICE_MISSING, "no server for a single wire is listening at this socket",
              "start one with: imprint virtual serve --swi-unix PATH FILE");
    error_with_errno(err, errno);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static void swi_tty_close(void *context)
{
    struct transport_swi_tty *self = context;

    if (self->fd >= 0)
        (void)close(self->fd);
    free(self);
}

bool transport_swi_tty_open(const char *path, struct imprint_transport *transport, struct error *err)
{
    static const struct tty_form form = {
        .baud = SWI_BAUD, .seven_bits = true, .cause = "the serial port cannot be set to 230400 baud"};
    struct transport_swi_tty *self = calloc(1, sizeof *self);
    struct stat found;

    if (self == NULL) {
        error_set(err, ERROR_UNEXPECTED, "no memory", NULL);
        return false;
    }
    self->is_socket = stat(path, &found) == 0 && S_ISSOCK(found.st_mode);
    self->port = (struct swi_port){.set_baud = swi_tty_set_baud,
                                   .exchange = swi_tty_exchange,
                                   .delay_us = clock_linux_delay_us,
                                   .now_us = clock_linux_now_us,
                                   .patience_us = PATIENCE_MAX_US,
                                   .close = swi_tty_close,
                                   .context = self};
    self->fd = self->is_socket ? open_socket(path, err) : tty_open(path, &form, err);
    if (self->fd >= 0) {
        *transport = transport_swi_init(&self->swi, &self->port);
        if (check_wire(self, err))
            return true;
        *transport = (struct imprint_transport){.operations = NULL};
    }
    error_with_subject(err, path);
    error_doing(err, "open a single wire");
    swi_tty_close(self);
    return false;
}

bool transport_swi_tty_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                  struct error *err)
{
    (void)also_at; /* no addresses on this bus */
    if (place != NULL && place[0] != '\0' && strlen(place) < PATH_MAX)
        return transport_swi_tty_open(place, transport, err);
    error_set(err, ERROR_USAGE, "expected a serial port after swi:", NULL);
    return false;
}
