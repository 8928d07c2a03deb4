/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2C by two pins: UM10204, 3.1. SDA changes only while SCL is low, HOLD_US after it fell; START and STOP are the
 * exceptions. Between transfers both lines are released.
 *
 * The chip never stretches the clock, but others on the bus may, up to STRETCH_MAX_US. Interrupts may stay on: a bit
 * that takes longer does no harm, because the master makes the clock. Only a wake pulse and a transfer that stand still
 * for 25 ms would reset the chip's I2C.
 */
#include "examples/ports/bitbang.h"

#define BITS 8
#define READ_BIT 1u
#define HOLD_US 1 /* SCL low to a change of SDA: at least 300 ns, the longest fall of SCL */

/* The SMBus time-out: a device that holds SCL longer is taken for broken. */
#define STRETCH_MAX_US 25000

static void wait_half_bit(const struct bitbang *self)
{
    self->pins.delay_us(self->pins.context, self->half_bit_us);
}

static void set_scl(const struct bitbang *self, bool high)
{
    self->pins.set_scl(self->pins.context, high);
}

static void set_sda(const struct bitbang *self, bool high)
{
    self->pins.set_sda(self->pins.context, high);
}

static bool get_sda(const struct bitbang *self)
{
    return self->pins.get_sda(self->pins.context);
}

/* Releases SCL and waits until it is high. False: a device holds it too long. */
static bool release_scl(const struct bitbang *self)
{
    set_scl(self, true);
    for (uint32_t waited = 0; !self->pins.get_scl(self->pins.context); waited += self->half_bit_us) {
        if (waited >= STRETCH_MAX_US)
            return false;
        wait_half_bit(self);
    }
    return true;
}

/* SCL falls, and SDA may change. */
static void fall(const struct bitbang *self)
{
    set_scl(self, false);
    self->pins.delay_us(self->pins.context, HOLD_US);
}

/* One bit; SCL is low before and after. Puts the level of SDA in its high half into `*level`. */
static bool clock_bit(const struct bitbang *self, bool bit, bool *level)
{
    set_sda(self, bit);
    wait_half_bit(self);
    if (!release_scl(self))
        return false;
    wait_half_bit(self);
    *level = get_sda(self);
    fall(self);
    return true;
}

/* A one that is read back as a zero: another master, or a device that holds SDA. */
static bool write_bit(const struct bitbang *self, bool bit)
{
    bool level;

    return clock_bit(self, bit, &level) && level == bit;
}

static enum imprint_i2c_result write_byte(const struct bitbang *self, uint8_t byte)
{
    bool level;

    for (unsigned bit = BITS; bit > 0; bit--)
        if (!write_bit(self, (byte >> (bit - 1) & 1) != 0))
            return IMPRINT_I2C_FAILED;
    if (!clock_bit(self, true, &level))
        return IMPRINT_I2C_FAILED;
    return level ? IMPRINT_I2C_NACK : IMPRINT_I2C_OK;
}

/* `is_last` is not acknowledged: the device then releases SDA. */
static enum imprint_i2c_result read_byte(const struct bitbang *self, uint8_t *byte, bool is_last)
{
    unsigned value = 0;
    bool level;

    for (unsigned bit = 0; bit < BITS; bit++) {
        if (!clock_bit(self, true, &level))
            return IMPRINT_I2C_FAILED;
        value = value << 1 | level;
    }
    *byte = (uint8_t)value;
    return write_bit(self, is_last) ? IMPRINT_I2C_OK : IMPRINT_I2C_FAILED;
}

static enum imprint_i2c_result start(const struct bitbang *self, uint8_t address_byte)
{
    if (!self->pins.get_scl(self->pins.context) || !get_sda(self))
        return IMPRINT_I2C_HELD;
    set_sda(self, false);
    wait_half_bit(self);
    fall(self);
    return write_byte(self, address_byte);
}

/*
 * Ends a transfer. After a broken one both lines are only released: whoever holds one of them does not see a STOP.
 * After STOP the bus stays free for 1.3 us at least before the next START.
 */
static enum imprint_i2c_result stop(const struct bitbang *self, enum imprint_i2c_result result)
{
    bool is_free;

    if (result == IMPRINT_I2C_HELD)
        return result;
    if (result == IMPRINT_I2C_FAILED) {
        set_sda(self, true);
        set_scl(self, true);
        wait_half_bit(self);
        return result;
    }
    set_sda(self, false);
    wait_half_bit(self);
    is_free = release_scl(self);
    wait_half_bit(self);
    set_sda(self, true);
    self->pins.delay_us(self->pins.context, self->half_bit_us + HOLD_US);
    return is_free && get_sda(self) ? result : IMPRINT_I2C_FAILED;
}

static enum imprint_i2c_result bitbang_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    const struct bitbang *self = context;
    enum imprint_i2c_result result = start(self, (uint8_t)(address << 1));

    for (size_t i = 0; result == IMPRINT_I2C_OK && i < len; i++)
        result = write_byte(self, data[i]);
    return stop(self, result);
}

static enum imprint_i2c_result bitbang_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    const struct bitbang *self = context;
    enum imprint_i2c_result result = start(self, (uint8_t)((unsigned)address << 1 | READ_BIT));

    for (size_t i = 0; result == IMPRINT_I2C_OK && i < len; i++)
        result = read_byte(self, &data[i], i + 1 == len);
    return stop(self, result);
}

static enum imprint_i2c_result bitbang_wake(void *context)
{
    const struct bitbang *self = context;

    return imprint_i2c_pulse(&self->pins);
}

static bool bitbang_recover(void *context)
{
    const struct bitbang *self = context;

    return imprint_i2c_recover(&self->pins);
}

static void bitbang_delay_us(void *context, uint32_t microseconds)
{
    const struct bitbang *self = context;

    self->pins.delay_us(self->pins.context, microseconds);
}

static uint64_t bitbang_now_us(void *context)
{
    const struct bitbang *self = context;

    return self->now_us(self->pins.context);
}

void bitbang_init(struct bitbang *bitbang)
{
    bitbang->port = (struct imprint_i2c_port){
        .write = bitbang_write,
        .read = bitbang_read,
        .delay_us = bitbang_delay_us,
        .now_us = bitbang_now_us,
        .wake = bitbang_wake,
        .recover = bitbang_recover,
        .context = bitbang,
    };
    set_sda(bitbang, true);
    set_scl(bitbang, true);
}
