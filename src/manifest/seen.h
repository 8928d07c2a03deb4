/* SPDX-License-Identifier: Apache-2.0 */
/* The serial numbers that a reader of manifests has met: 18 to 36 bytes of memory for each. */
#ifndef IMPRINT_MANIFEST_SEEN_H
#define IMPRINT_MANIFEST_SEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "manifest/part.h"

/* Zero-initialised: none. */
struct seen {
    /* Private: a table by the number's hash; all zero is an empty place. */
    uint8_t (*places)[MANIFEST_SERIAL_BYTES];
    size_t room, count;
    bool has_zero; /* the number that is all zero, which has no place */
};

enum seen_result { SEEN_NEW, SEEN_BEFORE, SEEN_NO_MEMORY };

/* Adds the number. */
enum seen_result seen_add(struct seen *seen, const uint8_t serial[static MANIFEST_SERIAL_BYTES]);

void seen_release(struct seen *seen);

#endif
