/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A single-wire chip at a UART whose transmitter and receiver are both connected to the wire: the host receives an echo
 * of each byte, then the chip's bits. The baud rate is not known here: a zero byte is a wake pulse, any other byte is a
 * bit. docs/reference/single-wire.md explains how time passes.
 */
#ifndef IMPRINT_SERVE_SWI_H
#define IMPRINT_SERVE_SWI_H

#include "virtual/serve/bus.h"
#include "virtual/serve/peer.h"

/* Private. */
struct serve_swi {
    struct serve_bus *bus;
    bool real_time;
    uint64_t last_byte_ns; /* wall clock at the host's last byte */
    /* For the trace: the bits decoded so far. */
    uint8_t byte, bits;
    uint8_t flag;  /* 0: none yet */
    uint8_t count; /* of the group after it; 0: not yet known */
    uint8_t at;
    /* Not in real time: what goes to the host in one piece, so that no pause of this process parts a reply. */
    uint8_t said[2048];
    size_t said_len;
};

/* The peer that is the only chip on `bus`, a single-wire part. With `real_time` its time passes with the wall clock. */
struct serve_peer serve_swi_init(struct serve_swi *swi, struct serve_bus *bus, bool real_time);

#endif
