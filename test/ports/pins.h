/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two simulated open-drain lines, SCL and SDA, with a virtual chip on them and another device that misbehaves as told.
 * The chip's side is a model of an I2C slave: it decodes START, bits, acknowledgements and STOP from the levels, and
 * hands bytes to the virtual chip; how long SDA was low wakes the chip or not. Time passes only in the delay function.
 * Each edge is measured, and the smallest value of each of I2C's times is kept.
 */
#ifndef IMPRINT_TEST_PORTS_PINS_H
#define IMPRINT_TEST_PORTS_PINS_H

#include <imprint/i2c.h>

#include "virtual/chip/virtual.h"

/* Smallest times seen, in nanoseconds; UINT64_MAX: none seen. Names as in UM10204, table 10. */
struct pins_wave {
    uint64_t low, high;             /* of SCL */
    uint64_t start_hold;            /* tHD;STA: START to SCL low */
    uint64_t start_setup;           /* tSU;STA: SCL high to START that follows without STOP */
    uint64_t stop_setup;            /* tSU;STO: SCL high to STOP */
    uint64_t bus_free;              /* tBUF: STOP to START */
    uint64_t data_setup;            /* tSU;DAT: SDA changed to SCL high */
    uint64_t data_hold;             /* tHD;DAT: SCL low to SDA changed by the master */
    uint64_t sda_low_max;           /* the longest time that SDA was low */
    unsigned starts, stops, clocks; /* conditions, and rising edges of SCL, so far */
};

enum pins_slave { SLAVE_FREE, SLAVE_ADDRESS, SLAVE_WRITTEN, SLAVE_READ, SLAVE_IGNORES };

#define PINS_FOREVER UINT64_MAX

struct pins {
    struct virtual_chip *part;
    struct imprint_i2c_pins functions; /* for the port */
    uint64_t now_ns;
    bool master_scl, master_sda, chip_sda, other_scl, other_sda; /* who holds a line low: false */
    bool scl, sda;                                               /* the lines */
    struct pins_wave wave;

    /* The other device. */
    bool answers_address_0; /* acknowledges address 0x00 */
    unsigned sda_clocks;    /* holds SDA low until it has seen so many clocks; UINT_MAX: for good */
    uint64_t scl_until_ns;  /* holds SCL low until then */
    uint64_t stretch_ns;    /* stretches each low half of SCL to this */
    uint64_t late_wake_ns;  /* the chip answers so much later than a virtual one when a pulse wakes it */
    unsigned break_at;      /* at this rising edge of SCL, counted from 1, it begins to hold SDA for `break_clocks` */
    unsigned break_clocks;

    /* The chip's side. Private. */
    enum pins_slave slave;
    unsigned bit;
    uint8_t byte;
    bool selected; /* the chip has acknowledged the address of this transfer */
    bool acknowledged, is_general_call;
    uint64_t sda_fell_ns, scl_changed_ns, sda_changed_ns, started_ns, stopped_ns;
    uint64_t deaf_until_ns;
    bool after_start; /* nothing but START since SCL was high */
};

/* Both lines high, `part` on them, which stays the caller's. */
void pins_init(struct pins *pins, struct virtual_chip *part);

/* The other device holds SDA from now on: a transfer to it was cut off, and it waits for so many clocks. */
void pins_hang(struct pins *pins, unsigned clocks);

/* The other device holds SCL from now on, for so long; PINS_FOREVER. */
void pins_hold_clock(struct pins *pins, uint64_t nanoseconds);

/* The time of the lines, in microseconds. `context` is the pins. */
uint64_t pins_now_us(void *context);

#endif
