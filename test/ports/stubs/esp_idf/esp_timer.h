/* SPDX-License-Identifier: Apache-2.0 */
/* A stub for compiling examples/ports/esp_idf.c: see driver/i2c_master.h beside it. */
#ifndef IMPRINT_TEST_STUB_ESP_TIMER_H
#define IMPRINT_TEST_STUB_ESP_TIMER_H

#include <stdint.h>

int64_t esp_timer_get_time(void);

#endif
