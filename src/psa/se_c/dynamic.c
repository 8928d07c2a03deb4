/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell for Mbed TLS 3.6's dynamic secure element interface (MBEDTLS_PSA_CRYPTO_SE_C): it only translates calls and
 * arguments. Policy is in `slots.c`, operations on slots are in `operations.c`. The methods that only use a key are in
 * `dynamic_use.c` and those that make one in `dynamic_make.c`, each with a driver table for applications that need no
 * other methods.
 *
 * All state is in the bound driver, none in the core's context. Nothing depends on p_init, which the core skips when
 * the driver is registered after psa_crypto_init(); the first method called does its work then. The driver has no
 * persistent data in the core's sense (persistent_data_size 0).
 */
#include "psa/se_c/dynamic.h"

#include "psa/call.h"
#include "psa/its.h"
#include "psa/operations.h"
#include "psa/recovery.h"
#include "psa/records.h"
#include "psa/start.h"
#include "psa/symmetric.h"

static psa_status_t se_import(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot,
                              const psa_key_attributes_t *attributes, const uint8_t *data, size_t data_length,
                              size_t *bits)
{
    struct driver *driver = driver_begin();

    (void)context;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status = driver_import_key(driver, driver_slot_of(key_slot), psa_get_key_type(attributes),
                                            bytes_of(data, data_length), bits);
    return driver_finish_key(driver, attributes, status);
}

/* No driver is bound, so no key can be destroyed: keep the metadata too. */
static psa_status_t destroy_unbound(psa_key_slot_number_t key_slot)
{
    struct se_session *session = its_session();

    if (session != NULL && key_slot < CHIP_SLOTS)
        se_session_keep_record(session, session->destruction.uid);
    return PSA_ERROR_BAD_STATE;
}

/* The erase comes before the key record is removed: a power cut in between is settled by the open transaction. */
static psa_status_t destroy(struct driver *driver, struct se_session *session, uint8_t slot, uint32_t key_id)
{
    psa_status_t status = driver_destroy_key(driver, slot, key_id);

    /* Removing the key's own record may make room. A full store is no reason to keep the key id. */
    if (status == PSA_ERROR_INSUFFICIENT_STORAGE) {
        se_session_note_scrap_later(session, driver_scrap_uid(slot));
        status = PSA_SUCCESS;
    }
    se_session_keep_record(session, status == PSA_SUCCESS ? 0 : key_id);
    error_with_key(&driver->last_error, key_id);
    return driver_finish(driver, status);
}

/*
 * The core removes the key record whatever this method returns, so after a failure the session keeps the record in the
 * store. A record with a slot number above 15 is damaged and has no key; it may be removed.
 */
static psa_status_t se_destroy(psa_drv_se_context_t *context, void *persistent_data, psa_key_slot_number_t key_slot)
{
    struct driver *driver = driver_begin_settled();
    struct se_session *session = its_session();

    (void)context;
    (void)persistent_data;
    if (driver == NULL || session == NULL)
        return destroy_unbound(key_slot);
    if (key_slot >= CHIP_SLOTS) {
        se_session_keep_record(session, 0);
        return driver_finish(driver, PSA_SUCCESS);
    }
    uint8_t slot = (uint8_t)key_slot;
    uint32_t key_id = driver_se_destroyed_id(session, slot);
    if (key_id != 0)
        return destroy(driver, session, slot, key_id);
    error_set(&driver->last_error, ERROR_UNEXPECTED, "the PSA core has no destroy transaction open for this slot",
              NULL);
    error_at_slot(&driver->last_error, slot);
    se_session_keep_record(session, session->destruction.uid);
    return driver_finish(driver, PSA_ERROR_BAD_STATE);
}

/* --- the methods of the other files, which here first finish what is due in the chip ------------------------------ */

/* Talks to the chip only when a destroyed key is still in it. */
static psa_status_t se_init(psa_drv_se_context_t *context, void *persistent_data, psa_key_location_t location)
{
    psa_status_t status = driver_se_init(context, persistent_data, location);

    if (driver_bound() != NULL)
        driver_settle_erasures(driver_bound());
    return status;
}

static psa_status_t se_allocate(psa_drv_se_context_t *context, void *persistent_data,
                                const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                                psa_key_slot_number_t *key_slot)
{
    (void)driver_begin_settled();
    return driver_se_allocate(context, persistent_data, attributes, method, key_slot);
}

/* Symmetric keys come this way only: they are registered in a slot that is named. */
static psa_status_t se_validate_slot_number(psa_drv_se_context_t *context, void *persistent_data,
                                            const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                                            psa_key_slot_number_t key_slot)
{
    struct driver *driver = driver_begin_settled();

    if (driver != NULL)
        driver->symmetric = &driver_symmetric_keys;
    return driver_se_validate_slot_number(context, persistent_data, attributes, method, key_slot);
}

static psa_status_t se_export_public(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, uint8_t *data,
                                     size_t data_size, size_t *data_length)
{
    (void)driver_begin_settled();
    return driver_se_export_public(context, key_slot, data, data_size, data_length);
}

static psa_status_t se_sign(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, psa_algorithm_t algorithm,
                            const uint8_t *hash, size_t hash_length, uint8_t *signature, size_t signature_size,
                            size_t *signature_length)
{
    (void)driver_begin_settled();
    return driver_se_sign(context, key_slot, algorithm, hash, hash_length, signature, signature_size, signature_length);
}

static psa_status_t se_verify(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, psa_algorithm_t algorithm,
                              const uint8_t *hash, size_t hash_length, const uint8_t *signature,
                              size_t signature_length)
{
    (void)driver_begin_settled();
    return driver_se_verify(context, key_slot, algorithm, hash, hash_length, signature, signature_length);
}

static const psa_drv_se_key_management_t key_management = {
    .MBEDTLS_PRIVATE(p_allocate) = se_allocate,
    .MBEDTLS_PRIVATE(p_validate_slot_number) = se_validate_slot_number,
    .MBEDTLS_PRIVATE(p_import) = se_import,
    .MBEDTLS_PRIVATE(p_generate) = driver_se_generate,
    .MBEDTLS_PRIVATE(p_destroy) = se_destroy,
    .MBEDTLS_PRIVATE(p_export) = se_export_public,
    .MBEDTLS_PRIVATE(p_export_public) = se_export_public,
};

static const psa_drv_se_asymmetric_t asymmetric = {
    .MBEDTLS_PRIVATE(p_sign) = se_sign,
    .MBEDTLS_PRIVATE(p_verify) = se_verify,
};

const psa_drv_se_t atecc608a_drv_info = {
    .MBEDTLS_PRIVATE(hal_version) = PSA_DRV_SE_HAL_VERSION,
    .MBEDTLS_PRIVATE(persistent_data_size) = 0,
    .MBEDTLS_PRIVATE(p_init) = se_init,
    .MBEDTLS_PRIVATE(key_management) = &key_management,
    .MBEDTLS_PRIVATE(asymmetric) = &asymmetric,
};

const struct driver_shell driver_shell_all = {SE_C_SHELL, .register_key = se_c_register, .table = &atecc608a_drv_info};
