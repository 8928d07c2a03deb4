/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How records lie on each medium, for the tests of the contract of storage.h: they read and damage them past the store.
 * The layouts are those of docs/reference/storage-format.md, and not taken from the code; so this stands beside
 * test/support/world_store.h, which knows none. A further backend is a kind there and a row here.
 */
#ifndef IMPRINT_TEST_STORAGE_BACKENDS_H
#define IMPRINT_TEST_STORAGE_BACKENDS_H

#include "test/support/world_store.h"

struct backend {
    /* The record as it lies on the medium, and putting other bytes there. */
    void (*load)(struct world_store *store, uint64_t uid, struct bytes_out *stored);
    void (*damage)(struct world_store *store, uint64_t uid, struct bytes stored);
};

extern const struct backend backends[WORLD_STORE_KINDS];

#endif
