/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aes.h"

#include <psa/crypto.h>

bool crypto_aes128_encrypt(const uint8_t key[static CRYPTO_AES_BYTES], const uint8_t in[static CRYPTO_AES_BYTES],
                           uint8_t out[static CRYPTO_AES_BYTES])
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = PSA_KEY_ID_NULL;
    size_t len = 0;
    psa_status_t status;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECB_NO_PADDING);
    status = psa_import_key(&attributes, key, CRYPTO_AES_BYTES, &id);
    if (status == PSA_SUCCESS)
        status = psa_cipher_encrypt(id, PSA_ALG_ECB_NO_PADDING, in, CRYPTO_AES_BYTES, out, CRYPTO_AES_BYTES, &len);
    (void)psa_destroy_key(id);
    if (status == PSA_SUCCESS && len == CRYPTO_AES_BYTES)
        return true;
    bytes_wipe(out, CRYPTO_AES_BYTES);
    return false;
}
