/* SPDX-License-Identifier: Apache-2.0 */
/* A stub for compiling examples/ports/esp_idf.c: see driver/i2c_master.h beside it. */
#ifndef IMPRINT_TEST_STUB_ESP_ROM_SYS_H
#define IMPRINT_TEST_STUB_ESP_ROM_SYS_H

#include <stdint.h>

void esp_rom_delay_us(uint32_t us);

#endif
