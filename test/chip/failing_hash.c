/* SPDX-License-Identifier: Apache-2.0 */
#include "test/chip/failing_hash.h"

#include <string.h>

#include "crypto/hash.h"

unsigned failing_hash_left = 1000;

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
bool __real_crypto_sha256(const struct bytes *pieces, size_t count, uint8_t digest[static 32]);
bool __wrap_crypto_sha256(const struct bytes *pieces, size_t count, uint8_t digest[static 32]);

bool __wrap_crypto_sha256(const struct bytes *pieces, size_t count, uint8_t digest[static 32])
{
    if (failing_hash_left == 0) {
        memset(digest, 0, 32);
        return false;
    }
    failing_hash_left--;
    return __real_crypto_sha256(pieces, count, digest);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
