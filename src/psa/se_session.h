/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Corrects faults in the secure element transactions of Mbed TLS 3.6 (psa_finish_key_creation(), psa_destroy_key() and
 * psa_crypto_init() in library/psa_crypto.c). It works between PSA ITS (psa/its.h) and the store:
 *
 * - A creation transaction is opened only if the key id is free and room for the key's record can be reserved. So both
 *   are known before the chip makes a key.
 * - The core forgets that a key's record could not be stored, because it overwrites that status with the one of storing
 *   the driver's data. So the session lets the second write fail, with the first one's reason, unless the record is
 *   stored.
 * - A creation that the core reports as failed leaves no record, and its slot stays usable.
 * - A key's record that the driver keeps is not removed: the core drops it even when the chip could not destroy the
 *   key.
 * - The core never sees the transaction of an interrupted run. It would drop it without repair and start
 *   incompletely, or refuse to start if the record is damaged. The driver finishes it (psa/settle.h): in p_init,
 *   at its first call, and at the latest when the core opens the next transaction.
 *
 * The opaque shell's cores open no transactions, so that the shell does, with the same records: a store that one shell
 * has left in the middle of something is finished by either.
 *
 * It knows the store and the formats of transactions and scrap records. It does not use the chip.
 */
#ifndef IMPRINT_PSA_SE_SESSION_H
#define IMPRINT_PSA_SE_SESSION_H

#include <psa/crypto.h>

#include "psa/transaction.h"
#include "storage/storage.h"

/* The records in which Mbed TLS 3.6 keeps the data of its SE drivers (library/psa_crypto_se.h). */
#define SE_SESSION_UID_DRIVER_DATA 0xFFFFFE00u /* plus the driver's location, 1 to 255 */
#define SE_SESSION_UID_DRIVER_DATA_LAST 0xFFFFFEFFu

/*
 * Storage to reserve for the record of a key in a chip: 44 bytes with Mbed TLS 3.6 (header 36, slot number 8), plus a
 * margin for later versions.
 */
#define SE_SESSION_KEY_ROOM 64

/* The key that the core has opened a transaction to destroy. */
struct se_destruction {
    uint64_t uid; /* of its record; 0 for none */
    uint64_t slot;
    uint32_t lifetime;
};

/* State of a creation or destruction while its transaction is open; cleared when that ends. */
struct se_work {
    uint64_t note_uid;            /* the key record to which `note` belongs; 0 for none */
    struct transaction_note note; /* stored with the next transaction that creates it */

    /* Of a creation transaction. */
    uint64_t create_uid;                         /* the key record, for which room is reserved; 0 for none */
    uint64_t scrap_uid;                          /* the scrap record of the slot (psa/scrap.h) */
    uint8_t transaction[TRANSACTION_STORED_MAX]; /* its stored bytes, kept in case it must be stored again */
    size_t transaction_len;
    uint32_t transaction_flags;
    enum storage_status record_status; /* result of storing the key record; FAILED until tried */
    bool ends_with_record;             /* the opaque shell's: storing the key record ends the transaction */

    uint64_t scrap_later_uid; /* the scrap record to store when the transaction ends without a key in the slot */
    uint64_t kept_uid;        /* do not remove this record: its key is still in the chip; 0 for none */
};

/* One store used by PSA ITS, from its_mount() to its_unmount(). Initially zero except for `storage`. */
struct se_session {
    const struct storage *storage;

    /*
     * Finishes the transaction of an interrupted run. The driver sets it; the session calls it before the core opens
     * another transaction. NULL: an interrupted transaction is overwritten.
     */
    void (*recover)(struct se_session *session, void *recover_context);
    void *recover_context;
    bool settled; /* no interrupted transaction exists. False again when a transaction could not be removed */

    /*
     * Removes a key's record, which is how a core without transactions destroys a key: the opaque shell sets it. NULL:
     * the core asks the driver itself.
     */
    enum storage_status (*destroy)(struct se_session *session, void *recover_context, uint64_t uid);
    /* Told why the opaque shell's creation has failed when its record was to be stored: the core does not pass that on.
     */
    void (*record_failed)(void *recover_context, enum storage_status status);

    bool transaction_open;             /* by the core, since the store was mounted; the core sees only such a one */
    struct se_destruction destruction; /* the key that the open transaction destroys */
    struct se_work work;               /* private to se_session.c */
};

/*
 * The operations of PSA ITS on any record, for psa/its.c; arguments as in struct storage_operations. Setting a
 * transaction that creates a key whose record exists is PSA_ERROR_ALREADY_EXISTS.
 */
psa_status_t se_session_set(struct se_session *session, uint64_t uid, uint32_t flags, struct bytes content);
enum storage_status se_session_get(const struct se_session *session, uint64_t uid, uint32_t offset,
                                   struct bytes_out *content, struct storage_record *record);
enum storage_status se_session_remove(struct se_session *session, uint64_t uid);

/*
 * For the opaque shell, whose core knows no transactions: opens one as SE_C's core does. Kind CREATE, with what
 * se_session_note_creation() has noted, ends by itself when the key's record is stored or could not be stored; a
 * creation that fails before is ended by se_session_remove(TRANSACTION_UID), as is kind DESTROY. Statuses of
 * se_session_set().
 */
psa_status_t se_session_open(struct se_session *session, const struct se_transaction *transaction);

/* Leaves the open transaction in the store, for settle.h to finish, because the medium failed halfway. */
void se_session_leave(struct se_session *session);

/*
 * Keeps the record `uid` from being removed through PSA ITS: the driver's answer to a core that drops a key's record
 * although the chip could not destroy the key. Valid until the next call (uid 0 only ends it) or the end of the
 * transaction. Does not affect removal through the store's own operations.
 */
void se_session_keep_record(struct se_session *session, uint64_t uid);

/*
 * Takes the driver's note for the creation transaction that the core will open next for the key record `uid`. Both are
 * stored in one write. The next note or transaction discards an unused note.
 */
void se_session_note_creation(struct se_session *session, uint64_t uid, struct transaction_note note);

/* The driver has sent, or will now send, a command that changes the slot of the open creation transaction. */
void se_session_note_chip_written(struct se_session *session);

/*
 * The open destruction overwrote the slot whose scrap record is `uid`, but the store had no room for that record. It is
 * stored when the key's record has been removed.
 */
void se_session_note_scrap_later(struct se_session *session, uint64_t uid);

#endif
