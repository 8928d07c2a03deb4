/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSA Internal Trusted Storage as Mbed TLS calls it, over the store that is mounted, and what keeps the core's secure
 * element transactions honest however the application uses Mbed TLS (psa_finish_key_creation(), psa_destroy_key() and
 * psa_crypto_init() of Mbed TLS 3.6, library/psa_crypto.c):
 *
 * - A creation transaction is only opened where the id is free and there is room for the key's record, which is then
 *   kept for it: both are found out before the chip makes a key, not after.
 * - The core forgets that a key's record could not be stored, because it overwrites that status with the one of storing
 *   the driver's data. So that second write fails, with the first one's reason, unless the record is there.
 * - A creation that the core reports as failed leaves no record behind, and no slot that nobody may use any more.
 * - A key's record that the driver holds is not removed: the core drops it even when the chip could not destroy the
 *   key.
 * - A transaction that an interrupted run has left is never shown to the core, which would drop it unrepaired and then
 *   start only half, or refuse to start when it is torn. The driver settles it (driver/recovery.h): in p_init, at its
 *   first call, and at the latest when the core opens the next transaction.
 */
#include <psa/internal_trusted_storage.h>

#include "storage/psa_status.h"
#include "storage/scrap.h"
#include "storage/storage.h"
#include "storage/transaction.h"

#include <psa/crypto.h>

/* What is reserved for the record of a key in a chip: 44 bytes with Mbed TLS 3.6 (a header of 36, a slot number of 8),
 * and some for later ones. */
enum { KEY_RECORD_ROOM = 64 };

_Static_assert(PSA_STORAGE_FLAG_WRITE_ONCE == STORAGE_FLAG_WRITE_ONCE, "flags are stored as PSA ITS has them");

psa_status_t storage_psa_status(enum storage_status status)
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
    storage->transaction_open = false;
    storage->note_uid = 0;
    storage->note = (struct storage_note){.creation = STORAGE_CREATION_UNKNOWN};
    storage->chip_written = false;
    storage->scrap_uid = 0;
    storage->scrap_later_uid = 0;
    storage->create_uid = 0;
    storage->destruction = (struct storage_destruction){.uid = 0};
    storage->record_written = false;
    storage->record_status = STORAGE_OK;
    storage->hold_uid = 0;
}

/* Makes sure that no transaction of an interrupted run is overwritten unsettled. */
static enum storage_status settle_left_over(const struct storage *storage)
{
    struct storage_record record;
    enum storage_status status =
        storage->recover == NULL ? STORAGE_ABSENT : look_up(storage, STORAGE_UID_TRANSACTION, &record);

    if (status != STORAGE_ABSENT) {
        storage->recover(storage->recover_context);
        status = look_up(storage, STORAGE_UID_TRANSACTION, &record);
    }
    if (status == STORAGE_ABSENT)
        return STORAGE_OK;
    return status == STORAGE_OK || status == STORAGE_CORRUPT ? STORAGE_FAILED : status;
}

/* Stores the transaction, behind it the driver's note where one was left for this key. */
static enum storage_status store_transaction(const struct storage *storage, uint32_t flags, struct bytes content,
                                             bool noted, struct storage_note note)
{
    uint8_t stored[STORAGE_TRANSACTION_STORED_MAX], after[STORAGE_TRANSACTION_NOTE_BYTES];
    struct bytes_out out = {.data = stored, .cap = sizeof stored};

    if (noted) {
        storage_transaction_write_note(note, after);
        (void)bytes_append(&out, content);
        (void)bytes_append(&out, bytes_of(after, sizeof after));
        content = bytes_written(&out);
    }
    return storage->operations->set(storage->context, STORAGE_UID_TRANSACTION, flags, content);
}

/*
 * Opens a transaction. Room is reserved after the transaction's own record is in, for that one would use it up. The
 * core removes the transaction when this fails, and so do we: the outcome must not depend on it.
 */
static psa_status_t open_transaction(struct storage *storage, uint32_t flags, struct bytes content)
{
    struct storage_transaction transaction;
    struct storage_record record;
    const uint64_t note_uid = storage->note_uid;
    const struct storage_note note = storage->note;
    const bool known = content.len == STORAGE_TRANSACTION_BYTES && storage_transaction_parse(content, &transaction);
    const bool create = known && transaction.kind == STORAGE_TRANSACTION_CREATE;
    const bool noted = create && note_uid == transaction.uid;

    forget_transaction(storage);
    enum storage_status status = settle_left_over(storage);
    if (status == STORAGE_OK && create) {
        status = look_up(storage, transaction.uid, &record);
        if (status == STORAGE_OK)
            return PSA_ERROR_ALREADY_EXISTS;
        if (status == STORAGE_ABSENT)
            status = STORAGE_OK;
    }
    if (status != STORAGE_OK)
        return storage_psa_status(status);
    status = store_transaction(storage, flags, content, noted, note);
    storage->transaction_open = status == STORAGE_OK;
    storage->settled = storage->settled && status == STORAGE_OK; /* a failed write may have been done */
    if (status == STORAGE_OK && known && !create)
        storage->destruction = (struct storage_destruction){
            .uid = transaction.uid, .slot = transaction.slot, .lifetime = transaction.lifetime};
    if (status == STORAGE_OK && create) {
        status = storage->operations->reserve(storage->context, KEY_RECORD_ROOM);
        if (status == STORAGE_OK) {
            storage->create_uid = transaction.uid;
            storage->scrap_uid =
                storage_scrap_uid(PSA_KEY_LIFETIME_GET_LOCATION(transaction.lifetime), transaction.slot);
            if (noted)
                storage->note = note;
        } else {
            if (storage->operations->remove(storage->context, STORAGE_UID_TRANSACTION) != STORAGE_OK)
                storage->settled = false;
            storage->transaction_open = false;
        }
    }
    return storage_psa_status(status);
}

/* Without room the slot is lost to automatic choice, but PSA goes on. */
static enum storage_status set_scrap(const struct storage *storage, uint64_t uid)
{
    const enum storage_status status = storage_scrap_set(storage, uid, false);

    return status == STORAGE_FULL ? STORAGE_OK : status;
}

/*
 * Ends the transaction: first what a created key in the slot makes untrue, then what a failed creation may have left
 * there, then the transaction's own record. To the core it is over whether or not that could be removed; what stays is
 * settled like what an interrupted run leaves.
 */
static psa_status_t close_transaction(struct storage *storage)
{
    const bool created = storage->create_uid != 0 && storage->record_written;
    const bool left_key = storage->create_uid != 0 && !created && storage->chip_written && storage->note.fresh;
    enum storage_status status = STORAGE_ABSENT;

    if (storage->transaction_open) {
        status = STORAGE_OK;
        if (created && storage->scrap_uid != 0)
            status = storage_scrap_clear(storage, storage->scrap_uid);
        if (left_key && storage->scrap_uid != 0)
            status = set_scrap(storage, storage->scrap_uid); /* in the room that was kept for the key's record */
        if (storage->scrap_later_uid != 0)
            status = set_scrap(storage, storage->scrap_later_uid);
        if (status == STORAGE_OK)
            status = storage->operations->remove(storage->context, STORAGE_UID_TRANSACTION);
        /* The core reports a creation whose transaction could not be removed as failed, but leaves the key's record. */
        if (status != STORAGE_OK && created) {
            (void)storage->operations->remove(storage->context, storage->create_uid);
            /* The transaction may have gone all the same, and then nobody else says so. */
            if (storage->note.fresh && storage->scrap_uid != 0)
                (void)storage_scrap_set(storage, storage->scrap_uid, false);
        }
        storage->settled = storage->settled && status == STORAGE_OK;
    }
    forget_transaction(storage);
    return storage_psa_status(status);
}

static psa_status_t set_driver_data(struct storage *storage, uint64_t uid, uint32_t flags, struct bytes content)
{
    struct storage_record record;
    if (storage->create_uid != 0 && !storage->record_written) {
        /* The record was never offered to us when the core ran out of memory on its way here. */
        return storage->record_status == STORAGE_OK ? PSA_ERROR_STORAGE_FAILURE
                                                    : storage_psa_status(storage->record_status);
    }
    /* A driver without persistent data has none stored either: no write at the first start, and none that would need
     * room after the chip has made a key. To the core, absent and empty are the same. */
    if (content.len == 0 && look_up(storage, uid, &record) == STORAGE_ABSENT)
        return PSA_SUCCESS;
    return storage_psa_status(storage->operations->set(storage->context, uid, flags, content));
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
    return storage_psa_status(status);
}

/* Of a transaction the core is shown its own bytes. */
static void hide_note(struct storage_record *record, uint32_t offset, struct bytes_out *content)
{
    if (record->size != STORAGE_TRANSACTION_STORED_MAX)
        return;
    record->size = STORAGE_TRANSACTION_BYTES;
    const size_t left = offset < record->size ? record->size - offset : 0;
    if (content != NULL && content->len > left) {
        bytes_wipe(content->data + left, content->len - left);
        content->len = left;
    }
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
    if (uid == STORAGE_UID_TRANSACTION && !storage->transaction_open)
        return PSA_ERROR_DOES_NOT_EXIST;
    enum storage_status status = storage->operations->get(storage->context, uid, data_offset, &content, &record);
    if (status != STORAGE_OK)
        return storage_psa_status(status);
    if (uid == STORAGE_UID_TRANSACTION)
        hide_note(&record, data_offset, &content);
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
    if (uid == STORAGE_UID_TRANSACTION && !storage->transaction_open)
        return PSA_ERROR_DOES_NOT_EXIST;
    enum storage_status status = look_up(storage, uid, &record);
    if (status != STORAGE_OK)
        return storage_psa_status(status);
    if (uid == STORAGE_UID_TRANSACTION)
        hide_note(&record, 0, NULL);
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
    if (uid == STORAGE_UID_TRANSACTION)
        return close_transaction(storage);
    /* psa_destroy_key() keeps the first error, which is the driver's, and the record stays. */
    if (uid == storage->hold_uid)
        return PSA_ERROR_NOT_PERMITTED;
    if (uid == storage->create_uid)
        storage->record_written = false;
    return storage_psa_status(storage->operations->remove(storage->context, uid));
}
