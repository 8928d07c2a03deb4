/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flash that holds a key store: raw NOR flash, or any memory that follows the same rules. A port fills in one
 * struct imprint_flash_device and passes it to imprint_store_open_flash() (imprint/store.h), or returns it from
 * imprint_board_flash() (imprint/board.h). docs/guide/porting.md has an example.
 */
#ifndef IMPRINT_FLASH_H
#define IMPRINT_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits of this implementation: its buffers have these sizes. */
#define IMPRINT_FLASH_UNIT_MAX 64
#define IMPRINT_FLASH_BLOCKS_MAX 32

/*
 * The geometry of the flash and the functions that access it. Addresses count from the start of the region that the
 * store may use. The store reads back what program() and erase() have done, so an undetected failure is noticed. All
 * three functions return true on success. program() and erase() return false if the operation failed or was only partly
 * done.
 */
struct imprint_flash_device {
    uint32_t block_size;   /* bytes that one erase() sets to 0xFF; a multiple of 64 */
    uint32_t block_count;  /* 2 to IMPRINT_FLASH_BLOCKS_MAX */
    uint32_t unit;         /* smallest number of bytes to program; a power of two up to IMPRINT_FLASH_UNIT_MAX.
                            A unit is programmed only once after an erase */
    uint32_t spare_blocks; /* writing still works after this many blocks have failed; 0 to block_count - 2 */

    /*
     * True if a unit that reads as erased may always be programmed, even after a power cut; so with plain NOR flash.
     * On flash with an error correcting code, an interrupted program operation can leave a unit that only looks erased.
     * Set false there: the first write after each opening then starts a new block, which costs one erase.
     */
    bool blank_is_erased;

    /* Reads `len` bytes at address `at`. False on an uncorrectable read error; the content of `data` is then ignored.
     */
    bool (*read)(void *context, uint32_t at, uint8_t *data, size_t len);
    /* Programs whole units in ascending order. `at` and `len` are multiples of `unit`; the range is within one block.
     */
    bool (*program)(void *context, uint32_t at, const uint8_t *data, size_t len);
    /* Erases block number `block`, 0 to block_count - 1. */
    bool (*erase)(void *context, uint32_t block);
    void *context; /* passed to the three functions; owned by the port, valid while the store is open */
};

#ifdef __cplusplus
}
#endif

#endif
