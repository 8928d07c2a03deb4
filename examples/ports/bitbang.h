/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An I2C master made of two pins, for boards without a free I2C block: a port for imprint/i2c.h. Needs four pin
 * functions and a delay (struct imprint_i2c_pins). Copy bitbang.h and bitbang.c into the product.
 */
#ifndef IMPRINT_EXAMPLES_PORTS_BITBANG_H
#define IMPRINT_EXAMPLES_PORTS_BITBANG_H

#include <imprint/i2c.h>

/* Fill in the first three members; `port` is then set by bitbang_init(). Must not move while the port is used. */
struct bitbang {
    struct imprint_i2c_pins pins;

    /*
     * Half a bit in microseconds: 5 gives 91 kHz and the times of Standard-mode, 1 gives 333 kHz and those of Fast-mode
     * (UM10204, table 10). Pin functions that take long make the bus slower.
     */
    uint32_t half_bit_us;

    /* A clock in microseconds that never runs backward, with the context of the pins. */
    uint64_t (*now_us)(void *context);

    struct imprint_i2c_port port;
};

/*
 * Releases both lines and sets up `bitbang->port`, with pulse and recovery by the same pins. Add lock() and acquire()
 * to it if tasks share the bus or the chip: they get `bitbang` as their context.
 */
void bitbang_init(struct bitbang *bitbang);

#endif
