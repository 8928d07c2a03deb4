/* SPDX-License-Identifier: Apache-2.0 */
/* Included by the core's psa_crypto.c in place of its own file of this name: see imprint_wrappers.h. */
#define psa_driver_wrapper_init core_wrapper_init
#define psa_driver_wrapper_get_key_buffer_size_from_key_data core_wrapper_get_key_buffer_size_from_key_data
#define psa_driver_wrapper_generate_key core_wrapper_generate_key
#define psa_driver_wrapper_import_key core_wrapper_import_key
#define psa_driver_wrapper_copy_key core_wrapper_copy_key
#define psa_driver_wrapper_export_key core_wrapper_export_key
#define psa_driver_wrapper_sign_hash core_wrapper_sign_hash
#define psa_driver_wrapper_verify_hash core_wrapper_verify_hash
#define psa_driver_wrapper_mac_compute core_wrapper_mac_compute
#define psa_driver_wrapper_cipher_encrypt core_wrapper_cipher_encrypt
#define psa_driver_wrapper_cipher_decrypt core_wrapper_cipher_decrypt
#define psa_driver_wrapper_aead_encrypt core_wrapper_aead_encrypt
#define psa_driver_wrapper_aead_decrypt core_wrapper_aead_decrypt

#include IMPRINT_CORE_WRAPPERS

#undef psa_driver_wrapper_init
#undef psa_driver_wrapper_get_key_buffer_size_from_key_data
#undef psa_driver_wrapper_generate_key
#undef psa_driver_wrapper_import_key
#undef psa_driver_wrapper_copy_key
#undef psa_driver_wrapper_export_key
#undef psa_driver_wrapper_sign_hash
#undef psa_driver_wrapper_verify_hash
#undef psa_driver_wrapper_mac_compute
#undef psa_driver_wrapper_cipher_encrypt
#undef psa_driver_wrapper_cipher_decrypt
#undef psa_driver_wrapper_aead_encrypt
#undef psa_driver_wrapper_aead_decrypt

#include <imprint_wrappers.h>

/* A table that is registered already does this work in its own p_init. */
static inline psa_status_t psa_driver_wrapper_init(void)
{
    psa_status_t status = core_wrapper_init();

#if defined(MBEDTLS_PSA_CRYPTO_SE_C)
    if (psa_get_se_driver_entry(PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_DEFAULT,
                                                                               IMPRINT_OPAQUE_LOCATION)) != NULL)
        return status;
#endif
    return status != PSA_SUCCESS ? status : imprint_opaque_init();
}

static inline psa_status_t psa_driver_wrapper_get_key_buffer_size_from_key_data(const psa_key_attributes_t *attributes,
                                                                                const uint8_t *data, size_t data_length,
                                                                                size_t *key_buffer_size)
{
    if (!imprint_is_at_location(attributes))
        return core_wrapper_get_key_buffer_size_from_key_data(attributes, data, data_length, key_buffer_size);
    return imprint_context_size(attributes, key_buffer_size);
}

static inline psa_status_t psa_driver_wrapper_generate_key(const psa_key_attributes_t *attributes,
                                                           const psa_custom_key_parameters_t *custom,
                                                           const uint8_t *custom_data, size_t custom_data_length,
                                                           uint8_t *key_buffer, size_t key_buffer_size,
                                                           size_t *key_buffer_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_generate_key(attributes, custom, custom_data, custom_data_length, key_buffer,
                                         key_buffer_size, key_buffer_length);
    if (custom_data_length != 0 || custom->flags != 0)
        return PSA_ERROR_NOT_SUPPORTED;
    return imprint_opaque_generate_key(attributes, key_buffer, key_buffer_size, key_buffer_length);
}

static inline psa_status_t psa_driver_wrapper_import_key(const psa_key_attributes_t *attributes, const uint8_t *data,
                                                         size_t data_length, uint8_t *key_buffer,
                                                         size_t key_buffer_size, size_t *key_buffer_length,
                                                         size_t *bits)
{
    if (!imprint_serves(attributes))
        return core_wrapper_import_key(attributes, data, data_length, key_buffer, key_buffer_size, key_buffer_length,
                                       bits);
    return imprint_opaque_import_key(attributes, data, data_length, key_buffer, key_buffer_size, key_buffer_length,
                                     bits);
}

static inline psa_status_t psa_driver_wrapper_copy_key(psa_key_attributes_t *attributes, const uint8_t *source_key,
                                                       size_t source_key_length, uint8_t *target_key_buffer,
                                                       size_t target_key_buffer_size, size_t *target_key_buffer_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_copy_key(attributes, source_key, source_key_length, target_key_buffer,
                                     target_key_buffer_size, target_key_buffer_length);
    return imprint_opaque_copy_key(attributes, source_key, source_key_length, target_key_buffer, target_key_buffer_size,
                                   target_key_buffer_length);
}

static inline psa_status_t psa_driver_wrapper_export_key(const psa_key_attributes_t *attributes,
                                                         const uint8_t *key_buffer, size_t key_buffer_size,
                                                         uint8_t *data, size_t data_size, size_t *data_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_export_key(attributes, key_buffer, key_buffer_size, data, data_size, data_length);
    return imprint_opaque_export_key(attributes, key_buffer, key_buffer_size, data, data_size, data_length);
}

static inline psa_status_t psa_driver_wrapper_sign_hash(const psa_key_attributes_t *attributes,
                                                        const uint8_t *key_buffer, size_t key_buffer_size,
                                                        psa_algorithm_t alg, const uint8_t *hash, size_t hash_length,
                                                        uint8_t *signature, size_t signature_size,
                                                        size_t *signature_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_sign_hash(attributes, key_buffer, key_buffer_size, alg, hash, hash_length, signature,
                                      signature_size, signature_length);
    return imprint_opaque_sign_hash(attributes, key_buffer, key_buffer_size, alg, hash, hash_length, signature,
                                    signature_size, signature_length);
}

static inline psa_status_t psa_driver_wrapper_verify_hash(const psa_key_attributes_t *attributes,
                                                          const uint8_t *key_buffer, size_t key_buffer_size,
                                                          psa_algorithm_t alg, const uint8_t *hash, size_t hash_length,
                                                          const uint8_t *signature, size_t signature_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_verify_hash(attributes, key_buffer, key_buffer_size, alg, hash, hash_length, signature,
                                        signature_length);
    return imprint_opaque_verify_hash(attributes, key_buffer, key_buffer_size, alg, hash, hash_length, signature,
                                      signature_length);
}

static inline psa_status_t psa_driver_wrapper_mac_compute(const psa_key_attributes_t *attributes,
                                                          const uint8_t *key_buffer, size_t key_buffer_size,
                                                          psa_algorithm_t alg, const uint8_t *input,
                                                          size_t input_length, uint8_t *mac, size_t mac_size,
                                                          size_t *mac_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_mac_compute(attributes, key_buffer, key_buffer_size, alg, input, input_length, mac,
                                        mac_size, mac_length);
    return imprint_opaque_mac_compute(attributes, key_buffer, key_buffer_size, alg, input, input_length, mac, mac_size,
                                      mac_length);
}

static inline psa_status_t psa_driver_wrapper_cipher_encrypt(const psa_key_attributes_t *attributes,
                                                             const uint8_t *key_buffer, size_t key_buffer_size,
                                                             psa_algorithm_t alg, const uint8_t *iv, size_t iv_length,
                                                             const uint8_t *input, size_t input_length, uint8_t *output,
                                                             size_t output_size, size_t *output_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_cipher_encrypt(attributes, key_buffer, key_buffer_size, alg, iv, iv_length, input,
                                           input_length, output, output_size, output_length);
    return imprint_opaque_cipher_encrypt(attributes, key_buffer, key_buffer_size, alg, iv, iv_length, input,
                                         input_length, output, output_size, output_length);
}

static inline psa_status_t psa_driver_wrapper_cipher_decrypt(const psa_key_attributes_t *attributes,
                                                             const uint8_t *key_buffer, size_t key_buffer_size,
                                                             psa_algorithm_t alg, const uint8_t *input,
                                                             size_t input_length, uint8_t *output, size_t output_size,
                                                             size_t *output_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_cipher_decrypt(attributes, key_buffer, key_buffer_size, alg, input, input_length, output,
                                           output_size, output_length);
    return imprint_opaque_cipher_decrypt(attributes, key_buffer, key_buffer_size, alg, input, input_length, output,
                                         output_size, output_length);
}

static inline psa_status_t psa_driver_wrapper_aead_encrypt(const psa_key_attributes_t *attributes,
                                                           const uint8_t *key_buffer, size_t key_buffer_size,
                                                           psa_algorithm_t alg, const uint8_t *nonce,
                                                           size_t nonce_length, const uint8_t *additional_data,
                                                           size_t additional_data_length, const uint8_t *plaintext,
                                                           size_t plaintext_length, uint8_t *ciphertext,
                                                           size_t ciphertext_size, size_t *ciphertext_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_aead_encrypt(attributes, key_buffer, key_buffer_size, alg, nonce, nonce_length,
                                         additional_data, additional_data_length, plaintext, plaintext_length,
                                         ciphertext, ciphertext_size, ciphertext_length);
    return imprint_opaque_aead_encrypt(attributes, key_buffer, key_buffer_size, alg, nonce, nonce_length,
                                       additional_data, additional_data_length, plaintext, plaintext_length, ciphertext,
                                       ciphertext_size, ciphertext_length);
}

static inline psa_status_t psa_driver_wrapper_aead_decrypt(const psa_key_attributes_t *attributes,
                                                           const uint8_t *key_buffer, size_t key_buffer_size,
                                                           psa_algorithm_t alg, const uint8_t *nonce,
                                                           size_t nonce_length, const uint8_t *additional_data,
                                                           size_t additional_data_length, const uint8_t *ciphertext,
                                                           size_t ciphertext_length, uint8_t *plaintext,
                                                           size_t plaintext_size, size_t *plaintext_length)
{
    if (!imprint_serves(attributes))
        return core_wrapper_aead_decrypt(attributes, key_buffer, key_buffer_size, alg, nonce, nonce_length,
                                         additional_data, additional_data_length, ciphertext, ciphertext_length,
                                         plaintext, plaintext_size, plaintext_length);
    return imprint_opaque_aead_decrypt(attributes, key_buffer, key_buffer_size, alg, nonce, nonce_length,
                                       additional_data, additional_data_length, ciphertext, ciphertext_length,
                                       plaintext, plaintext_size, plaintext_length);
}
