/* SPDX-License-Identifier: Apache-2.0 */
/* A stub for compiling examples/ports/freertos.c: see FreeRTOS.h beside it. */
#ifndef IMPRINT_TEST_STUB_FREERTOS_TASK_H
#define IMPRINT_TEST_STUB_FREERTOS_TASK_H

#include <stdint.h>

typedef uint32_t TickType_t;

void vTaskDelay(TickType_t xTicksToDelay);
TickType_t xTaskGetTickCount(void);

#endif
