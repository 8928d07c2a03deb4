/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stub, written for imprint: the names of Zephyr that examples/ports/zephyr.c uses, as its API documentation gives
 * them. It is for compiling alone: nothing here works.
 */
#ifndef IMPRINT_TEST_STUB_ZEPHYR_I2C_H
#define IMPRINT_TEST_STUB_ZEPHYR_I2C_H

#include <stdbool.h>
#include <stdint.h>

struct device {
    const char *name;
};

struct i2c_dt_spec {
    const struct device *bus;
    uint16_t addr;
};

extern const struct device stub_bus;
#define DT_ALIAS(alias) stub_alias_##alias
#define I2C_DT_SPEC_GET(node_id) {.bus = &stub_bus, .addr = 0x60}

#define I2C_SPEED_STANDARD 0x1U
#define I2C_SPEED_FAST 0x2U
#define I2C_SPEED_FAST_PLUS 0x3U
#define I2C_SPEED_SET(speed) ((speed) << 1 & 0xEU)
#define I2C_MODE_CONTROLLER (1U << 4)

bool device_is_ready(const struct device *dev);
int i2c_configure(const struct device *dev, uint32_t dev_config);
int i2c_write(const struct device *dev, const uint8_t *buf, uint32_t num_bytes, uint16_t addr);
int i2c_read(const struct device *dev, uint8_t *buf, uint32_t num_bytes, uint16_t addr);
int i2c_recover_bus(const struct device *dev);

#endif
