/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/world_store.h"

#include <stdlib.h>

#define MEMORY_BYTES (8 * STORAGE_MEMORY_BYTES(STORAGE_RECORD_MAX))

static const struct {
    const char *name;
    struct imprint_flash_device flash;
} kinds[WORLD_STORE_KINDS] = {
    [WORLD_STORE_FILE] = {.name = "file"},
    [WORLD_STORE_MEMORY] = {.name = "memory"},
    [WORLD_STORE_FLASH] =
        {"flash", {.block_size = 16384, .block_count = 8, .unit = 8, .spare_blocks = 1, .blank_is_erased = true}},
    [WORLD_STORE_FLASH_PAIR] = {"flash, two blocks, ECC", {.block_size = 32768, .block_count = 2, .unit = 64}},
};

const char *world_store_name(enum world_store_kind kind)
{
    return kinds[kind].name;
}

void world_store_make(struct world_store *store, enum world_store_kind kind)
{
    *store = (struct world_store){.kind = kind};
    switch (kind) {
    case WORLD_STORE_MEMORY:
        store->room = malloc(MEMORY_BYTES);
        assert_non_null(store->room);
        storage_memory_open(&store->memory, store->room, MEMORY_BYTES, &store->storage);
        break;
    case WORLD_STORE_FLASH:
    case WORLD_STORE_FLASH_PAIR:
        store->sim = malloc(sizeof *store->sim);
        assert_non_null(store->sim);
        flash_sim_make(store->sim, &kinds[kind].flash);
        break;
    default:
        scratch_make(store->directory);
        break;
    }
}

void world_store_remove(struct world_store *store)
{
    if (store->directory[0] != '\0')
        scratch_remove(store->directory);
    free(store->room);
    free(store->sim);
    *store = (struct world_store){.kind = store->kind};
}

/* The memory is open from the start: nothing of it is lost while the test runs. */
void world_store_open(struct world_store *store)
{
    struct error err = {.reason = ERROR_NONE};

    if (store->kind == WORLD_STORE_FILE) {
        if (!storage_file_open(&store->file, store->directory, true, "test", store->system, &store->storage, &err))
            fail_msg("cannot open the store: %s", err.cause);
    } else if (store->sim != NULL) {
        flash_sim_restart(store->sim);
        if (storage_flash_open(&store->flash, &store->sim->device, true, &store->storage, &err) != STORAGE_OK)
            fail_msg("cannot open the store: %s", err.cause);
    }
}

void world_store_close(struct world_store *store)
{
    if (store->kind == WORLD_STORE_FILE)
        storage_file_close(&store->file);
    else if (store->sim != NULL)
        assert_null(store->sim->violation);
}
