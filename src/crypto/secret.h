/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the holder of a secret computes to compare with what the chip computes with it: HMAC-SHA-256 and a block of
 * AES-128, through the PSA Crypto API. The caller wipes the secrets; what is computed here on the way is wiped here.
 */
#ifndef IMPRINT_CRYPTO_SECRET_H
#define IMPRINT_CRYPTO_SECRET_H

#include "base/bytes.h"
#include "crypto/hash.h"

#define CRYPTO_AES_BYTES 16 /* of a key, and of a block */

/* HMAC-SHA-256 (RFC 2104) of `message` with a key of 32 bytes. Needs no key store, as crypto_sha256(). */
bool crypto_hmac_sha256(const uint8_t key[static CRYPTO_SHA256_BYTES], struct bytes message,
                        uint8_t mac[static CRYPTO_SHA256_BYTES]);

/* One block with AES-128. Uses a volatile key of PSA's: psa_crypto_init() has been called. False where PSA cannot. */
bool crypto_aes128_encrypt(const uint8_t key[static CRYPTO_AES_BYTES], const uint8_t in[static CRYPTO_AES_BYTES],
                           uint8_t out[static CRYPTO_AES_BYTES]);

#endif
