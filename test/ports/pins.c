/* SPDX-License-Identifier: Apache-2.0 */
#include "test/ports/pins.h"

#include <limits.h>

#include "virtual/chip/virtual_invasive.h"

#define BITS 8
#define READ_BIT 1u
#define MAYBE_WAKE_NS 15000 /* the chip's filter: shorter lows are never a pulse (tWLO, its maximum for "ignored") */

/* --- the chip's side ---------------------------------------------------------------------------------------------- */

/* The virtual chip's bytes take no time of their own: it follows the lines' clock. A low of SDA that lasts is left out
 * until it ends, so that the chip itself measures it. */
static void follow(struct pins *pins)
{
    const uint64_t until = pins->sda ? pins->now_ns : pins->sda_fell_ns;
    const uint64_t now = virtual_now_ns(pins->part);

    if (until > now)
        virtual_wait_ns(pins->part, until - now);
}

static void slave_start(struct pins *pins)
{
    pins->slave = SLAVE_ADDRESS;
    pins->bit = 0;
    pins->byte = 0;
    pins->selected = false;
    pins->chip_sda = true;
}

static void slave_stop(struct pins *pins)
{
    follow(pins);
    if (pins->slave != SLAVE_FREE)
        virtual_i2c_stop(pins->part);
    pins->slave = SLAVE_FREE;
    pins->selected = false;
    pins->chip_sda = true;
}

static void drive_bit(struct pins *pins)
{
    pins->chip_sda = (pins->byte >> (BITS - 1 - pins->bit) & 1) != 0;
}

static void load_byte(struct pins *pins)
{
    follow(pins);
    pins->byte = virtual_i2c_read(pins->part);
    pins->bit = 0;
    drive_bit(pins);
}

/* SCL rises: the bit on SDA is valid. */
static void slave_sample(struct pins *pins)
{
    if (pins->slave == SLAVE_READ) {
        if (pins->bit == BITS)
            pins->acknowledged = !pins->sda;
    } else if (pins->bit < BITS) {
        pins->byte = (uint8_t)(pins->byte << 1 | pins->sda);
    }
    pins->bit++;
}

/* A whole byte is in: acknowledge it or not. */
static void slave_take(struct pins *pins)
{
    follow(pins);
    pins->is_general_call = pins->slave == SLAVE_ADDRESS && (pins->byte & ~READ_BIT) == 0;
    if (pins->slave == SLAVE_ADDRESS && pins->now_ns < pins->deaf_until_ns)
        pins->acknowledged = false;
    else if (pins->slave == SLAVE_ADDRESS)
        pins->acknowledged = pins->selected = virtual_i2c_start(pins->part, pins->byte);
    else if (pins->slave == SLAVE_WRITTEN)
        pins->acknowledged = virtual_i2c_write(pins->part, pins->byte);
    else
        pins->acknowledged = false;
    pins->chip_sda = !(pins->acknowledged || (pins->is_general_call && pins->answers_address_0));
}

static void slave_after_acknowledge(struct pins *pins)
{
    pins->chip_sda = true;
    if (pins->slave == SLAVE_ADDRESS && pins->acknowledged)
        pins->slave = (pins->byte & READ_BIT) != 0 ? SLAVE_READ : SLAVE_WRITTEN;
    else if (!pins->acknowledged)
        pins->slave = SLAVE_IGNORES;
    pins->bit = 0;
    pins->byte = 0;
    if (pins->slave == SLAVE_READ)
        load_byte(pins);
}

/* SCL falls: SDA may change. */
static void slave_shift(struct pins *pins)
{
    if (pins->slave == SLAVE_FREE || pins->slave == SLAVE_IGNORES || pins->bit == 0)
        return;
    if (pins->bit == BITS && pins->slave != SLAVE_READ)
        slave_take(pins);
    else if (pins->bit == BITS)
        pins->chip_sda = true;
    else if (pins->bit > BITS)
        slave_after_acknowledge(pins);
    else if (pins->slave == SLAVE_READ)
        drive_bit(pins);
}

static uint64_t wakes_of(const struct pins *pins)
{
    struct virtual_counters counters;

    virtual_read_counters(pins->part, &counters);
    return counters.wakes;
}

/* SDA has been low: a wake pulse, if it was long enough and the chip was not in a transfer. */
static void slave_measure(struct pins *pins)
{
    const uint64_t low = pins->now_ns - pins->sda_fell_ns;

    if (low > pins->wave.sda_low_max)
        pins->wave.sda_low_max = low;
    if (low >= MAYBE_WAKE_NS && !pins->selected) {
        const uint64_t wakes = wakes_of(pins);

        virtual_i2c_sda_low(pins->part, (uint32_t)(low / 1000));
        if (wakes_of(pins) != wakes)
            pins->deaf_until_ns = pins->now_ns + pins->late_wake_ns;
    }
}

/* --- the wave ----------------------------------------------------------------------------------------------------- */

static void least(uint64_t *smallest, uint64_t value)
{
    if (value < *smallest)
        *smallest = value;
}

static void measure_scl(struct pins *pins)
{
    struct pins_wave *wave = &pins->wave;
    const uint64_t since = pins->now_ns - pins->scl_changed_ns;

    if (pins->scl) {
        wave->clocks++;
        least(&wave->low, since);
        least(&wave->data_setup, pins->now_ns - pins->sda_changed_ns);
    } else if (pins->after_start) {
        least(&wave->start_hold, pins->now_ns - pins->started_ns);
    } else {
        least(&wave->high, since);
    }
    pins->after_start = false;
    pins->scl_changed_ns = pins->now_ns;
}

static void measure_condition(struct pins *pins)
{
    struct pins_wave *wave = &pins->wave;

    if (pins->sda) {
        wave->stops++;
        least(&wave->stop_setup, pins->now_ns - pins->scl_changed_ns);
        pins->stopped_ns = pins->now_ns;
        return;
    }
    wave->starts++;
    if (pins->stopped_ns > pins->scl_changed_ns)
        least(&wave->bus_free, pins->now_ns - pins->stopped_ns);
    else if (pins->scl_changed_ns != 0)
        least(&wave->start_setup, pins->now_ns - pins->scl_changed_ns);
    pins->started_ns = pins->now_ns;
    pins->after_start = true;
}

/* --- the lines ---------------------------------------------------------------------------------------------------- */

static void sda_changes(struct pins *pins)
{
    if (pins->sda)
        slave_measure(pins);
    else
        pins->sda_fell_ns = pins->now_ns;
    if (pins->scl) {
        measure_condition(pins);
        if (pins->sda)
            slave_stop(pins);
        else
            slave_start(pins);
    }
    pins->sda_changed_ns = pins->now_ns;
}

static void other_sees_clock(struct pins *pins)
{
    if (pins->break_at != 0 && pins->wave.clocks == pins->break_at) {
        pins->break_at = 0;
        pins->sda_clocks = pins->break_clocks;
        pins->other_sda = false;
    } else if (!pins->other_sda && pins->sda_clocks != UINT_MAX && pins->sda_clocks > 0) {
        pins->sda_clocks--;
    }
}

static void scl_changes(struct pins *pins)
{
    measure_scl(pins);
    if (pins->scl) {
        slave_sample(pins);
        other_sees_clock(pins);
        return;
    }
    slave_shift(pins);
    if (!pins->other_sda && pins->sda_clocks == 0)
        pins->other_sda = true;
    if (pins->stretch_ns != 0) {
        pins->other_scl = false;
        pins->scl_until_ns = pins->now_ns + pins->stretch_ns;
    }
}

/* What the holders make of the lines. A change may lead to another one. */
static void update(struct pins *pins)
{
    for (;;) {
        const bool scl = pins->master_scl && pins->other_scl;
        const bool sda = pins->master_sda && pins->chip_sda && pins->other_sda;

        if (scl != pins->scl) {
            pins->scl = scl;
            scl_changes(pins);
        } else if (sda != pins->sda) {
            pins->sda = sda;
            sda_changes(pins);
        } else {
            return;
        }
    }
}

static void set_scl(void *context, bool high)
{
    struct pins *pins = context;

    pins->master_scl = high;
    update(pins);
}

static void set_sda(void *context, bool high)
{
    struct pins *pins = context;

    if (pins->master_sda != high && !pins->scl)
        least(&pins->wave.data_hold, pins->now_ns - pins->scl_changed_ns);
    pins->master_sda = high;
    update(pins);
}

static bool get_scl(void *context)
{
    return ((const struct pins *)context)->scl;
}

static bool get_sda(void *context)
{
    return ((const struct pins *)context)->sda;
}

static void delay_us(void *context, uint32_t microseconds)
{
    struct pins *pins = context;
    const uint64_t until = pins->now_ns + microseconds * UINT64_C(1000);

    if (!pins->other_scl && pins->scl_until_ns <= until) {
        pins->now_ns = pins->scl_until_ns;
        pins->other_scl = true;
        update(pins);
    }
    pins->now_ns = until;
    follow(pins);
}

void pins_init(struct pins *pins, struct virtual_chip *part)
{
    *pins = (struct pins){
        .part = part,
        .functions = {set_scl, set_sda, get_scl, get_sda, delay_us, pins},
        .now_ns = virtual_now_ns(part),
        .master_scl = true,
        .master_sda = true,
        .chip_sda = true,
        .other_scl = true,
        .other_sda = true,
        .scl = true,
        .sda = true,
        .wave = {.low = UINT64_MAX,
                 .high = UINT64_MAX,
                 .start_hold = UINT64_MAX,
                 .start_setup = UINT64_MAX,
                 .stop_setup = UINT64_MAX,
                 .bus_free = UINT64_MAX,
                 .data_setup = UINT64_MAX,
                 .data_hold = UINT64_MAX},
    };
    virtual_i2c_set_clock(part, UINT32_MAX);
}

void pins_hang(struct pins *pins, unsigned clocks)
{
    pins->sda_clocks = clocks;
    pins->other_sda = false;
    update(pins);
}

void pins_hold_clock(struct pins *pins, uint64_t nanoseconds)
{
    pins->other_scl = false;
    pins->scl_until_ns = nanoseconds == PINS_FOREVER ? PINS_FOREVER : pins->now_ns + nanoseconds;
    update(pins);
}

uint64_t pins_now_us(void *context)
{
    return ((const struct pins *)context)->now_ns / 1000;
}
