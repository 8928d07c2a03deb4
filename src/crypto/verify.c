/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/verify.h"

psa_status_t crypto_verify_digest(const uint8_t point[static P256_POINT_BYTES], psa_algorithm_t hash,
                                  struct bytes digest, const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    const psa_algorithm_t algorithm = PSA_ALG_ECDSA(hash);
    psa_key_id_t copy = 0;
    psa_status_t status;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 8 * P256_BYTES);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
    status = psa_import_key(&attributes, point, P256_POINT_BYTES, &copy);
    if (status == PSA_SUCCESS) {
        status = psa_verify_hash(copy, algorithm, digest.data, digest.len, signature, P256_SIGNATURE_BYTES);
        (void)psa_destroy_key(copy);
    }
    return status;
}

psa_status_t crypto_verify_message(const uint8_t point[static P256_POINT_BYTES], psa_algorithm_t hash,
                                   struct bytes message, const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    uint8_t digest[PSA_HASH_MAX_SIZE];
    size_t len = 0;
    psa_status_t status = psa_hash_compute(hash, message.data, message.len, digest, sizeof digest, &len);

    return status == PSA_SUCCESS ? crypto_verify_digest(point, hash, bytes_of(digest, len), signature) : status;
}
