/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flash made of memory: QEMU keeps the board's 16 MB RAM in a file, so that it survives a power cut. It refuses what
 * real flash cannot do: a unit is programmed once between two erases, and only whole blocks are erased.
 */
#include <string.h>

#include "firmware/board/mps2/mps2.h"

bool mps2_flash_read(void *context, uint32_t at, uint8_t *data, size_t len)
{
    (void)context;
    memcpy(data, mps2_layout.flash + at, len);
    return true;
}

bool mps2_flash_program(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    const uint32_t size = mps2_flash.block_size;

    (void)context;
    if (at % mps2_flash.unit != 0 || len % mps2_flash.unit != 0 || at / size >= mps2_flash.block_count ||
        len > size - at % size || !bytes_all(bytes_of(mps2_layout.flash + at, len), 0xff))
        return false;
    memcpy(mps2_layout.flash + at, data, len);
    return true;
}

bool mps2_flash_erase(void *context, uint32_t block)
{
    (void)context;
    if (block >= mps2_flash.block_count)
        return false;
    memset(mps2_layout.flash + (size_t)block * mps2_flash.block_size, 0xff, mps2_flash.block_size);
    return true;
}
