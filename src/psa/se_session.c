/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/se_session.h"

#include <string.h>

#include "psa/scrap.h"
#include "psa/storage_status.h"

_Static_assert(TRANSACTION_STORED_MAX <= STORAGE_KEPT_BYTES, "a full store must have room for a transaction");

/* --- notes of the driver ----------------------------------------------------------------------------------------- */

void se_session_keep_record(struct se_session *session, uint64_t uid)
{
    session->work.kept_uid = uid;
}

void se_session_note_creation(struct se_session *session, uint64_t uid, struct transaction_note note)
{
    session->work.note_uid = uid;
    session->work.note = note;
}

void se_session_note_chip_written(struct se_session *session)
{
    if (session->work.note.fresh)
        session->work.scrap_later_uid = session->work.scrap_uid;
}

void se_session_note_scrap_later(struct se_session *session, uint64_t uid)
{
    session->work.scrap_later_uid = uid;
}

/* --- the store --------------------------------------------------------------------------------------------------- */

static enum storage_status store_set(const struct se_session *session, uint64_t uid, uint32_t flags,
                                     struct bytes content)
{
    return session->storage->operations->set(session->storage->context, uid, flags, content);
}

static enum storage_status store_remove(const struct se_session *session, uint64_t uid)
{
    return session->storage->operations->remove(session->storage->context, uid);
}

/* Whether the record exists and is intact. */
static enum storage_status look_up(const struct se_session *session, uint64_t uid)
{
    struct bytes_out nothing = {.data = NULL, .cap = 0};
    struct storage_record record;

    return session->storage->operations->get(session->storage->context, uid, 0, &nothing, &record);
}

/* --- transactions ------------------------------------------------------------------------------------------------ */

static void forget_transaction(struct se_session *session)
{
    if (session->work.create_uid != 0)
        session->storage->operations->release(session->storage->context);
    session->transaction_open = false;
    session->destruction = (struct se_destruction){.uid = 0};
    session->work = (struct se_work){.create_uid = 0};
}

/* Finishes a transaction of an interrupted run before the core overwrites it. */
static enum storage_status settle_left_over(struct se_session *session)
{
    if (session->recover == NULL || look_up(session, TRANSACTION_UID) == STORAGE_ABSENT)
        return STORAGE_OK;
    session->recover(session, session->recover_context);
    const enum storage_status status = look_up(session, TRANSACTION_UID);
    if (status == STORAGE_ABSENT)
        return STORAGE_OK;
    return status == STORAGE_OK || status == STORAGE_CORRUPT ? STORAGE_FAILED : status;
}

/*
 * The content of a creation's transaction record: the core's bytes, then the driver's note if there is one for this
 * key.
 */
static struct bytes compose_creation(struct se_work *work, uint32_t flags, struct bytes content, bool noted)
{
    memcpy(work->transaction, content.data, TRANSACTION_BYTES);
    work->transaction_len = TRANSACTION_BYTES;
    if (noted) {
        transaction_write_note(work->note, work->transaction + TRANSACTION_BYTES);
        work->transaction_len = TRANSACTION_STORED_MAX;
    }
    work->transaction_flags = flags;
    return bytes_of(work->transaction, work->transaction_len);
}

/* Before the transaction is stored: there must be room for the record that it announces. */
static enum storage_status reserve_for_key(struct se_session *session, const struct se_transaction *transaction)
{
    struct se_work *work = &session->work;
    const enum storage_status status =
        session->storage->operations->reserve(session->storage->context, SE_SESSION_KEY_ROOM);

    if (status != STORAGE_OK)
        return status;
    work->create_uid = transaction->uid;
    work->scrap_uid = scrap_uid(PSA_KEY_LIFETIME_GET_LOCATION(transaction->lifetime), transaction->slot);
    work->record_status = STORAGE_FAILED;
    return STORAGE_OK;
}

/*
 * Opens a transaction. The core removes the transaction when this fails. This function removes it too, so as not to
 * depend on the core.
 */
static psa_status_t open_transaction(struct se_session *session, uint32_t flags, struct bytes content)
{
    struct se_work *work = &session->work;
    const uint64_t note_uid = work->note_uid;
    const struct transaction_note note = work->note;
    struct se_transaction transaction = {.kind = TRANSACTION_UNKNOWN};

    if (content.len != TRANSACTION_BYTES || !transaction_parse(content, &transaction))
        transaction.kind = TRANSACTION_UNKNOWN;
    const bool create = transaction.kind == TRANSACTION_CREATE;
    forget_transaction(session);
    enum storage_status status = settle_left_over(session);
    if (status == STORAGE_OK && create) {
        status = look_up(session, transaction.uid);
        if (status == STORAGE_OK)
            return PSA_ERROR_ALREADY_EXISTS;
        if (status == STORAGE_ABSENT)
            status = reserve_for_key(session, &transaction);
    }
    if (status != STORAGE_OK)
        return driver_status_of_storage(status);
    if (create) {
        const bool noted = note_uid == transaction.uid;

        if (noted)
            work->note = note;
        content = compose_creation(work, flags, content, noted);
    }
    status = store_set(session, TRANSACTION_UID, flags, content);
    if (status != STORAGE_OK) {
        forget_transaction(session);
        session->settled = false; /* a failed write may still have taken effect */
        return driver_status_of_storage(status);
    }
    session->transaction_open = true;
    if (transaction.kind == TRANSACTION_DESTROY)
        session->destruction =
            (struct se_destruction){.uid = transaction.uid, .slot = transaction.slot, .lifetime = transaction.lifetime};
    return PSA_SUCCESS;
}

/*
 * The core reports a creation whose transaction could not be removed as failed, but leaves the key's record. The
 * transaction may have been removed nevertheless. So it is stored again: recovery then decides about the key's record
 * as after an interrupted run.
 */
static void take_back(const struct se_session *session)
{
    const struct se_work *work = &session->work;
    const enum storage_status again = store_set(session, TRANSACTION_UID, work->transaction_flags,
                                                bytes_of(work->transaction, work->transaction_len));

    (void)store_remove(session, work->create_uid);
    if (again != STORAGE_OK && work->note.fresh)
        (void)scrap_set(session->storage, work->scrap_uid, false);
}

/*
 * A created key invalidates its slot's scrap record. A failed creation or a destruction may have left scrap in the
 * slot.
 */
static enum storage_status update_scrap(const struct se_session *session, bool created)
{
    if (created)
        return scrap_clear(session->storage, session->work.scrap_uid);
    const enum storage_status status = scrap_set(session->storage, session->work.scrap_later_uid, false);
    /* Without room for the record, automatic choice no longer uses the slot, but PSA continues. */
    return status == STORAGE_FULL ? STORAGE_OK : status;
}

/*
 * Ends the transaction: first the slot's scrap record, then the transaction's own. The core considers it ended even if
 * it could not be removed; a remaining one is handled as after an interrupted run.
 */
static enum storage_status close_transaction(struct se_session *session)
{
    enum storage_status status = STORAGE_ABSENT;

    if (session->transaction_open) {
        const bool created = session->work.create_uid != 0 && session->work.record_status == STORAGE_OK;

        status = update_scrap(session, created);
        if (status == STORAGE_OK)
            status = store_remove(session, TRANSACTION_UID);
        if (status != STORAGE_OK) {
            if (created)
                take_back(session);
            session->settled = false;
        }
    }
    forget_transaction(session);
    return status;
}

/* The opaque shell's creation ends with its record. A failed write may still have taken effect, so it is undone. */
static enum storage_status end_creation(struct se_session *session)
{
    const enum storage_status stored = session->work.record_status;

    if (stored != STORAGE_OK)
        (void)store_remove(session, session->work.create_uid);
    const enum storage_status ended = close_transaction(session), status = stored != STORAGE_OK ? stored : ended;
    if (status != STORAGE_OK && session->record_failed != NULL)
        session->record_failed(session->recover_context, status);
    return status;
}

psa_status_t se_session_open(struct se_session *session, const struct se_transaction *transaction)
{
    uint8_t stored[TRANSACTION_BYTES];

    transaction_write(transaction, stored);
    const psa_status_t status = open_transaction(session, 0, bytes_of(stored, sizeof stored));
    session->work.ends_with_record = status == PSA_SUCCESS && transaction->kind == TRANSACTION_CREATE;
    return status;
}

void se_session_leave(struct se_session *session)
{
    forget_transaction(session);
    session->settled = false;
}

/* --- records ----------------------------------------------------------------------------------------------------- */

static enum storage_status set_record(struct se_session *session, uint64_t uid, uint32_t flags, struct bytes content)
{
    if (uid > SE_SESSION_UID_DRIVER_DATA && uid <= SE_SESSION_UID_DRIVER_DATA_LAST) {
        if (session->work.record_status != STORAGE_OK)
            return session->work.record_status;
        /*
         * Do not store empty persistent data: it would cost a write at the first start, and room after the chip has
         * made a key. The core treats absent and empty alike.
         */
        if (content.len == 0 && look_up(session, uid) == STORAGE_ABSENT)
            return STORAGE_OK;
    }
    const enum storage_status status = store_set(session, uid, flags, content);
    if (uid != session->work.create_uid)
        return status;
    session->work.record_status = status;
    return session->work.ends_with_record ? end_creation(session) : status;
}

psa_status_t se_session_set(struct se_session *session, uint64_t uid, uint32_t flags, struct bytes content)
{
    if (uid == TRANSACTION_UID)
        return open_transaction(session, flags, content);
    return driver_status_of_storage(set_record(session, uid, flags, content));
}

/* The core sees only the open transaction, and of it only its own bytes. */
enum storage_status se_session_get(const struct se_session *session, uint64_t uid, uint32_t offset,
                                   struct bytes_out *content, struct storage_record *record)
{
    const bool is_transaction = uid == TRANSACTION_UID;

    if (is_transaction && !session->transaction_open)
        return STORAGE_ABSENT;
    const enum storage_status status =
        session->storage->operations->get(session->storage->context, uid, offset, content, record);
    if (status == STORAGE_OK && is_transaction && record->size == TRANSACTION_STORED_MAX) {
        record->size = TRANSACTION_BYTES;
        /* The bytes read are inside the record, so the sum does not overflow. */
        while (content->len > 0 && offset + content->len > TRANSACTION_BYTES)
            content->data[--content->len] = 0;
    }
    return status;
}

enum storage_status se_session_remove(struct se_session *session, uint64_t uid)
{
    if (uid == TRANSACTION_UID)
        return close_transaction(session);
    if (session->destroy != NULL && uid != session->destruction.uid)
        return session->destroy(session, session->recover_context, uid);
    /* psa_destroy_key() keeps the first error, which is the driver's, and the record stays. */
    if (uid == session->work.kept_uid)
        return STORAGE_PERMANENT;
    if (uid == session->work.create_uid)
        session->work.record_status = STORAGE_FAILED;
    return store_remove(session, uid);
}
