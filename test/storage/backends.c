/* SPDX-License-Identifier: Apache-2.0 */
#include "test/storage/backends.h"

#include <string.h>

#include "base/order.h"
#include "storage/file_name.h"

/* ---- files ------------------------------------------------------------------------------------------------------ */

static void file_load_record(struct world_store *store, uint64_t uid, struct bytes_out *stored)
{
    char name[STORAGE_FILE_NAME_SIZE];
    storage_file_name(uid, name);
    file_load(path_in(store->directory, name), stored);
}

static void file_damage_record(struct world_store *store, uint64_t uid, struct bytes stored)
{
    char name[STORAGE_FILE_NAME_SIZE];
    storage_file_name(uid, name);
    file_store(path_in(store->directory, name), stored);
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

/* Takes the entry of `uid` out of the memory, its stored form into `stored`. */
static void memory_take(struct world_store *store, uint64_t uid, struct bytes_out *stored)
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

static void memory_damage(struct world_store *store, uint64_t uid, struct bytes stored)
{
    uint8_t old[STORAGE_RECORD_BYTES(STORAGE_RECORD_MAX)], prefix[STORAGE_MEMORY_ENTRY];
    struct bytes_out taken = {.data = old, .cap = sizeof old};
    memory_take(store, uid, &taken);
    store64_le(prefix, uid);
    store32_le(prefix + 8, (uint32_t)stored.len);
    assert_true(bytes_append(&store->memory.entries, bytes_of(prefix, sizeof prefix)));
    assert_true(bytes_append(&store->memory.entries, stored));
}

static void memory_load(struct world_store *store, uint64_t uid, struct bytes_out *stored)
{
    stored->len = 0;
    memory_take(store, uid, stored);
    uint8_t prefix[STORAGE_MEMORY_ENTRY];
    store64_le(prefix, uid);
    store32_le(prefix + 8, (uint32_t)stored->len);
    assert_true(bytes_append(&store->memory.entries, bytes_of(prefix, sizeof prefix)));
    assert_true(bytes_append(&store->memory.entries, bytes_written(stored)));
}

/* ---- flash ------------------------------------------------------------------------------------------------------ */

/* The layout of an entry, as in docs/reference/storage-format.md, and not taken from the code. */
enum { PREFIX = 16, PREFIX_CRC = 12 };

/* The stored form of the last entry of `uid`. */
static void flash_load(struct world_store *store, uint64_t uid, struct bytes_out *stored)
{
    const struct imprint_flash_device *device = &store->sim->device;
    const size_t unit = device->unit, header = (32 + unit - 1) / unit * unit;
    struct bytes found = BYTES_NONE;
    for (uint32_t i = 0; i < store->flash.count; i++) {
        const uint8_t *block = store->sim->held + (size_t)store->flash.blocks[i].index * device->block_size;
        for (size_t at = 2 * header; at < store->flash.blocks[i].end * unit;) {
            const size_t len = load32_le(block + at + 8) & 0xffffff;
            if (load64_le(block + at) == uid)
                found = bytes_of(block + at + PREFIX, len);
            at += (PREFIX + len + unit - 1) / unit * unit + unit;
        }
    }
    stored->len = 0;
    assert_non_null(found.data);
    assert_true(bytes_append(stored, found));
}

/* Adds an entry with these bytes, as the store would: prefix, stored form, mark. */
static void flash_damage(struct world_store *store, uint64_t uid, struct bytes stored)
{
    const struct imprint_flash_device *device = &store->sim->device;
    struct storage_flash *flash = &store->flash;
    static uint8_t filler[STORAGE_RECORD_MAX];
    uint8_t entry[512];
    const size_t padded = (PREFIX + stored.len + device->unit - 1) / device->unit * device->unit;
    struct storage_flash_block *newest;
    for (;; filler[0]++) {
        newest = &flash->blocks[flash->count - 1];
        if (!flash->closed && newest->end * device->unit + padded + device->unit <= device->block_size)
            break;
        assert_int_equal(put(&store->storage, 999, bytes_of(filler, sizeof filler)), STORAGE_OK);
        assert_int_equal(store->storage.operations->remove(&store->flash, 999), STORAGE_OK);
    }
    memset(entry, 0xff, sizeof entry);
    store64_le(entry, uid);
    store32_le(entry + 8, (uint32_t)stored.len | 1u << 24);
    store32_le(entry + PREFIX_CRC, storage_record_crc(0, entry, PREFIX_CRC));
    memcpy(entry + PREFIX, stored.data, stored.len);
    memset(entry + padded, 0, device->unit);
    const uint32_t at = newest->index * device->block_size + newest->end * device->unit;
    assert_true(device->program(store->sim, at, entry, padded + device->unit));
    newest->end = (uint16_t)(newest->end + (padded + device->unit) / device->unit);
}

const struct backend backends[WORLD_STORE_KINDS] = {
    [WORLD_STORE_FILE] = {file_load_record, file_damage_record},
    [WORLD_STORE_MEMORY] = {memory_load, memory_damage},
    [WORLD_STORE_FLASH] = {flash_load, flash_damage},
    [WORLD_STORE_FLASH_PAIR] = {flash_load, flash_damage},
};
