/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a task is blocked by a PSA call, in the chip's own time: each call on a chip whose commands take their
 * published maximum, at two speeds of the bus, and each call that fails. docs/guide/porting.md has these limits; run
 * this program to see the times.
 */
#include <imprint/i2c.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "test/support/world.h"
#include "virtual/chip/virtual_invasive.h"

#define KEY 18
#define ALGORITHM PSA_ALG_ECDSA(PSA_ALG_SHA_256)

struct bus {
    struct virtual_chip *part;
    bool stuck, bus_taken, chip_taken;
};

static struct {
    struct world world;
    struct bus bus;
    struct imprint_i2c i2c;
    struct imprint_i2c_port port;
} board;

static enum imprint_i2c_result bus_write(void *context, uint8_t address, const uint8_t *data, size_t len)
{
    const struct bus *bus = context;
    bool taken;

    if (bus->stuck)
        return IMPRINT_I2C_HELD;
    taken = virtual_i2c_start(bus->part, (uint8_t)(address << 1));
    for (size_t i = 0; taken && i < len; i++)
        taken = virtual_i2c_write(bus->part, data[i]);
    virtual_i2c_stop(bus->part);
    return taken ? IMPRINT_I2C_OK : IMPRINT_I2C_NACK;
}

static enum imprint_i2c_result bus_read(void *context, uint8_t address, uint8_t *data, size_t len)
{
    const struct bus *bus = context;
    bool taken;

    if (bus->stuck)
        return IMPRINT_I2C_HELD;
    taken = virtual_i2c_start(bus->part, (uint8_t)(address << 1 | 1));
    for (size_t i = 0; taken && i < len; i++)
        data[i] = virtual_i2c_read(bus->part);
    virtual_i2c_stop(bus->part);
    return taken ? IMPRINT_I2C_OK : IMPRINT_I2C_NACK;
}

static bool bus_set_clock(void *context, uint32_t hertz)
{
    virtual_i2c_set_clock(((const struct bus *)context)->part, hertz);
    return true;
}

static void bus_delay_us(void *context, uint32_t microseconds)
{
    virtual_wait_ns(((const struct bus *)context)->part, microseconds * UINT64_C(1000));
}

static uint64_t bus_now_us(void *context)
{
    return virtual_now_ns(((const struct bus *)context)->part) / 1000;
}

static bool take(void *context, bool taken, uint32_t limit_us)
{
    if (taken)
        bus_delay_us(context, limit_us);
    return !taken;
}

static bool bus_lock(void *context, uint32_t limit_us)
{
    return take(context, ((const struct bus *)context)->bus_taken, limit_us);
}

static bool bus_acquire(void *context, uint32_t limit_us)
{
    return take(context, ((const struct bus *)context)->chip_taken, limit_us);
}

static void bus_give(void *context)
{
    (void)context;
}

static void connect(uint32_t clock_hz)
{
    struct imprint_transport transport;
    const char *problem = NULL;

    board.bus = (struct bus){.part = board.world.part};
    board.port = (struct imprint_i2c_port){
        .write = bus_write,
        .read = bus_read,
        .delay_us = bus_delay_us,
        .now_us = bus_now_us,
        .set_clock = bus_set_clock,
        .clock_hz = clock_hz,
        .lock = bus_lock,
        .unlock = bus_give,
        .acquire = bus_acquire,
        .release = bus_give,
        .context = &board.bus,
    };
    assert_true(
        imprint_i2c_open(&board.i2c, &board.port, virtual_i2c_address(board.world.part) >> 1, &transport, &problem));
    virtual_i2c_set_clock(board.world.part, clock_hz);
    chip_init(&board.world.chip, &transport);
}

/* The chip has new keys to make; nothing is cached yet, as after a reset. */
static void begin(uint32_t clock_hz)
{
    world_make(&board.world, WORLD_TRUST_AND_GO);
    world_start(&board.world);
    connect(clock_hz);
}

static void end(void)
{
    world_remove(&board.world);
}

static psa_status_t generate(void)
{
    return world_generate(KEY, 2);
}

static psa_status_t register_key(void)
{
    return world_register(KEY + 1, 0);
}

static psa_status_t export_public_key(void)
{
    uint8_t point[65];
    size_t len;

    return psa_export_public_key(KEY, point, sizeof point, &len);
}

static const uint8_t hash[32] = {7};
static uint8_t signature[64];

static psa_status_t sign(void)
{
    size_t len;

    return psa_sign_hash(KEY, ALGORITHM, hash, sizeof hash, signature, sizeof signature, &len);
}

static psa_status_t verify(void)
{
    return psa_verify_hash(KEY, ALGORITHM, hash, sizeof hash, signature, sizeof signature);
}

static psa_status_t destroy(void)
{
    return psa_destroy_key(KEY);
}

static unsigned milliseconds(psa_status_t (*call)(void), psa_status_t expected)
{
    const uint64_t start_us = bus_now_us(&board.bus);

    world_expect(&board.world, call(), expected);
    return (unsigned)((bus_now_us(&board.bus) - start_us + 999) / 1000);
}

static void check(const char *name, unsigned clock_khz, unsigned took_ms, unsigned limit_ms)
{
    print_message("%-40s %3u kHz %5u ms\n", name, clock_khz, took_ms);
    if (took_ms > limit_ms)
        fail_msg("%s: %u ms, the guide says %u", name, took_ms, limit_ms);
}

/* In this order: each call follows on the one before. */
static const struct {
    const char *name;
    psa_status_t (*call)(void);
    unsigned limit_ms; /* at 100 kHz */
} calls[] = {
    {"register a key", register_key, 400},
    {"generate a key", generate, 700},
    {"export a public key", export_public_key, 250},
    {"sign a hash", sign, 400},
    {"verify a signature", verify, 400},
    {"destroy a key", destroy, 700},
};

static void test_calls(void **state)
{
    static const uint32_t clocks_hz[] = {100000, 400000};

    (void)state;
    for (size_t clock = 0; clock < sizeof clocks_hz / sizeof clocks_hz[0]; clock++) {
        begin(clocks_hz[clock]);
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
            check(calls[i].name, clocks_hz[clock] / 1000, milliseconds(calls[i].call, PSA_SUCCESS), calls[i].limit_ms);
        end();
    }
}

/* At its last command: serial number, Nonce, Sign. */
static void fail_power(void)
{
    struct virtual_counters counters;
    char id[32];

    virtual_read_counters(board.world.part, &counters);
    (void)snprintf(id, sizeof id, "cut@%u", (unsigned)counters.groups + 3);
    assert_true(virtual_arm_fault(board.world.part, id));
}

static void fail_stuck(void)
{
    board.bus.stuck = true;
}

static void fail_bus_taken(void)
{
    board.bus.bus_taken = true;
}

static void fail_chip_taken(void)
{
    board.bus.chip_taken = true;
}

/* From a chip that is absent to mutexes that are never free. */
static const struct {
    const char *name;
    void (*disturb)(void);
    unsigned limit_ms;
} failures[] = {
    {"the chip loses power during a signature", fail_power, 4000},
    {"the bus is stuck", fail_stuck, 1300},
    {"the bus is never free", fail_bus_taken, 400},
    {"the chip is never free", fail_chip_taken, 1100},
};

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        begin(100000);
        assert_int_equal(generate(), PSA_SUCCESS);
        failures[i].disturb();
        check(failures[i].name, 100, milliseconds(sign, PSA_ERROR_COMMUNICATION_FAILURE), failures[i].limit_ms);
        board.bus = (struct bus){.part = board.world.part};
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
