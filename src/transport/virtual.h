/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport to a virtual chip in the same process. It drives the chip's pins as an I2C adapter would: a low pulse to
 * wake, word addresses, polling by address. Time is the chip's virtual clock, so waiting takes no real time.
 */
#ifndef IMPRINT_TRANSPORT_VIRTUAL_H
#define IMPRINT_TRANSPORT_VIRTUAL_H

#include <imprint/transport.h>

struct virtual_chip;

/*
 * Functions that the transport calls for everything that passes on the bus, to record it, for example. Each gets
 * `context` first. Times are the chip's virtual clock in nanoseconds. Set all functions, or none: zero-initialised,
 * nothing is called.
 */
struct transport_virtual_observer {
    void *context;
    void (*wake)(void *context, uint64_t now_ns, uint32_t low_us); /* SDA was held low for that long */
    /* A start condition and the 8-bit address byte (bit 0 set: read). */
    void (*start)(void *context, uint64_t now_ns, uint8_t address_byte, bool acknowledged);
    void (*written)(void *context, uint8_t byte, bool acknowledged); /* a byte from host to chip */
    void (*read)(void *context, uint8_t byte);                       /* a byte from chip to host */
    void (*stop)(void *context);                                     /* a stop condition */
};

/* Private. Must stay valid, and in place, as long as the transport made from it is used. */
struct transport_virtual {
    struct virtual_chip *chip;
    struct transport_virtual_observer observer;
    bool owned; /* allocated by transport_virtual_own(); closing also closes the chip */
};

/* A transport to `chip`, which stays the caller's and must stay open. The I2C address is looked up at each call. */
struct imprint_transport transport_virtual_init(struct transport_virtual *self, struct virtual_chip *chip);

/*
 * A transport that owns its chip: closing it also closes `chip`. `observer` is copied; NULL: none; its context must
 * stay valid until the transport is closed. False if there is no memory; `chip` then stays the caller's.
 */
bool transport_virtual_own(struct virtual_chip *chip, const struct transport_virtual_observer *observer,
                           struct imprint_transport *transport);

/* Sets, or with NULL removes, the observer, which is copied. Its context must stay valid until it is removed. */
void transport_virtual_observe(struct transport_virtual *self, const struct transport_virtual_observer *observer);

#endif
