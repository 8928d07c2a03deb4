/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of the log on flash: only these functions read, check, write and copy it. Private to storage/flash.c, which
 * manages blocks. An entry is a prefix, the stored form of the record (storage/record.h) padded to units, and a mark of
 * one unit. A removal has no stored form. docs/reference/storage-format.md describes every byte.
 */
#ifndef IMPRINT_STORAGE_FLASH_ENTRY_H
#define IMPRINT_STORAGE_FLASH_ENTRY_H

#include "storage/flash.h"
#include "storage/record.h"

#define FLASH_ENTRY_PREFIX 16

enum flash_entry_kind {
    FLASH_ENTRY_RECORD = 1,
    FLASH_ENTRY_REMOVAL = 2,
};

/* The content to store under a uid. */
struct flash_record {
    uint32_t flags;
    struct bytes content;
};

/* An entry: `span` bytes on flash, with a stored form of `length` bytes. */
struct flash_entry {
    uint64_t uid;
    uint32_t at;                       /* its offset in the region ... */
    uint32_t block;                    /* ... and its block in the log, as storage/flash.c counts them */
    uint32_t length, span;             /* see flash_entry_size() */
    const struct flash_record *record; /* what to write; NULL: copy the stored form from `at` */
    uint8_t kind;
};

static inline uint32_t flash_smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* `size` rounded up to whole units. */
static inline uint32_t flash_entry_in_units(const struct imprint_flash_device *device, uint32_t size)
{
    return (size + device->unit - 1) & ~(device->unit - 1);
}

/* Sets the length of the stored form and the entry's size on flash that follows from it. */
void flash_entry_size(const struct imprint_flash_device *device, uint32_t length, struct flash_entry *entry);

/* Reads as device->read() does. */
bool flash_entry_fetch(const struct imprint_flash_device *device, uint32_t at, void *data, size_t len);

/* Programs whole units, STORAGE_FLASH_UNIT_MAX bytes at most, and reads them back. */
bool flash_entry_program(const struct imprint_flash_device *device, uint32_t at, const uint8_t *data, size_t len);

/* Whether the bytes can be read and equal `data`; NULL: whether they are erased. */
bool flash_entry_holds(const struct imprint_flash_device *device, uint32_t at, const uint8_t *data, size_t len);

/*
 * Reads the entry whose prefix is at `at` and that ends at or before `end`. False if there is none; `span` is then the
 * size of a prefix alone. Does not change `block`.
 */
bool flash_entry_read(const struct imprint_flash_device *device, uint32_t at, uint32_t end, struct flash_entry *entry);

/* Offset of the content of the record in `entry`. */
static inline uint32_t flash_entry_content(const struct flash_entry *entry)
{
    return entry->at + FLASH_ENTRY_PREFIX + STORAGE_RECORD_HEADER;
}

/* Checks the whole record in `entry`. OK, FUTURE, or CORRUPT (also if it cannot be read). */
enum storage_status flash_entry_check(const struct imprint_flash_device *device, const struct flash_entry *entry,
                                      struct storage_record *record);

/*
 * Writes `entry` at `at` and reads it back. It is a new entry, or an exact copy of one, even a damaged one or a later
 * version's; bytes that cannot be read are copied as zeros. After false, `at` holds either no valid entry or the
 * complete one.
 */
bool flash_entry_write(const struct imprint_flash_device *device, uint32_t at, const struct flash_entry *entry);

#endif
