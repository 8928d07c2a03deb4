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
 *   start only half, or refuse to start when it is torn. The driver settles it (psa/recovery.h): in p_init, at its
 *   first call, and at the latest when the core opens the next transaction.
 */
#include <psa/internal_trusted_storage.h>

#include <string.h>

#include "storage/psa_status.h"
#include "storage/scrap.h"
#include "storage/storage.h"
#include "storage/transaction.h"

#include <psa/crypto.h>

/* What is reserved for the record of a key in a chip: 44 bytes with Mbed TLS 3.6 (a header of 36, a slot number of 8),
 * and some for later ones. */
enum { KEY_RECORD_ROOM = 64 };

_Static_assert(sizeof((struct storage_session *)0)->transaction == STORAGE_TRANSACTION_STORED_MAX,
               "a transaction fits");
_Static_assert(PSA_STORAGE_FLAG_WRITE_ONCE == STORAGE_FLAG_WRITE_ONCE, "flags are stored as PSA ITS has them");

psa_status_t storage_psa_status(enum storage_status status)
{
    /* DATA_INVALID is PSA's word for what is whole but not for this implementation. */
    static const int16_t table[] = {
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

/* Whether there is such a record, and a good one. */
static enum storage_status look_up(const struct storage *storage, uint64_t uid)
{
    struct bytes_out nothing = {.data = NULL, .cap = 0};
    struct storage_record record;
    return storage->operations->get(storage->context, uid, 0, &nothing, &record);
}

static enum storage_status remove_transaction(const struct storage *storage)
{
    return storage->operations->remove(storage->context, STORAGE_UID_TRANSACTION);
}

static void forget_transaction(struct storage *storage)
{
    if (storage->session.create_uid != 0)
        storage->operations->release(storage->context);
    storage->transaction_open = false;
    storage->destruction.uid = 0;
    storage->session = (struct storage_session){.create_uid = 0};
}

/* Makes sure that no transaction of an interrupted run is overwritten unsettled. */
static enum storage_status settle_left_over(const struct storage *storage)
{
    if (storage->recover == NULL || look_up(storage, STORAGE_UID_TRANSACTION) == STORAGE_ABSENT)
        return STORAGE_OK;
    storage->recover(storage->recover_context);
    const enum storage_status status = look_up(storage, STORAGE_UID_TRANSACTION);
    if (status == STORAGE_ABSENT)
        return STORAGE_OK;
    return status == STORAGE_OK || status == STORAGE_CORRUPT ? STORAGE_FAILED : status;
}

/*
 * Opens a transaction. What is stored of a creation ends with the driver's note where one was left for this key. Room
 * is reserved after the transaction's own record is in, for that one would use it up. The core removes the transaction
 * when this fails, and so do we: the outcome must not depend on it.
 */
static psa_status_t open_transaction(struct storage *storage, uint32_t flags, struct bytes content)
{
    const struct storage_operations *operations = storage->operations;
    struct storage_session *session = &storage->session;
    const uint64_t note_uid = session->note_uid;
    const struct storage_note note = session->note;
    struct storage_transaction transaction;

    if (content.len != STORAGE_TRANSACTION_BYTES || !storage_transaction_parse(content, &transaction))
        transaction.kind = STORAGE_TRANSACTION_UNKNOWN;
    const bool create = transaction.kind == STORAGE_TRANSACTION_CREATE;
    forget_transaction(storage);
    enum storage_status status = settle_left_over(storage);
    if (status == STORAGE_OK && create) {
        status = look_up(storage, transaction.uid);
        if (status == STORAGE_OK)
            return PSA_ERROR_ALREADY_EXISTS;
        if (status == STORAGE_ABSENT)
            status = STORAGE_OK;
    }
    if (status != STORAGE_OK)
        return storage_psa_status(status);
    if (create) {
        memcpy(session->transaction, content.data, STORAGE_TRANSACTION_BYTES);
        if (note_uid == transaction.uid) {
            session->note = note;
            storage_transaction_write_note(note, session->transaction + STORAGE_TRANSACTION_BYTES);
            content.len = STORAGE_TRANSACTION_STORED_MAX;
        }
        content.data = session->transaction;
        session->transaction_len = (uint8_t)content.len;
        session->transaction_flags = flags;
    }
    status = operations->set(storage->context, STORAGE_UID_TRANSACTION, flags, content);
    if (status != STORAGE_OK) {
        storage->settled = false; /* a failed write may have been done */
        return storage_psa_status(status);
    }
    storage->transaction_open = true;
    if (!create) {
        if (transaction.kind == STORAGE_TRANSACTION_DESTROY)
            storage->destruction = (struct storage_destruction){
                .uid = transaction.uid, .slot = transaction.slot, .lifetime = transaction.lifetime};
        return PSA_SUCCESS;
    }
    status = operations->reserve(storage->context, KEY_RECORD_ROOM);
    if (status == STORAGE_OK) {
        session->create_uid = transaction.uid;
        session->scrap_uid = storage_scrap_uid(PSA_KEY_LIFETIME_GET_LOCATION(transaction.lifetime), transaction.slot);
        session->record_status = STORAGE_FAILED;
    } else {
        storage->transaction_open = false;
        if (remove_transaction(storage) != STORAGE_OK)
            storage->settled = false;
    }
    return storage_psa_status(status);
}

/*
 * The core reports a creation whose transaction could not be removed as failed, but leaves the key's record. The
 * transaction may have gone all the same: with it there again, whatever becomes of the key's record is settled like
 * what an interrupted run leaves.
 */
static void take_back(const struct storage *storage)
{
    const struct storage_operations *operations = storage->operations;
    const struct storage_session *session = &storage->session;
    const enum storage_status again =
        operations->set(storage->context, STORAGE_UID_TRANSACTION, session->transaction_flags,
                        bytes_of(session->transaction, session->transaction_len));

    (void)operations->remove(storage->context, session->create_uid);
    if (again != STORAGE_OK && session->note.fresh)
        (void)storage_scrap_set(storage, session->scrap_uid, false);
}

/*
 * Ends the transaction: first what a created key in the slot makes untrue, or what a failed creation or a destruction
 * may have left there, then the transaction's own record. To the core it is over whether or not that could be removed;
 * what stays is settled like what an interrupted run leaves.
 */
static enum storage_status close_transaction(struct storage *storage)
{
    const struct storage_session *session = &storage->session;
    enum storage_status status = STORAGE_ABSENT;

    if (storage->transaction_open) {
        const bool created = session->create_uid != 0 && session->record_status == STORAGE_OK;
        if (created) {
            status = storage_scrap_clear(storage, session->scrap_uid);
        } else {
            status = storage_scrap_set(storage, session->scrap_later_uid, false); /* in the room of the key's record */
            if (status == STORAGE_FULL)
                status = STORAGE_OK; /* the slot is lost to automatic choice, but PSA goes on */
        }
        if (status == STORAGE_OK)
            status = remove_transaction(storage);
        if (status != STORAGE_OK) {
            if (created)
                take_back(storage);
            storage->settled = false;
        }
    }
    forget_transaction(storage);
    return status;
}

static enum storage_status set_record(struct storage *storage, uint64_t uid, uint32_t flags, struct bytes content)
{
    struct storage_session *session = &storage->session;

    if (uid > STORAGE_UID_DRIVER_DATA && uid <= STORAGE_UID_DRIVER_DATA_LAST) {
        if (session->record_status != STORAGE_OK)
            return session->record_status;
        /* A driver without persistent data has none stored either: no write at the first start, and none that would
         * need room after the chip has made a key. To the core, absent and empty are the same. */
        if (content.len == 0 && look_up(storage, uid) == STORAGE_ABSENT)
            return STORAGE_OK;
    }
    const enum storage_status status = storage->operations->set(storage->context, uid, flags, content);
    if (uid == session->create_uid)
        session->record_status = status;
    return status;
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
    return storage_psa_status(set_record(storage, uid, create_flags, content));
}

/* Of a transaction the core is shown its own bytes, and none but the open one. */
static enum storage_status get_record(psa_storage_uid_t uid, uint32_t offset, struct bytes_out *content,
                                      struct storage_record *record)
{
    const struct storage *storage = storage_mounted();
    const bool is_transaction = uid == STORAGE_UID_TRANSACTION;

    if (storage == NULL)
        return STORAGE_FAILED;
    if (is_transaction && !storage->transaction_open)
        return STORAGE_ABSENT;
    const enum storage_status status = storage->operations->get(storage->context, uid, offset, content, record);
    if (status == STORAGE_OK && is_transaction && record->size == STORAGE_TRANSACTION_STORED_MAX) {
        record->size = STORAGE_TRANSACTION_BYTES;
        /* What was read lies in the record, so the sum does not overflow. */
        while (content->len > 0 && offset + content->len > STORAGE_TRANSACTION_BYTES)
            content->data[--content->len] = 0;
    }
    return status;
}

psa_status_t psa_its_get(psa_storage_uid_t uid, uint32_t data_offset, uint32_t data_length, void *p_data,
                         size_t *p_data_length)
{
    struct bytes_out content = {.data = p_data, .cap = data_length};
    struct storage_record record;

    if (uid == 0 || p_data_length == NULL || (p_data == NULL && data_length != 0))
        return PSA_ERROR_INVALID_ARGUMENT;
    *p_data_length = 0;
    const enum storage_status status = get_record(uid, data_offset, &content, &record);
    if (status == STORAGE_OK) {
        if (data_offset > record.size)
            return PSA_ERROR_INVALID_ARGUMENT;
        *p_data_length = content.len;
    }
    return storage_psa_status(status);
}

psa_status_t psa_its_get_info(psa_storage_uid_t uid, struct psa_storage_info_t *p_info)
{
    struct bytes_out nothing = {.data = NULL, .cap = 0};
    struct storage_record record;

    if (uid == 0 || p_info == NULL)
        return PSA_ERROR_INVALID_ARGUMENT;
    const enum storage_status status = get_record(uid, 0, &nothing, &record);
    if (status == STORAGE_OK)
        *p_info = (struct psa_storage_info_t){.size = record.size, .flags = record.flags};
    return storage_psa_status(status);
}

static enum storage_status remove_record(struct storage *storage, uint64_t uid)
{
    /* psa_destroy_key() keeps the first error, which is the driver's, and the record stays. */
    if (uid == storage->session.hold_uid)
        return STORAGE_PERMANENT;
    if (uid == storage->session.create_uid)
        storage->session.record_status = STORAGE_FAILED;
    return storage->operations->remove(storage->context, uid);
}

psa_status_t psa_its_remove(psa_storage_uid_t uid)
{
    struct storage *storage = storage_mounted();
    enum storage_status status;

    if (uid == 0)
        return PSA_ERROR_INVALID_ARGUMENT;
    if (storage == NULL)
        status = STORAGE_FAILED;
    else if (uid == STORAGE_UID_TRANSACTION)
        status = close_transaction(storage);
    else
        status = remove_record(storage, uid);
    return storage_psa_status(status);
}
