/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways to a chip that is not in this process, one row each: a new transport adds its own file and its row in
 * kinds.c. What follows the colon of DEVICE is each transport's own business.
 */
#ifndef IMPRINT_TRANSPORT_KINDS_H
#define IMPRINT_TRANSPORT_KINDS_H

#include "base/error.h"

#include <imprint/transport.h>

struct transport_kind {
    const char *name; /* before the colon: "i2c" */
    const char *form; /* for help and errors: "i2c:/dev/i2c-N[@ADDRESS]" */

    /*
     * Opens what `place` names, the text after the colon (NULL: no colon). `also_at` is the 7-bit I2C address to which
     * the chip may have moved, 0 for none. False with a reason, and nothing is held. On true the caller closes
     * `transport`, which owns all it needs.
     */
    bool (*open)(const char *place, uint8_t also_at, struct imprint_transport *transport, struct error *err);

    bool scans;              /* is_taken() tells which of its addresses answer; takes @ADDRESS */
    bool only_chips;         /* nothing but chips is on this bus */
    bool one_by_default;     /* without an address it means one certain chip, at the address it then has */
    const char *when_silent; /* what to check when no chip answers, beside what holds for any bus; or NULL */
};

extern const struct transport_kind transport_kinds[];
extern const size_t transport_kind_count;

/* The row whose name is `device` up to its colon; NULL: none. */
const struct transport_kind *transport_kind_of(const char *device);

#endif
