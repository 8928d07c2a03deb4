/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of the log on flash: read, checked, written and copied here and nowhere else; private to storage/flash.c,
 * which knows of blocks. Prefix, stored form of the record (storage/record.h) padded to units, mark of one unit; a
 * removal has no stored form. docs/reference/storage-format.md describes every byte.
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

/* What is stored under a uid, on its way to flash. */
struct flash_record {
    uint32_t flags;
    struct bytes content;
};

/* An entry: `span` bytes on flash, with a stored form of `length` bytes. */
struct flash_entry {
    uint64_t uid;
    uint32_t at;                       /* where it lies, in the region ... */
    uint32_t block;                    /* ... and in which block of the log: storage/flash.c's own count */
    uint32_t length, span;             /* see flash_entry_size() */
    const struct flash_record *record; /* of one that is to be written; NULL: its stored form is at `at` */
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

/* Notes the length of the stored form and, by it, what the entry takes on flash. */
void flash_entry_size(const struct imprint_flash_device *device, uint32_t length, struct flash_entry *entry);

/* Reads as device->read() does. */
bool flash_entry_fetch(const struct imprint_flash_device *device, uint32_t at, void *data, size_t len);

/* Programs whole units, STORAGE_FLASH_UNIT_MAX bytes at most, and looks whether every bit took. */
bool flash_entry_program(const struct imprint_flash_device *device, uint32_t at, const uint8_t *data, size_t len);

/* Whether all of it can be read and is `data`; with NULL: is as after an erase. */
bool flash_entry_holds(const struct imprint_flash_device *device, uint32_t at, const uint8_t *data, size_t len);

/*
 * The entry whose prefix lies at `at` and that ends before `end`; false where there is none, with the span of what a
 * prefix alone takes up, whatever is wrong with it. Leaves `block` alone.
 */
bool flash_entry_read(const struct imprint_flash_device *device, uint32_t at, uint32_t end, struct flash_entry *entry);

/* Where the content of the record that `entry` holds lies. */
static inline uint32_t flash_entry_content(const struct flash_entry *entry)
{
    return entry->at + FLASH_ENTRY_PREFIX + STORAGE_RECORD_HEADER;
}

/* Checks the whole record that `entry` holds. OK, FUTURE, or CORRUPT, also where it cannot be read. */
enum storage_status flash_entry_check(const struct imprint_flash_device *device, const struct flash_entry *entry,
                                      struct storage_record *record);

/*
 * Writes `entry` at `at` and reads it back: a new one; or a copy of one as it is, damaged or of a later version, in
 * which zeros stand for what can no longer be read. False: what lies at `at` is no entry, or is the one that was to be
 * written.
 */
bool flash_entry_write(const struct imprint_flash_device *device, uint32_t at, const struct flash_entry *entry);

#endif
