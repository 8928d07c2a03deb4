/* SPDX-License-Identifier: Apache-2.0 */
/* A stub for compiling examples/ports/pico_sdk.c: see i2c.h beside it. */
#ifndef IMPRINT_TEST_STUB_PICO_GPIO_H
#define IMPRINT_TEST_STUB_PICO_GPIO_H

#include <stdbool.h>

#define GPIO_OUT 1
#define GPIO_IN 0

typedef enum { GPIO_FUNC_I2C = 3, GPIO_FUNC_SIO = 5 } gpio_function_t;

void gpio_init(unsigned gpio);
void gpio_set_function(unsigned gpio, gpio_function_t fn);
void gpio_set_dir(unsigned gpio, bool out);
bool gpio_get(unsigned gpio);

#endif
