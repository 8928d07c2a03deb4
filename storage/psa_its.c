/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSA Internal Trusted Storage as Mbed TLS calls it, over the store that is mounted, and four defences that keep the
 * core's secure element transactions honest however the application uses Mbed TLS (psa_finish_key_creation() and
 * psa_destroy_key() of Mbed TLS 3.6, library/psa_crypto.c):
 *
 * - A creation transaction is only opened where the id is free and there is room for the key's record, which is then
 *   kept for it: both are found out before the chip makes a key, not after.
 * - The core forgets that a key's record could not be stored, because it overwrites that status with the one of storing
 *   the driver's data. So that second write fails, with the first one's reason, unless the record is there.
 * - A creation that the core reports as failed leaves no record behind.
 * - A key's record that the driver holds is not removed: the core drops it even when the chip could not destroy the
 * key.
 *
 * An unfinished transaction that is found at start is not this file's business: storage/transaction.h reads it.
 */
#include <psa/internal_trusted_storage.h>

#include "storage/storage.h"
#include "storage/transaction.h"

#include <psa/crypto.h>

/* What is reserved for the record of a key in a chip: 44 bytes with Mbed TLS 3.6 (a header of 36, a slot number of 8),
 * and some for later ones. */
enum { KEY_RECORD_ROOM = 64 };

_Static_assert(PSA_STORAGE_FLAG_WRITE_ONCE == STORAGE_FLAG_WRITE_ONCE, "flags are stored as PSA ITS has them");

static psa_status_t psa_status_of(enum storage_status status)
{
    /* DATA_INVALID is PSA's word for what is whole but not for this implementation. */
    static const psa_status_t table[] = {
        [STORAGE_OK] = PSA_SUCCESS,
        [STORAGE_ABSENT] = PSA_ERROR_DOES_NOT_EXIST,
        [STORAGE_FULL] = PSA_ERROR_INSUFFICIENT_STORAGE,
        [STORAGE_READ_ONLY] = PSA_ERROR_STORAGE_FAILURE,
        [STORAGE_PERMANENT] = PSA_ERROR_NOT_PERMITTED,
        [STORAGE_CORRUPT] = PSA_ERROR_DATA_CORRUPT,
        [STORAGE_FUTURE] = PSA_ERROR_DATA_INVALID,
        [STORAGE_FAILED] = PSA_ERROR_STORAGE_FAILURE,
    };
    if ((unsigned)status >= sizeof table / sizeof table[0])
        return PSA_ERROR_GENERIC_ERROR;
    return table[status];
}

/* What is said of a record, without its content. */
static enum storage_status look_up(const struct storage *storage, uint64_t uid, struct storage_record *record)
{
    struct bytes_out nothing = {.data = NULL, .cap = 0};
    return storage->operations->get(storage->context, uid, 0, &nothing, record);
}

static void forget_transaction(struct storage *storage)
{
    if (storage->create_uid != 0)
        storage->operations->release(storage->context);
    storage->create_uid = 0;
    storage->record_written = false;
    storage->record_status = STORAGE_OK;
    storage->hold_uid = 0;
}

/*
 * Opens a transaction. Room is reserved after the transaction's own record is in, for that one would use it up. The
 * core removes the transaction when this fails, and so do we: the outcome must not depend on it.
 */
static psa_status_t open_transaction(struct storage *storage, uint32_t flags, struct bytes content)
{
    struct storage_transaction transaction;
    struct storage_record record;
    bool create = storage_transaction_parse(content, &transaction) && transaction.kind == STORAGE_TRANSACTION_CREATE;

    forget_transaction(storage);
    if (create) {
        enum storage_status status = look_up(storage, transaction.uid, &record);
        if (status == STORAGE_OK)
            return PSA_ERROR_ALREADY_EXISTS;
        if (status != STORAGE_ABSENT)
            return psa_status_of(status);
    }
    enum storage_status status = storage->operations->set(storage->context, STORAGE_UID_TRANSACTION, flags, content);
    if (status == STORAGE_OK && create) {
        status = storage->operations->reserve(storage->context, KEY_RECORD_ROOM);
        if (status == STORAGE_OK)
            storage->create_uid = transaction.uid;
        else
            (void)storage->operations->remove(storage->context, STORAGE_UID_TRANSACTION);
    }
    return psa_status_of(status);
}

static psa_status_t set_driver_data(struct storage *storage, uint64_t uid, uint32_t flags, struct bytes content)
{
    struct storage_record record;
    if (storage->create_uid != 0 && !storage->record_written) {
        /* The record was never offered to us when the core ran out of memory on its way here. */
        return storage->record_status == STORAGE_OK ? PSA_ERROR_STORAGE_FAILURE : psa_status_of(storage->record_status);
    }
    /* A driver without persistent data has none stored either: no write at the first start, and none that would need
     * room after the chip has made a key. To the core, absent and empty are the same. */
    if (content.len == 0 && look_up(storage, uid, &record) == STORAGE_ABSENT)
        return PSA_SUCCESS;
    return psa_status_of(storage->operations->set(storage->context, uid, flags, content));
}

psa_status_t psa_its_set(psa_storage_uid_t uid, uint32_t data_length, const void *p_data,
                         psa_storage_create_flags_t create_flags)
{
    struct storage *storage = storage_mounted();
    const struct bytes content = bytes_of(p_data, data_length);

    if (uid == 0 || (p_data == NULL && data_length != 0))
        return PSA_ERROR_INVALID_ARGUMENT;
    if ((create_flags & ~PSA_STORAGE_FLAG_WRITE_ONCE) != 0)
        return PSA_ERROR_NOT_SUPPORTED;
    if (storage == NULL)
        return PSA_ERROR_STORAGE_FAILURE;
    if (uid == STORAGE_UID_TRANSACTION)
        return open_transaction(storage, create_flags, content);
    if (uid > STORAGE_UID_DRIVER_DATA && uid <= STORAGE_UID_DRIVER_DATA_LAST)
        return set_driver_data(storage, uid, create_flags, content);

    enum storage_status status = storage->operations->set(storage->context, uid, create_flags, content);
    if (uid == storage->create_uid) {
        storage->record_written = status == STORAGE_OK;
        storage->record_status = status;
    }
    return psa_status_of(status);
}

psa_status_t psa_its_get(psa_storage_uid_t uid, uint32_t data_offset, uint32_t data_length, void *p_data,
                         size_t *p_data_length)
{
    const struct storage *storage = storage_mounted();
    struct bytes_out content = {.data = p_data, .cap = data_length};
    struct storage_record record;

    if (uid == 0 || p_data_length == NULL || (p_data == NULL && data_length != 0))
        return PSA_ERROR_INVALID_ARGUMENT;
    *p_data_length = 0;
    if (storage == NULL)
        return PSA_ERROR_STORAGE_FAILURE;
    enum storage_status status = storage->operations->get(storage->context, uid, data_offset, &content, &record);
    if (status != STORAGE_OK)
        return psa_status_of(status);
    if (data_offset > record.size)
        return PSA_ERROR_INVALID_ARGUMENT;
    *p_data_length = content.len;
    return PSA_SUCCESS;
}

psa_status_t psa_its_get_info(psa_storage_uid_t uid, struct psa_storage_info_t *p_info)
{
    const struct storage *storage = storage_mounted();
    struct storage_record record;

    if (uid == 0 || p_info == NULL)
        return PSA_ERROR_INVALID_ARGUMENT;
    if (storage == NULL)
        return PSA_ERROR_STORAGE_FAILURE;
    enum storage_status status = look_up(storage, uid, &record);
    if (status != STORAGE_OK)
        return psa_status_of(status);
    *p_info = (struct psa_storage_info_t){.size = record.size, .flags = record.flags};
    return PSA_SUCCESS;
}

psa_status_t psa_its_remove(psa_storage_uid_t uid)
{
    struct storage *storage = storage_mounted();

    if (uid == 0)
        return PSA_ERROR_INVALID_ARGUMENT;
    if (storage == NULL)
        return PSA_ERROR_STORAGE_FAILURE;
    /* psa_destroy_key() keeps the first error, which is the driver's, and the record stays. */
    if (uid == storage->hold_uid)
        return PSA_ERROR_NOT_PERMITTED;
    enum storage_status status = storage->operations->remove(storage->context, uid);
    if (uid == STORAGE_UID_TRANSACTION) {
        /* The core reports a creation whose transaction could not be removed as failed, but leaves the key's record. */
        if (status != STORAGE_OK && storage->create_uid != 0 && storage->record_written)
            (void)storage->operations->remove(storage->context, storage->create_uid);
        /* To the core the transaction is over whether or not its record could be removed. */
        forget_transaction(storage);
    } else if (uid == storage->create_uid) {
        storage->record_written = false;
    }
    return psa_status_of(status);
}
