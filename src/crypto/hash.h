/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 through the PSA Crypto API. Uses no key and needs no psa_crypto_init(), so the secure element driver, which
 * the PSA core calls, may use it. One call hashes a list of pieces, so no state has to be kept or wiped.
 */
#ifndef IMPRINT_CRYPTO_HASH_H
#define IMPRINT_CRYPTO_HASH_H

#include "base/bytes.h"

#define CRYPTO_SHA256_BYTES 32

/*
 * SHA-256 over the `count` pieces, one after the other. False, with `digest` all zeros, when PSA could not compute it:
 * out of memory, or a PSA built without SHA-256. `digest` must not overlap a piece.
 */
bool crypto_sha256(const struct bytes *pieces, size_t count, uint8_t digest[static CRYPTO_SHA256_BYTES]);

#endif
