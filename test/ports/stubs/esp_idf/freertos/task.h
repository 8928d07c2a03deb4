/* SPDX-License-Identifier: Apache-2.0 */
/* A stub for compiling examples/ports/esp_idf.c: see driver/i2c_master.h beside it. */
#ifndef IMPRINT_TEST_STUB_ESP_TASK_H
#define IMPRINT_TEST_STUB_ESP_TASK_H

#include <stdint.h>

typedef uint32_t TickType_t;

void vTaskDelay(TickType_t xTicksToDelay);

#endif
