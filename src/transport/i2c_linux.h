/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport over a Linux I2C adapter, /dev/i2c-N. Wakes by addressing 0x00, whose zero bits hold SDA low: at the usual
 * 100 kHz that is 80 microseconds, at 400 kHz it is too short (see docs). Never retries.
 */
#ifndef IMPRINT_TRANSPORT_I2C_LINUX_H
#define IMPRINT_TRANSPORT_I2C_LINUX_H

#include "base/error.h"
#include <imprint/transport.h>

/* Must stay valid as long as the transport made from it is used. Private. */
struct transport_i2c_linux {
    int fd;
    uint8_t other;   /* where the chip may be as well; 0: nowhere */
    uint8_t address; /* 7-bit */
};

/*
 * Opens the adapter at `path` for the chip at 7-bit `address`. False with a reason in `err` when there is no such
 * device or it is not an I2C adapter (ERROR_DEVICE_MISSING). On true `*transport` is ready and `self` must be closed.
 */
bool transport_i2c_linux_open(struct transport_i2c_linux *self, const char *path, uint8_t address,
                              struct imprint_transport *transport, struct error *err);
void transport_i2c_linux_close(struct transport_i2c_linux *self);

#endif
