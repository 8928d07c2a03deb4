/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell's methods that generate and register keys, and the driver table for applications that only generate,
 * register and use keys: a factory application whose profile imports nothing.
 */
#include "psa/se_c/dynamic.h"

#include "psa/its.h"
#include "psa/operations.h"
#include "psa/records.h"
#include "psa/recovery.h"
#include "psa/se_c/settle.h"
#include "psa/slots.h"
#include "psa/start.h"

psa_status_t driver_se_finish_key(struct driver *driver, const psa_key_attributes_t *attributes, psa_status_t status)
{
    if (driver->slot_written && its_session() != NULL)
        se_session_note_chip_written(its_session());
    error_with_key(&driver->last_error, psa_get_key_id(attributes));
    return driver_se_finish(driver, status);
}

/*
 * Gives the session the facts that the core's transaction does not record. A slot chosen automatically without
 * permission to replace is empty or scrap; otherwise the chip is asked.
 */
static psa_status_t note_creation(struct driver *driver, uint32_t key_id, const struct driver_slot_needs *needs,
                                  uint8_t slot, bool known_fresh)
{
    struct transaction_note note = {.creation = TRANSACTION_CREATION_REGISTER, .fresh = known_fresh};
    enum driver_fill fill;

    if (needs->method != 0) {
        note.creation =
            needs->method == CHIP_CAN_GENERATE ? TRANSACTION_CREATION_GENERATE : TRANSACTION_CREATION_IMPORT;
        psa_status_t status = PSA_SUCCESS;
        if (!note.fresh)
            note.fresh = driver_slot_is_scrap(driver, slot);
        if (!note.fresh) {
            status = driver_probe_slot(driver, slot, &fill, &driver->last_error);
            note.fresh = fill == DRIVER_FILL_EMPTY;
        }
        if (status != PSA_SUCCESS)
            return status;
    }
    if (its_session() != NULL)
        se_session_note_creation(its_session(), key_id, note);
    return PSA_SUCCESS;
}

static enum driver_method method_of(psa_key_creation_method_t method)
{
    switch (method) {
    case PSA_KEY_CREATION_IMPORT:
        return DRIVER_IMPORT;
    case PSA_KEY_CREATION_GENERATE:
        return DRIVER_GENERATE;
    case PSA_KEY_CREATION_REGISTER:
        return DRIVER_REGISTER;
    default:
        return DRIVER_DERIVE_OR_COPY;
    }
}

/* Checks for both ways to a slot: the attributes, then that the key id is new, which the core does not check. */
static psa_status_t check_new_key(struct driver *driver, const psa_key_attributes_t *attributes,
                                  psa_key_creation_method_t method, struct driver_slot_needs *needs)
{
    psa_status_t status = driver_needs_of(attributes, method_of(method), needs, &driver->last_error);

    if (status == PSA_SUCCESS)
        status = driver_require_settled(driver, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = driver_check_new_id(driver, psa_get_key_id(attributes), &driver->last_error);
    return status;
}

/* Finds the slot for a new key: `named` by the caller in `*key_slot`, or chosen and stored there. */
static psa_status_t find_slot(const psa_key_attributes_t *attributes, psa_key_creation_method_t method, bool named,
                              psa_key_slot_number_t *key_slot)
{
    struct driver *driver = driver_se_begin_recovered();
    struct driver_slot_needs needs;

    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    uint8_t slot = driver_slot_of(*key_slot);
    psa_status_t status = check_new_key(driver, attributes, method, &needs);
    if (status == PSA_SUCCESS)
        status = named ? driver_check_slot(driver, &needs, slot, &driver->last_error)
                       : driver_choose_slot(driver, &needs, &slot, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = note_creation(driver, psa_get_key_id(attributes), &needs, slot,
                               !named && !driver->settings.replace_unclaimed);
    if (status == PSA_SUCCESS)
        *key_slot = slot;
    error_doing(&driver->last_error, "create a key in the chip");
    return driver_se_finish_key(driver, attributes, status);
}

psa_status_t driver_se_allocate(psa_drv_se_context_t *context, void *persistent_data,
                                const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                                psa_key_slot_number_t *key_slot)
{
    (void)context;
    (void)persistent_data;
    *key_slot = CHIP_SLOTS;
    return find_slot(attributes, method, false, key_slot);
}

psa_status_t driver_se_validate_slot_number(psa_drv_se_context_t *context, void *persistent_data,
                                            const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                                            psa_key_slot_number_t key_slot)
{
    (void)context;
    (void)persistent_data;
    return find_slot(attributes, method, true, &key_slot);
}

/* The core never passes a buffer for the public key; p_export_public computes it on request. */
psa_status_t driver_se_generate(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot,
                                const psa_key_attributes_t *attributes, uint8_t *pubkey, size_t pubkey_size,
                                size_t *pubkey_length)
{
    struct driver *driver = driver_se_begin();

    (void)context;
    (void)pubkey;
    (void)pubkey_size;
    (void)pubkey_length;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    return driver_se_finish_key(driver, attributes, driver_generate_key(driver, driver_slot_of(key_slot)));
}

static const psa_drv_se_key_management_t key_management = {
    .MBEDTLS_PRIVATE(p_allocate) = driver_se_allocate,
    .MBEDTLS_PRIVATE(p_validate_slot_number) = driver_se_validate_slot_number,
    .MBEDTLS_PRIVATE(p_generate) = driver_se_generate,
    .MBEDTLS_PRIVATE(p_destroy) = driver_se_keep,
    .MBEDTLS_PRIVATE(p_export) = driver_se_export_public,
    .MBEDTLS_PRIVATE(p_export_public) = driver_se_export_public,
};

static const psa_drv_se_asymmetric_t asymmetric = {
    .MBEDTLS_PRIVATE(p_sign) = driver_se_sign,
};

const psa_drv_se_t atecc608a_drv_info_make_only = {
    .MBEDTLS_PRIVATE(hal_version) = PSA_DRV_SE_HAL_VERSION,
    .MBEDTLS_PRIVATE(persistent_data_size) = 0,
    .MBEDTLS_PRIVATE(p_init) = driver_se_init,
    .MBEDTLS_PRIVATE(key_management) = &key_management,
    .MBEDTLS_PRIVATE(asymmetric) = &asymmetric,
};

const struct driver_shell driver_shell_make_only = {.table = &atecc608a_drv_info_make_only};
