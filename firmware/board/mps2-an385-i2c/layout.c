/* SPDX-License-Identifier: Apache-2.0 */
/* mps2-an385 with the chip on I2C. MPS2 with the FPGA image of Arm DAI 0385: Cortex-M3. Addresses: its chapter 3;
 * interrupts: 3.7. */
#include "firmware/board/mps2/mps2.h"

const struct mps2_layout mps2_layout = {
    .name = "mps2-an385-i2c",
    .clock_hz = 25000000,
    .console = {.base = 0x40004000, .receive_irq = 0},
    .wire = {.base = 0x40005000, .receive_irq = 2},
    .network = {.base = 0x40006000, .receive_irq = 4},
    .fpgaio = 0x40028000,
    .flash = (uint8_t *)0x21000000,
};

/* Like many Cortex-M parts: pages of 4 KiB, units of one word. */
const struct imprint_flash_device mps2_flash = {
    .block_size = 4096,
    .block_count = 8,
    .unit = 4,
    .spare_blocks = 1,
    .blank_is_erased = true,
    .read = mps2_flash_read,
    .program = mps2_flash_program,
    .erase = mps2_flash_erase,
};
