/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/random_watch.h"

#include <string.h>

#include "crypto/hash.h"

bool random_watch_accepts(struct random_watch *watch, const uint8_t block[static RANDOM_WATCH_BLOCK])
{
    const struct bytes piece = bytes_of(block, RANDOM_WATCH_BLOCK);
    uint8_t hash[CRYPTO_SHA256_BYTES];

    if (memcmp(block, block + RANDOM_WATCH_BLOCK / 2, RANDOM_WATCH_BLOCK / 2) == 0 || !crypto_sha256(&piece, 1, hash))
        return false;
    if (watch->count != 0 && (memcmp(hash, watch->last, sizeof watch->last) == 0 ||
                              memcmp(hash, watch->earlier, sizeof watch->earlier) == 0))
        return false;
    memcpy(watch->last, hash, sizeof watch->last);
    if (watch->count < UINT32_MAX)
        watch->count++;
    if (watch->count >= watch->next_count) {
        memcpy(watch->earlier, hash, sizeof watch->earlier);
        watch->next_count = watch->count * 2; /* wraps to 0 after 2^31 blocks: then each block becomes `earlier` */
    }
    return true;
}
