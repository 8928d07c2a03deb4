/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell's methods that generate and register keys, and the driver table for applications that only generate,
 * register and use keys: a factory application whose profile imports nothing.
 */
#include "psa/se_c/dynamic.h"

#include "psa/call.h"
#include "psa/creation.h"
#include "psa/location.h"
#include "psa/operations.h"
#include "psa/start.h"

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

/* Finds the slot for a new key, and stores it in `*key_slot`. `slot`: as named by the caller, or DRIVER_SLOT_ANY. */
static psa_status_t find_slot(const psa_key_attributes_t *attributes, psa_key_creation_method_t method, uint8_t slot,
                              psa_key_slot_number_t *key_slot)
{
    struct driver *driver = driver_begin_recovered();

    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status = driver_find_slot(driver, attributes, method_of(method), &slot);
    if (status == PSA_SUCCESS)
        *key_slot = slot;
    return driver_finish_key(driver, attributes, status);
}

psa_status_t driver_se_allocate(psa_drv_se_context_t *context, void *persistent_data,
                                const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                                psa_key_slot_number_t *key_slot)
{
    (void)context;
    (void)persistent_data;
    *key_slot = CHIP_SLOTS;
    return find_slot(attributes, method, DRIVER_SLOT_ANY, key_slot);
}

psa_status_t driver_se_validate_slot_number(psa_drv_se_context_t *context, void *persistent_data,
                                            const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                                            psa_key_slot_number_t key_slot)
{
    (void)context;
    (void)persistent_data;
    /* A number above 254 becomes CHIP_SLOTS, because DRIVER_SLOT_ANY would mean that none is named. */
    return find_slot(attributes, method, key_slot < DRIVER_SLOT_ANY ? (uint8_t)key_slot : CHIP_SLOTS, &key_slot);
}

/* The core never passes a buffer for the public key; p_export_public computes it on request. */
psa_status_t driver_se_generate(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot,
                                const psa_key_attributes_t *attributes, uint8_t *pubkey, size_t pubkey_size,
                                size_t *pubkey_length)
{
    struct driver *driver = driver_begin();

    (void)context;
    (void)pubkey;
    (void)pubkey_size;
    (void)pubkey_length;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    return driver_finish_key(driver, attributes, driver_generate_key(driver, driver_slot_of(key_slot)));
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

const struct driver_shell driver_shell_make_only = {SE_C_SHELL, .register_key = se_c_register,
                                                    .table = &atecc608a_drv_info_make_only};
