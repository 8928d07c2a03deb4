/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport to a chip on a single wire at a serial port of a Linux machine, whose transmitter and receiver are both on
 * that wire: transport/swi.h over termios. A Unix socket will do as well, where a virtual chip is served as a serial
 * port to emulators; it has no rate.
 */
#ifndef IMPRINT_TRANSPORT_SWI_TTY_H
#define IMPRINT_TRANSPORT_SWI_TTY_H

#include "base/error.h"
#include "transport/swi.h"

/* Must stay valid, and in place, as long as the transport made from it is used. Private. */
struct transport_swi_tty {
    int fd;
    bool is_socket;
    uint32_t slowest_us; /* from sending to hearing the first of it */
    struct swi_port port;
    struct transport_swi swi;
};

/*
 * Opens the port (or socket) at `path` and listens whether what it sends comes back. False with a reason: no such port,
 * no wire between transmitter and receiver. On true `self` must be closed.
 */
bool transport_swi_tty_open(struct transport_swi_tty *self, const char *path, struct imprint_transport *transport,
                            struct error *err);
void transport_swi_tty_close(struct transport_swi_tty *self);

#endif
