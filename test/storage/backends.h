/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backends that the contract of storage.h is tested on. A further one is a row in `backends` and its five
 * functions; every test in test_backends.c then runs on it as well.
 */
#ifndef IMPRINT_TEST_STORAGE_BACKENDS_H
#define IMPRINT_TEST_STORAGE_BACKENDS_H

#include "storage/file.h"
#include "storage/memory.h"
#include "test/support/flash_sim.h"
#include "test/support/scratch.h"

/* A store under test. Each backend uses what it needs. */
struct store {
    struct storage storage;
    struct storage_file file;
    char directory[SCRATCH_PATH_MAX];
    struct storage_memory memory;
    uint8_t room[8 * STORAGE_MEMORY_BYTES(STORAGE_RECORD_MAX)];
    struct storage_flash flash;
    struct flash_sim sim;
};

struct backend {
    const char *name;
    /* Makes an empty store and opens it. */
    void (*start)(struct store *store);
    /* What a restart of the process does to it. */
    void (*restart)(struct store *store);
    void (*stop)(struct store *store);
    /* The record as it lies on the medium, and putting other bytes there. */
    void (*load)(struct store *store, uint64_t uid, struct bytes_out *stored);
    void (*damage)(struct store *store, uint64_t uid, struct bytes stored);
};

extern const struct backend backends[];
extern const size_t backend_count;

#endif
