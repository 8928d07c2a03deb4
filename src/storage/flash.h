/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage backend over raw NOR flash: a log of records over a ring of erase blocks. A block that is needed is erased,
 * filled with what still counts of the oldest block, and takes that one's place by one write, its header. Nothing is
 * ever programmed twice between two erases; every byte is read back; opening only reads.
 *
 * It leaves to its caller: the flash itself (struct flash_device), and that one caller at a time works on it. It needs
 * no memory but struct storage_flash and less than 1 KiB of stack. The stored format, and why a power cut cannot hurt
 * it, is in docs/reference/storage-format.md.
 */
#ifndef IMPRINT_STORAGE_FLASH_H
#define IMPRINT_STORAGE_FLASH_H

#include "storage/storage.h"

#define STORAGE_FLASH_UNIT_MAX 64
#define STORAGE_FLASH_BLOCKS_MAX 32

/*
 * The flash, as the port supplies it. Addresses count from the start of the region that the store may use. What
 * program() and erase() claim is checked by reading; false may be reported early, and means that it was not done or
 * not wholly.
 */
struct flash_device {
    uint32_t block_size;   /* bytes that one erase() sets to 0xFF: a multiple of 64 */
    uint32_t block_count;  /* 2 to STORAGE_FLASH_BLOCKS_MAX */
    uint32_t unit;         /* bytes programmed at once, and once only: a power of two, 1 to STORAGE_FLASH_UNIT_MAX */
    uint32_t spare_blocks; /* how many blocks may fail for good before writing does; 0 to block_count - 2 */

    /*
     * After a power cut, may what reads as erased be programmed? True for plain NOR flash. With an error correcting
     * code a cut program can leave a unit that reads as erased and is not: say false, and the first write after
     * each opening begins a new block, at the price of an erase.
     */
    bool blank_is_erased;

    /* False where something could not be read (uncorrectable): what is in `data` is not used then. */
    bool (*read)(void *context, uint32_t at, uint8_t *data, size_t len);
    /* Programs whole units, in ascending order; `at` and `len` are multiples of `unit`, within one block. */
    bool (*program)(void *context, uint32_t at, const uint8_t *data, size_t len);
    bool (*erase)(void *context, uint32_t block);
    void *context;
};

/* Private: a block that counts, oldest first. */
struct storage_flash_block {
    uint32_t seq;   /* the number of its header */
    uint16_t index; /* which one it is */
    uint16_t end;   /* of its entries, in units from its start */
};

/* Private. */
struct storage_flash {
    const struct flash_device *device;
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
enum storage_status storage_flash_open(struct storage_flash *self, const struct flash_device *device, bool create,
                                       struct storage *storage, struct error *err);

/* The longest content of a record on such a device; 0 also where the geometry is out of bounds. */
uint32_t storage_flash_record_max(const struct flash_device *device);

#define STORAGE_FLASH_HEADER 32

/*
 * Takes block size, block count, spare blocks and unit from a block's header, so that an image can be read without
 * knowing them. False, with `device` unchanged, when `header` (STORAGE_FLASH_HEADER bytes) is none of this version.
 */
bool storage_flash_read_geometry(const uint8_t header[static STORAGE_FLASH_HEADER], struct flash_device *device);

#endif
