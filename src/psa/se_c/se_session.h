/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps the secure element transactions of Mbed TLS 3.6 honest, however the application uses Mbed TLS. It stands
 * between PSA ITS (psa/its.h) and the store (psa_finish_key_creation(), psa_destroy_key() and psa_crypto_init() in
 * library/psa_crypto.c):
 *
 * - A creation transaction is only opened where the key id is free and there is room for the key's record, which is
 *   then reserved: both are found out before the chip makes a key, not after.
 * - The core forgets that a key's record could not be stored, because it overwrites that status with the one of storing
 *   the driver's data. So that second write fails, with the first one's reason, unless the record is there.
 * - A creation that the core reports as failed leaves no record behind, and no slot that nobody may use any more.
 * - A key's record that the driver keeps is not removed: the core drops it even when the chip could not destroy the
 *   key.
 * - A transaction that an interrupted run has left is never shown to the core, which would drop it unrepaired and then
 *   start only half, or refuse to start when it is torn. The driver settles it (psa/se_c/settle.h): in p_init, at its
 *   first call, and at the latest when the core opens the next transaction.
 *
 * It knows the store, the form of transactions and scrap records, and no chip.
 */
#ifndef IMPRINT_PSA_SE_C_SE_SESSION_H
#define IMPRINT_PSA_SE_C_SE_SESSION_H

#include <psa/crypto.h>

#include "psa/se_c/transaction.h"
#include "storage/storage.h"

/* The records in which Mbed TLS 3.6 keeps the data of its SE drivers (library/psa_crypto_se.h). */
#define SE_SESSION_UID_DRIVER_DATA 0xFFFFFE00u /* plus the driver's location, 1 to 255 */
#define SE_SESSION_UID_DRIVER_DATA_LAST 0xFFFFFEFFu

/* The key that the core has opened a transaction to destroy. */
struct se_destruction {
    uint64_t uid; /* of its record; 0 for none */
    uint64_t slot;
    uint32_t lifetime;
};

/* What is remembered of a creation or destruction while its transaction is open; forgotten when that ends. */
struct se_work {
    uint64_t note_uid;            /* the key record that `note` is about; 0 for none */
    struct transaction_note note; /* goes into the next transaction that creates it */

    /* Of a creation transaction. */
    uint64_t create_uid;                         /* the key record, for which room is reserved; 0 for none */
    uint64_t scrap_uid;                          /* the scrap record of the slot (psa/scrap.h) */
    uint8_t transaction[TRANSACTION_STORED_MAX]; /* what is stored of it, should it have to be stored again */
    size_t transaction_len;
    uint32_t transaction_flags;
    enum storage_status record_status; /* of storing the key record; FAILED until that was tried */

    uint64_t scrap_later_uid; /* the scrap record to store when the transaction ends without a key in the slot */
    uint64_t kept_uid;        /* this record is not to be removed, for its key is still in the chip; 0 for none */
};

/* One store under PSA ITS, from its_mount() to its_unmount(). Zero but for `storage`: nothing has happened yet. */
struct se_session {
    const struct storage *storage;

    /*
     * Settles the transaction that an interrupted run has left: set by the driver, which can; called before the core
     * opens another one. NULL: a left-over transaction is replaced.
     */
    void (*recover)(struct se_session *session, void *recover_context);
    void *recover_context;
    bool settled; /* nothing is left over. False again when a transaction could not be removed. */

    bool transaction_open;             /* by the core, since the store was mounted: only then does the core see it */
    struct se_destruction destruction; /* what the open transaction is to destroy */
    struct se_work work;               /* private to se_session.c */
};

/*
 * What PSA ITS does with any record, for psa/its.c; arguments as in struct storage_operations. Setting a transaction
 * that creates a key whose record exists is PSA_ERROR_ALREADY_EXISTS.
 */
psa_status_t se_session_set(struct se_session *session, uint64_t uid, uint32_t flags, struct bytes content);
enum storage_status se_session_get(const struct se_session *session, uint64_t uid, uint32_t offset,
                                   struct bytes_out *content, struct storage_record *record);
enum storage_status se_session_remove(struct se_session *session, uint64_t uid);

/*
 * Keeps the record `uid` from being removed through PSA ITS: the driver's answer to a core that drops a key's record
 * although the chip could not destroy the key. Ends with the next call (uid 0 only ends it) and with the transaction it
 * was made in. Removing through the store's operations is not affected.
 */
void se_session_keep_record(struct se_session *session, uint64_t uid);

/*
 * What the driver leaves before the core opens a creation transaction for the key record `uid`: it is stored with it,
 * in the same write. A note without its transaction is forgotten by the next note or transaction.
 */
void se_session_note_creation(struct se_session *session, uint64_t uid, struct transaction_note note);

/* The driver has sent, or is about to send, what changes the slot of the open creation transaction. */
void se_session_note_chip_written(struct se_session *session);

/*
 * The slot whose scrap record is `uid` was overwritten by the open destruction, and there was no room to say so: tried
 * again when the key's record is removed.
 */
void se_session_note_scrap_later(struct se_session *session, uint64_t uid);

#endif
