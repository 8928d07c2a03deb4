/* SPDX-License-Identifier: Apache-2.0 */
/* A stub for compiling examples/ports/zephyr.c: see drivers/i2c.h. */
#ifndef IMPRINT_TEST_STUB_ZEPHYR_KERNEL_H
#define IMPRINT_TEST_STUB_ZEPHYR_KERNEL_H

#include <stdint.h>

int32_t k_usleep(int32_t us);
int64_t k_uptime_ticks(void);
uint64_t k_ticks_to_us_floor64(uint64_t ticks);

#endif
