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

/*
 * Opens the port (or socket) at `path` and listens whether what it sends comes back. False with a reason: no such port,
 * no wire between transmitter and receiver. On true the caller closes `transport`.
 */
bool transport_swi_tty_open(const char *path, struct imprint_transport *transport, struct error *err);

/* The same from what follows the colon of DEVICE (transport/kinds.h). */
bool transport_swi_tty_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                  struct error *err);

#endif
