/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile as const data of a firmware image: the table that `imprint compile --c` makes, and all that the factory
 * application on a board knows of its plan. No private key can be in it.
 */
#ifndef IMPRINT_PROFILE_COMPILED_H
#define IMPRINT_PROFILE_COMPILED_H

#include "base/p256.h"
#include "profile/profile.h"

/* A public key that the profile imports: its file is at hand when the table is made, and not on the board. */
struct profile_public_key {
    uint32_t id;                     /* the key's */
    uint8_t point[P256_POINT_BYTES]; /* 04 | X | Y */
};

struct profile_compiled {
    struct profile profile;
    uint8_t digest[PROFILE_DIGEST_BYTES]; /* profile_digest() of it, so that a build with another layout shows itself */
    bool armed;                           /* irreversible steps are allowed on any device: --arm profile */
    bool run_at_start;                    /* without waiting for the word of a station: --run-at-start */
    size_t public_key_count;
    const struct profile_public_key *public_keys; /* NULL for none */
};

#endif
