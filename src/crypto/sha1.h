/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 through the PSA Crypto API, for key identifiers (RFC 5280, 4.2.1.2), which are names and protect nothing. As
 * crypto/hash.h: no key, no psa_crypto_init().
 */
#ifndef IMPRINT_CRYPTO_SHA1_H
#define IMPRINT_CRYPTO_SHA1_H

#include "base/bytes.h"

#define CRYPTO_SHA1_BYTES 20

/* SHA-1 over the `count` pieces. False, with `digest` all zeros, when PSA could not compute it. */
bool crypto_sha1(const struct bytes *pieces, size_t count, uint8_t digest[static CRYPTO_SHA1_BYTES]);

#endif
