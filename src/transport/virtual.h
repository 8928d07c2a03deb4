/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport to a virtual chip in this process, as an I2C adapter would drive it: wake by a low pulse, word addresses,
 * polling by address. Time is the chip's virtual clock, so a run costs no wall time.
 */
#ifndef IMPRINT_TRANSPORT_VIRTUAL_H
#define IMPRINT_TRANSPORT_VIRTUAL_H

#include <imprint/transport.h>

struct trace;
struct virtual_chip;

/* Must stay valid as long as the transport made from it is used. Private. */
struct transport_virtual {
    struct virtual_chip *chip;
    struct trace *trace;
    bool owned; /* on the heap, and the chip goes with it */
};

/* A transport to `chip`, which stays the caller's and must stay open. The I2C address is looked up at each call. */
struct imprint_transport transport_virtual_init(struct transport_virtual *self, struct virtual_chip *chip);

/*
 * The same for a transport that owns its chip: closing it closes `chip` as well. False where there is no memory, and
 * the chip stays the caller's. `trace` as below, or NULL.
 */
bool transport_virtual_own(struct virtual_chip *chip, struct trace *trace, struct imprint_transport *transport);

/* From now on `trace` takes what passes; it must stay valid as long as the transport is used. NULL: none does. */
void transport_virtual_trace(struct transport_virtual *self, struct trace *trace);

#endif
