/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that are in the chip, under ids of their own and without any record: their attributes are the slot's policy.
 */
#include <imprint/opaque_driver.h>

#include "base/order.h"
#include "psa/call.h"
#include "psa/location.h"
#include "psa/opaque/opaque.h"
#include "psa/slots.h"
#include "psa/symmetric.h"

/* As it will be once the data zone is locked: before, the chip can do less. */
static bool will(const struct driver *driver, uint8_t slot, uint32_t ability)
{
    struct chip_config later = driver->config;

    chip_config_mark_data_locked(&later);
    return driver_require_use(driver, &later, slot, ability, NULL) == PSA_SUCCESS;
}

/* The type that a key in the slot has; PSA_KEY_TYPE_NONE for a slot that PSA has no keys for. */
static psa_key_type_t type_in(const struct driver *driver, uint8_t slot)
{
    if (driver_slot_is_private(&driver->config, slot))
        return PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
    if ((chip_slot_can(&driver->config, slot) & CHIP_CAN_HOLD_PUBLIC) != 0)
        return PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1);
    if (will(driver, slot, CHIP_CAN_HMAC))
        return driver->registering != NULL && psa_get_key_type(driver->registering) == PSA_KEY_TYPE_DERIVE
                   ? PSA_KEY_TYPE_DERIVE
                   : PSA_KEY_TYPE_HMAC;
    return will(driver, slot, CHIP_CAN_AES) ? PSA_KEY_TYPE_AES : PSA_KEY_TYPE_NONE;
}

/* COPY is what registers such a key under an ordinary id. */
static psa_key_usage_t usage_of(const struct driver *driver, uint8_t slot, psa_key_type_t type)
{
    psa_key_usage_t usage = PSA_KEY_USAGE_COPY | PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE;

    if (type == PSA_KEY_TYPE_AES)
        return PSA_KEY_USAGE_COPY | PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT;
    if (type == PSA_KEY_TYPE_DERIVE)
        return PSA_KEY_USAGE_COPY | PSA_KEY_USAGE_DERIVE;
    if (type == PSA_KEY_TYPE_HMAC)
        return usage | PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE;
    if (PSA_KEY_TYPE_IS_PUBLIC_KEY(type))
        return usage | PSA_KEY_USAGE_EXPORT;
    if (driver_require_use(driver, &driver->config, slot, CHIP_CAN_SIGN_DIGEST, NULL) == PSA_SUCCESS)
        usage |= PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE;
    if (will(driver, slot, CHIP_CAN_ECDH))
        usage |= PSA_KEY_USAGE_DERIVE;
    return usage;
}

/*
 * A copy has no algorithm that its source has not, at the same place. So while a key is registered, the source has the
 * algorithms that are asked for, which driver_needs_of() has found right for such a key.
 */
static void set_algorithms(const struct driver *driver, psa_key_attributes_t *attributes)
{
    const psa_key_type_t type = psa_get_key_type(attributes);
    psa_algorithm_t first = PSA_ALG_ECDSA(PSA_ALG_ANY_HASH), second = PSA_ALG_NONE;

    if (driver->registering != NULL) {
        first = psa_get_key_algorithm(driver->registering);
        second = psa_get_key_enrollment_algorithm(driver->registering);
    } else if (type == PSA_KEY_TYPE_HMAC) {
        first = PSA_ALG_HMAC(PSA_ALG_SHA_256);
    } else if (type == PSA_KEY_TYPE_AES) {
        first = PSA_ALG_CTR;
        second = PSA_ALG_GCM;
    } else if ((psa_get_key_usage_flags(attributes) & PSA_KEY_USAGE_DERIVE) != 0) {
        second = PSA_ALG_ECDH;
    }
    psa_set_key_algorithm(attributes, first);
    psa_set_key_enrollment_algorithm(attributes, second);
}

/* PSA_ERROR_DOES_NOT_EXIST also for a slot that is for something else than keys. */
static psa_status_t describe(struct driver *driver, uint8_t slot, psa_key_attributes_t *attributes)
{
    psa_status_t status = driver_load_config(driver, &driver->last_error);

    if (status != PSA_SUCCESS)
        return status;
    const psa_key_type_t type = type_in(driver, slot);
    const struct driver_slot_needs needs = {
        .private_key = PSA_KEY_TYPE_IS_KEY_PAIR(type),
        .abilities = driver_is_symmetric(type) ? driver_symmetric_ability(type) : 0,
    };

    if (type == PSA_KEY_TYPE_NONE) {
        error_set(&driver->last_error, ERROR_SLOT_EMPTY, "the slot is for no key that PSA can use",
                  "name another slot");
        status = PSA_ERROR_DOES_NOT_EXIST;
    } else {
        status = driver_check_slot(driver, &needs, slot, &driver->last_error);
    }
    error_at_slot(&driver->last_error, slot);
    if (status != PSA_SUCCESS)
        return status;
    psa_set_key_type(attributes, type);
    psa_set_key_bits(attributes, type == PSA_KEY_TYPE_AES ? 128 : 256);
    psa_set_key_usage_flags(attributes, usage_of(driver, slot, type));
    set_algorithms(driver, attributes);
    return PSA_SUCCESS;
}

/* Called twice for each key that the core loads. The second call gives the context and asks the chip nothing. */
psa_status_t imprint_opaque_get_builtin_key(uint64_t slot, psa_key_attributes_t *attributes, uint8_t *key_buffer,
                                            size_t key_buffer_size, size_t *key_buffer_length)
{
    if (key_buffer != NULL) {
        if (key_buffer_size < OPAQUE_CONTEXT_BYTES)
            return PSA_ERROR_BUFFER_TOO_SMALL;
        store64_le(key_buffer, slot);
        *key_buffer_length = OPAQUE_CONTEXT_BYTES;
        return PSA_SUCCESS;
    }
    struct driver *driver = driver_begin_recovered();

    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    driver->symmetric = &driver_symmetric_keys;
    error_with_key(&driver->last_error, psa_get_key_id(attributes));
    psa_status_t status = slot < CHIP_SLOTS ? describe(driver, (uint8_t)slot, attributes) : PSA_ERROR_DOES_NOT_EXIST;
    error_doing(&driver->last_error, "look up a key in the chip");
    status = driver_finish(driver, status);
    return status == PSA_SUCCESS ? PSA_ERROR_BUFFER_TOO_SMALL : status;
}
