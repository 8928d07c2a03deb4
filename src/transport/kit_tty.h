/* SPDX-License-Identifier: Apache-2.0 */
/* Transport through a Microchip kit on a serial port, 115200 8N1: transport/kit.h over termios. */
#ifndef IMPRINT_TRANSPORT_KIT_TTY_H
#define IMPRINT_TRANSPORT_KIT_TTY_H

#include "base/error.h"
#include "transport/kit.h"

/*
 * Opens the port at `path` and selects the chip at 7-bit `address`, or with 0 the first ECC chip the kit names. False
 * with a reason: no such port, no kit, no such chip. On true the caller closes `transport`.
 */
bool transport_kit_tty_open(const char *path, uint8_t address, struct imprint_transport *transport, struct error *err);

/* The same from what follows the colon of DEVICE (transport/kinds.h). */
bool transport_kit_tty_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                  struct error *err);

#endif
