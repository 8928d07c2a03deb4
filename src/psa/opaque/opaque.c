/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell for the unified driver interface: it only translates calls and arguments. Policy is in `slots.c`,
 * operations on slots are in `operations.c`. The cores know no transaction and no destruction of such keys. The shell
 * opens the transactions that Mbed TLS's SE_C would write, byte for byte, and destroys a key when its record is
 * removed: so that recovery is the same, and either shell finishes what the other one was interrupted in.
 */
#include <imprint/opaque_driver.h>

#include "base/order.h"
#include "psa/call.h"
#include "psa/creation.h"
#include "psa/its.h"
#include "psa/location.h"
#include "psa/opaque/opaque.h"
#include "psa/operations.h"
#include "psa/records.h"
#include "psa/recovery.h"
#include "psa/start.h"
#include "psa/storage_status.h"
#include "psa/symmetric.h"

/* NOLINTNEXTLINE(misc-redundant-expression): a public number and our own, written twice, must agree */
_Static_assert(IMPRINT_OPAQUE_LOCATION == DRIVER_LOCATION, "the public location must be the stored one");

/* Why the store failed: the core answers PSA_ERROR_DATA_INVALID, whatever it was. */
static void record_failed(void *context, enum storage_status status)
{
    struct driver *driver = context;

    error_set(&driver->last_error, status == STORAGE_FULL ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
              "the key store cannot be written", "free or check the storage medium");
    error_with_psa(&driver->last_error, driver_status_of_storage(status));
}

/* The core has this shell built in, so that nothing tells it from the start which store to watch for destroyed keys. */
static struct driver *take_over(struct driver *driver)
{
    if (driver == NULL)
        return NULL;
    if (driver->shell == NULL)
        driver->shell = &driver_shell_opaque;
    driver->symmetric = &driver_symmetric_keys;
    if (its_session() != NULL) {
        its_session()->destroy = opaque_destroy;
        its_session()->record_failed = record_failed;
    }
    return driver;
}

struct driver *opaque_begin_use(void)
{
    return take_over(driver_begin_settled());
}

psa_status_t imprint_opaque_init(void)
{
    struct driver *driver = take_over(driver_begin_start());

    if (driver != NULL) {
        driver_settle_erasures(driver);
        driver->working = false;
    }
    return PSA_SUCCESS;
}

size_t imprint_opaque_size(psa_key_type_t type)
{
    return PSA_KEY_TYPE_IS_ECC(type) || driver_is_symmetric(type) ? OPAQUE_CONTEXT_BYTES : 0;
}

uint8_t opaque_slot_of_context(const uint8_t *context, size_t length)
{
    const uint64_t number = length == OPAQUE_CONTEXT_BYTES ? load64_le(context) : CHIP_SLOTS;

    return number < CHIP_SLOTS ? (uint8_t)number : CHIP_SLOTS;
}

static psa_status_t write_context(uint8_t slot, uint8_t *buffer, size_t size, size_t *length)
{
    if (size < OPAQUE_CONTEXT_BYTES)
        return PSA_ERROR_BUFFER_TOO_SMALL;
    store64_le(buffer, slot);
    *length = OPAQUE_CONTEXT_BYTES;
    return PSA_SUCCESS;
}

/* --- making ------------------------------------------------------------------------------------------------------ */

/* The slot that the caller names besides the lifetime: psa/keys.h does, and attributes of SE_C have a number. */
static uint8_t slot_asked(const struct driver *driver, const psa_key_attributes_t *attributes)
{
    if (driver->slot_to_use != 0)
        return (uint8_t)(driver->slot_to_use - 1);
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
    psa_key_slot_number_t number;

    if (psa_get_key_slot_number(attributes, &number) == PSA_SUCCESS)
        return number < CHIP_SLOTS ? (uint8_t)number : CHIP_SLOTS;
#else
    (void)attributes;
#endif
    return DRIVER_SLOT_ANY;
}

/*
 * The core refused the last key after the chip had made it, and does not tell the driver. Only a creation that never
 * got to storing its record is still open.
 */
static void end_refused_creation(struct se_session *session)
{
    if (session->transaction_open)
        (void)se_session_remove(session, TRANSACTION_UID);
}

/* Finds the slot and opens the transaction. After success the caller makes the key, then calls end_creation(). */
static psa_status_t begin_creation(struct driver *driver, const psa_key_attributes_t *attributes,
                                   enum driver_method method, uint8_t *slot)
{
    struct se_session *session = its_session();
    psa_status_t status = driver_find_slot(driver, attributes, method, slot);

    if (status != PSA_SUCCESS)
        return status;
    const struct se_transaction transaction = {
        .kind = TRANSACTION_CREATE,
        .lifetime = psa_get_key_lifetime(attributes),
        .slot = *slot,
        .uid = psa_get_key_id(attributes),
    };
    status = se_session_open(session, &transaction);
    if (status != PSA_SUCCESS)
        error_set(&driver->last_error,
                  status == PSA_ERROR_INSUFFICIENT_STORAGE ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
                  "the key store cannot take the key's record", "free or check the storage medium");
    return status;
}

/* After success the core stores the key's record, which ends the transaction. */
static psa_status_t end_creation(struct driver *driver, const psa_key_attributes_t *attributes, psa_status_t status)
{
    status = driver_finish_key(driver, attributes, status);
    if (status != PSA_SUCCESS)
        end_refused_creation(its_session());
    return status;
}

static struct driver *begin_making(void)
{
    if (driver_bound() == NULL || its_session() == NULL)
        return NULL;
    end_refused_creation(its_session());
    return take_over(driver_begin_settled());
}

psa_status_t imprint_opaque_generate_key(const psa_key_attributes_t *attributes, uint8_t *key_buffer,
                                         size_t key_buffer_size, size_t *key_buffer_length)
{
    struct driver *driver = begin_making();

    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    uint8_t slot = slot_asked(driver, attributes);
    psa_status_t status = begin_creation(driver, attributes, DRIVER_GENERATE, &slot);
    if (status == PSA_SUCCESS)
        status = write_context(slot, key_buffer, key_buffer_size, key_buffer_length);
    if (status == PSA_SUCCESS)
        status = driver_generate_key(driver, slot);
    return end_creation(driver, attributes, status);
}

psa_status_t imprint_opaque_import_key(const psa_key_attributes_t *attributes, const uint8_t *data, size_t data_length,
                                       uint8_t *key_buffer, size_t key_buffer_size, size_t *key_buffer_length,
                                       size_t *bits)
{
    struct driver *driver = begin_making();

    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    uint8_t slot = slot_asked(driver, attributes);
    psa_status_t status = begin_creation(driver, attributes, DRIVER_IMPORT, &slot);
    if (status == PSA_SUCCESS)
        status = write_context(slot, key_buffer, key_buffer_size, key_buffer_length);
    if (status == PSA_SUCCESS)
        status = driver_import_key(driver, slot, psa_get_key_type(attributes), bytes_of(data, data_length), bits);
    return end_creation(driver, attributes, status);
}

psa_status_t imprint_opaque_copy_key(psa_key_attributes_t *attributes, const uint8_t *source, size_t source_length,
                                     uint8_t *key_buffer, size_t key_buffer_size, size_t *key_buffer_length)
{
    struct driver *driver = begin_making();
    uint8_t slot = opaque_slot_of_context(source, source_length);

    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status = begin_creation(driver, attributes, DRIVER_REGISTER, &slot);
    if (status == PSA_SUCCESS)
        status = write_context(slot, key_buffer, key_buffer_size, key_buffer_length);
    return end_creation(driver, attributes, status);
}

/* --- destroying -------------------------------------------------------------------------------------------------- */

static enum storage_status remove_only(const struct se_session *session, uint64_t uid)
{
    return session->storage->operations->remove(session->storage->context, uid);
}

/* The erase comes before the key record is removed: a power cut in between is settled by the open transaction. */
static enum storage_status destroy_in_slot(struct driver *driver, struct se_session *session,
                                           const struct driver_record *record)
{
    psa_status_t status = driver_destroy_key(driver, record->slot, record->key_id);

    /* Removing the key's own record may make room. A full store is no reason to keep the key id. */
    if (status == PSA_ERROR_INSUFFICIENT_STORAGE) {
        se_session_note_scrap_later(session, driver_scrap_uid(record->slot));
        status = PSA_SUCCESS;
    }
    error_with_key(&driver->last_error, record->key_id);
    if (driver_finish(driver, status) != PSA_SUCCESS) {
        (void)se_session_remove(session, TRANSACTION_UID);
        return STORAGE_FAILED;
    }
    const enum storage_status removed = se_session_remove(session, record->key_id);
    if (removed == STORAGE_OK) {
        (void)se_session_remove(session, TRANSACTION_UID); /* what is left of it is finished by the next call */
        return STORAGE_OK;
    }
    se_session_leave(session);
    record_failed(driver, removed);
    return removed;
}

/* The key's destruction, as one transaction. */
static enum storage_status destroy_key(struct driver *driver, struct se_session *session,
                                       const struct driver_record *record)
{
    const struct se_transaction transaction = {
        .kind = TRANSACTION_DESTROY, .lifetime = DRIVER_LIFETIME, .slot = record->slot, .uid = record->key_id};
    const psa_status_t status = se_session_open(session, &transaction);

    if (status == PSA_SUCCESS)
        return destroy_in_slot(driver, session, record);
    (void)driver_finish(driver, status);
    error_clear(&driver->last_error);
    record_failed(driver, STORAGE_FAILED);
    return STORAGE_FAILED;
}

/*
 * A core that destroys a key removes its record and asks no driver. A record with a slot number above 15 has no key.
 * The core takes no status but success from here, and answers PSA_ERROR_DATA_INVALID for all others.
 */
enum storage_status opaque_destroy(struct se_session *session, void *context, uint64_t uid)
{
    struct driver_record record;
    psa_status_t found = PSA_ERROR_DOES_NOT_EXIST;

    if (uid <= PSA_KEY_ID_VENDOR_MAX)
        found = driver_read_record(context, (uint32_t)uid, &record, NULL);
    if (found == PSA_ERROR_STORAGE_FAILURE)
        return STORAGE_FAILED;
    if (found != PSA_SUCCESS || !record.is_ours || record.slot >= CHIP_SLOTS)
        return remove_only(session, uid);
    end_refused_creation(session);
    struct driver *driver = driver_begin_settled();
    if (driver == NULL)
        return STORAGE_FAILED;
    /* What was settled may have been an earlier destruction of this very key. */
    found = driver_read_record(driver, (uint32_t)uid, &record, &driver->last_error);
    if (found == PSA_SUCCESS)
        return destroy_key(driver, session, &record);
    (void)driver_finish(driver, found);
    return found == PSA_ERROR_DOES_NOT_EXIST ? STORAGE_OK : STORAGE_FAILED;
}

/* --- using ------------------------------------------------------------------------------------------------------- */

psa_status_t imprint_opaque_export_public_key(const psa_key_attributes_t *attributes, const uint8_t *key,
                                              size_t key_length, uint8_t *data, size_t data_size, size_t *data_length)
{
    struct driver *driver = opaque_begin_use();
    struct bytes_out out = {.data = data, .cap = data_size};

    (void)attributes;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status = driver_export_public_key(driver, opaque_slot_of_context(key, key_length), &out);
    *data_length = out.len;
    return driver_finish(driver, status);
}

psa_status_t imprint_opaque_export_key(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                       uint8_t *data, size_t data_size, size_t *data_length)
{
    if (!PSA_KEY_TYPE_IS_PUBLIC_KEY(psa_get_key_type(attributes)))
        return PSA_ERROR_NOT_PERMITTED;
    return imprint_opaque_export_public_key(attributes, key, key_length, data, data_size, data_length);
}

psa_status_t imprint_opaque_sign_hash(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                      psa_algorithm_t algorithm, const uint8_t *hash, size_t hash_length,
                                      uint8_t *signature, size_t signature_size, size_t *signature_length)
{
    struct driver *driver = opaque_begin_use();
    struct bytes_out out = {.data = signature, .cap = signature_size};

    (void)attributes;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    psa_status_t status =
        driver_sign_hash(driver, opaque_slot_of_context(key, key_length), algorithm, bytes_of(hash, hash_length), &out);
    *signature_length = out.len;
    return driver_finish(driver, status);
}

psa_status_t imprint_opaque_verify_hash(const psa_key_attributes_t *attributes, const uint8_t *key, size_t key_length,
                                        psa_algorithm_t algorithm, const uint8_t *hash, size_t hash_length,
                                        const uint8_t *signature, size_t signature_length)
{
    struct driver *driver = opaque_begin_use();

    (void)attributes;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    return driver_finish(driver,
                         driver_verify_hash(driver, opaque_slot_of_context(key, key_length), algorithm,
                                            bytes_of(hash, hash_length), bytes_of(signature, signature_length)));
}
