/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage backend in memory that the caller owns: for tests, and for products that keep nothing over a reset. The
 * records lie one behind the other without gaps, each in its stored form (storage/record.h) behind uid and length.
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
    size_t reserved; /* bytes at the end that only a record which is created may use; 0 for none */
};

/*
 * Makes an empty store of the `size` bytes at `room`, which must outlive it and is not touched by anybody else.
 * Records may hold keys: wipe `room` when done.
 */
void storage_memory_open(struct storage_memory *self, void *room, size_t size, struct storage *storage);

#endif
