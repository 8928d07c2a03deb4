/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 through the PSA Crypto API. Needs no psa_crypto_init() and touches no key, so it may run with the PSA core
 * already on the stack, as the secure element driver does. One call over a list of pieces: no state to carry or wipe.
 */
#ifndef IMPRINT_CRYPTO_HASH_H
#define IMPRINT_CRYPTO_HASH_H

#include "base/bytes.h"

#define CRYPTO_SHA256_BYTES 32

/*
 * SHA-256 over the `count` pieces, one after the other. False, with `digest` all zeros, when PSA could not compute it:
 * out of memory, or a PSA built without SHA-256. `digest` may overlap no piece.
 */
bool crypto_sha256(const struct bytes *pieces, size_t count, uint8_t digest[static CRYPTO_SHA256_BYTES]);

#endif
