/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2C port for Zephyr 3.7 and later, over its I2C API: copy it. The chip is the devicetree alias `secure-element`:
 *
 *     / { aliases { secure-element = &atecc608; }; };
 *     &i2c0 {
 *         clock-frequency = <I2C_BITRATE_FAST>;
 *         atecc608: atecc608@60 { compatible = "i2c-device"; reg = <0x60>; };
 *     };
 *
 * The wake pulse is a write to address 0x00 at 100 kHz. A controller whose driver cannot change its speed
 * (i2c_configure() fails) must run at 100 kHz: then BUS_HZ is 0 below.
 *
 * Most drivers return -EIO for everything. So that is a missing acknowledgement here, and imprint frees the bus after
 * three wake pulses in vain. The drivers lock the controller for each transfer: other threads may use the bus.
 */
#include <errno.h>

#include <zephyr/drivers/i2c.h>
#include <zephyr/kernel.h>

#include <imprint/board.h>
#include <imprint/i2c.h>

#define BUS_HZ 400000 /* 0: 100 kHz, never changed */

/* --- port --------------------------------------------------------------------------------------------------------- */

static const struct i2c_dt_spec chip = I2C_DT_SPEC_GET(DT_ALIAS(secure_element));

static void delay_us(void *context, uint32_t microseconds)
{
    int32_t left = (int32_t)microseconds;

    (void)context;
    while (left > 0)
        left = k_usleep(left); /* what is left if the thread was woken early */
}

static uint64_t now_us(void *context)
{
    (void)context;
    return k_ticks_to_us_floor64((uint64_t)k_uptime_ticks());
}

static enum imprint_i2c_result result_of(int status)
{
    switch (status) {
    case 0:
        return IMPRINT_I2C_OK;
    case -EBUSY:
        return IMPRINT_I2C_HELD;
    case -ETIMEDOUT:
    case -EAGAIN:
        return IMPRINT_I2C_FAILED;
    default: /* -EIO, -ENXIO */
        return IMPRINT_I2C_NACK;
    }
}

static enum imprint_i2c_result port_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    (void)context;
    return result_of(i2c_write(chip.bus, data, (uint32_t)len, address));
}

static enum imprint_i2c_result port_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    (void)context;
    return result_of(i2c_read(chip.bus, data, (uint32_t)len, address));
}

static bool port_set_clock(void *context, uint32_t hertz)
{
    const uint32_t speed = hertz > 400000u   ? I2C_SPEED_FAST_PLUS
                           : hertz > 100000u ? I2C_SPEED_FAST
                                             : I2C_SPEED_STANDARD;

    (void)context;
    return i2c_configure(chip.bus, I2C_MODE_CONTROLLER | I2C_SPEED_SET(speed)) == 0;
}

static bool port_recover(void *context)
{
    (void)context;
    return i2c_recover_bus(chip.bus) == 0;
}

static const struct imprint_i2c_port port = {
    .write = port_write,
    .read = port_read,
    .delay_us = delay_us,
    .now_us = now_us,
    .set_clock = BUS_HZ != 0 ? port_set_clock : NULL,
    .clock_hz = BUS_HZ,
    .recover = port_recover,
};

const struct imprint_transport *imprint_board_chip(void)
{
    static struct imprint_i2c i2c;
    static struct imprint_transport transport;
    const char *problem;

    if (transport.operations == NULL &&
        (!device_is_ready(chip.bus) || !imprint_i2c_open(&i2c, &port, (uint8_t)chip.addr, &transport, &problem)))
        imprint_board_end(1);
    return &transport;
}
