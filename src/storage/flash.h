/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage backend over raw NOR flash: a log of records over a ring of erase blocks. A block that is needed is erased,
 * filled with what still counts of the oldest block, and takes that one's place by one write, its header. Nothing is
 * ever programmed twice between two erases; every byte is read back; opening only reads.
 *
 * It leaves to its caller: the flash itself (struct imprint_flash_device), and that one caller at a time works on it.
 * It needs no memory but struct storage_flash and less than 1 KiB of stack. The stored format, and why a power cut
 * cannot hurt it, is in docs/reference/storage-format.md.
 */
#ifndef IMPRINT_STORAGE_FLASH_H
#define IMPRINT_STORAGE_FLASH_H

#include <imprint/flash.h>

#include "storage/storage.h"

#define STORAGE_FLASH_UNIT_MAX IMPRINT_FLASH_UNIT_MAX
#define STORAGE_FLASH_BLOCKS_MAX IMPRINT_FLASH_BLOCKS_MAX

/* Private: a block that counts, oldest first. */
struct storage_flash_block {
    uint32_t seq;   /* the number of its header */
    uint16_t index; /* which one it is */
    uint16_t end;   /* of its entries, in units from its start */
};

/* Private. */
struct storage_flash {
    const struct imprint_flash_device *device;
    uint32_t seq;      /* the highest number given out */
    uint32_t retired;  /* bit n: block n is bad */
    uint32_t reserved; /* bytes on flash of the record that room is kept for; 0 for none */
    uint32_t count;    /* of blocks that count */
    bool closed;       /* nothing more goes into the newest block */
    bool fault;        /* something that must be readable was not */
    struct storage_flash_block blocks[STORAGE_FLASH_BLOCKS_MAX];
};

/*
 * Opens the store on `device`; only reads, unless there is none and `create` makes one, over whatever lies there.
 * OK; else, with the reason in `err`: ABSENT (no store, and not to be made), FUTURE (of a later version: untouched),
 * CORRUPT (damaged in a way that no power cut explains: untouched), FAILED (geometry that is out of bounds or not that
 * of the store; making one failed). `self`, `device` and `storage` must stay where they are while the store is in use;
 * there is nothing to close. The longest record is STORAGE_RECORD_MAX, or what fits one block: see
 * storage_flash_record_max().
 */
enum storage_status storage_flash_open(struct storage_flash *self, const struct imprint_flash_device *device,
                                       bool create, struct storage *storage, struct error *err);

/* The longest content of a record on such a device; 0 also where the geometry is out of bounds. */
uint32_t storage_flash_record_max(const struct imprint_flash_device *device);

#define STORAGE_FLASH_HEADER 32

/*
 * Takes block size, block count, spare blocks and unit from a block's header, so that an image can be read without
 * knowing them. False, with `device` unchanged, when `header` (STORAGE_FLASH_HEADER bytes) is none of this version.
 */
bool storage_flash_read_geometry(const uint8_t header[static STORAGE_FLASH_HEADER],
                                 struct imprint_flash_device *device);

#endif
