/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices a random number generator that is stuck: each block is compared with the one before it and with one earlier
 * block, across calls. The earlier block is the 1st, 2nd, 4th, 8th ... of all, so a generator that goes round in a
 * circle of any length is noticed (Brent's cycle detection). It keeps hashes, never the random numbers themselves.
 */
#ifndef IMPRINT_PSA_RANDOM_WATCH_H
#define IMPRINT_PSA_RANDOM_WATCH_H

#include "base/bytes.h"

#define RANDOM_WATCH_BLOCK 32 /* bytes that the chip's Random command returns */
#define RANDOM_WATCH_HASH 8   /* leading bytes of SHA-256: two different blocks agree once in 2^64 */

/* Zero-initialised: nothing seen yet. */
struct random_watch {
    uint8_t last[RANDOM_WATCH_HASH], earlier[RANDOM_WATCH_HASH];
    uint32_t count;      /* blocks seen */
    uint32_t next_count; /* the block that becomes `earlier` */
};

/*
 * Whether `block` may be used. False when its halves are equal (the pattern FF FF 00 00 of an unlocked chip, and every
 * constant), when it repeats a block, or when it could not be hashed.
 */
bool random_watch_accepts(struct random_watch *watch, const uint8_t block[static RANDOM_WATCH_BLOCK]);

#endif
