/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/keys.h"

#include "psa/operations.h"
#include "psa/reason.h"
#include "psa/se_session.h"
#include "psa/settle.h"
#include "psa/shell.h"
#include "psa/storage_status.h"

/* --- reasons ----------------------------------------------------------------------------------------------------- */

void keys_forget_reason(struct driver *driver)
{
    error_clear(&driver->last_error);
}

/*
 * Whether the core answers `status` when the driver or its storage fails with `refused`. The cores report every failure
 * of storage as DATA_INVALID, and a key that does not exist as INVALID_HANDLE.
 */
static bool is_answer_for(psa_status_t refused, psa_status_t status)
{
    return refused == status || status == PSA_ERROR_DATA_INVALID ||
           (status == PSA_ERROR_INVALID_HANDLE && refused == PSA_ERROR_DOES_NOT_EXIST);
}

void keys_explain(struct driver *driver, psa_status_t status, struct error *err)
{
    const struct error *last = &driver->last_error;

    if (last->reason == ERROR_NONE || !is_answer_for(last->psa_status, status))
        reason_of_core(status, err);
    else
        error_pass(err, last);
    error_with_psa(err, status);
    keys_forget_reason(driver);
}

psa_status_t keys_last_status(const struct driver *driver, psa_status_t otherwise)
{
    return driver->last_error.reason != ERROR_NONE ? driver->last_error.psa_status : otherwise;
}

/* Ends each call on a key. */
static psa_status_t explained(struct driver *driver, psa_status_t status, uint32_t key_id, struct error *err)
{
    if (status != PSA_SUCCESS) {
        keys_explain(driver, status, err);
        error_with_key(err, key_id);
    }
    return status;
}

/* --- planning ---------------------------------------------------------------------------------------------------- */

psa_status_t keys_settle(struct driver *driver, struct error *err)
{
    return driver_require_settled(driver, err);
}

psa_status_t keys_check_room(struct driver *driver, size_t count, struct error *err)
{
    const struct storage *storage = driver->storage;
    const enum storage_status status =
        storage->operations->has_room(storage->context, (uint32_t)count, SE_SESSION_KEY_ROOM);

    if (status == STORAGE_FULL)
        error_set(err, ERROR_STORAGE_FULL, "the key store has no room for the records of all keys to make", NULL);
    else if (status == STORAGE_FAILED)
        error_set(err, ERROR_STORAGE_FAILED, "the key store cannot be read", NULL);
    /* A store that refuses writes says so itself, before the first key is made. */
    return status == STORAGE_READ_ONLY ? PSA_SUCCESS : driver_status_of_storage(status);
}

psa_status_t keys_find_slot(struct driver *driver, const psa_key_attributes_t *attributes, enum driver_method method,
                            uint32_t also, uint8_t *slot, struct error *err)
{
    struct driver_slot_needs needs;
    psa_status_t status = driver_needs_of(attributes, method, &needs, err);

    if (status != PSA_SUCCESS)
        return status;
    needs.abilities |= also;
    if (*slot == KEYS_SLOT_ANY)
        return driver_choose_slot(driver, &needs, slot, err);
    return driver_check_slot(driver, &needs, *slot, err);
}

psa_status_t keys_probe_slot(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err)
{
    return driver_probe_slot(driver, slot, fill, err);
}

psa_status_t keys_public_in_slot(struct driver *driver, uint8_t slot, uint8_t point[static P256_POINT_BYTES],
                                 struct error *err)
{
    struct bytes_out out = {.data = point, .cap = P256_POINT_BYTES};

    psa_status_t status;

    keys_forget_reason(driver);
    status = driver_export_public_key(driver, slot, &out);
    error_with_psa(&driver->last_error, status); /* as a shell does: the reason is believed only with its status */
    return explained(driver, status, 0, err);
}

bool keys_slot_is_scrap(struct driver *driver, uint8_t slot)
{
    return driver_slot_is_scrap(driver, slot);
}

/* --- making ------------------------------------------------------------------------------------------------------ */

/* Whether the attributes have a slot number, as Mbed TLS's do where it has the secure element interface. */
static bool has_slot_number(const psa_key_attributes_t *attributes)
{
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
    psa_key_slot_number_t number;

    return psa_get_key_slot_number(attributes, &number) == PSA_SUCCESS;
#else
    (void)attributes;
    return false;
#endif
}

/* `named`: a slot is named for the key. Keys elsewhere would be made without a look at that. */
static psa_status_t check_lifetime(const psa_key_attributes_t *attributes, bool named, struct error *err)
{
    if (!named || PSA_KEY_LIFETIME_GET_LOCATION(psa_get_key_lifetime(attributes)) != PSA_KEY_LOCATION_LOCAL_STORAGE)
        return PSA_SUCCESS;
    error_set(err, ERROR_KEY_ATTRIBUTES,
              "the key names a slot, but its lifetime is not the chip's: PSA_ATECC608A_LIFETIME, 0x6001",
              "set that lifetime in the key's attributes, or name no slot");
    error_with_psa(err, PSA_ERROR_INVALID_ARGUMENT);
    return PSA_ERROR_INVALID_ARGUMENT;
}

psa_status_t keys_check_slot(const psa_key_attributes_t *attributes, struct error *err)
{
    return check_lifetime(attributes, has_slot_number(attributes), err);
}

/* Before a key is made: the attributes, with the slot named in them where the shell does that. */
static psa_status_t prepare(struct driver *driver, psa_key_attributes_t *attributes, uint8_t slot)
{
    keys_forget_reason(driver);
    if (slot != KEYS_SLOT_ANY)
        driver->shell->name_slot(driver, attributes, slot);
    return check_lifetime(attributes, slot != KEYS_SLOT_ANY || has_slot_number(attributes), &driver->last_error);
}

psa_status_t keys_register(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot,
                           struct error *err)
{
    keys_forget_reason(driver);
    psa_status_t status = check_lifetime(attributes, true, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = driver->shell->register_key(driver, attributes, slot);
    return explained(driver, status, psa_get_key_id(attributes), err);
}

psa_status_t keys_generate(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot,
                           struct error *err)
{
    psa_key_attributes_t named = *attributes;
    psa_status_t status = prepare(driver, &named, slot);
    psa_key_id_t id;

    if (status == PSA_SUCCESS)
        status = psa_generate_key(&named, &id);
    driver->slot_to_use = 0;
    return explained(driver, status, psa_get_key_id(attributes), err);
}

psa_status_t keys_import(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot, struct bytes key,
                         struct error *err)
{
    psa_key_attributes_t named = *attributes;
    psa_status_t status = prepare(driver, &named, slot);
    psa_key_id_t id;

    if (status == PSA_SUCCESS)
        status = psa_import_key(&named, key.data, key.len, &id);
    driver->slot_to_use = 0;
    return explained(driver, status, psa_get_key_id(attributes), err);
}

/* The header of a record of the core: docs/reference/storage-format.md. */
#define CORE_HEADER_BYTES 36

psa_status_t keys_store_data(struct driver *driver, uint32_t key_id, struct bytes data, struct error *err)
{
    const struct storage *storage = driver->storage;
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t made = 0;
    psa_status_t status;

    keys_forget_reason(driver);
    status = driver_status_of_storage(
        storage->operations->reserve(storage->context, (uint32_t)(CORE_HEADER_BYTES + data.len)));
    if (status != PSA_SUCCESS)
        return explained(driver, status, key_id, err);
    psa_set_key_id(&attributes, key_id);
    psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_PERSISTENT);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_RAW_DATA);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT);
    status = psa_import_key(&attributes, data.data, data.len, &made);
    psa_reset_key_attributes(&attributes);
    if (status == PSA_SUCCESS)
        return PSA_SUCCESS;
    storage->operations->release(storage->context);
    /* So the core calls each failure of its storage (psa_crypto_storage_store()). */
    return explained(driver, status == PSA_ERROR_DATA_INVALID ? PSA_ERROR_STORAGE_FAILURE : status, key_id, err);
}

/* --- using ------------------------------------------------------------------------------------------------------- */

psa_status_t keys_attributes(struct driver *driver, uint32_t key_id, bool fresh, psa_key_attributes_t *attributes,
                             uint8_t *slot, struct error *err)
{
    keys_forget_reason(driver);
    if (fresh)
        (void)psa_purge_key(key_id);
    psa_status_t status = psa_get_key_attributes(key_id, attributes);
    if (status == PSA_SUCCESS && slot != NULL)
        *slot = driver->shell->slot_of(driver, attributes, KEYS_SLOT_ANY);
    return explained(driver, status, key_id, err);
}

/* A P-256 key always has these lengths, so another length means that the key is of another kind. */
static psa_status_t check_length(psa_status_t status, size_t len, size_t expected)
{
    return status == PSA_SUCCESS && len != expected ? PSA_ERROR_NOT_SUPPORTED : status;
}

psa_status_t keys_public(struct driver *driver, uint32_t key_id, uint8_t point[static P256_POINT_BYTES],
                         struct error *err)
{
    size_t len = 0;

    keys_forget_reason(driver);
    psa_status_t status = psa_export_public_key(key_id, point, P256_POINT_BYTES, &len);
    return explained(driver, check_length(status, len, P256_POINT_BYTES), key_id, err);
}

psa_status_t keys_sign_hash(struct driver *driver, uint32_t key_id, psa_algorithm_t algorithm, struct bytes hash,
                            uint8_t signature[static P256_SIGNATURE_BYTES], struct error *err)
{
    size_t len = 0;

    keys_forget_reason(driver);
    psa_status_t status = psa_sign_hash(key_id, algorithm, hash.data, hash.len, signature, P256_SIGNATURE_BYTES, &len);
    return explained(driver, check_length(status, len, P256_SIGNATURE_BYTES), key_id, err);
}

psa_status_t keys_sign_message(struct driver *driver, uint32_t key_id, psa_algorithm_t algorithm, struct bytes message,
                               uint8_t signature[static P256_SIGNATURE_BYTES], struct error *err)
{
    size_t len = 0;

    keys_forget_reason(driver);
    psa_status_t status =
        psa_sign_message(key_id, algorithm, message.data, message.len, signature, P256_SIGNATURE_BYTES, &len);
    return explained(driver, check_length(status, len, P256_SIGNATURE_BYTES), key_id, err);
}

psa_status_t keys_verify_hash(struct driver *driver, uint32_t key_id, psa_algorithm_t algorithm, struct bytes hash,
                              const uint8_t signature[static P256_SIGNATURE_BYTES], struct error *err)
{
    keys_forget_reason(driver);
    psa_status_t status = psa_verify_hash(key_id, algorithm, hash.data, hash.len, signature, P256_SIGNATURE_BYTES);
    return explained(driver, status, key_id, err);
}
