/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records are kept: one store per device, behind six functions, with backends over files, raw flash and memory.
 * It knows uids and bytes, and not what they mean: psa/its.h puts the PSA ITS API that Mbed TLS calls on top of a
 * store.
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

/* One open store. `context` belongs to the backend and must outlive all use. */
struct storage {
    const struct storage_operations *operations;
    void *context;
};

/* Text for people, one literal per status. */
const char *storage_status_text(enum storage_status status);

#endif
