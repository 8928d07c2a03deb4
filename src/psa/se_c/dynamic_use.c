/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell's methods that only use keys, and the driver table for applications that do only that. Nothing here refers
 * to code that makes, replaces, imports or destroys a key or locks a chip, so a product's primary application does not
 * contain it.
 */
#include "psa/se_c/dynamic.h"

#include "psa/call.h"
#include "psa/its.h"
#include "psa/location.h"
#include "psa/operations.h"
#include "psa/start.h"

psa_status_t driver_se_export_public(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, uint8_t *data,
                                     size_t data_size, size_t *data_length)
{
    struct driver *driver = driver_begin_recovered();
    struct bytes_out out = {.data = data, .cap = data_size};

    (void)context;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status = driver_export_public_key(driver, driver_slot_of(key_slot), &out);
    *data_length = out.len;
    return driver_finish(driver, status);
}

psa_status_t driver_se_sign(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, psa_algorithm_t algorithm,
                            const uint8_t *hash, size_t hash_length, uint8_t *signature, size_t signature_size,
                            size_t *signature_length)
{
    struct driver *driver = driver_begin_recovered();
    struct bytes_out out = {.data = signature, .cap = signature_size};

    (void)context;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status =
        driver_sign_hash(driver, driver_slot_of(key_slot), algorithm, bytes_of(hash, hash_length), &out);
    *signature_length = out.len;
    return driver_finish(driver, status);
}

psa_status_t driver_se_verify(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, psa_algorithm_t algorithm,
                              const uint8_t *hash, size_t hash_length, const uint8_t *signature,
                              size_t signature_length)
{
    struct driver *driver = driver_begin_recovered();

    (void)context;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    return driver_finish(driver,
                         driver_verify_hash(driver, driver_slot_of(key_slot), algorithm, bytes_of(hash, hash_length),
                                            bytes_of(signature, signature_length)));
}

psa_status_t driver_se_init(psa_drv_se_context_t *context, void *persistent_data, psa_key_location_t location)
{
    struct driver *driver = driver_begin_start();

    (void)context;
    (void)persistent_data;
    (void)location;
    if (driver != NULL)
        driver->working = false;
    return PSA_SUCCESS;
}

uint32_t driver_se_destroyed_id(const struct se_session *session, uint64_t slot)
{
    const struct se_destruction *open = &session->destruction;

    if (open->uid > PSA_KEY_ID_VENDOR_MAX || !driver_serves_lifetime(open->lifetime) || open->slot != slot)
        return 0;
    return (uint32_t)open->uid;
}

/* Without this method the core would still remove the key's record; this method keeps it. */
psa_status_t driver_se_keep(psa_drv_se_context_t *context, void *persistent_data, psa_key_slot_number_t key_slot)
{
    struct driver *driver = driver_begin_recovered();
    struct se_session *session = its_session();

    (void)context;
    (void)persistent_data;
    if (session != NULL)
        se_session_keep_record(session, driver_se_destroyed_id(session, key_slot));
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    error_set(&driver->last_error, ERROR_PSA, "this application may not destroy keys", NULL);
    return driver_finish(driver, PSA_ERROR_NOT_PERMITTED);
}

static const psa_drv_se_key_management_t key_management = {
    .MBEDTLS_PRIVATE(p_destroy) = driver_se_keep,
    .MBEDTLS_PRIVATE(p_export) = driver_se_export_public,
    .MBEDTLS_PRIVATE(p_export_public) = driver_se_export_public,
};

static const psa_drv_se_asymmetric_t asymmetric = {
    .MBEDTLS_PRIVATE(p_sign) = driver_se_sign,
    .MBEDTLS_PRIVATE(p_verify) = driver_se_verify,
};

const psa_drv_se_t atecc608a_drv_info_use_only = {
    .MBEDTLS_PRIVATE(hal_version) = PSA_DRV_SE_HAL_VERSION,
    .MBEDTLS_PRIVATE(persistent_data_size) = 0,
    .MBEDTLS_PRIVATE(p_init) = driver_se_init,
    .MBEDTLS_PRIVATE(key_management) = &key_management,
    .MBEDTLS_PRIVATE(asymmetric) = &asymmetric,
};

const struct driver_shell driver_shell_use_only = {SE_C_SHELL, .table = &atecc608a_drv_info_use_only};
