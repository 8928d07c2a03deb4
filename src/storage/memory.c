/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/memory.h"

#include <string.h>

#include "base/order.h"

/* An entry: `len` bytes at `at`. len 0: no entry. */
struct place {
    size_t at;
    size_t len;
};

/* The entry at `at`, with its uid. False at the end. This file wrote the entries, so their lengths are valid. */
static bool walk(const struct storage_memory *self, size_t at, struct place *place, uint64_t *uid)
{
    if (at >= self->entries.len)
        return false;
    const uint8_t *entry = self->entries.data + at;
    *uid = load64_le(entry);
    *place = (struct place){.at = at, .len = STORAGE_MEMORY_ENTRY + load32_le(entry + 8)};
    return true;
}

/* Finds and checks the record `uid`. If there is none, `place` is empty. */
static enum storage_status find(const struct storage_memory *self, uint64_t uid, struct place *place,
                                struct storage_record *record, struct bytes *content)
{
    uint64_t found;
    for (size_t at = 0; walk(self, at, place, &found); at += place->len) {
        const uint8_t *stored = self->entries.data + place->at + STORAGE_MEMORY_ENTRY;
        if (found == uid)
            return storage_record_read(bytes_of(stored, place->len - STORAGE_MEMORY_ENTRY), uid, record, content);
    }
    *place = (struct place){.at = self->entries.len, .len = 0};
    return STORAGE_ABSENT;
}

/* The room that a record `uid` may not use: that of STORAGE_KEPT_UID, as long as there is no such record. */
static size_t kept_room(const struct storage_memory *self, uint64_t uid)
{
    struct place place;
    struct storage_record record;
    struct bytes content;

    if (storage_record_may_use_kept_room(uid) ||
        find(self, STORAGE_KEPT_UID, &place, &record, &content) != STORAGE_ABSENT)
        return 0;
    return STORAGE_MEMORY_BYTES((size_t)STORAGE_KEPT_BYTES);
}

/* Removes the entry, closes the gap and wipes the bytes freed. */
static void cut(struct storage_memory *self, struct place place)
{
    uint8_t *at = self->entries.data + place.at;
    const size_t tail = self->entries.len - place.at - place.len;
    memmove(at, at + place.len, tail);
    bytes_wipe(at + tail, place.len);
    self->entries.len -= place.len;
}

static enum storage_status memory_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    struct storage_memory *self = context;
    struct place place;
    struct storage_record record;
    struct bytes present;

    if ((flags & STORAGE_FLAG_WRITE_ONCE) != 0 && storage_record_is_system(uid))
        return STORAGE_REFUSED;
    const enum storage_status before = find(self, uid, &place, &record, &present);
    if (before == STORAGE_OK && storage_record_is_permanent(&record))
        return STORAGE_PERMANENT;
    if (before == STORAGE_OK && record.flags == flags && bytes_equal(present, content))
        return STORAGE_OK;
    if (before == STORAGE_FUTURE)
        return before;
    const bool uses_reserved = before == STORAGE_ABSENT && uid != STORAGE_KEPT_UID;
    /* place.len is 0 when there is none yet, else part of entries.len: the difference does not wrap. */
    const size_t others = self->entries.len - place.len;
    const size_t held_back = (uses_reserved ? 0 : self->reserved) + kept_room(self, uid);
    if (content.len > STORAGE_RECORD_MAX || STORAGE_MEMORY_BYTES(content.len) + held_back > self->entries.cap - others)
        return STORAGE_FULL;
    cut(self, place);
    uint8_t *entry = self->entries.data + self->entries.len;
    store64_le(entry, uid);
    store32_le(entry + 8, (uint32_t)STORAGE_RECORD_BYTES(content.len));
    self->entries.len += STORAGE_MEMORY_ENTRY;
    (void)storage_record_write(uid, flags, content, &self->entries);
    if (uses_reserved)
        self->reserved = 0;
    return STORAGE_OK;
}

static enum storage_status memory_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                      struct storage_record *record)
{
    const struct storage_memory *self = context;
    struct place place;
    struct storage_record found;
    struct bytes content;

    out->len = 0;
    enum storage_status status = find(self, uid, &place, &found, &content);
    if (status != STORAGE_OK)
        return status;
    if (offset < content.len) {
        const size_t left = content.len - offset;
        (void)bytes_append(out, bytes_of(content.data + offset, left < out->cap ? left : out->cap));
    }
    if (record != NULL)
        *record = found;
    return STORAGE_OK;
}

static enum storage_status memory_remove(void *context, uint64_t uid)
{
    struct storage_memory *self = context;
    struct place place;
    struct storage_record record;
    struct bytes content;

    enum storage_status status = find(self, uid, &place, &record, &content);
    if (status == STORAGE_OK && storage_record_is_permanent(&record))
        return STORAGE_PERMANENT;
    if (status == STORAGE_OK || status == STORAGE_CORRUPT) {
        cut(self, place);
        status = STORAGE_OK;
    }
    return status;
}

static enum storage_status memory_next(void *context, bool first, uint64_t *uid)
{
    const struct storage_memory *self = context;
    struct place place;
    enum storage_status status = STORAGE_ABSENT;
    uint64_t next = 0, found;

    for (size_t at = 0; walk(self, at, &place, &found); at += place.len) {
        if ((first || found > *uid) && (status == STORAGE_ABSENT || found < next)) {
            next = found;
            status = STORAGE_OK;
        }
    }
    if (status == STORAGE_OK)
        *uid = next;
    return status;
}

static enum storage_status memory_reserve(void *context, uint32_t size)
{
    struct storage_memory *self = context;
    if (size > STORAGE_RECORD_MAX ||
        STORAGE_MEMORY_BYTES((size_t)size) + kept_room(self, 0) > self->entries.cap - self->entries.len)
        return STORAGE_FULL;
    if (self->reserved < STORAGE_MEMORY_BYTES((size_t)size))
        self->reserved = STORAGE_MEMORY_BYTES((size_t)size);
    return STORAGE_OK;
}

static void memory_release(void *context)
{
    struct storage_memory *self = context;
    self->reserved = 0;
}

static enum storage_status memory_has_room(void *context, uint32_t count, uint32_t size)
{
    const struct storage_memory *self = context;
    const uint64_t wanted = (uint64_t)count * STORAGE_MEMORY_BYTES((size_t)size) + kept_room(self, 0);

    return size <= STORAGE_RECORD_MAX && wanted <= self->entries.cap - self->entries.len ? STORAGE_OK : STORAGE_FULL;
}

void storage_memory_open(struct storage_memory *self, void *room, size_t size, struct storage *storage)
{
    static const struct storage_operations operations = {
        .set = memory_set,
        .get = memory_get,
        .remove = memory_remove,
        .next = memory_next,
        .reserve = memory_reserve,
        .release = memory_release,
        .has_room = memory_has_room,
    };
    *self = (struct storage_memory){.entries = {.data = room, .cap = size}};
    *storage = (struct storage){.operations = &operations, .context = self};
}
