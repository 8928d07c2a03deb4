/* SPDX-License-Identifier: Apache-2.0 */
/* What a key needs from its slot, by its attributes: driver_needs_of() of psa/slots.h. */
#include "psa/slots.h"

#include "psa/location.h"
#include "psa/symmetric.h"

#define SIGNS (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)
#define VERIFIES (PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE)

/* Usages that a key in the chip cannot have, and why. (A private key may sign and agree; a public key may be exported.)
 */
static const struct {
    psa_key_usage_t usage;
    const char *cause;
} refused_usages[] = {
    {PSA_KEY_USAGE_DERIVE, "a public key agrees on nothing by itself: its holder's private key does"},
    {PSA_KEY_USAGE_VERIFY_DERIVATION, "a chip key cannot verify derived secrets"},
    {PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT, "a P-256 key in the chip neither encrypts nor decrypts"},
    {PSA_KEY_USAGE_COPY, "a key in the chip cannot be copied"},
    {PSA_KEY_USAGE_EXPORT, "a private key never leaves the chip"},
    {SIGNS, "a public key does not sign"},
};

/* Each function below returns what is wrong with a key's attributes, or NULL. */
static const char *algorithm_fault(psa_algorithm_t algorithm, bool private_key)
{
    psa_algorithm_t hash = algorithm & PSA_ALG_HASH_MASK;

    if (algorithm == PSA_ALG_ECDH && private_key)
        return NULL;
    if (PSA_ALG_IS_KEY_AGREEMENT(algorithm))
        return "a key pair of the chip agrees by PSA_ALG_ECDH alone, without a key derivation";
    if (PSA_ALG_IS_DETERMINISTIC_ECDSA(algorithm))
        return "the chip signs with its own random numbers, never deterministically";
    if (!PSA_ALG_IS_RANDOMIZED_ECDSA(algorithm))
        return "the key's algorithm is not randomized ECDSA or ECDH";
    if (hash != 0 && hash != PSA_ALG_HASH_MASK &&
        (hash < (PSA_ALG_SHA_224 & PSA_ALG_HASH_MASK) || hash > (PSA_ALG_SHA_512 & PSA_ALG_HASH_MASK)))
        return "the key's algorithm names a hash other than SHA-2 or PSA_ALG_ANY_HASH";
    return NULL;
}

static const char *usage_fault(psa_key_usage_t usage, bool private_key)
{
    usage &= ~(private_key ? SIGNS | PSA_KEY_USAGE_DERIVE : PSA_KEY_USAGE_EXPORT);
    for (size_t i = 0; i < sizeof refused_usages / sizeof refused_usages[0]; i++)
        if ((usage & refused_usages[i].usage) != 0)
            return refused_usages[i].cause;
    return NULL;
}

static const char *fault_of(const psa_key_attributes_t *attributes, enum driver_method method, bool private_key)
{
    psa_algorithm_t second = psa_get_key_enrollment_algorithm(attributes);
    size_t bits = psa_get_key_bits(attributes);

    if (!driver_serves_lifetime(psa_get_key_lifetime(attributes)))
        return "a key in a slot of the chip is never volatile: its lifetime must be PSA_ATECC608A_LIFETIME, 0x6001";
    if (!private_key && psa_get_key_type(attributes) != PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1))
        return "the chip holds key pairs and public keys of the family SECP R1 only";
    if (bits != 256 && !(bits == 0 && method == DRIVER_IMPORT))
        return "the chip's curve is P-256: a key has 256 bits";
    if (method == DRIVER_DERIVE_OR_COPY)
        return "the chip neither derives nor copies keys through the PSA secure element interface";
    const char *fault = algorithm_fault(psa_get_key_algorithm(attributes), private_key);
    if (fault == NULL && second != PSA_ALG_NONE)
        fault = algorithm_fault(second, private_key);
    return fault != NULL ? fault : usage_fault(psa_get_key_usage_flags(attributes), private_key);
}

static uint32_t abilities_for(psa_key_usage_t usage, bool private_key)
{
    uint32_t abilities = 0;

    if (!private_key)
        return CHIP_CAN_HOLD_PUBLIC;
    if ((usage & SIGNS) != 0)
        abilities |= CHIP_CAN_SIGN_DIGEST;
    if ((usage & PSA_KEY_USAGE_DERIVE) != 0)
        abilities |= CHIP_CAN_ECDH;
    if ((usage & VERIFIES) != 0)
        abilities |= CHIP_CAN_GIVE_PUBLIC;
    return abilities;
}

static uint32_t ways_for(enum driver_method method, bool private_key)
{
    if (method == DRIVER_GENERATE)
        return CHIP_CAN_GENERATE;
    if (method != DRIVER_IMPORT)
        return 0;
    return private_key ? CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET : CHIP_CAN_WRITE_CLEAR;
}

psa_status_t driver_needs_of(const psa_key_attributes_t *attributes, enum driver_method method,
                             struct driver_slot_needs *needs, struct error *err)
{
    needs->private_key = psa_get_key_type(attributes) == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
    needs->abilities = abilities_for(psa_get_key_usage_flags(attributes), needs->private_key);
    needs->method = ways_for(method, needs->private_key);
    const char *fault = fault_of(attributes, method, needs->private_key);
    if (fault != NULL) {
        error_set(err, ERROR_KEY_ATTRIBUTES, fault,
                  "change the key's attributes: docs/reference/psa-keys.md lists what is supported");
        return PSA_ERROR_NOT_SUPPORTED;
    }
    if (method == DRIVER_GENERATE && !needs->private_key) {
        error_set(err, ERROR_KEY_ATTRIBUTES, "a public key cannot be generated", "generate a key pair");
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    return PSA_SUCCESS;
}

psa_status_t driver_needs_of_any(const struct driver *driver, const psa_key_attributes_t *attributes,
                                 enum driver_method method, struct driver_slot_needs *needs, struct error *err)
{
    if (driver->symmetric != NULL && driver_is_symmetric(psa_get_key_type(attributes)))
        return driver->symmetric->needs_of(attributes, method, needs, err);
    return driver_needs_of(attributes, method, needs, err);
}
