/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile as const data of a firmware image. `imprint compile --c` makes it; the factory application on the board
 * reads its whole plan from it. It cannot contain a private key.
 */
#ifndef IMPRINT_PROFILE_COMPILED_H
#define IMPRINT_PROFILE_COMPILED_H

#include "base/p256.h"
#include "profile/profile.h"

/*
 * A public key that the profile imports. It is read from its file when the table is made, because the board has no
 * files.
 */
struct profile_public_key {
    uint32_t id;                     /* the key's */
    uint8_t point[P256_POINT_BYTES]; /* 04 | X | Y */
};

struct profile_compiled {
    struct profile profile;
    uint8_t digest[PROFILE_DIGEST_BYTES]; /* profile_digest() of `profile`; detects a build with another layout */
    bool armed;                           /* irreversible steps are allowed on any device: --arm profile */
    bool run_at_start;                    /* run at start, without a station's command: --run-at-start */
    size_t public_key_count;
    const struct profile_public_key *public_keys; /* NULL for none */
};

#endif
