/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA256 (RFC 2104). Uses PSA's hash functions instead of its MAC functions, because those need the key store,
 * which the secure element driver must not enter while the PSA core calls it. Needs no psa_crypto_init().
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
