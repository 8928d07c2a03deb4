/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For programs on Linux: opens the transport to a chip by the same name that the program imprint takes as --device. A
 * microcontroller has its own transport instead (imprint/transport.h).
 */
#ifndef IMPRINT_DEVICE_H
#define IMPRINT_DEVICE_H

#include <stdbool.h>

#include <imprint/transport.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Opens the transport that `device` names:
 *
 *     i2c:/dev/i2c-1         an I2C adapter; the first chip at 0x60, 0x35, 0x36 or 0x58
 *     i2c:/dev/i2c-1@0x60    the same, for the chip at that 7-bit address
 *     swi:/dev/ttyS1         a single wire on a serial port
 *     kit:/dev/ttyACM0       a kit of Microchip's on a serial port; kits on USB HID are for the program imprint alone
 *     unix:PATH, tcp:HOST:PORT   a virtual chip that `imprint virtual serve` serves
 *
 * It checks the bus, but sends nothing to the chip. Returns true; imprint_transport_close() then closes the transport.
 * Returns false with a sentence for people in `*problem` (a string literal); nothing is then open. Not available on
 * microcontrollers.
 */
bool imprint_transport_open(struct imprint_transport *transport, const char *device, const char **problem);

#ifdef __cplusplus
}
#endif

#endif
