/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stub, written for imprint: the names of the pico-sdk that examples/ports/pico_sdk.c uses, as its API documentation
 * gives them. It is for compiling alone: nothing here works.
 */
#ifndef IMPRINT_TEST_STUB_PICO_I2C_H
#define IMPRINT_TEST_STUB_PICO_I2C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICO_ERROR_GENERIC (-1)
#define PICO_ERROR_TIMEOUT (-2)

typedef struct i2c_inst i2c_inst_t;
extern i2c_inst_t stub_i2c0;
#define i2c0 (&stub_i2c0)

unsigned i2c_init(i2c_inst_t *i2c, unsigned baudrate);
int i2c_write_timeout_us(i2c_inst_t *i2c, uint8_t addr, const uint8_t *src, size_t len, bool nostop,
                         unsigned timeout_us);
int i2c_read_timeout_us(i2c_inst_t *i2c, uint8_t addr, uint8_t *dst, size_t len, bool nostop, unsigned timeout_us);

#endif
