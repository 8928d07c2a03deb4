/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA256, over PSA's hash functions and not over its MAC functions: those take keys from the key store, which
 * nothing may enter while the PSA core is on the stack, and the secure element driver runs there. Needs no
 * psa_crypto_init().
 */
#ifndef IMPRINT_CRYPTO_HMAC_H
#define IMPRINT_CRYPTO_HMAC_H

#include "crypto/hash.h"

/*
 * HMAC-SHA256 with `key`, of any length, over the `count` pieces, one after the other. False, with `mac` all zeros,
 * when PSA could not compute SHA-256. `mac` may overlap the key and any piece.
 */
bool crypto_hmac_sha256(struct bytes key, const struct bytes *pieces, size_t count,
                        uint8_t mac[static CRYPTO_SHA256_BYTES]);

#endif
