/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport over a Linux I2C adapter, /dev/i2c-N. To wake the chip it addresses 0x00, whose eight zero
 * bits hold SDA low: 80 microseconds at 100 kHz, where the chip needs 60 (tWLO); at 400 kHz it is too short
 * (docs/guide/real-hardware.md). Never retries.
 */
#ifndef IMPRINT_TRANSPORT_I2C_LINUX_H
#define IMPRINT_TRANSPORT_I2C_LINUX_H

#include "base/error.h"
#include <imprint/transport.h>

/*
 * Opens the adapter at `path` for the chip at the 7-bit `address`. With 0 the first wake() looks at the addresses of
 * new parts in this order: 0x60, 0x35, 0x36, 0x58; the first that answers is used. False with a reason in `err`:
 * ERROR_DEVICE_MISSING (no such file, or not an I2C adapter), ERROR_USAGE (address above 0x7f). On true the caller
 * closes `transport`.
 */
bool transport_i2c_linux_open(const char *path, uint8_t address, struct imprint_transport *transport,
                              struct error *err);

/* The same for the text after "i2c:" in DEVICE, PATH[@ADDRESS]; see transport/kinds.h. */
bool transport_i2c_linux_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                    struct error *err);

#endif
