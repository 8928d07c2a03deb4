/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport through a Microchip kit on a serial port (kit protocol, 115200 8N1): the kit drives the chip's bus and
 * waits for commands to end, so a command's reply has come when send() is back, and receive() gives it as often as
 * asked.
 */
#ifndef IMPRINT_TRANSPORT_KIT_TTY_H
#define IMPRINT_TRANSPORT_KIT_TTY_H

#include "error/error.h"
#include "transport/transport.h"

/* Must stay valid as long as the transport made from it is used. Private. */
struct transport_kit_tty {
    int fd;
    bool gone;
    uint8_t reply[TRANSPORT_GROUP_MAX];
    size_t reply_len; /* 0: nobody answered */
};

/*
 * Opens the port at `path` and selects the chip at 7-bit `address`, or with 0 the first ECC chip the kit names. False
 * with a reason: no such port, no kit, no such chip. On true `self` must be closed.
 */
bool transport_kit_tty_open(struct transport_kit_tty *self, const char *path, uint8_t address,
                            struct transport *transport, struct error *err);
void transport_kit_tty_close(struct transport_kit_tty *self);

#endif
