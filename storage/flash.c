/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log on flash: entries, blocks, and the choice of where a new entry goes. What lies where, and the table of states
 * after a power cut, is in docs/storage-format.md.
 *
 * What always holds: one more block than the log counts can be erased at any time, so that the oldest block can be
 * rewritten into it; all of it fits there, for an entry takes the same room in every block. "Room" therefore means
 * room beside the live records of one block (rooms_of()), and a new entry fits when some block has it: that block is
 * rewritten with the new entry in it. The bytes that happen to be free in the newest block are only a short cut.
 */
#include "storage/flash.h"

#include <string.h>

#include "bytes/order.h"
#include "storage/flash_entry.h"
#include "storage/record.h"

/* A block's header, stored twice. */
enum {
    HEADER_VERSION = 4,
    HEADER_UNIT = 6,
    HEADER_BLOCK_SIZE = 8,
    HEADER_BLOCK_COUNT = 12,
    HEADER_COUNT = 14, /* one byte, as is the next */
    HEADER_SPARE = 15,
    HEADER_SEQ = 16,
    HEADER_OLDEST = 20,
    HEADER_RETIRED = 24,
    HEADER_CRC = 28,
    HEADER_COPIES = 2,
    FLASH_VERSION = 1,
};

_Static_assert(HEADER_CRC + 4 == STORAGE_FLASH_HEADER, "the checksum is the header's last field");

#define HEADER_MAGIC 0x534c4649u /* "IFLS" */

/* A place in the log: before the entry at `at` in the block that is number `block` among those that count. at 0: its
 * first entry. */
struct cursor {
    uint32_t block, at;
};

/* Where the entries of a block begin: behind both copies of its header. */
static uint32_t entries_at(const struct flash_device *device)
{
    return HEADER_COPIES * flash_entry_in_units(device, STORAGE_FLASH_HEADER);
}

/* ---- reading the log -------------------------------------------------------------------------------------------- */

static uint32_t block_start(const struct storage_flash *self, const struct storage_flash_block *block)
{
    return block->index * self->device->block_size;
}

/* Steps over the next entry of the log. False at the end, and where the log cannot be read: self->fault tells. */
static bool walk(struct storage_flash *self, struct cursor *cursor, struct flash_entry *entry)
{
    for (; cursor->block < self->count; cursor->block++, cursor->at = 0) {
        const struct storage_flash_block *block = &self->blocks[cursor->block];
        const uint32_t start = block_start(self, block), end = start + block->end * self->device->unit;
        if (cursor->at == 0)
            cursor->at = start + entries_at(self->device);
        if (cursor->at < end) {
            if (!flash_entry_read(self->device, cursor->at, end, entry)) {
                self->fault = true;
                return false;
            }
            cursor->at += entry->span;
            return true;
        }
    }
    return false;
}

/* The last word on `uid`: true when it is a record. */
static bool find(struct storage_flash *self, uint64_t uid, struct flash_entry *found)
{
    struct cursor cursor = {.block = 0};
    struct flash_entry entry;
    found->kind = FLASH_ENTRY_REMOVAL;
    self->fault = false;
    while (walk(self, &cursor, &entry)) {
        if (entry.uid == uid)
            *found = entry;
    }
    return found->kind == FLASH_ENTRY_RECORD && !self->fault;
}

/* Whether `entry`, which `cursor` has just passed, is a record and the last word on its uid. */
static bool is_live(struct storage_flash *self, struct cursor cursor, const struct flash_entry *entry)
{
    struct flash_entry later;
    if (entry->kind != FLASH_ENTRY_RECORD)
        return false;
    while (walk(self, &cursor, &later)) {
        if (later.uid == entry->uid)
            return false;
    }
    return true;
}

/* Finds and checks the record `uid`. */
static enum storage_status look_up(struct storage_flash *self, uint64_t uid, struct flash_entry *entry,
                                   struct storage_record *record, struct bytes wanted, bool *same)
{
    *same = false;
    if (find(self, uid, entry))
        return flash_entry_check(self->device, entry, record, wanted, same);
    return self->fault ? STORAGE_FAILED : STORAGE_ABSENT;
}

/* Adds an entry to the newest block, where it has been found to fit. False: nothing more goes into that block. */
static bool append(struct storage_flash *self, const struct flash_item *item)
{
    struct storage_flash_block *head = &self->blocks[self->count - 1];
    const uint32_t at = self->room_at;
    self->room_at = self->device->block_size;
    if (!flash_entry_write(self->device, block_start(self, head) + at, item))
        return false;
    self->room_at = at + flash_entry_span(self->device, flash_entry_length(item));
    head->end = (uint16_t)(self->room_at / self->device->unit);
    return true;
}

/* ---- rewriting a block ------------------------------------------------------------------------------------------ */

/* The next block, round the ring, that neither counts nor is bad. False when there is none. */
static bool next_free(const struct storage_flash *self, uint32_t *index)
{
    const uint32_t all = self->device->block_count;
    const uint32_t first = self->count == 0 ? 0 : self->blocks[self->count - 1].index + 1u;
    for (uint32_t i = 0; i < all; i++) {
        *index = (first + i) % all;
        bool is_free = (self->retired >> *index & 1) == 0;
        for (uint32_t j = 0; j < self->count; j++)
            is_free = is_free && self->blocks[j].index != *index;
        if (is_free)
            return true;
    }
    return false;
}

/*
 * Writes both copies of the header that makes `block` part of the log. The first one does it; the second stands in for
 * it should it be damaged one day, so it does not matter whether a power cut leaves it out.
 */
static bool write_header(struct storage_flash *self, const struct storage_flash_block *block, uint32_t oldest,
                         uint32_t count)
{
    const struct flash_device *device = self->device;
    const uint32_t at = block_start(self, block), size = flash_entry_in_units(device, STORAGE_FLASH_HEADER);
    uint8_t header[STORAGE_FLASH_UNIT_MAX];

    memset(header, 0xff, sizeof header);
    store32_le(header, HEADER_MAGIC);
    store16_le(header + HEADER_VERSION, FLASH_VERSION);
    store16_le(header + HEADER_UNIT, (uint16_t)device->unit);
    store32_le(header + HEADER_BLOCK_SIZE, device->block_size);
    store16_le(header + HEADER_BLOCK_COUNT, (uint16_t)device->block_count);
    header[HEADER_COUNT] = (uint8_t)count;
    header[HEADER_SPARE] = (uint8_t)device->spare_blocks;
    store32_le(header + HEADER_SEQ, block->seq);
    store32_le(header + HEADER_OLDEST, oldest);
    store32_le(header + HEADER_RETIRED, self->retired);
    store32_le(header + HEADER_CRC, storage_record_crc(0, bytes_of(header, HEADER_CRC)));
    if (!flash_entry_program(self->device, at, header, size)) {
        /* Whatever a later opening makes of it, nothing may be added to the log before it. */
        self->room_at = device->block_size;
        return false;
    }
    (void)flash_entry_program(self->device, at + size, header, size);
    return true;
}

/*
 * Makes a new newest block, with `item` (NULL: none) in it. `drop`: in the place of the oldest, whose live records are
 * copied first. FAILED, with the log as it was, when there is no free block or the one that was has failed: then it is
 * retired, and there may be another.
 */
static enum storage_status renew(struct storage_flash *self, bool drop, const struct flash_item *item)
{
    const struct flash_device *device = self->device;
    struct cursor cursor = {.block = 0};
    struct flash_entry entry;
    uint32_t index;

    if (self->seq == UINT32_MAX || !next_free(self, &index))
        return STORAGE_FAILED;
    const uint32_t start = index * device->block_size;
    uint32_t at = entries_at(device);
    bool good = device->erase(device->context, index) && flash_entry_blank(self->device, start, device->block_size);
    while (good && drop && walk(self, &cursor, &entry) && cursor.block == 0) {
        if ((item == NULL || entry.uid != item->uid) && is_live(self, cursor, &entry)) {
            good = flash_entry_copy(self->device, start + at, &entry);
            at += entry.span;
        }
    }
    if (self->fault)
        return STORAGE_FAILED;
    if (good && item != NULL) {
        good = flash_entry_write(self->device, start + at, item);
        at += flash_entry_span(device, flash_entry_length(item));
    }
    const uint32_t dropped = drop ? 1 : 0, count = self->count + 1 - dropped;
    const struct storage_flash_block block = {
        .seq = self->seq + 1, .index = (uint16_t)index, .end = (uint16_t)(at / device->unit)};
    if (good) {
        self->seq++;
        good = write_header(self, &block, count == 1 ? block.seq : self->blocks[dropped].seq, count);
    }
    if (!good) {
        self->retired |= 1u << index;
        return STORAGE_FAILED;
    }
    memmove(self->blocks, self->blocks + dropped, (count - 1) * sizeof self->blocks[0]);
    self->blocks[count - 1] = block;
    self->count = count;
    self->room_at = at;
    return STORAGE_OK;
}

/* ---- where a new entry goes ------------------------------------------------------------------------------------- */

/* How many blocks the log may have: the spare ones, and one to rewrite into, stay out of it. */
static uint32_t count_max(const struct storage_flash *self)
{
    uint32_t usable = 0;
    for (uint32_t i = 0; i < self->device->block_count; i++)
        usable += (self->retired >> i & 1) ^ 1;
    return flash_smaller(self->device->block_count - self->device->spare_blocks, usable > 0 ? usable : 1) - 1;
}

/*
 * The room that each block has beside its live records, those of `uid` left out; blocks still to be taken into use
 * follow. Returns how many there are.
 */
static uint32_t rooms_of(struct storage_flash *self, uint64_t uid, uint32_t rooms[static STORAGE_FLASH_BLOCKS_MAX])
{
    const uint32_t max = count_max(self), count = max > self->count ? max : self->count;
    struct cursor cursor = {.block = 0};
    struct flash_entry entry;

    for (uint32_t i = 0; i < STORAGE_FLASH_BLOCKS_MAX; i++)
        rooms[i] = self->device->block_size - entries_at(self->device);
    while (walk(self, &cursor, &entry)) {
        if (entry.uid != uid && is_live(self, cursor, &entry))
            rooms[cursor.block] -= entry.span;
    }
    return count;
}

enum way {
    WAY_NONE,     /* no room */
    WAY_APPEND,   /* into the newest block */
    WAY_FRESH,    /* into a block not used yet */
    WAY_REWRITE,  /* into the rewritten oldest block */
    WAY_GO_ROUND, /* into the rewritten form of a later block: the oldest is to be rewritten as it is first */
};

/*
 * Where an entry of `need` bytes goes, of which `live` stay after the next rewriting, so that the next record of `kept`
 * bytes still finds a place.
 */
static enum way choose(struct storage_flash *self, uint64_t uid, uint32_t need, uint32_t live, uint32_t kept)
{
    uint32_t rooms[STORAGE_FLASH_BLOCKS_MAX];
    const uint32_t newest = self->count - 1;
    const bool appends = need <= self->device->block_size - self->room_at;

    if (appends && kept == 0)
        return WAY_APPEND;
    const uint32_t count = rooms_of(self, uid, rooms);
    /* First the newest block, if there is room behind its entries; then one not used yet; then from the oldest on. */
    for (uint32_t step = appends ? 0 : 1; step < count + 2; step++) {
        const uint32_t at = step == 0 ? newest : step == 1 ? self->count : step - 2;
        if (at >= count || (step > 1 && at >= self->count) || rooms[at] < need)
            continue;
        for (uint32_t i = 0; i < count; i++) {
            if (rooms[i] - (i == at ? live : 0) < kept)
                continue;
            return step == 0 ? WAY_APPEND : step == 1 ? WAY_FRESH : at == 0 ? WAY_REWRITE : WAY_GO_ROUND;
        }
    }
    return WAY_NONE;
}

/*
 * Writes `item`, and leaves room for a record of `kept` bytes. FULL has changed nothing that can be seen. Ends: each
 * turn closes a block, retires one, or brings the block that has room nearer to being the oldest.
 */
static enum storage_status write_entry(struct storage_flash *self, const struct flash_item *item, uint32_t kept)
{
    const uint32_t need = flash_entry_span(self->device, flash_entry_length(item));
    for (;;) {
        const uint32_t retired = self->retired;
        const enum way way = choose(self, item->uid, need, item->kind == FLASH_ENTRY_RECORD ? need : 0, kept);
        enum storage_status status = STORAGE_FAILED;

        if (way == WAY_NONE)
            return self->fault ? STORAGE_FAILED : STORAGE_FULL;
        if (way == WAY_APPEND) {
            if (append(self, item))
                return STORAGE_OK;
            continue;
        }
        if (!self->fault)
            status = renew(self, way != WAY_FRESH, way == WAY_GO_ROUND ? NULL : item);
        if (status == STORAGE_OK && way != WAY_GO_ROUND)
            return STORAGE_OK;
        if (status != STORAGE_OK && (self->fault || self->retired == retired))
            return status;
    }
}

/* ---- the five operations ---------------------------------------------------------------------------------------- */

static enum storage_status flash_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    struct storage_flash *self = context;
    const struct flash_item item = {.uid = uid, .flags = flags, .kind = FLASH_ENTRY_RECORD, .content = content};
    struct flash_entry entry;
    struct storage_record record;
    bool same;

    if (content.len > storage_flash_record_max(self->device))
        return STORAGE_FULL;
    const enum storage_status before = look_up(self, uid, &entry, &record, content, &same);
    if (before == STORAGE_FUTURE || before == STORAGE_FAILED)
        return before;
    if (before == STORAGE_OK && (record.flags & STORAGE_FLAG_WRITE_ONCE) != 0)
        return STORAGE_PERMANENT;
    if (before == STORAGE_OK && record.flags == flags && same)
        return STORAGE_OK;
    const enum storage_status status = write_entry(self, &item, before == STORAGE_ABSENT ? 0 : self->reserved);
    if (status == STORAGE_OK && before == STORAGE_ABSENT)
        self->reserved = 0;
    return status;
}

static enum storage_status flash_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                     struct storage_record *record)
{
    struct storage_flash *self = context;
    struct flash_entry entry;
    struct storage_record found;
    bool same;

    out->len = 0;
    const enum storage_status status = look_up(self, uid, &entry, &found, BYTES_NONE, &same);
    if (status != STORAGE_OK)
        return status;
    if (offset < found.size && out->cap > 0) {
        const size_t left = found.size - offset, len = left < out->cap ? left : out->cap;
        if (!flash_entry_fetch(self->device, entry.at + FLASH_ENTRY_PREFIX + STORAGE_RECORD_HEADER + offset, out->data,
                               len))
            return STORAGE_FAILED;
        out->len = len;
    }
    if (record != NULL)
        *record = found;
    return STORAGE_OK;
}

static enum storage_status flash_remove(void *context, uint64_t uid)
{
    struct storage_flash *self = context;
    const struct flash_item item = {.uid = uid, .kind = FLASH_ENTRY_REMOVAL};
    struct flash_entry entry;
    struct storage_record record;
    bool same;

    const enum storage_status before = look_up(self, uid, &entry, &record, BYTES_NONE, &same);
    if (before == STORAGE_OK && (record.flags & STORAGE_FLAG_WRITE_ONCE) != 0)
        return STORAGE_PERMANENT;
    if (before != STORAGE_OK && before != STORAGE_CORRUPT)
        return before;
    /* A removal takes nothing from the room beside live records, so what is kept for a new one stays. */
    return write_entry(self, &item, 0);
}

static enum storage_status flash_next(void *context, bool first, uint64_t *uid)
{
    struct storage_flash *self = context;
    struct cursor cursor = {.block = 0};
    struct flash_entry entry;
    uint64_t next = 0;

    self->fault = false;
    while (walk(self, &cursor, &entry)) {
        if ((first || entry.uid > *uid) && (next == 0 || entry.uid < next) && is_live(self, cursor, &entry))
            next = entry.uid;
    }
    if (self->fault)
        return STORAGE_FAILED;
    if (next == 0)
        return STORAGE_ABSENT;
    *uid = next;
    return STORAGE_OK;
}

/* Room is kept by counting: every later write leaves it (choose()). */
static enum storage_status flash_reserve(void *context, uint32_t size)
{
    struct storage_flash *self = context;
    uint32_t rooms[STORAGE_FLASH_BLOCKS_MAX];

    if (size > storage_flash_record_max(self->device))
        return STORAGE_FULL;
    const uint32_t need = flash_entry_span(self->device, (uint32_t)STORAGE_RECORD_BYTES(size));
    self->fault = false;
    const uint32_t count = rooms_of(self, 0, rooms);
    for (uint32_t i = 0; i < count && !self->fault; i++) {
        if (rooms[i] < need)
            continue;
        if (self->reserved < need)
            self->reserved = need;
        return STORAGE_OK;
    }
    return self->fault ? STORAGE_FAILED : STORAGE_FULL;
}

static void flash_release(void *context)
{
    struct storage_flash *self = context;
    self->reserved = 0;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* Checks a header. OK; FUTURE for a whole one of a later version; ABSENT for anything else. */
static enum storage_status check_header(const uint8_t header[static STORAGE_FLASH_HEADER])
{
    if (load32_le(header) != HEADER_MAGIC ||
        load32_le(header + HEADER_CRC) != storage_record_crc(0, bytes_of(header, HEADER_CRC)))
        return STORAGE_ABSENT;
    const uint16_t version = load16_le(header + HEADER_VERSION);
    if (version == FLASH_VERSION)
        return STORAGE_OK;
    return version > FLASH_VERSION ? STORAGE_FUTURE : STORAGE_ABSENT;
}

static enum storage_status read_header(const struct storage_flash *self, uint32_t index,
                                       uint8_t header[static STORAGE_FLASH_HEADER])
{
    enum storage_status status = STORAGE_ABSENT;
    for (uint32_t copy = 0; copy < HEADER_COPIES && status == STORAGE_ABSENT; copy++) {
        const uint32_t at =
            index * self->device->block_size + copy * flash_entry_in_units(self->device, STORAGE_FLASH_HEADER);
        if (flash_entry_fetch(self->device, at, header, STORAGE_FLASH_HEADER))
            status = check_header(header);
    }
    return status;
}

/*
 * Finds the end of a block's entries. The last one may be one that a power cut has left without its mark, or with a
 * damaged prefix and nothing behind it: it does not count. Any other damage is CORRUPT.
 */
static enum storage_status measure(struct storage_flash *self, struct storage_flash_block *block)
{
    const struct flash_device *device = self->device;
    const uint32_t start = block_start(self, block), end = start + device->block_size;
    uint32_t at = start + entries_at(device), behind;
    struct flash_entry entry;

    for (;;) {
        const bool whole = flash_entry_read(self->device, at, end, &entry);
        behind = whole ? entry.span : flash_smaller(flash_entry_in_units(device, FLASH_ENTRY_PREFIX), end - at);
        if (!whole || flash_entry_blank(self->device, at + entry.span - device->unit, device->unit))
            break;
        at += entry.span;
    }
    block->end = (uint16_t)((at - start) / device->unit);
    const bool good = flash_entry_blank(device, at + behind, end - at - behind);
    const bool room = good && device->blank_is_erased && flash_entry_blank(device, at, behind);
    self->room_at = room ? at - start : device->block_size;
    return good ? STORAGE_OK : STORAGE_CORRUPT;
}

/* Takes the blocks that count into self->blocks, by their numbers; `newest` is the header of the last one. */
static enum storage_status gather(struct storage_flash *self, const uint8_t newest[static STORAGE_FLASH_HEADER])
{
    const uint32_t oldest = load32_le(newest + HEADER_OLDEST);
    uint8_t header[STORAGE_FLASH_HEADER];

    self->seq = load32_le(newest + HEADER_SEQ);
    self->retired = load32_le(newest + HEADER_RETIRED);
    for (uint32_t index = 0; index < self->device->block_count; index++) {
        if ((self->retired >> index & 1) != 0 || read_header(self, index, header) != STORAGE_OK)
            continue;
        const uint32_t seq = load32_le(header + HEADER_SEQ);
        if (seq < oldest || seq > self->seq)
            continue;
        uint32_t at = self->count++;
        for (; at > 0 && self->blocks[at - 1].seq > seq; at--)
            self->blocks[at] = self->blocks[at - 1];
        self->blocks[at] = (struct storage_flash_block){.seq = seq, .index = (uint16_t)index};
    }
    if (self->count != newest[HEADER_COUNT])
        return STORAGE_CORRUPT;
    for (uint32_t i = 0; i < self->count; i++) {
        if ((i > 0 && self->blocks[i].seq == self->blocks[i - 1].seq) || measure(self, &self->blocks[i]) != STORAGE_OK)
            return STORAGE_CORRUPT;
    }
    return self->count > 0 && self->blocks[0].seq == oldest ? STORAGE_OK : STORAGE_CORRUPT;
}

/* Looks at every header; OK with the newest in `newest`. Without any, an entry where a first one lies is damage. */
static enum storage_status survey(const struct storage_flash *self, uint8_t newest[static STORAGE_FLASH_HEADER])
{
    const struct flash_device *device = self->device;
    enum storage_status status = STORAGE_ABSENT;
    bool entries = false;
    struct flash_entry entry;

    for (uint32_t index = 0; index < device->block_count; index++) {
        uint8_t header[STORAGE_FLASH_HEADER];
        const uint32_t start = index * device->block_size;
        const enum storage_status found = read_header(self, index, header);
        if (found == STORAGE_FUTURE)
            return STORAGE_FUTURE;
        entries =
            entries || flash_entry_read(self->device, start + entries_at(device), start + device->block_size, &entry);
        if (found == STORAGE_OK &&
            (status == STORAGE_ABSENT || load32_le(header + HEADER_SEQ) > load32_le(newest + HEADER_SEQ))) {
            memcpy(newest, header, sizeof header);
            status = STORAGE_OK;
        }
    }
    return status == STORAGE_ABSENT && entries ? STORAGE_CORRUPT : status;
}

static enum storage_status refuse(struct error *err, enum storage_status status, enum error_reason reason,
                                  const char *cause, const char *next)
{
    error_set(err, reason, cause, next);
    error_doing(err, "open the key storage");
    return status;
}

enum storage_status storage_flash_open(struct storage_flash *self, const struct flash_device *device, bool create,
                                       struct storage *storage, struct error *err)
{
    static const struct storage_operations operations = {
        .set = flash_set,
        .get = flash_get,
        .remove = flash_remove,
        .next = flash_next,
        .reserve = flash_reserve,
        .release = flash_release,
    };
    uint8_t newest[STORAGE_FLASH_HEADER];
    struct flash_device made = *device;

    *self = (struct storage_flash){.device = device};
    if (storage_flash_record_max(device) == 0)
        return refuse(err, STORAGE_FAILED, ERROR_STORAGE_FAILED, "the flash's geometry is out of bounds", NULL);
    enum storage_status status = survey(self, newest);
    if (status == STORAGE_ABSENT && create) {
        while ((status = renew(self, false, NULL)) != STORAGE_OK && count_max(self) > 0)
            ;
    } else if (status == STORAGE_OK) {
        if (!storage_flash_read_geometry(newest, &made) || made.unit != device->unit ||
            made.block_size != device->block_size || made.block_count != device->block_count)
            return refuse(err, STORAGE_FAILED, ERROR_STORAGE_FAILED, "the store was made for flash of another geometry",
                          "name the geometry that it was made for");
        status = gather(self, newest);
    }
    switch (status) {
    case STORAGE_OK:
        *storage = (struct storage){.operations = &operations, .context = self};
        return status;
    case STORAGE_ABSENT:
        return refuse(err, status, ERROR_STORAGE_FAILED, "there is no key storage yet", "provision the device first");
    case STORAGE_FUTURE:
        return refuse(err, status, ERROR_STORAGE_FAILED, "the store was made by a later version", "use that version");
    case STORAGE_CORRUPT:
        return refuse(err, status, ERROR_STORAGE_CORRUPT, "the store on flash is damaged",
                      "restore an image of it, or erase the flash");
    default:
        return refuse(err, status, ERROR_STORAGE_FAILED, "the flash cannot be erased and programmed", NULL);
    }
}

uint32_t storage_flash_record_max(const struct flash_device *device)
{
    const uint32_t unit = device->unit, size = device->block_size, blocks = device->block_count;
    if (unit == 0 || unit > STORAGE_FLASH_UNIT_MAX || (unit & (unit - 1)) != 0 || blocks < 2 ||
        blocks > STORAGE_FLASH_BLOCKS_MAX || device->spare_blocks > blocks - 2 || size % unit != 0 ||
        size / unit > UINT16_MAX || size > UINT32_MAX / STORAGE_FLASH_BLOCKS_MAX)
        return 0;
    const uint32_t overhead = entries_at(device) + unit + FLASH_ENTRY_PREFIX + STORAGE_RECORD_OVERHEAD;
    return size <= overhead ? 0 : flash_smaller(size - overhead, STORAGE_RECORD_MAX);
}

bool storage_flash_read_geometry(const uint8_t header[static STORAGE_FLASH_HEADER], struct flash_device *device)
{
    if (check_header(header) != STORAGE_OK)
        return false;
    device->unit = load16_le(header + HEADER_UNIT);
    device->block_size = load32_le(header + HEADER_BLOCK_SIZE);
    device->block_count = load16_le(header + HEADER_BLOCK_COUNT);
    device->spare_blocks = header[HEADER_SPARE];
    return true;
}
