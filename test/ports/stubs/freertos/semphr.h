/* SPDX-License-Identifier: Apache-2.0 */
/* A stub for compiling examples/ports/freertos.c: see FreeRTOS.h beside it. */
#ifndef IMPRINT_TEST_STUB_SEMPHR_H
#define IMPRINT_TEST_STUB_SEMPHR_H

#include <stdint.h>

typedef uint32_t TickType_t;
typedef long BaseType_t;

typedef struct {
    void *memory[20];
} StaticSemaphore_t;

typedef struct QueueDefinition *SemaphoreHandle_t;

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *pxMutexBuffer);
BaseType_t xSemaphoreTake(SemaphoreHandle_t xSemaphore, TickType_t xTicksToWait);
BaseType_t xSemaphoreGive(SemaphoreHandle_t xSemaphore);

#endif
