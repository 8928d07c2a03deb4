/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log on flash: entries, blocks, and where a new entry is written. docs/reference/storage-format.md has the layout
 * and the table of states after a power cut.
 *
 * Invariant: outside the log there is always one block that may be erased, so that the oldest block can be rewritten
 * into it. The oldest block always fits there, because an entry has the same size in every block. "Room" therefore
 * means room beside the live records of one block (room_in()). A new entry fits if some block has enough room: that
 * block is rewritten with the new entry. Free bytes in the newest block are only a short cut.
 */
#include "storage/flash.h"

#include <string.h>

#include "base/order.h"
#include "storage/flash_entry.h"
#include "storage/record.h"

/* A block's header, stored twice. */
enum {
    HEADER_VERSION = 4,
    HEADER_UNIT = 6,
    HEADER_BLOCK_SIZE = 8,
    HEADER_BLOCK_COUNT = 12,
    HEADER_COUNT = 14, /* one byte, like the next field */
    HEADER_SPARE = 15,
    HEADER_SEQ = 16,
    HEADER_OLDEST = 20,
    HEADER_RETIRED = 24,
    HEADER_CRC = 28,
    HEADER_COPIES = 2,
    FLASH_VERSION = 1,
};

_Static_assert(HEADER_CRC + 4 == STORAGE_FLASH_HEADER, "the checksum must be the header's last field");

#define HEADER_MAGIC 0x534c4649u /* "IFLS" */

/* Offset of a block's first entry: after both copies of its header. */
static uint32_t entries_at(const struct imprint_flash_device *device)
{
    return HEADER_COPIES * flash_entry_in_units(device, STORAGE_FLASH_HEADER);
}

/* ---- reading the log -------------------------------------------------------------------------------------------- */

static uint32_t block_start(const struct storage_flash *self, const struct storage_flash_block *block)
{
    return block->index * self->device->block_size;
}

/* Offset after the block's last entry, where the next one is written. */
static uint32_t block_end(const struct storage_flash *self, const struct storage_flash_block *block)
{
    return block_start(self, block) + block->end * self->device->unit;
}

/* Positions before the first entry of a block; walk() continues from there. */
static void go_to_block(struct flash_entry *entry, uint32_t block)
{
    entry->block = block;
    entry->at = entry->span = 0;
}

/* Moves to the next entry of the log. False at the end, or with self->fault set when the log cannot be read. */
static bool walk(struct storage_flash *self, struct flash_entry *entry)
{
    uint32_t at = entry->at + entry->span; /* 0 before a block's first entry: offset 0 holds the header */
    for (; entry->block < self->count; entry->block++, at = 0) {
        const struct storage_flash_block *block = &self->blocks[entry->block];
        const uint32_t end = block_end(self, block);
        if (at == 0)
            at = block_start(self, block) + entries_at(self->device);
        if (at < end) {
            const bool good = flash_entry_read(self->device, at, end, entry);
            if (!good)
                self->fault = true;
            return good;
        }
    }
    return false;
}

/* Whether `entry`, where walk() is, is a record and the newest entry for its uid. */
static bool is_live(struct storage_flash *self, const struct flash_entry *entry)
{
    struct flash_entry later = *entry;
    if (entry->kind != FLASH_ENTRY_RECORD)
        return false;
    while (walk(self, &later)) {
        if (later.uid == entry->uid)
            return false;
    }
    return true;
}

/* Finds the newest entry for `uid`, and checks it if it is a record. */
static enum storage_status look_up(struct storage_flash *self, uint64_t uid, struct flash_entry *found,
                                   struct storage_record *record)
{
    struct flash_entry entry;
    found->kind = FLASH_ENTRY_REMOVAL;
    self->fault = false;
    go_to_block(&entry, 0);
    while (walk(self, &entry)) {
        if (entry.uid == uid)
            *found = entry;
    }
    if (self->fault)
        return STORAGE_FAILED;
    return found->kind == FLASH_ENTRY_RECORD ? flash_entry_check(self->device, found, record) : STORAGE_ABSENT;
}

/* Appends an entry to a block. The caller has checked that it fits. */
static bool add(struct storage_flash *self, struct storage_flash_block *block, const struct flash_entry *entry)
{
    const bool good = flash_entry_write(self->device, block_end(self, block), entry);
    if (good)
        block->end = (uint16_t)(block->end + entry->span / self->device->unit);
    return good;
}

/* ---- rewriting a block ------------------------------------------------------------------------------------------ */

/*
 * Finds the block to use next: the next one in the ring that is not bad. False when that block belongs to the log,
 * which occupies the ring from its oldest block to its newest: then no block is free.
 */
static bool next_free(const struct storage_flash *self, uint16_t *index)
{
    const uint32_t all = self->device->block_count;
    uint32_t at = self->count == 0 ? all - 1 : self->blocks[self->count - 1].index;
    do
        at = at + 1 == all ? 0 : at + 1;
    while ((self->retired >> at & 1) !=
           0); /* terminates: blocks of the log are not bad, and without a log at least one block is good */
    for (uint32_t i = 0; i < self->count; i++) {
        if (self->blocks[i].index == at)
            return false;
    }
    *index = (uint16_t)at;
    return true;
}

/*
 * Writes both copies of the header that makes `block` the newest of the log. The log then begins at the present block
 * number `dropped`. The first copy alone is enough; the second is a spare in case the first is damaged later, so a
 * power cut before it is harmless.
 */
static bool write_header(struct storage_flash *self, const struct storage_flash_block *block, uint32_t dropped)
{
    const struct imprint_flash_device *device = self->device;
    const uint32_t at = block_start(self, block), size = flash_entry_in_units(device, STORAGE_FLASH_HEADER);
    uint8_t header[STORAGE_FLASH_UNIT_MAX];

    memset(header, 0xff, sizeof header);
    store32_le(header, HEADER_MAGIC);
    store16_le(header + HEADER_VERSION, FLASH_VERSION);
    store16_le(header + HEADER_UNIT, (uint16_t)device->unit);
    store32_le(header + HEADER_BLOCK_SIZE, device->block_size);
    store16_le(header + HEADER_BLOCK_COUNT, (uint16_t)device->block_count);
    header[HEADER_COUNT] = (uint8_t)(self->count + 1 - dropped);
    header[HEADER_SPARE] = (uint8_t)device->spare_blocks;
    store32_le(header + HEADER_SEQ, block->seq);
    store32_le(header + HEADER_OLDEST, self->blocks[dropped].seq);
    store32_le(header + HEADER_RETIRED, self->retired);
    storage_record_seal(header, HEADER_CRC);
    self->seq = block->seq;
    if (!flash_entry_program(device, at, header, size)) {
        /* The next open may accept or reject this header, so nothing may be appended to the block before it. */
        self->closed = true;
        return false;
    }
    (void)flash_entry_program(device, at + size, header, size);
    self->closed = false;
    return true;
}

/*
 * Makes a new newest block that contains `item` (NULL: nothing). `drop`: it replaces the oldest block, whose live
 * records are copied first. False, with the log unchanged, if no block is free or the free one failed. A failed block
 * is retired, so another call may succeed.
 */
static bool renew(struct storage_flash *self, bool drop, const struct flash_entry *item)
{
    const struct imprint_flash_device *device = self->device;
    struct storage_flash_block *block = &self->blocks[self->count]; /* fits: a free block is not in self->blocks */
    struct flash_entry entry;

    if (self->seq == UINT32_MAX || !next_free(self, &block->index))
        return false;
    block->seq = self->seq + 1;
    block->end = (uint16_t)(entries_at(device) / device->unit);
    bool good = device->erase(device->context, block->index) &&
                flash_entry_holds(device, block_start(self, block), NULL, device->block_size);
    go_to_block(&entry, 0);
    while (good && drop && walk(self, &entry) && entry.block == 0) {
        if ((item == NULL || entry.uid != item->uid) && is_live(self, &entry))
            good = add(self, block, &entry);
    }
    if (self->fault)
        return false;
    if (!good || (item != NULL && !add(self, block, item)) || !write_header(self, block, drop)) {
        self->retired |= 1u << block->index;
        return false;
    }
    if (drop)
        memmove(self->blocks, self->blocks + 1, self->count * sizeof self->blocks[0]);
    else
        self->count++;
    return true;
}

/* ---- where a new entry goes ------------------------------------------------------------------------------------- */

/* How many blocks may be in use, including the one to rewrite into but not the spare ones. */
static uint32_t usable(const struct storage_flash *self)
{
    uint32_t good = self->device->block_count;
    for (uint32_t bad = self->retired; bad != 0; bad &= bad - 1) /* clears the lowest set bit */
        good--;
    return flash_smaller(self->device->block_count - self->device->spare_blocks, good);
}

/* Whether the log may have a block number `block`: an existing one, or one that it may still start to use. */
static bool has_place(const struct storage_flash *self, uint32_t block)
{
    return block < self->count || block + 1 < usable(self);
}

/* The room in an existing or future block beside its live records; records of `uid` do not count as live. */
static uint32_t room_in(struct storage_flash *self, uint32_t block, uint64_t uid)
{
    uint32_t room = self->device->block_size - entries_at(self->device);
    struct flash_entry entry;

    go_to_block(&entry, block);
    while (walk(self, &entry) && entry.block == block) {
        if (entry.uid != uid && is_live(self, &entry))
            room -= entry.span;
    }
    return room;
}

/* Bytes on flash that a change must leave free for two records, in one block or in two. 0: for none. */
struct free_room {
    uint32_t reserved; /* by reserve() */
    uint32_t kept;     /* for STORAGE_KEPT_UID */
};

/* Whether this room is still free when `item` is stored in `block`. */
static bool leaves_room(struct storage_flash *self, const struct flash_entry *item, uint32_t block,
                        struct free_room wanted)
{
    uint32_t room[STORAGE_FLASH_BLOCKS_MAX], places = 0;
    const uint32_t live = item->kind == FLASH_ENTRY_RECORD ? item->span : 0;

    if (wanted.reserved == 0 && wanted.kept == 0)
        return true;
    for (; places < STORAGE_FLASH_BLOCKS_MAX && has_place(self, places); places++) {
        room[places] = room_in(self, places, item->uid);
        if (places == block)
            room[places] -= flash_smaller(live, room[places]);
    }
    for (uint32_t i = 0; i < places; i++)
        for (uint32_t j = 0; j < places && room[i] >= wanted.reserved; j++)
            if (room[j] >= wanted.kept + (i == j ? wanted.reserved : 0))
                return true;
    return false;
}

#define NO_BLOCK UINT32_MAX

/*
 * Chooses the block for `item` so that `wanted` remains free: a block not used yet (number self->count), else the
 * oldest that fits.
 */
static uint32_t choose(struct storage_flash *self, const struct flash_entry *item, struct free_room wanted)
{
    for (uint32_t i = 0; i <= self->count; i++) {
        const uint32_t block = i == 0 ? self->count : i - 1;
        if (has_place(self, block) && room_in(self, block, item->uid) >= item->span &&
            leaves_room(self, item, block, wanted))
            return block;
    }
    return NO_BLOCK;
}

/*
 * Writes `item`, and leaves `wanted` free. FULL changes no record. Terminates: each turn closes a
 * block, retires one, or moves the block that has room closer to being the oldest.
 */
static enum storage_status write_entry(struct storage_flash *self, const struct flash_entry *item,
                                       struct free_room wanted)
{
    const struct imprint_flash_device *device = self->device;
    for (;;) {
        const uint32_t retired = self->retired, count = self->count;
        struct storage_flash_block *newest = &self->blocks[count - 1];

        if (!self->closed && item->span <= device->block_size - newest->end * device->unit &&
            leaves_room(self, item, count - 1, wanted)) {
            self->closed = true;
            if (add(self, newest, item)) {
                self->closed = false;
                return STORAGE_OK;
            }
            continue;
        }
        const uint32_t block = choose(self, item, wanted);
        if (self->fault)
            return STORAGE_FAILED;
        if (block == NO_BLOCK)
            return STORAGE_FULL;
        /* The item belongs in a later block: first rewrite the oldest block without it. */
        const bool later = block > 0 && block < count;
        const bool renewed = renew(self, block < count, later ? NULL : item);
        if (renewed && !later)
            return STORAGE_OK;
        if (!renewed && (self->fault || self->retired == retired))
            return STORAGE_FAILED;
    }
}

/* Bytes on flash of the record that a full store still has room for. */
static uint32_t kept_span(const struct imprint_flash_device *device)
{
    struct flash_entry entry;

    flash_entry_size(device, (uint32_t)STORAGE_RECORD_BYTES(STORAGE_KEPT_BYTES), &entry);
    return entry.span;
}

/* The room that a record `uid` may not use: that of STORAGE_KEPT_UID, as long as there is no such record. */
static uint32_t kept_room(struct storage_flash *self, uint64_t uid)
{
    struct flash_entry found;
    struct storage_record record;

    if (storage_record_may_use_kept_room(uid) || look_up(self, STORAGE_KEPT_UID, &found, &record) != STORAGE_ABSENT)
        return 0;
    return kept_span(self->device);
}

/* ---- the operations ---------------------------------------------------------------------------------------- */

/* Stores `record` under `uid`, or removes the record there (NULL). */
static enum storage_status change(struct storage_flash *self, uint64_t uid, const struct flash_record *record)
{
    struct flash_entry present, item;
    struct storage_record before;
    struct free_room wanted = {0, 0};
    uint32_t length = 0;

    enum storage_status status = look_up(self, uid, &present, &before);
    const bool absent = status == STORAGE_ABSENT;
    const bool uses_reserved = absent && uid != STORAGE_KEPT_UID;
    if (status == STORAGE_OK && storage_record_is_permanent(&before))
        return STORAGE_PERMANENT;
    if (status == STORAGE_FUTURE || status == STORAGE_FAILED || (absent && record == NULL))
        return status;
    if (record != NULL) {
        if (status == STORAGE_OK && before.flags == record->flags && before.size == record->content.len &&
            flash_entry_holds(self->device, flash_entry_content(&present), record->content.data, before.size))
            return STORAGE_OK;
        length = (uint32_t)STORAGE_RECORD_BYTES(record->content.len);
        /* A removal uses no room beside live records. */
        wanted = (struct free_room){.reserved = uses_reserved ? 0 : self->reserved, .kept = kept_room(self, uid)};
        if (self->fault)
            return STORAGE_FAILED;
    }
    item.uid = uid;
    item.at = 0; /* not written yet */
    item.record = record;
    item.kind = record == NULL ? FLASH_ENTRY_REMOVAL : FLASH_ENTRY_RECORD;
    flash_entry_size(self->device, length, &item);
    status = write_entry(self, &item, wanted);
    if (status == STORAGE_OK && uses_reserved)
        self->reserved = 0;
    return status;
}

static enum storage_status flash_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    const struct flash_record record = {.flags = flags, .content = content};

    if ((flags & STORAGE_FLAG_WRITE_ONCE) != 0 && storage_record_is_system(uid))
        return STORAGE_REFUSED;
    return content.len > STORAGE_RECORD_MAX ? STORAGE_FULL : change(context, uid, &record);
}

static enum storage_status flash_remove(void *context, uint64_t uid)
{
    return change(context, uid, NULL);
}

static enum storage_status flash_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                     struct storage_record *record)
{
    struct storage_flash *self = context;
    struct flash_entry entry;
    struct storage_record found;

    out->len = 0;
    if (record == NULL)
        record = &found;
    const enum storage_status status = look_up(self, uid, &entry, record);
    if (status == STORAGE_OK && offset < record->size && out->cap > 0) {
        const size_t left = record->size - offset, len = left < out->cap ? left : out->cap;
        if (!flash_entry_fetch(self->device, flash_entry_content(&entry) + offset, out->data, len))
            return STORAGE_FAILED;
        out->len = len;
    }
    return status;
}

static enum storage_status flash_next(void *context, bool first, uint64_t *uid)
{
    struct storage_flash *self = context;
    struct flash_entry entry;
    uint64_t next = 0;

    (void)first; /* then `*uid` is 0, which no record has */
    self->fault = false;
    go_to_block(&entry, 0);
    while (walk(self, &entry)) {
        if (entry.uid > *uid && (next == 0 || entry.uid < next) && is_live(self, &entry))
            next = entry.uid;
    }
    if (self->fault)
        return STORAGE_FAILED;
    if (next == 0)
        return STORAGE_ABSENT;
    *uid = next;
    return STORAGE_OK;
}

/* Room is reserved by counting: every later write leaves it free (leaves_room()). */
static enum storage_status flash_reserve(void *context, uint32_t size)
{
    struct storage_flash *self = context;
    struct flash_entry item;

    if (size > STORAGE_RECORD_MAX)
        return STORAGE_FULL;
    item.uid = 0; /* choose() reads only this field and the span */
    item.kind = FLASH_ENTRY_RECORD;
    flash_entry_size(self->device, (uint32_t)STORAGE_RECORD_BYTES(size), &item);
    const struct free_room wanted = {.kept = kept_room(self, 0)}; /* clears self->fault first */
    const uint32_t block = choose(self, &item, wanted);
    if (self->fault)
        return STORAGE_FAILED;
    if (block == NO_BLOCK)
        return STORAGE_FULL;
    if (self->reserved < item.span)
        self->reserved = item.span;
    return STORAGE_OK;
}

static void flash_release(void *context)
{
    struct storage_flash *self = context;
    self->reserved = 0;
}

/*
 * Each record takes its span in one block, and the record STORAGE_KEPT_UID comes and goes beside it, in whichever
 * block: the one where it takes the place of the most records counts.
 */
static enum storage_status flash_has_room(void *context, uint32_t count, uint32_t size)
{
    struct storage_flash *self = context;
    const uint32_t kept = kept_room(self, 0); /* clears self->fault first */
    uint32_t fits = 0, lost = 0;
    struct flash_entry item;

    flash_entry_size(self->device, (uint32_t)STORAGE_RECORD_BYTES(size), &item);
    for (uint32_t block = 0; block < STORAGE_FLASH_BLOCKS_MAX && has_place(self, block); block++) {
        const uint32_t room = room_in(self, block, 0), beside = room - flash_smaller(kept, room);

        fits += room / item.span;
        if (lost < room / item.span - beside / item.span)
            lost = room / item.span - beside / item.span;
    }
    if (self->fault)
        return STORAGE_FAILED;
    return size <= STORAGE_RECORD_MAX && count <= fits - lost ? STORAGE_OK : STORAGE_FULL;
}

enum storage_status storage_flash_empty_has_room(const struct imprint_flash_device *device, uint32_t count,
                                                 uint32_t size)
{
    struct storage_flash empty = {.device = device};

    return storage_flash_record_max(device) == 0 ? STORAGE_FAILED : flash_has_room(&empty, count, size);
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* The possible results of opening. */
enum outcome { NO_GEOMETRY, OTHER_GEOMETRY, NO_STORE, LATER_VERSION, DAMAGED, NOT_MADE, OPENED };

/* Why a store does not open: one row for each result except the last. */
static const struct {
    uint8_t status, reason; /* enum storage_status, enum error_reason */
    const char *cause, *next;
} refusals[] = {
    [NO_GEOMETRY] = {STORAGE_FAILED, ERROR_STORAGE_FAILED, "the flash's geometry is out of bounds", NULL},
    [OTHER_GEOMETRY] = {STORAGE_FAILED, ERROR_STORAGE_FAILED, "the store was made for flash of another geometry",
                        "name the geometry that it was made for"},
    [NO_STORE] = {STORAGE_ABSENT, ERROR_STORAGE_FAILED, "there is no key storage yet", "provision the device first"},
    [LATER_VERSION] = {STORAGE_FUTURE, ERROR_STORAGE_FAILED, "the store was made by a later version",
                       "use that version"},
    [DAMAGED] = {STORAGE_CORRUPT, ERROR_STORAGE_CORRUPT, "the store on flash is damaged",
                 "restore an image of it, or erase the flash"},
    [NOT_MADE] = {STORAGE_FAILED, ERROR_STORAGE_FAILED, "the flash cannot be erased and programmed", NULL},
};

/* Checks a header. OK; FUTURE for a whole one of a later version; ABSENT for anything else. */
static enum storage_status check_header(const uint8_t header[static STORAGE_FLASH_HEADER])
{
    if (load32_le(header) != HEADER_MAGIC || !storage_record_is_sealed(header, STORAGE_FLASH_HEADER))
        return STORAGE_ABSENT;
    const uint16_t version = load16_le(header + HEADER_VERSION);
    if (version == FLASH_VERSION)
        return STORAGE_OK;
    return version > FLASH_VERSION ? STORAGE_FUTURE : STORAGE_ABSENT;
}

/* Reads the first intact copy of a block's header. */
static enum storage_status read_header(const struct storage_flash *self, uint32_t start,
                                       uint8_t header[static STORAGE_FLASH_HEADER])
{
    enum storage_status status = STORAGE_ABSENT;
    for (uint32_t copy = 0; copy < HEADER_COPIES && status == STORAGE_ABSENT; copy++) {
        if (flash_entry_fetch(self->device, start, header, STORAGE_FLASH_HEADER))
            status = check_header(header);
        start += flash_entry_in_units(self->device, STORAGE_FLASH_HEADER);
    }
    return status;
}

/*
 * Finds the end of a block's entries. A power cut may have left the last entry without its mark, or with a damaged
 * prefix and nothing after it: such an entry is ignored. False for any other damage.
 */
static bool measure(struct storage_flash *self, struct storage_flash_block *block)
{
    const struct imprint_flash_device *device = self->device;
    const uint32_t start = block_start(self, block), end = start + device->block_size;
    uint32_t at = start + entries_at(device);
    struct flash_entry entry;

    while (flash_entry_read(device, at, end, &entry) &&
           !flash_entry_holds(device, at + entry.span - device->unit, NULL, device->unit))
        at += entry.span;
    block->end = (uint16_t)((at - start) / device->unit);
    self->closed = !device->blank_is_erased || !flash_entry_holds(device, at, NULL, entry.span);
    at += entry.span;
    return flash_entry_holds(device, at, NULL, end - at);
}

/* Reads every header, and sorts the blocks of the log into self->blocks by their numbers. */
static enum outcome gather(struct storage_flash *self)
{
    const struct imprint_flash_device *device = self->device;
    uint8_t header[STORAGE_FLASH_HEADER];
    uint32_t found = 0;
    bool entries = false;

    for (uint32_t index = 0; index < device->block_count; index++) {
        const uint32_t start = index * device->block_size;
        const enum storage_status status = read_header(self, start, header);
        struct flash_entry entry;
        if (status == STORAGE_FUTURE)
            return LATER_VERSION;
        entries |= flash_entry_read(device, start + entries_at(device), start + device->block_size, &entry);
        if (status != STORAGE_OK)
            continue;
        const struct storage_flash_block block = {.seq = load32_le(header + HEADER_SEQ), .index = (uint16_t)index};
        uint32_t at = found++;
        for (; at > 0 && self->blocks[at - 1].seq >= block.seq; at--)
            self->blocks[at] = self->blocks[at - 1];
        self->blocks[at] = block;
    }
    if (found == 0)
        return entries ? DAMAGED : NO_STORE; /* an entry at the place of the first one, but no header */
    if (read_header(self, self->blocks[found - 1].index * device->block_size, header) != STORAGE_OK)
        return DAMAGED;
    if (load16_le(header + HEADER_UNIT) != device->unit ||
        load32_le(header + HEADER_BLOCK_SIZE) != device->block_size ||
        load16_le(header + HEADER_BLOCK_COUNT) != device->block_count)
        return OTHER_GEOMETRY;
    self->seq = load32_le(header + HEADER_SEQ);
    self->retired = load32_le(header + HEADER_RETIRED);
    const uint32_t oldest = load32_le(header + HEADER_OLDEST);
    for (uint32_t i = 0; i < found; i++) {
        struct storage_flash_block *block = &self->blocks[self->count];
        *block = self->blocks[i];
        if (block->seq < oldest || (self->retired >> block->index & 1) != 0)
            continue;
        if ((self->count > 0 && block->seq == block[-1].seq) || !measure(self, block))
            return DAMAGED;
        self->count++;
    }
    const bool whole = self->count > 0 && self->count == header[HEADER_COUNT] && self->blocks[0].seq == oldest;
    return whole ? OPENED : DAMAGED;
}

static enum outcome open_or_make(struct storage_flash *self, bool create)
{
    if (storage_flash_record_max(self->device) == 0)
        return NO_GEOMETRY;
    const enum outcome outcome = gather(self);
    if (outcome != NO_STORE || !create)
        return outcome;
    while (!renew(self, false, NULL)) {
        if (usable(self) <= 1)
            return NOT_MADE;
    }
    return OPENED;
}

enum storage_status storage_flash_open(struct storage_flash *self, const struct imprint_flash_device *device,
                                       bool create, struct storage *storage, struct error *err)
{
    static const struct storage_operations operations = {
        .set = flash_set,
        .get = flash_get,
        .remove = flash_remove,
        .next = flash_next,
        .reserve = flash_reserve,
        .release = flash_release,
        .has_room = flash_has_room,
    };

    *self = (struct storage_flash){.device = device};
    const enum outcome outcome = open_or_make(self, create);
    if (outcome == OPENED) {
        *storage = (struct storage){.operations = &operations, .context = self};
        return STORAGE_OK;
    }
    error_set(err, refusals[outcome].reason, refusals[outcome].cause, refusals[outcome].next);
    error_doing(err, "open the key storage");
    return refusals[outcome].status;
}

uint32_t storage_flash_record_max(const struct imprint_flash_device *device)
{
    const uint32_t unit = device->unit, size = device->block_size, blocks = device->block_count;
    if (unit == 0 || unit > STORAGE_FLASH_UNIT_MAX || (unit & (unit - 1)) != 0 || blocks < 2 ||
        blocks > STORAGE_FLASH_BLOCKS_MAX || device->spare_blocks > blocks - 2 || size % unit != 0 ||
        size / unit > UINT16_MAX)
        return 0;
    uint32_t overhead = entries_at(device) + unit + FLASH_ENTRY_PREFIX + STORAGE_RECORD_OVERHEAD;
    if (size <= overhead + STORAGE_KEPT_BYTES)
        return 0;
    if (blocks - device->spare_blocks == 2) /* all records are in one block, beside the room kept in it */
        overhead += kept_span(device);
    return size <= overhead ? 0 : flash_smaller(size - overhead, STORAGE_RECORD_MAX);
}

bool storage_flash_read_geometry(const uint8_t header[static STORAGE_FLASH_HEADER], struct imprint_flash_device *device)
{
    if (check_header(header) != STORAGE_OK)
        return false;
    device->unit = load16_le(header + HEADER_UNIT);
    device->block_size = load32_le(header + HEADER_BLOCK_SIZE);
    device->block_count = load16_le(header + HEADER_BLOCK_COUNT);
    device->spare_blocks = header[HEADER_SPARE];
    return true;
}
