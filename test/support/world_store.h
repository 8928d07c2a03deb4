/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key store on each medium there is, for tests that need one and do not care which, or that run on all. It outlives
 * what runs on it: closing and opening it again is a restart of the program. Whatever cannot be done fails the test.
 */
#ifndef IMPRINT_TEST_SUPPORT_WORLD_STORE_H
#define IMPRINT_TEST_SUPPORT_WORLD_STORE_H

#include "storage/file.h"
#include "storage/memory.h"
#include "test/support/flash_sim.h"
#include "test/support/scratch.h"

enum world_store_kind {
    WORLD_STORE_FILE,
    WORLD_STORE_MEMORY,
    WORLD_STORE_FLASH,      /* NOR flash with a spare block, units of 8 */
    WORLD_STORE_FLASH_PAIR, /* as few blocks as there can be, the largest unit, and an error correcting code */
    WORLD_STORE_KINDS
};

struct world_store {
    enum world_store_kind kind;
    struct storage storage; /* once it is open */

    /* Below it; what is there depends on `kind`. */
    const struct storage_file_system *system; /* for the next opening; NULL: the real one */
    struct storage_file file;
    char directory[SCRATCH_PATH_MAX];
    struct storage_memory memory;
    uint8_t *room;
    struct storage_flash flash;
    struct flash_sim *sim;
};

/* An empty store, not open. world_store_remove() gives back what it holds. */
void world_store_make(struct world_store *store, enum world_store_kind kind);
void world_store_remove(struct world_store *store);

void world_store_open(struct world_store *store);
void world_store_close(struct world_store *store);

const char *world_store_name(enum world_store_kind kind);

#endif
