/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage backend over raw NOR flash: a log of records over a ring of erase blocks. To free a block, the live records
 * of the oldest block are copied to an erased block, whose header is written last and makes it replace the oldest. No
 * byte is programmed twice between two erases; every byte is read back; opening only reads.
 *
 * The caller provides the flash (struct imprint_flash_device) and makes sure that only one thread uses the store at a
 * time. It needs struct storage_flash and less than 1 KiB of stack. docs/reference/storage-format.md describes the
 * format, and why a power cut cannot damage it.
 */
#ifndef IMPRINT_STORAGE_FLASH_H
#define IMPRINT_STORAGE_FLASH_H

#include <imprint/flash.h>

#include "storage/storage.h"

#define STORAGE_FLASH_UNIT_MAX IMPRINT_FLASH_UNIT_MAX
#define STORAGE_FLASH_BLOCKS_MAX IMPRINT_FLASH_BLOCKS_MAX

/* Private: a block of the log, oldest first. */
struct storage_flash_block {
    uint32_t seq;   /* its sequence number, from its header */
    uint16_t index; /* its index in the flash */
    uint16_t end;   /* end of its entries, in units from its start */
};

/* Private. */
struct storage_flash {
    const struct imprint_flash_device *device;
    uint32_t seq;      /* the highest sequence number used */
    uint32_t retired;  /* bit n: block n is bad */
    uint32_t reserved; /* bytes on flash reserved for one record; 0 for none */
    uint32_t count;    /* number of blocks in the log */
    bool closed;       /* nothing more may be appended to the newest block */
    bool fault;        /* data that must be readable was not */
    struct storage_flash_block blocks[STORAGE_FLASH_BLOCKS_MAX];
};

/*
 * Opens the store on `device`. It only reads, unless there is no store and `create` is set: then it makes one and
 * overwrites what is on the flash. OK; otherwise, with the reason in `err`: ABSENT (no store, `create` not set), FUTURE
 * (made by a later version; unchanged), CORRUPT (damaged, and not by a power cut; unchanged), FAILED (geometry out of
 * bounds or not the store's, or making the store failed). `self`, `device` and `storage` must not move while the store
 * is in use; there is nothing to close. Records may have up to storage_flash_record_max() bytes.
 */
enum storage_status storage_flash_open(struct storage_flash *self, const struct imprint_flash_device *device,
                                       bool create, struct storage *storage, struct error *err);

/*
 * The longest content of a record on such a device: STORAGE_RECORD_MAX, or less if a block is smaller. 0 if the
 * geometry is out of bounds, or a block has no room for the record STORAGE_KEPT_UID.
 */
uint32_t storage_flash_record_max(const struct imprint_flash_device *device);

/*
 * Whether a store that is made on an erased `device` would have room: has_room() of storage/storage.h, before there is
 * a store. FAILED if the geometry is out of bounds. Does not use the device.
 */
enum storage_status storage_flash_empty_has_room(const struct imprint_flash_device *device, uint32_t count,
                                                 uint32_t size);

#define STORAGE_FLASH_HEADER 32

/*
 * Reads block size, block count, spare blocks and unit from a block's header, so that an image can be opened without
 * naming them. False, with `device` unchanged, if `header` (STORAGE_FLASH_HEADER bytes) is not a header of this
 * version.
 */
bool storage_flash_read_geometry(const uint8_t header[static STORAGE_FLASH_HEADER],
                                 struct imprint_flash_device *device);

#endif
