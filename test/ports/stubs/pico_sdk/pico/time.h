/* SPDX-License-Identifier: Apache-2.0 */
/* A stub for compiling examples/ports/pico_sdk.c: see hardware/i2c.h. */
#ifndef IMPRINT_TEST_STUB_PICO_TIME_H
#define IMPRINT_TEST_STUB_PICO_TIME_H

#include <stdint.h>

void busy_wait_us_32(uint32_t delay_us);
uint64_t time_us_64(void);

#endif
