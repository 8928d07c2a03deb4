/* SPDX-License-Identifier: Apache-2.0 */
#include "test/storage/backends.h"

#include <string.h>

#include "bytes/order.h"
#include "storage/file_name.h"

/* ---- files ------------------------------------------------------------------------------------------------------ */

static void file_open(struct store *store)
{
    struct error err = {.reason = ERROR_NONE};
    if (!storage_file_open(&store->file, store->directory, true, "test", NULL, &store->storage, &err))
        fail_msg("cannot open: %s", err.cause);
}

static void file_start(struct store *store)
{
    scratch_make(store->directory);
    file_open(store);
}

static void file_restart(struct store *store)
{
    storage_file_close(&store->file);
    file_open(store);
}

static void file_stop(struct store *store)
{
    storage_file_close(&store->file);
    scratch_remove(store->directory);
}

static void file_load_record(struct store *store, uint64_t uid, struct bytes_out *stored)
{
    char name[STORAGE_FILE_NAME_SIZE];
    storage_file_name(uid, name);
    file_load(path_in(store->directory, name), stored);
}

static void file_damage_record(struct store *store, uint64_t uid, struct bytes stored)
{
    char name[STORAGE_FILE_NAME_SIZE];
    storage_file_name(uid, name);
    file_store(path_in(store->directory, name), stored);
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static void memory_start(struct store *store)
{
    storage_memory_open(&store->memory, store->room, sizeof store->room, &store->storage);
}

/* The memory outlives what runs on it. */
static void memory_restart(struct store *store)
{
    (void)store;
}

static void memory_stop(struct store *store)
{
    bytes_wipe(store->room, sizeof store->room);
}

/* Takes the entry of `uid` out of the memory, its stored form into `stored`. */
static void memory_take(struct store *store, uint64_t uid, struct bytes_out *stored)
{
    struct bytes_out *entries = &store->memory.entries;
    for (size_t at = 0; at < entries->len;) {
        uint8_t *entry = entries->data + at;
        const size_t len = load32_le(entry + 8), whole = STORAGE_MEMORY_ENTRY + len;
        if (load64_le(entry) == uid) {
            assert_true(bytes_append(stored, bytes_of(entry + STORAGE_MEMORY_ENTRY, len)));
            memmove(entry, entry + whole, entries->len - at - whole);
            entries->len -= whole;
            return;
        }
        at += whole;
    }
    fail_msg("no such entry");
}

static void memory_damage(struct store *store, uint64_t uid, struct bytes stored)
{
    uint8_t old[STORAGE_RECORD_BYTES(STORAGE_RECORD_MAX)], prefix[STORAGE_MEMORY_ENTRY];
    struct bytes_out taken = {.data = old, .cap = sizeof old};
    memory_take(store, uid, &taken);
    store64_le(prefix, uid);
    store32_le(prefix + 8, (uint32_t)stored.len);
    assert_true(bytes_append(&store->memory.entries, bytes_of(prefix, sizeof prefix)));
    assert_true(bytes_append(&store->memory.entries, stored));
}

static void memory_load(struct store *store, uint64_t uid, struct bytes_out *stored)
{
    stored->len = 0;
    memory_take(store, uid, stored);
    uint8_t prefix[STORAGE_MEMORY_ENTRY];
    store64_le(prefix, uid);
    store32_le(prefix + 8, (uint32_t)stored->len);
    assert_true(bytes_append(&store->memory.entries, bytes_of(prefix, sizeof prefix)));
    assert_true(bytes_append(&store->memory.entries, bytes_written(stored)));
}

const struct backend backends[] = {
    {"file", file_start, file_restart, file_stop, file_load_record, file_damage_record},
    {"memory", memory_start, memory_restart, memory_stop, memory_load, memory_damage},
};
const size_t backend_count = sizeof backends / sizeof backends[0];
