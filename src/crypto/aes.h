/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One block of AES-128 through the PSA Crypto API. The key is imported as a volatile key, so this needs
 * psa_crypto_init(). The secure element driver must not call it, because the PSA core that calls the driver does not
 * allow a second entry into the key store.
 */
#ifndef IMPRINT_CRYPTO_AES_H
#define IMPRINT_CRYPTO_AES_H

#include "base/bytes.h"

#define CRYPTO_AES_BYTES 16

/* Encrypts one block. False, with `out` all zeros, when PSA refuses. `out` may be `in`. */
bool crypto_aes128_encrypt(const uint8_t key[static CRYPTO_AES_BYTES], const uint8_t in[static CRYPTO_AES_BYTES],
                           uint8_t out[static CRYPTO_AES_BYTES]);

#endif
