/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transports to a chip outside this process, one row each. A new transport adds its own file and its row in
 * kinds.c. Each transport parses the text after the colon of DEVICE itself.
 */
#ifndef IMPRINT_TRANSPORT_KINDS_H
#define IMPRINT_TRANSPORT_KINDS_H

#include "base/error.h"

#include <imprint/transport.h>

struct transport_kind {
    const char *name; /* the text before the colon: "i2c" */
    const char *form; /* for help and errors: "i2c:/dev/i2c-N[@ADDRESS]" */

    /*
     * Opens what `place` names, the text after the colon (NULL: no colon). `also_at` is the 7-bit I2C address to which
     * the chip may have moved, 0 for none. False with a reason; nothing is then open. On true the caller closes
     * `transport`, which owns all it needs.
     */
    bool (*open)(const char *place, uint8_t also_at, struct imprint_transport *transport, struct error *err);

    bool scans;              /* has is_taken() and accepts @ADDRESS */
    bool only_chips;         /* nothing but chips is on this bus */
    bool only_virtual;       /* imprint virtual serve is at the other end: every chip is a virtual one */
    bool one_by_default;     /* DEVICE without an address means one chip, wherever it answers */
    const char *when_silent; /* advice if no chip answers on this kind of bus; NULL: the general advice */
};

extern const struct transport_kind transport_kinds[];
extern const size_t transport_kind_count;

/* The row whose name is `device` up to its colon; NULL: none. */
const struct transport_kind *transport_kind_of(const char *device);

#endif
