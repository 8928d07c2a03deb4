/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A single-wire chip as a UART sees it whose transmitter and receiver are both on the wire: each byte is heard again as
 * its own echo, and the chip's bits behind it. No rate comes through here: a byte of zeros is a wake pulse, all others
 * are bits. docs/reference/single-wire.md says how time passes.
 */
#ifndef IMPRINT_SERVE_SWI_H
#define IMPRINT_SERVE_SWI_H

#include "virtual/serve/bus.h"
#include "virtual/serve/peer.h"

/* Private. */
struct serve_swi {
    struct serve_bus *bus;
    bool real_time;
    uint64_t heard_ns; /* wall clock when the host was last heard */
    /* For the trace: what the bits so far say. */
    uint8_t byte, bits;
    uint8_t flag;  /* 0: none yet */
    uint8_t count; /* of the group behind it; 0: not yet known */
    uint8_t at;
};

/* The peer that is the only chip on `bus`, a single-wire part. With `real_time` its time passes with the wall clock. */
struct serve_peer serve_swi_init(struct serve_swi *swi, struct serve_bus *bus, bool real_time);

#endif
