/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records are kept: one store per device, behind seven functions, with backends over files, raw flash and memory.
 * Stores know uids and bytes, not their meaning. psa/its.h implements the PSA ITS API for Mbed TLS on top of a store.
 *
 * Guarantee, whenever power fails: a record has its complete old content or its complete new content, or does not
 * exist. A damaged record is an error, never "no such record". Storing identical content writes nothing.
 */
#ifndef IMPRINT_STORAGE_STORAGE_H
#define IMPRINT_STORAGE_STORAGE_H

#include "base/bytes.h"
#include "base/error.h"

/* The longest record: a local P-256 key takes 68 bytes, the TLS examples' RSA keys about 2,400. */
#define STORAGE_RECORD_MAX 4096

/* The only record flag that stores interpret: PSA_STORAGE_FLAG_WRITE_ONCE of PSA ITS. */
#define STORAGE_FLAG_WRITE_ONCE 1u

/*
 * The records of PSA's core (Mbed TLS 3.6, library/psa_crypto_storage.h and psa_crypto_se.h: drivers' data, seed,
 * transaction) and of imprint's driver (psa/scrap.h; the upper half is the driver's location). They are rewritten at
 * each start or with each key, so one that could never change would stop PSA. set() refuses to make one write-once; one
 * that is write-once already is treated as if it were not.
 */
#define STORAGE_UID_CORE_FIRST 0xFFFFFE00u
#define STORAGE_UID_CORE_LAST 0xFFFFFFFFu
#define STORAGE_UID_DRIVER_HIGH 0x60u

/*
 * A full store still has room for this one record: the PSA core's transaction, without which no key can be destroyed.
 * A set() of another record, but for those of the driver, is FULL before it uses that room. Files: room is kept from
 * the first record on, on a file system that overwrites a file's blocks in place.
 */
#define STORAGE_KEPT_UID 0xFFFFFF74u
#define STORAGE_KEPT_BYTES 32u

enum storage_status {
    STORAGE_OK = 0,
    STORAGE_ABSENT,    /* no record with this uid */
    STORAGE_FULL,      /* no room; nothing was changed */
    STORAGE_READ_ONLY, /* the medium refuses writes; nothing was changed */
    STORAGE_PERMANENT, /* the record was stored write-once */
    STORAGE_CORRUPT,   /* the record exists, but is damaged or truncated */
    STORAGE_FUTURE,    /* the record or store has a later format version; unchanged */
    STORAGE_FAILED,    /* the medium failed */
    STORAGE_REFUSED,   /* records with this uid cannot be write-once; nothing was changed */
};

struct storage_record {
    uint64_t uid;
    uint32_t flags;
    uint32_t size;
};

/*
 * The operations of a backend. uid 0 is invalid. After set() or remove() fails with FAILED, the record is in its old or
 * its new state, and the call may be repeated. Success means that the change is durable.
 */
struct storage_operations {
    /*
     * Creates or replaces the record; the change is durable on return. Writes nothing if content and flags are the
     * same. Replaces a damaged record, but not a write-once one (PERMANENT) or a later version's (FUTURE). REFUSED for
     * a write-once record under a uid of the core or the driver (above).
     */
    enum storage_status (*set)(void *context, uint64_t uid, uint32_t flags, struct bytes content);

    /*
     * Overwrites `out` with the content from `offset` on, up to out->cap bytes; less if the content ends earlier,
     * nothing if `offset` is after its end. Checks the whole record first. `record` may be NULL.
     */
    enum storage_status (*get)(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                               struct storage_record *record);

    /* Removes the record; durable on return. Also removes a damaged record, but not a PERMANENT or FUTURE one. */
    enum storage_status (*remove)(void *context, uint64_t uid);

    /*
     * Lists all uids in ascending order: start with `*uid` 0 and `first` true, then pass the uid returned last. ABSENT
     * at the end. Lists damaged records too (get() reports the damage), but no temporary or reserved files. The uid
     * returned last may be removed meanwhile.
     */
    enum storage_status (*next)(void *context, bool first, uint64_t *uid);

    /*
     * Reserves room for one more record of up to `size` bytes; FULL if there is none. The next set() that creates a
     * record uses the room, unless it is STORAGE_KEPT_UID; or release() frees it. From the next successful set() on it
     * may survive a power cut.
     */
    enum storage_status (*reserve)(void *context, uint32_t size);
    void (*release)(void *context);

    /*
     * Whether `count` more records of up to `size` bytes each would fit, created one after the other as PSA creates
     * keys. OK or FULL; FAILED if the medium cannot be read. OK also if the medium does not tell. Leaves nothing
     * behind.
     */
    enum storage_status (*has_room)(void *context, uint32_t count, uint32_t size);
};

/* One open store. `context` belongs to the backend and must outlive all use. */
struct storage {
    const struct storage_operations *operations;
    void *context;
};

/* Text for people, one literal per status. */
const char *storage_status_text(enum storage_status status);

#endif
