/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery and wake pulse by pins (imprint/i2c.h). Half a bit at 100 kHz keeps the times of every I2C mode. */
#include <imprint/i2c.h>

#define HALF_BIT_US 5
#define CLOCKS_MAX 9

/* How long a device may hold SCL: as long as the chip waits before it resets its I2C (SMBus time-out, 25 ms). */
#define STRETCH_MAX_US 25000

static void set_scl(const struct imprint_i2c_pins *pins, bool high)
{
    pins->set_scl(pins->context, high);
    pins->delay_us(pins->context, HALF_BIT_US);
}

static void set_sda(const struct imprint_i2c_pins *pins, bool high)
{
    pins->set_sda(pins->context, high);
    pins->delay_us(pins->context, HALF_BIT_US);
}

/* Releases SCL. False: a device holds it. */
static bool release_scl(const struct imprint_i2c_pins *pins)
{
    set_scl(pins, true);
    for (uint32_t waited = 0; !pins->get_scl(pins->context); waited += HALF_BIT_US) {
        if (waited >= STRETCH_MAX_US)
            return false;
        pins->delay_us(pins->context, HALF_BIT_US);
    }
    return true;
}

/* SDA is high, SCL is high: START and STOP. */
static void start_and_stop(const struct imprint_i2c_pins *pins)
{
    set_sda(pins, false);
    set_scl(pins, false);
    if (release_scl(pins))
        set_sda(pins, true);
}

bool imprint_i2c_recover(const struct imprint_i2c_pins *pins)
{
    set_sda(pins, true);
    if (!release_scl(pins))
        return false;
    for (unsigned clocks = 0; clocks < CLOCKS_MAX && !pins->get_sda(pins->context); clocks++) {
        set_scl(pins, false);
        if (!release_scl(pins))
            return false;
    }
    if (!pins->get_sda(pins->context))
        return false;
    start_and_stop(pins);
    return pins->get_scl(pins->context) && pins->get_sda(pins->context);
}

enum imprint_i2c_result imprint_i2c_pulse(const struct imprint_i2c_pins *pins)
{
    if (!pins->get_scl(pins->context) || !pins->get_sda(pins->context))
        return IMPRINT_I2C_HELD;
    pins->set_sda(pins->context, false);
    pins->delay_us(pins->context, IMPRINT_I2C_WAKE_LOW_US);
    set_sda(pins, true);
    return IMPRINT_I2C_OK;
}
