/* SPDX-License-Identifier: Apache-2.0 */
/* A UART whose transmitter and receiver are on the wire of a virtual single-wire part, with all that can go wrong. */
#ifndef IMPRINT_TEST_TRANSPORT_WIRE_H
#define IMPRINT_TEST_TRANSPORT_WIRE_H

#include "transport/swi.h"
#include "virtual/chip/virtual.h"

struct wire {
    struct virtual_chip *part;
    struct swi_port port;
    uint32_t baud;
    uint8_t mask;          /* what the UART's data bits leave of a byte heard: FF, or 7F */
    unsigned calls;        /* of set_baud() and exchange() so far */
    unsigned fail_at;      /* this call fails, from 1; 0: none */
    unsigned exchanges;    /* so far */
    unsigned disturb_at;   /* this exchange hears its first byte wrong, from 1; 0: none */
    unsigned disturb_from; /* this exchange and all after it do; 0: none */
    unsigned disturb_rx;   /* the same, of its first byte behind the echo */
    unsigned cut_at;       /* this exchange hears one byte less than there is */
    bool deaf;             /* nothing is heard at all, not even the echo */
    const uint8_t *noise;  /* heard instead of what the chip says, as long as there is any */
    size_t noise_len;
};

/* A UART on the wire of `part`, which stays the caller's. */
void wire_init(struct wire *wire, struct virtual_chip *part);

#endif
