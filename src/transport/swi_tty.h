/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport to a chip on a single wire at a Linux serial port, whose transmitter and receiver are both connected to
 * that wire: transport/swi.h over termios. A Unix socket works too (imprint virtual serve --swi-unix); it has no baud
 * rate.
 */
#ifndef IMPRINT_TRANSPORT_SWI_TTY_H
#define IMPRINT_TRANSPORT_SWI_TTY_H

#include "base/error.h"
#include "transport/swi.h"

/*
 * Opens the port (or socket) at `path` and checks that what it sends comes back. False with a reason: no such port,
 * no wire between transmitter and receiver. On true the caller closes `transport`.
 */
bool transport_swi_tty_open(const char *path, struct imprint_transport *transport, struct error *err);

/* The same for the text after "swi:" in DEVICE (transport/kinds.h). */
bool transport_swi_tty_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                  struct error *err);

#endif
