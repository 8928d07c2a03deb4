/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of the log on flash: read, checked, written and copied here and nowhere else; private to storage/flash.c,
 * which knows of blocks. Prefix, stored form of the record (storage/record.h) padded to units, mark of one unit; a
 * removal has no stored form. docs/storage-format.md describes every byte.
 */
#ifndef IMPRINT_STORAGE_FLASH_ENTRY_H
#define IMPRINT_STORAGE_FLASH_ENTRY_H

#include "storage/flash.h"

#define FLASH_ENTRY_PREFIX 16

enum flash_entry_kind {
    FLASH_ENTRY_RECORD = 1,
    FLASH_ENTRY_REMOVAL = 2,
};

/* An entry on flash: `span` bytes at `at`, with a stored form of `length` bytes. */
struct flash_entry {
    uint64_t uid;
    uint32_t at, length, span;
    uint8_t kind;
};

/* What is to be written. */
struct flash_item {
    uint64_t uid;
    uint32_t flags;
    uint8_t kind;
    struct bytes content;
};

static inline uint32_t flash_smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* `size` rounded up to whole units. */
static inline uint32_t flash_entry_in_units(const struct flash_device *device, uint32_t size)
{
    return (size + device->unit - 1) & ~(device->unit - 1);
}

/* The bytes of an entry whose stored form takes `length`. */
uint32_t flash_entry_span(const struct flash_device *device, uint32_t length);

/* The bytes of the stored form of `item`. */
uint32_t flash_entry_length(const struct flash_item *item);

/* Reads as device->read() does. */
bool flash_entry_fetch(const struct flash_device *device, uint32_t at, void *data, size_t len);

/* Programs whole units, STORAGE_FLASH_UNIT_MAX bytes at most, and looks whether every bit took. */
bool flash_entry_program(const struct flash_device *device, uint32_t at, const uint8_t *data, size_t len);

/* Whether all of it can be read and is as after an erase. */
bool flash_entry_blank(const struct flash_device *device, uint32_t at, uint32_t len);

/* The entry whose prefix lies at `at` and that ends before `end`; false where there is none. */
bool flash_entry_read(const struct flash_device *device, uint32_t at, uint32_t end, struct flash_entry *entry);

/*
 * Checks the whole record that `entry` holds, and whether its content is `wanted` (`same`; only with OK). OK, FUTURE,
 * or CORRUPT, also where it cannot be read.
 */
enum storage_status flash_entry_check(const struct flash_device *device, const struct flash_entry *entry,
                                      struct storage_record *record, struct bytes wanted, bool *same);

/* Writes an entry and reads it back. False: what lies at `at` is no entry, or is the one that was to be written. */
bool flash_entry_write(const struct flash_device *device, uint32_t at, const struct flash_item *item);

/* Copies an entry as it is, damaged or of a later version. What can no longer be read is copied as zeros. */
bool flash_entry_copy(const struct flash_device *device, uint32_t at, const struct flash_entry *entry);

#endif
