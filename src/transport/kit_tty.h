/* SPDX-License-Identifier: Apache-2.0 */
/* Transport through a Microchip kit on a serial port, 115200 8N1: transport/kit.h over termios. */
#ifndef IMPRINT_TRANSPORT_KIT_TTY_H
#define IMPRINT_TRANSPORT_KIT_TTY_H

#include "base/error.h"
#include "transport/kit.h"

/* Must stay valid, and in place, as long as the transport made from it is used. Private. */
struct transport_kit_tty {
    int fd;
    struct kit_port port;
    struct transport_kit kit;
};

/*
 * Opens the port at `path` and selects the chip at 7-bit `address`, or with 0 the first ECC chip the kit names. False
 * with a reason: no such port, no kit, no such chip. On true `self` must be closed.
 */
bool transport_kit_tty_open(struct transport_kit_tty *self, const char *path, uint8_t address,
                            struct imprint_transport *transport, struct error *err);
void transport_kit_tty_close(struct transport_kit_tty *self);

#endif
