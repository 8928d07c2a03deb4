/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport over a Linux I2C adapter, /dev/i2c-N. Wakes by addressing 0x00, whose zero bits hold SDA low: at the usual
 * 100 kHz that is 80 microseconds, at 400 kHz it is too short (see docs). Never retries.
 */
#ifndef IMPRINT_TRANSPORT_I2C_LINUX_H
#define IMPRINT_TRANSPORT_I2C_LINUX_H

#include "base/error.h"
#include <imprint/transport.h>

/*
 * Opens the adapter at `path` for the chip at 7-bit `address`; 0: at the first of the addresses that these parts have
 * when they are new, 0x60, 0x35, 0x36 and 0x58, at which one answers after a wake. False with a reason in `err` when
 * there is no such device or it is not an I2C adapter (ERROR_DEVICE_MISSING). On true the caller closes `transport`.
 */
bool transport_i2c_linux_open(const char *path, uint8_t address, struct imprint_transport *transport,
                              struct error *err);

/* The same from what follows the colon of DEVICE: PATH[@ADDRESS] (transport/kinds.h). */
bool transport_i2c_linux_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                    struct error *err);

#endif
