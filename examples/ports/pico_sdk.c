/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2C port for RP2040 and RP2350, over the pico-sdk: copy it, and change the part above "port". Both lines need pull-up
 * resistors on the board; the internal ones are too weak.
 *
 * The SDK's functions refuse address 0x00 in debug builds (it is reserved), so the wake pulse is made by the SDA pin,
 * and the bus may have any speed. A byte that is not acknowledged shows as a write of fewer bytes.
 */
#include <hardware/gpio.h>
#include <hardware/i2c.h>
#include <pico/time.h>

#include <imprint/board.h>
#include <imprint/i2c.h>

#define BUS i2c0
#define SCL_PIN 5u
#define SDA_PIN 4u
#define BUS_HZ 400000u
#define CHIP_ADDRESS 0x60 /* 7-bit; 0: look for it where new parts answer */

/* --- port --------------------------------------------------------------------------------------------------------- */

#define LIMIT_US 25000u /* the longest transfer, 163 bytes, takes 15 ms at 100 kHz */

static void delay_us(void *context, uint32_t microseconds)
{
    (void)context;
    busy_wait_us_32(microseconds);
}

static uint64_t now_us(void *context)
{
    (void)context;
    return time_us_64();
}

/* The SDK does not tell a missing acknowledgement from a lost arbitration (PICO_ERROR_GENERIC). */
static enum imprint_i2c_result result_of(int transferred, size_t len)
{
    if (transferred == PICO_ERROR_TIMEOUT)
        return IMPRINT_I2C_FAILED;
    return transferred == (int)len ? IMPRINT_I2C_OK : IMPRINT_I2C_NACK;
}

static enum imprint_i2c_result port_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    (void)context;
    return result_of(i2c_write_timeout_us(BUS, address, data, len, false, LIMIT_US), len);
}

static enum imprint_i2c_result port_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    (void)context;
    return result_of(i2c_read_timeout_us(BUS, address, data, len, false, LIMIT_US), len);
}

/* Open drain: the output is always zero, and it is switched on to pull the line low. */
static void set_line(unsigned pin, bool high)
{
    gpio_set_dir(pin, high ? GPIO_IN : GPIO_OUT);
}

static void set_scl(void *context, bool high)
{
    (void)context;
    set_line(SCL_PIN, high);
}

static void set_sda(void *context, bool high)
{
    (void)context;
    set_line(SDA_PIN, high);
}

static bool get_scl(void *context)
{
    (void)context;
    return gpio_get(SCL_PIN);
}

static bool get_sda(void *context)
{
    (void)context;
    return gpio_get(SDA_PIN);
}

static const struct imprint_i2c_pins pins = {
    .set_scl = set_scl,
    .set_sda = set_sda,
    .get_scl = get_scl,
    .get_sda = get_sda,
    .delay_us = delay_us,
};

/* gpio_init() makes an input of it whose output would be zero: released. */
static void take_pins(void)
{
    gpio_init(SCL_PIN);
    gpio_init(SDA_PIN);
}

static void give_pins_back(void)
{
    gpio_set_function(SCL_PIN, GPIO_FUNC_I2C);
    gpio_set_function(SDA_PIN, GPIO_FUNC_I2C);
}

static enum imprint_i2c_result port_wake(void *context)
{
    enum imprint_i2c_result result;

    (void)context;
    take_pins();
    result = imprint_i2c_pulse(&pins);
    give_pins_back();
    return result;
}

/* The I2C block starts afresh, too: after a time limit it may still wait for a STOP. */
static bool port_recover(void *context)
{
    bool is_free;

    (void)context;
    take_pins();
    is_free = imprint_i2c_recover(&pins);
    (void)i2c_init(BUS, BUS_HZ);
    give_pins_back();
    return is_free;
}

static const struct imprint_i2c_port port = {
    .write = port_write,
    .read = port_read,
    .delay_us = delay_us,
    .now_us = now_us,
    .wake = port_wake,
    .recover = port_recover,
};

const struct imprint_transport *imprint_board_chip(void)
{
    static struct imprint_i2c i2c;
    static struct imprint_transport transport;
    const char *problem;

    if (transport.operations != NULL)
        return &transport;
    (void)i2c_init(BUS, BUS_HZ);
    give_pins_back();
    if (!imprint_i2c_open(&i2c, &port, CHIP_ADDRESS, &transport, &problem))
        imprint_board_end(1);
    return &transport;
}
