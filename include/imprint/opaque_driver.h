/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entry points of imprint's opaque driver (PSA unified driver interface), for whoever builds the PSA core: Mbed TLS
 * 3.6 or TF-PSA-Crypto 1.x. src/psa/opaque/core/ has the core's driver wrappers call them; applications include
 * imprint/psa.h instead.
 *
 * Keys at location IMPRINT_OPAQUE_LOCATION are served. The key context is the number of the chip's slot, 8 bytes
 * little-endian, for keys of every type. Arguments and results are those of the driver interface; no function is called
 * while another one runs.
 */
#ifndef IMPRINT_OPAQUE_DRIVER_H
#define IMPRINT_OPAQUE_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include <psa/crypto.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IMPRINT_OPAQUE_LOCATION ((psa_key_location_t)0x60)

/*
 * Finishes in the store what an interrupted run has left. Never fails, with no chip either: the core would not start,
 * and software cryptography would be gone too.
 */
psa_status_t imprint_opaque_init(void);

/* The size of a key context; 0 for a key type that the chip has no slot for. */
size_t imprint_opaque_size(psa_key_type_t type);

/*
 * Make a key: in the slot that the lifetime names (PSA_ATECC608A_LIFETIME_IN_SLOT()), or that the driver chooses.
 * Before the chip is touched they check that the key id is new and reserve room for the key's record; what an
 * interruption leaves is settled as docs/reference/psa-keys.md says. `copy` registers the key that is in the source's
 * slot under another id.
 */
psa_status_t imprint_opaque_generate_key(const psa_key_attributes_t *attributes, uint8_t *key_buffer,
                                         size_t key_buffer_size, size_t *key_buffer_length);
psa_status_t imprint_opaque_import_key(const psa_key_attributes_t *attributes, const uint8_t *data, size_t data_length,
                                       uint8_t *key_buffer, size_t key_buffer_size, size_t *key_buffer_length,
                                       size_t *bits);
psa_status_t imprint_opaque_copy_key(psa_key_attributes_t *attributes, const uint8_t *source, size_t source_length,
                                     uint8_t *key_buffer, size_t key_buffer_size, size_t *key_buffer_length);

/*
 * The key in the chip's slot `slot`, without any record. Called first with no buffer: sets the attributes and returns
 * PSA_ERROR_BUFFER_TOO_SMALL. PSA_ERROR_DOES_NOT_EXIST when the slot holds no key.
 */
psa_status_t imprint_opaque_get_builtin_key(uint64_t slot, psa_key_attributes_t *attributes, uint8_t *key_buffer,
                                            size_t key_buffer_size, size_t *key_buffer_length);

/* Use a key. Only public keys are exported as such. */
psa_status_t imprint_opaque_export_key(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                       uint8_t *data, size_t data_size, size_t *data_length);
psa_status_t imprint_opaque_export_public_key(const psa_key_attributes_t *attributes, const uint8_t *key,
                                              size_t key_length, uint8_t *data, size_t data_size, size_t *data_length);
psa_status_t imprint_opaque_sign_hash(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                      psa_algorithm_t algorithm, const uint8_t *hash, size_t hash_length,
                                      uint8_t *signature, size_t signature_size, size_t *signature_length);
psa_status_t imprint_opaque_verify_hash(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                        psa_algorithm_t algorithm, const uint8_t *hash, size_t hash_length,
                                        const uint8_t *signature, size_t signature_length);

/*
 * Use a symmetric key, in one part. HMAC-SHA-256, cut to the algorithm's length. AES-128: ECB and CBC without padding,
 * CBC with PKCS#7, CTR; GCM. `iv` is what the core has made; the input of a decryption begins with it.
 */
psa_status_t imprint_opaque_mac_compute(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                        psa_algorithm_t algorithm, const uint8_t *input, size_t input_length,
                                        uint8_t *mac, size_t mac_size, size_t *mac_length);
psa_status_t imprint_opaque_cipher_encrypt(const psa_key_attributes_t *attributes, const uint8_t *key,
                                           size_t key_length, psa_algorithm_t algorithm, const uint8_t *iv,
                                           size_t iv_length, const uint8_t *input, size_t input_length, uint8_t *output,
                                           size_t output_size, size_t *output_length);
psa_status_t imprint_opaque_cipher_decrypt(const psa_key_attributes_t *attributes, const uint8_t *key,
                                           size_t key_length, psa_algorithm_t algorithm, const uint8_t *input,
                                           size_t input_length, uint8_t *output, size_t output_size,
                                           size_t *output_length);
psa_status_t imprint_opaque_aead_encrypt(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                         psa_algorithm_t algorithm, const uint8_t *nonce, size_t nonce_length,
                                         const uint8_t *additional, size_t additional_length, const uint8_t *plain,
                                         size_t plain_length, uint8_t *cipher, size_t cipher_size,
                                         size_t *cipher_length);
psa_status_t imprint_opaque_aead_decrypt(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                         psa_algorithm_t algorithm, const uint8_t *nonce, size_t nonce_length,
                                         const uint8_t *additional, size_t additional_length, const uint8_t *cipher,
                                         size_t cipher_length, uint8_t *plain, size_t plain_size, size_t *plain_length);

#ifdef __cplusplus
}
#endif

#endif
