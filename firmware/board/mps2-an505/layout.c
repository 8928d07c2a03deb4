/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MPS2 with the FPGA image of Arm DAI 0505: Cortex-M33, which starts in the secure state and stays there. Secure
 * addresses: chapter 4; interrupts: 4.9.
 */
#include "firmware/board/mps2/mps2.h"

const struct mps2_layout mps2_layout = {
    .name = "mps2-an505",
    .clock_hz = 20000000,
    .console = {.base = 0x50200000, .receive_irq = 32},
    .wire = {.base = 0x50201000, .receive_irq = 34},
    .network = {.base = 0x50202000, .receive_irq = 36},
    .fpgaio = 0x50302000,
    .flash = (uint8_t *)0x80000000,
};

/* Like many Cortex-M33 parts: pages of 2 KiB, units of a double word with an error correcting code. */
const struct imprint_flash_device mps2_flash = {
    .block_size = 2048,
    .block_count = 16,
    .unit = 8,
    .spare_blocks = 1,
    .blank_is_erased = false,
    .read = mps2_flash_read,
    .program = mps2_flash_program,
    .erase = mps2_flash_erase,
};
