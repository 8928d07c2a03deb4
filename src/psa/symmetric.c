/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/symmetric.h"

#include <string.h>

#include "chip/operations_aes.h"
#include "chip/operations_hmac.h"
#include "psa/location.h"

#define HMAC_BITS 256
#define AES_BITS 128

/* --- attributes -------------------------------------------------------------------------------------------------- */

static bool is_hmac_sha256(psa_algorithm_t algorithm)
{
    return PSA_ALG_IS_MAC(algorithm) && PSA_ALG_FULL_LENGTH_MAC(algorithm) == PSA_ALG_HMAC(PSA_ALG_SHA_256);
}

static bool is_aes_mode(psa_algorithm_t algorithm)
{
    return algorithm == PSA_ALG_ECB_NO_PADDING || algorithm == PSA_ALG_CBC_NO_PADDING ||
           algorithm == PSA_ALG_CBC_PKCS7 || algorithm == PSA_ALG_CTR ||
           (PSA_ALG_IS_AEAD(algorithm) &&
            PSA_ALG_AEAD_WITH_SHORTENED_TAG(algorithm, 0) == PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_GCM, 0));
}

/* No core derives by a driver: such a key names the secret for code of the application's that asks the chip itself. */
static bool is_hkdf_sha256(psa_algorithm_t algorithm)
{
    return algorithm == PSA_ALG_HKDF(PSA_ALG_SHA_256);
}

/* What the keys of a type must be. */
static const struct kind {
    psa_key_type_t type;
    size_t bits;
    bool (*serves)(psa_algorithm_t algorithm);
    psa_key_usage_t uses;
    const char *wrong_bits, *wrong_algorithm, *wrong_usage;
} kinds[] = {
    {PSA_KEY_TYPE_HMAC, HMAC_BITS, is_hmac_sha256,
     PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE,
     "an HMAC key in the chip has 256 bits", "an HMAC key in the chip is for HMAC with SHA-256",
     "an HMAC key in the chip signs and verifies messages, and does nothing else"},
    {PSA_KEY_TYPE_AES, AES_BITS, is_aes_mode, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT,
     "an AES key in the chip has 128 bits",
     "an AES key in the chip is for ECB and CBC without padding, CBC with PKCS#7, CTR and GCM",
     "an AES key in the chip encrypts and decrypts, and does nothing else"},
    {PSA_KEY_TYPE_DERIVE, HMAC_BITS, is_hkdf_sha256, PSA_KEY_USAGE_DERIVE,
     "a secret to derive from has 256 bits in the chip", "a secret to derive from is for HKDF with SHA-256",
     "a secret to derive from does nothing else"},
};

static const char *fault_of(const psa_key_attributes_t *attributes, enum driver_method method)
{
    const psa_algorithm_t first = psa_get_key_algorithm(attributes),
                          second = psa_get_key_enrollment_algorithm(attributes);
    const struct kind *kind = kinds;

    while (kind->type != psa_get_key_type(attributes)) /* one of them: driver_is_symmetric() */
        kind++;
    if (!driver_serves_lifetime(psa_get_key_lifetime(attributes)))
        return "a key in a slot of the chip is never volatile: its lifetime must be PSA_ATECC608A_LIFETIME, 0x6001";
    if (method == DRIVER_GENERATE)
        return "the chip has no command that makes such a secret; HMAC and AES keys are registered in the slot that "
               "holds them";
    if (method != DRIVER_REGISTER)
        return "PSA does not import such a secret: a profile's data entry puts it into its slot, then it is registered";
    if (psa_get_key_bits(attributes) != kind->bits)
        return kind->wrong_bits;
    if (!kind->serves(first) || (second != PSA_ALG_NONE && !kind->serves(second)))
        return kind->wrong_algorithm;
    return (psa_get_key_usage_flags(attributes) & ~kind->uses) != 0 ? kind->wrong_usage : NULL;
}

static psa_status_t needs_of(const psa_key_attributes_t *attributes, enum driver_method method,
                             struct driver_slot_needs *needs, struct error *err)
{
    const char *fault = fault_of(attributes, method);

    *needs = (struct driver_slot_needs){.abilities = driver_symmetric_ability(psa_get_key_type(attributes))};
    if (fault == NULL)
        return PSA_SUCCESS;
    error_set(err, ERROR_KEY_ATTRIBUTES, fault,
              "change the key's attributes: docs/reference/psa-keys.md lists what is supported");
    return PSA_ERROR_NOT_SUPPORTED;
}

/* --- what is in the slot ----------------------------------------------------------------------------------------- */

/* HMAC-SHA-256 of nothing, and AES-128 of a block of zeros, with keys of zeros and of FF (by libcrypto). */
static const uint8_t hmac_of_nothing[][CHIP_DIGEST_BYTES] = {
    {0xb6, 0x13, 0x67, 0x9a, 0x08, 0x14, 0xd9, 0xec, 0x77, 0x2f, 0x95, 0xd7, 0x78, 0xc3, 0x5f, 0xc5,
     0xff, 0x16, 0x97, 0xc4, 0x93, 0x71, 0x56, 0x53, 0xc6, 0xc7, 0x12, 0x14, 0x42, 0x92, 0xc5, 0xad},
    {0xb2, 0x0a, 0xe8, 0x0e, 0x1d, 0x70, 0xf4, 0x9e, 0x9b, 0xb5, 0x66, 0x25, 0xa4, 0xc9, 0xcf, 0x02,
     0xa5, 0x54, 0x7b, 0xd2, 0xe2, 0xef, 0x7c, 0xf0, 0x65, 0x7e, 0x59, 0xf4, 0x4c, 0xc0, 0xc0, 0x17},
};
static const uint8_t aes_of_zeros[][CHIP_AES_BYTES] = {
    {0x66, 0xe9, 0x4b, 0xd4, 0xef, 0x8a, 0x2c, 0x3b, 0x88, 0x4c, 0xfa, 0x59, 0xca, 0x34, 0x2b, 0x2e},
    {0xa1, 0xf6, 0x25, 0x8c, 0x87, 0x7d, 0x5f, 0xcd, 0x89, 0x64, 0x48, 0x45, 0x38, 0xbf, 0xc9, 0x2c},
};

static enum chip_status ask_hmac(struct driver *driver, uint8_t slot, bool *blank, struct error *err)
{
    uint8_t mac[CHIP_DIGEST_BYTES];
    enum chip_status status =
        chip_hmac_sha256(driver->chip, chip_config_part(&driver->config), slot, BYTES_NONE, mac, err);

    *blank = status == CHIP_OK &&
             (memcmp(mac, hmac_of_nothing[0], sizeof mac) == 0 || memcmp(mac, hmac_of_nothing[1], sizeof mac) == 0);
    return status;
}

static enum chip_status ask_aes(struct driver *driver, uint8_t slot, bool *blank, struct error *err)
{
    uint8_t block[CHIP_AES_BYTES] = {0};
    enum chip_status status = chip_aes_encrypt(driver->chip, slot, 0, block, block, err);

    *blank = status == CHIP_OK &&
             (memcmp(block, aes_of_zeros[0], sizeof block) == 0 || memcmp(block, aes_of_zeros[1], sizeof block) == 0);
    return status;
}

static psa_status_t check_holds(struct driver *driver, uint32_t ability, uint8_t slot, struct error *err)
{
    psa_status_t status = driver_require_use(driver, &driver->config, slot, ability, err);
    bool blank;

    if (status != PSA_SUCCESS || chip_slot_is_limited(&driver->config, slot))
        return status;
    status = driver_outcome(driver, ability == CHIP_CAN_HMAC ? ask_hmac(driver, slot, &blank, err)
                                                             : ask_aes(driver, slot, &blank, err));
    if (status != PSA_SUCCESS || !blank)
        return status;
    error_set(err, ERROR_SLOT_EMPTY, "the slot holds no key: all its bytes are 00 or FF", "name another slot");
    return PSA_ERROR_DOES_NOT_EXIST;
}

const struct driver_symmetric driver_symmetric_keys = {.needs_of = needs_of, .check_holds = check_holds};
