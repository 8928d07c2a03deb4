/* SPDX-License-Identifier: Apache-2.0 */
/* The shell's entry points for symmetric keys: HMAC, AES in its modes, AES-GCM. */
#include <imprint/opaque_driver.h>

#include <string.h>

#include "psa/call.h"
#include "psa/cipher.h"
#include "psa/gcm.h"
#include "psa/hmac.h"
#include "psa/opaque/opaque.h"
#include "psa/operation.h"

/* The core has checked that the algorithm is an HMAC; a key's policy says that it is with SHA-256. */
psa_status_t imprint_opaque_mac_compute(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                        psa_algorithm_t algorithm, const uint8_t *input, size_t input_length,
                                        uint8_t *mac, size_t mac_size, size_t *mac_length)
{
    struct driver *driver = opaque_begin_use();
    const size_t len = PSA_MAC_LENGTH(psa_get_key_type(attributes), psa_get_key_bits(attributes), algorithm);
    uint8_t whole[CHIP_DIGEST_BYTES];
    psa_status_t status;

    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    if (PSA_ALG_FULL_LENGTH_MAC(algorithm) != PSA_ALG_HMAC(PSA_ALG_SHA_256) || len > sizeof whole)
        status =
            operation_refuse(driver, PSA_ERROR_NOT_SUPPORTED, ERROR_USAGE, "the chip computes HMAC-SHA-256 only", NULL);
    else if (mac_size < len)
        status = operation_refuse(driver, PSA_ERROR_BUFFER_TOO_SMALL, ERROR_USAGE,
                                  "the buffer for the result is too small", NULL);
    else
        status = driver_hmac(driver, opaque_slot_of_context(key, key_length), bytes_of(input, input_length), whole);
    if (status == PSA_SUCCESS) {
        memcpy(mac, whole, len);
        *mac_length = len;
    }
    bytes_wipe(whole, sizeof whole);
    return driver_finish(driver, status);
}

psa_status_t imprint_opaque_cipher_encrypt(const psa_key_attributes_t *attributes, const uint8_t *key,
                                           size_t key_length, psa_algorithm_t algorithm, const uint8_t *iv,
                                           size_t iv_length, const uint8_t *input, size_t input_length, uint8_t *output,
                                           size_t output_size, size_t *output_length)
{
    struct driver *driver = opaque_begin_use();
    struct bytes_out out = {.data = output, .cap = output_size};

    (void)attributes;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status = driver_cipher_encrypt(driver, opaque_slot_of_context(key, key_length), algorithm,
                                                bytes_of(iv, iv_length), bytes_of(input, input_length), &out);
    *output_length = out.len;
    return driver_finish(driver, status);
}

psa_status_t imprint_opaque_cipher_decrypt(const psa_key_attributes_t *attributes, const uint8_t *key,
                                           size_t key_length, psa_algorithm_t algorithm, const uint8_t *input,
                                           size_t input_length, uint8_t *output, size_t output_size,
                                           size_t *output_length)
{
    struct driver *driver = opaque_begin_use();
    struct bytes_out out = {.data = output, .cap = output_size};

    (void)attributes;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status = driver_cipher_decrypt(driver, opaque_slot_of_context(key, key_length), algorithm,
                                                bytes_of(input, input_length), &out);
    *output_length = out.len;
    return driver_finish(driver, status);
}

psa_status_t imprint_opaque_aead_encrypt(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                         psa_algorithm_t algorithm, const uint8_t *nonce, size_t nonce_length,
                                         const uint8_t *additional, size_t additional_length, const uint8_t *plain,
                                         size_t plain_length, uint8_t *cipher, size_t cipher_size,
                                         size_t *cipher_length)
{
    struct driver *driver = opaque_begin_use();
    const struct driver_gcm gcm = {algorithm, bytes_of(nonce, nonce_length), bytes_of(additional, additional_length)};
    struct bytes_out out = {.data = cipher, .cap = cipher_size};

    (void)attributes;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status =
        driver_gcm_encrypt(driver, opaque_slot_of_context(key, key_length), &gcm, bytes_of(plain, plain_length), &out);
    *cipher_length = out.len;
    return driver_finish(driver, status);
}

psa_status_t imprint_opaque_aead_decrypt(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                         psa_algorithm_t algorithm, const uint8_t *nonce, size_t nonce_length,
                                         const uint8_t *additional, size_t additional_length, const uint8_t *cipher,
                                         size_t cipher_length, uint8_t *plain, size_t plain_size, size_t *plain_length)
{
    struct driver *driver = opaque_begin_use();
    const struct driver_gcm gcm = {algorithm, bytes_of(nonce, nonce_length), bytes_of(additional, additional_length)};
    struct bytes_out out = {.data = plain, .cap = plain_size};

    (void)attributes;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status = driver_gcm_decrypt(driver, opaque_slot_of_context(key, key_length), &gcm,
                                             bytes_of(cipher, cipher_length), &out);
    *plain_length = out.len;
    return driver_finish(driver, status);
}
