/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

#include <psa/crypto.h>

#define BLOCK_BYTES 64 /* of SHA-256 */
#define INNER_PAD 0x36
#define OUTER_PAD 0x5c

static void pad_key(const uint8_t key[static CRYPTO_SHA256_BYTES], uint8_t pad, uint8_t block[static BLOCK_BYTES])
{
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        block[i] = (uint8_t)((i < CRYPTO_SHA256_BYTES ? key[i] : 0) ^ pad);
}

bool crypto_hmac_sha256(const uint8_t key[static CRYPTO_SHA256_BYTES], struct bytes message,
                        uint8_t mac[static CRYPTO_SHA256_BYTES])
{
    uint8_t block[BLOCK_BYTES], inner[CRYPTO_SHA256_BYTES];
    const struct bytes first[] = {bytes_of(block, sizeof block), message};
    const struct bytes second[] = {bytes_of(block, sizeof block), bytes_of(inner, sizeof inner)};
    bool done;

    pad_key(key, INNER_PAD, block);
    done = crypto_sha256(first, 2, inner);
    pad_key(key, OUTER_PAD, block);
    done = crypto_sha256(second, 2, mac) && done;
    bytes_wipe(block, sizeof block);
    bytes_wipe(inner, sizeof inner);
    return done;
}

bool crypto_aes128_encrypt(const uint8_t key[static CRYPTO_AES_BYTES], const uint8_t in[static CRYPTO_AES_BYTES],
                           uint8_t out[static CRYPTO_AES_BYTES])
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;
    size_t len = 0;
    bool done;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECB_NO_PADDING);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT);
    done = psa_import_key(&attributes, key, CRYPTO_AES_BYTES, &id) == PSA_SUCCESS &&
           psa_cipher_encrypt(id, PSA_ALG_ECB_NO_PADDING, in, CRYPTO_AES_BYTES, out, CRYPTO_AES_BYTES, &len) ==
               PSA_SUCCESS &&
           len == CRYPTO_AES_BYTES;
    (void)psa_destroy_key(id);
    return done;
}
