/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flash of a key store, as a port supplies it: raw NOR flash, or anything that keeps its rules. A port fills in one
 * struct imprint_flash_device and gives it to imprint_store_open_flash() (imprint/store.h), or returns it from
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

#define IMPRINT_FLASH_UNIT_MAX 64
#define IMPRINT_FLASH_BLOCKS_MAX 32

/*
 * Addresses count from the start of the region that the store may use. What program() and erase() claim is checked by
 * reading. They may return false early, which means that it was not done, or not completely.
 */
struct imprint_flash_device {
    uint32_t block_size;   /* bytes that one erase() sets to 0xFF: a multiple of 64 */
    uint32_t block_count;  /* 2 to IMPRINT_FLASH_BLOCKS_MAX */
    uint32_t unit;         /* bytes programmed at once, and once only: a power of two, 1 to IMPRINT_FLASH_UNIT_MAX */
    uint32_t spare_blocks; /* how many blocks may fail for good before writing does; 0 to block_count - 2 */

    /*
     * After a power cut, may what reads as erased be programmed? True for plain NOR flash. With an error correcting
     * code a cut program can leave a unit that reads as erased and is not: say false, and the first write after
     * each opening starts a new block, at the price of an erase.
     */
    bool blank_is_erased;

    /* False where something could not be read (uncorrectable): what is in `data` is not used then. */
    bool (*read)(void *context, uint32_t at, uint8_t *data, size_t len);
    /* Programs whole units, in ascending order; `at` and `len` are multiples of `unit`, within one block. */
    bool (*program)(void *context, uint32_t at, const uint8_t *data, size_t len);
    /* Erases block number `block`, 0 to block_count - 1. */
    bool (*erase)(void *context, uint32_t block);
    void *context; /* given to the three functions; owned by the port */
};

#ifdef __cplusplus
}
#endif

#endif
