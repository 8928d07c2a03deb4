/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage backend in memory that the caller owns: for tests, and for products that keep nothing over a reset. The
 * entries follow each other without gaps: uid, length, then the record's stored form (storage/record.h).
 */
#ifndef IMPRINT_STORAGE_MEMORY_H
#define IMPRINT_STORAGE_MEMORY_H

#include "storage/record.h"
#include "storage/storage.h"

/* Bytes that a record with `size` bytes of content takes: uid (8), length of the stored form (4), stored form. */
#define STORAGE_MEMORY_ENTRY 12
#define STORAGE_MEMORY_BYTES(size) (STORAGE_MEMORY_ENTRY + STORAGE_RECORD_BYTES(size))

/* Private. */
struct storage_memory {
    struct bytes_out entries;
    size_t reserved; /* bytes at the end reserved for a new record; 0 for none */
};

/*
 * Makes an empty store in the `size` bytes at `room`, which must outlive the store and must not be used otherwise.
 * Records may hold keys: wipe `room` when done.
 */
void storage_memory_open(struct storage_memory *self, void *room, size_t size, struct storage *storage);

#endif
