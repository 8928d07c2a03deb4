/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stub, written for imprint: the names of FreeRTOS 10 and 11 that examples/ports/freertos.c uses, as its API
 * reference gives them. It is for compiling alone: nothing here works.
 */
#ifndef IMPRINT_TEST_STUB_FREERTOS_H
#define IMPRINT_TEST_STUB_FREERTOS_H

#include <stdint.h>

typedef uint32_t TickType_t;
typedef long BaseType_t;
#define configTICK_RATE_HZ 1000
#define pdTRUE ((BaseType_t)1)

#endif
