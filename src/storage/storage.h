/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where PSA's records live: one store per device, behind five functions, with backends over files, raw flash and
 * memory. `storage/psa_its.c` puts the PSA ITS API that Mbed TLS calls on top of the store that is mounted.
 *
 * What always holds, whatever moment power fails: a record is there whole, in its old or its new content, or not at
 * all. A damaged record is an error, never "no such record". A write that changes nothing writes nothing.
 */
#ifndef IMPRINT_STORAGE_STORAGE_H
#define IMPRINT_STORAGE_STORAGE_H

#include "base/bytes.h"
#include "base/error.h"

/* The longest record: a local P-256 key takes 68 bytes, the TLS examples' RSA keys about 2,400. */
#define STORAGE_RECORD_MAX 4096

/* The one record flag that the stores give a meaning to; the value is PSA_STORAGE_FLAG_WRITE_ONCE of PSA ITS. */
#define STORAGE_FLAG_WRITE_ONCE 1u

enum storage_status {
    STORAGE_OK = 0,
    STORAGE_ABSENT,    /* no record with this uid */
    STORAGE_FULL,      /* no room; nothing was changed */
    STORAGE_READ_ONLY, /* the medium refuses writes; nothing was changed */
    STORAGE_PERMANENT, /* the record was stored write-once */
    STORAGE_CORRUPT,   /* the record is there, but damaged or truncated */
    STORAGE_FUTURE,    /* the record or store is of a later version of its format; it was left untouched */
    STORAGE_FAILED,    /* the medium failed */
};

struct storage_record {
    uint64_t uid;
    uint32_t flags;
    uint32_t size;
};

/*
 * What a backend does. uid 0 is no record. Where set() or remove() fail with FAILED, the record is there in its old or
 * its new state, and the same call may be made again: success is only reported for what is durable.
 */
struct storage_operations {
    /*
     * Replaces or creates the record, durably before it returns; with the content and flags that it already has,
     * nothing is written. A damaged record is replaced; one stored write-once (PERMANENT) or by a later version
     * (FUTURE) is not.
     */
    enum storage_status (*set)(void *context, uint64_t uid, uint32_t flags, struct bytes content);

    /*
     * Reads up to out->cap bytes from `offset` on into `out` (from len 0 on): what is there, even when less, and none
     * when `offset` lies behind the end. The whole record is checked first. `record` may be NULL.
     */
    enum storage_status (*get)(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                               struct storage_record *record);

    /* Removes the record, durably before it returns; as with set(), damaged ones go, PERMANENT and FUTURE ones stay. */
    enum storage_status (*remove)(void *context, uint64_t uid);

    /*
     * Walks all uids in ascending order: start with `*uid` 0 and `first` true; afterwards pass the last uid. ABSENT at
     * the end. Damaged records are listed too: get() tells. Temporary and reserved files are not records. The last
     * uid may be removed on the way.
     */
    enum storage_status (*next)(void *context, bool first, uint64_t *uid);

    /*
     * Makes sure that one more record of up to `size` bytes can be stored, by taking the room now. FULL says that it
     * cannot. The room is used by the next set() that creates a record, and given back by release(). It may outlive a
     * loss of power, until one of the two.
     */
    enum storage_status (*reserve)(void *context, uint32_t size);
    void (*release)(void *context);
};

/* How a key comes into its slot. Stored: the values never change. */
enum storage_creation {
    STORAGE_CREATION_UNKNOWN = 0,
    STORAGE_CREATION_IMPORT = 1,
    STORAGE_CREATION_GENERATE = 2,
    STORAGE_CREATION_REGISTER = 3,
};

/* What the driver knows of a creation and the core's transaction does not say. */
struct storage_note {
    enum storage_creation creation;
    bool fresh; /* the slot was empty before, or held what nobody wants */
};

/* The key that the core has opened a transaction to destroy. */
struct storage_destruction {
    uint64_t uid; /* of its record; 0 for none */
    uint64_t slot;
    uint32_t lifetime;
};

/*
 * What keeps PSA's SE transactions honest, forgotten when one ends; private to storage/psa_its.c and the functions
 * below.
 */
struct storage_session {
    uint64_t note_uid;        /* the key record that `note` is about; 0 for none */
    struct storage_note note; /* goes into the next transaction that creates it */

    /* Of a creation transaction. */
    uint64_t create_uid;     /* the key record, for which room is reserved; 0 for none */
    uint64_t scrap_uid;      /* the scrap record of the slot (storage/scrap.h) */
    uint8_t transaction[28]; /* what is stored of it, should it have to be stored again */
    uint8_t transaction_len;
    enum storage_status record_status; /* of storing the key record; FAILED until that was tried */
    uint32_t transaction_flags;

    uint64_t scrap_later_uid; /* the scrap record to store when the transaction ends without a key in the slot */
    uint64_t hold_uid;        /* this record is not to be removed, for its key is still in the chip; 0 for none */
};

/* One mounted store. `context` belongs to the backend and must outlive the mount. */
struct storage {
    const struct storage_operations *operations;
    void *context;

    /*
     * Settles the transaction that an interrupted run has left: set by the driver that can (driver_init()), called
     * before the core opens another one. NULL: a left-over is simply replaced.
     */
    void (*recover)(void *recover_context);
    void *recover_context;
    bool settled; /* by it: nothing is left over. False again when the core could not remove its transaction. */

    bool transaction_open; /* by the core, since the store was mounted: only then does the core see it */
    struct storage_destruction destruction; /* what the open transaction is to destroy */
    struct storage_session session;
};

/*
 * Mounts `storage` under PSA ITS: Mbed TLS reads and writes there from now on. NULL unmounts; every psa_its_*() call
 * then fails with PSA_ERROR_STORAGE_FAILURE. The PSA core is one per process, and so is the mount: this pointer is
 * one of the two mutable globals of imprint (the other is the driver's, psa/driver.h).
 */
void storage_mount(struct storage *storage);
struct storage *storage_mounted(void);

/*
 * Keeps the record `uid` from being removed through PSA ITS: the driver's answer to a core that drops a key's metadata
 * although the chip could not destroy the key. Ends with the next call (uid 0 just lifts it) and with the transaction
 * it was made in. Removing through `operations` is not affected.
 */
void storage_hold(struct storage *storage, uint64_t uid);

/*
 * What the driver leaves before the core opens a creation transaction for the key record `uid`: it is stored with it,
 * in the same write. A note without its transaction is forgotten by the next note or transaction.
 */
void storage_note_creation(struct storage *storage, uint64_t uid, struct storage_note note);

/* The driver is about to change what the slot of the open creation transaction holds. */
void storage_note_chip_written(struct storage *storage);

/*
 * The slot whose scrap record is `uid` was overwritten by the open destruction, and there is no room to say so: tried
 * again when the key's record has gone.
 */
void storage_note_scrap_later(struct storage *storage, uint64_t uid);

/* Text for people, one literal per status. */
const char *storage_status_text(enum storage_status status);

#endif
