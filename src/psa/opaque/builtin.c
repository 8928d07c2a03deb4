/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that are in the chip, under ids of their own and without any record: their attributes are the slot's policy.
 */
#include <imprint/opaque_driver.h>

#include "base/order.h"
#include "psa/call.h"
#include "psa/location.h"
#include "psa/opaque/opaque.h"
#include "psa/slots.h"

/* As it will be once the data zone is locked: before, the chip agrees on nothing. */
static bool agrees(const struct driver *driver, uint8_t slot)
{
    struct chip_config later = driver->config;

    chip_config_mark_data_locked(&later);
    return driver_require_use(driver, &later, slot, CHIP_CAN_ECDH, NULL) == PSA_SUCCESS;
}

/* COPY is what registers such a key under an ordinary id. */
static psa_key_usage_t usage_of(const struct driver *driver, uint8_t slot, bool private_key)
{
    psa_key_usage_t usage =
        PSA_KEY_USAGE_COPY | PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE | PSA_KEY_USAGE_EXPORT;

    if (!private_key)
        return usage;
    usage &= ~(psa_key_usage_t)PSA_KEY_USAGE_EXPORT;
    if (driver_require_use(driver, &driver->config, slot, CHIP_CAN_SIGN_DIGEST, NULL) == PSA_SUCCESS)
        usage |= PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE;
    if (agrees(driver, slot))
        usage |= PSA_KEY_USAGE_DERIVE;
    return usage;
}

/*
 * A copy has no algorithm that its source has not, at the same place. So while a key is registered, the source has the
 * algorithms that are asked for, which driver_needs_of() has found right for such a key.
 */
static void set_algorithms(const struct driver *driver, psa_key_attributes_t *attributes)
{
    if (driver->registering != NULL) {
        psa_set_key_algorithm(attributes, psa_get_key_algorithm(driver->registering));
        psa_set_key_enrollment_algorithm(attributes, psa_get_key_enrollment_algorithm(driver->registering));
        return;
    }
    psa_set_key_algorithm(attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    if ((psa_get_key_usage_flags(attributes) & PSA_KEY_USAGE_DERIVE) != 0)
        psa_set_key_enrollment_algorithm(attributes, PSA_ALG_ECDH);
}

/* PSA_ERROR_DOES_NOT_EXIST also for a slot that is for something else than P-256 keys. */
static psa_status_t describe(struct driver *driver, uint8_t slot, psa_key_attributes_t *attributes)
{
    psa_status_t status = driver_load_config(driver, &driver->last_error);

    if (status != PSA_SUCCESS)
        return status;
    const struct driver_slot_needs needs = {.private_key = driver_slot_is_private(&driver->config, slot)};
    const uint32_t abilities = chip_slot_can(&driver->config, slot);

    status = needs.private_key || (abilities & CHIP_CAN_HOLD_PUBLIC) != 0 ? PSA_SUCCESS : PSA_ERROR_DOES_NOT_EXIST;
    if (status != PSA_SUCCESS)
        error_set(&driver->last_error, ERROR_SLOT_EMPTY, "the slot is for no P-256 key", "name another slot");
    else
        status = driver_check_slot(driver, &needs, slot, &driver->last_error);
    error_at_slot(&driver->last_error, slot);
    if (status != PSA_SUCCESS)
        return status;
    psa_set_key_type(attributes, needs.private_key ? PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
                                                   : PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(attributes, 256);
    psa_set_key_usage_flags(attributes, usage_of(driver, slot, needs.private_key));
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
    error_with_key(&driver->last_error, psa_get_key_id(attributes));
    psa_status_t status = slot < CHIP_SLOTS ? describe(driver, (uint8_t)slot, attributes) : PSA_ERROR_DOES_NOT_EXIST;
    error_doing(&driver->last_error, "look up a key in the chip");
    status = driver_finish(driver, status);
    return status == PSA_SUCCESS ? PSA_ERROR_BUFFER_TOO_SMALL : status;
}
