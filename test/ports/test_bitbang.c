/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bit-bang port (examples/ports/bitbang.c) on simulated lines: its wave is measured against the I2C specification,
 * and everything that another device can do to a bus happens to it, under the PSA driver. Whatever happens, the call
 * ends, says why, and the same call succeeds when the bus is free again.
 */
#include "examples/ports/bitbang.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "chip/operations.h"
#include "test/ports/pins.h"
#include "test/support/world.h"
#include "virtual/chip/virtual_invasive.h"

#define KEY 18
#define ALGORITHM PSA_ALG_ECDSA(PSA_ALG_SHA_256)

struct board {
    struct world world;
    struct pins pins;
    struct bitbang bitbang;
    struct imprint_i2c i2c;
    bool locked, acquired; /* the two mutexes */
    bool bus_taken, chip_taken;
    unsigned acquired_times;
};

static struct board board;

static bool lock(void *context, uint32_t limit_us)
{
    (void)context;
    assert_false(board.locked);
    if (board.bus_taken)
        board.pins.functions.delay_us(&board.pins, limit_us);
    board.locked = !board.bus_taken;
    return board.locked;
}

static void unlock(void *context)
{
    (void)context;
    assert_true(board.locked);
    board.locked = false;
}

static bool acquire(void *context, uint32_t limit_us)
{
    (void)context;
    assert_false(board.acquired);
    if (board.chip_taken)
        board.pins.functions.delay_us(&board.pins, limit_us);
    board.acquired = !board.chip_taken;
    board.acquired_times += board.acquired;
    return board.acquired;
}

static void release(void *context)
{
    (void)context;
    assert_true(board.acquired);
    board.acquired = false;
}

/* The driver runs on the pins from now on. */
static void connect(uint32_t half_bit_us)
{
    struct imprint_transport transport;
    const char *problem = NULL;

    pins_init(&board.pins, board.world.part);
    board.bitbang = (struct bitbang){
        .pins = board.pins.functions,
        .half_bit_us = half_bit_us,
        .now_us = pins_now_us,
    };
    bitbang_init(&board.bitbang);
    board.bitbang.port.lock = lock;
    board.bitbang.port.unlock = unlock;
    board.bitbang.port.acquire = acquire;
    board.bitbang.port.release = release;
    if (!imprint_i2c_open(&board.i2c, &board.bitbang.port, virtual_i2c_address(board.world.part) >> 1, &transport,
                          &problem))
        fail_msg("%s", problem);
    chip_init(&board.world.chip, &transport);
}

/* A Trust&GO part whose key in slot 0 has an id. */
static int begin(void **state)
{
    (void)state;
    board = (struct board){.bus_taken = false};
    world_make(&board.world, WORLD_TRUST_AND_GO);
    world_start(&board.world);
    connect(5);
    assert_int_equal(world_register(KEY, 0), PSA_SUCCESS);
    return 0;
}

static int begin_empty(void **state)
{
    (void)state;
    board = (struct board){.bus_taken = false};
    world_make(&board.world, WORLD_BLANK_LOCKED);
    world_start(&board.world);
    connect(1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&board.world);
    return 0;
}

static psa_status_t sign(void)
{
    static const uint8_t hash[32] = {7};
    uint8_t signature[64];
    size_t len = 0;

    return psa_sign_hash(KEY, ALGORITHM, hash, sizeof hash, signature, sizeof signature, &len);
}

/* A call that fails ends, with this reason, and leaves nothing locked. */
static void assert_fails(const char *words)
{
    const psa_status_t status = sign();
    const char *reason = imprint_psa_reason(status);

    assert_int_equal(status, PSA_ERROR_COMMUNICATION_FAILURE);
    assert_non_null(reason);
    if (strstr(reason, words) == NULL)
        fail_msg("%s", reason);
    assert_false(board.locked);
    assert_false(board.acquired);
}

static void assert_works(void)
{
    world_prove_key(&board.world, KEY);
    assert_false(board.locked);
    assert_false(board.acquired);
}

/* --- the wave ----------------------------------------------------------------------------------------------------- */

/* UM10204, table 10, in nanoseconds. */
static const struct mode {
    const char *name;
    uint32_t half_bit_us;
    uint64_t period, low, high, start_hold, stop_setup, bus_free, data_setup;
} modes[] = {
    {"Standard-mode", 5, 10000, 4700, 4000, 4000, 4000, 4700, 250},
    {"Fast-mode", 1, 2500, 1300, 600, 600, 600, 1300, 100},
};

#define HOLD_NS 300

static void at_least(const struct mode *mode, const char *name, uint64_t seen, uint64_t least)
{
    if (seen == UINT64_MAX || seen < least)
        fail_msg("%s: %s was %llu ns, not %llu", mode->name, name, (unsigned long long)seen, (unsigned long long)least);
}

static void test_wave(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        const struct pins_wave *wave = &board.pins.wave;

        connect(modes[i].half_bit_us);
        assert_works();
        at_least(&modes[i], "SCL period", wave->low + wave->high, modes[i].period);
        at_least(&modes[i], "SCL low", wave->low, modes[i].low);
        at_least(&modes[i], "SCL high", wave->high, modes[i].high);
        at_least(&modes[i], "START hold", wave->start_hold, modes[i].start_hold);
        at_least(&modes[i], "STOP setup", wave->stop_setup, modes[i].stop_setup);
        at_least(&modes[i], "bus free", wave->bus_free, modes[i].bus_free);
        at_least(&modes[i], "data setup", wave->data_setup, modes[i].data_setup);
        at_least(&modes[i], "data hold", wave->data_hold, HOLD_NS);
        assert_int_equal(wave->start_setup, UINT64_MAX); /* no repeated START */
        assert_true(wave->starts > 10);
        assert_int_equal(wave->starts, wave->stops); /* SDA moves with SCL high for these alone */
        assert_true(board.pins.scl && board.pins.sda);
    }
}

static void test_pulse(void **state)
{
    const struct imprint_transport *transport = &board.world.chip.transport;
    struct virtual_counters before, after;
    uint64_t start_ns;

    (void)state;
    connect(1);
    virtual_read_counters(board.world.part, &before);
    start_ns = board.pins.now_ns;
    assert_int_equal(transport->operations->wake(transport->context), IMPRINT_TRANSPORT_OK);
    virtual_read_counters(board.world.part, &after);
    assert_int_equal(after.wakes, before.wakes + 1);
    assert_in_range(board.pins.wave.sda_low_max, 60000, 100000);
    assert_int_equal(board.pins.wave.clocks, 0);
    assert_true(board.pins.now_ns - start_ns >= 1560000);
}

/* The slave model is strict: what is too short does not wake. */
static void test_short_pulse(void **state)
{
    struct virtual_counters before, after;

    (void)state;
    virtual_read_counters(board.world.part, &before);
    board.pins.functions.set_sda(&board.pins, false);
    board.pins.functions.delay_us(&board.pins, 59);
    board.pins.functions.set_sda(&board.pins, true);
    virtual_read_counters(board.world.part, &after);
    assert_int_equal(after.wakes, before.wakes);
}

/* The pulse as a transfer to address 0, acknowledged or not; too short at 333 kHz. */
static void test_pulse_by_address(void **state)
{
    static const struct {
        uint32_t half_bit_us;
        bool answers;
        bool works;
    } rows[] = {{5, false, true}, {5, true, true}, {1, false, false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        connect(rows[i].half_bit_us);
        board.bitbang.port.wake = NULL;
        board.pins.answers_address_0 = rows[i].answers;
        if (rows[i].works)
            assert_works();
        else
            assert_fails("no chip answers");
    }
}

static void test_late_wake(void **state)
{
    (void)state;
    board.pins.late_wake_ns = 20000000; /* tWHIST: a chip that tests itself first */
    assert_works();
    board.pins.late_wake_ns = 400000000;
    assert_works();
    board.pins.late_wake_ns = PINS_FOREVER / 2;
    assert_fails("no chip answers");
}

/* --- other devices ------------------------------------------------------------------------------------------------ */

/* Another device stretches each clock: the bus is slower, and works. */
static void test_stretched_clock(void **state)
{
    (void)state;
    connect(5);
    board.pins.stretch_ns = 30000;
    assert_works();
    assert_true(board.pins.wave.low >= 30000);
}

/* SCL held for a while is waited for; held for good it is an error. */
static void test_held_clock(void **state)
{
    (void)state;
    pins_hold_clock(&board.pins, 20000000);
    assert_works();
    pins_hold_clock(&board.pins, PINS_FOREVER);
    assert_fails("the bus is stuck");
    pins_hold_clock(&board.pins, 0);
    assert_works();
}

/* SDA held by a device in the middle of a byte: up to nine clocks free it, and the call succeeds. */
static void test_held_data(void **state)
{
    (void)state;
    for (unsigned clocks = 1; clocks <= 9; clocks++) {
        pins_hang(&board.pins, clocks);
        assert_false(board.pins.sda);
        assert_works();
        assert_true(board.pins.other_sda);
    }
    pins_hang(&board.pins, UINT_MAX);
    assert_fails("the bus is stuck");
    board.pins.sda_clocks = 0; /* its power is cycled */
    assert_works();
}

/* The clocks of a recovery end when SDA is free, and START and STOP follow: the device is reset, too. */
static void test_recovery_wave(void **state)
{
    unsigned clocks, stops;

    (void)state;
    pins_hang(&board.pins, 4);
    clocks = board.pins.wave.clocks;
    stops = board.pins.wave.stops;
    assert_true(imprint_i2c_recover(&board.pins.functions));
    assert_in_range(board.pins.wave.clocks - clocks, 4, 6);
    assert_true(board.pins.wave.stops > stops);
    pins_hang(&board.pins, 10);
    clocks = board.pins.wave.clocks;
    assert_false(imprint_i2c_recover(&board.pins.functions));
    assert_int_equal(board.pins.wave.clocks - clocks, 9);
}

/* A one that another device turns into a zero ends the transfer there: what follows would be nonsense. */
static void test_lost_bit(void **state)
{
    static const uint8_t ones[] = {0xff, 0xff};
    const struct imprint_i2c_port *port = &board.bitbang.port;
    const uint8_t address = virtual_i2c_address(board.world.part) >> 1;
    unsigned clocks;

    (void)state;
    assert_int_equal(port->wake(port->context), IMPRINT_I2C_OK);
    port->delay_us(port->context, 1500);
    clocks = board.pins.wave.clocks;
    board.pins.break_at = clocks + 9 + 3; /* the third bit of the first byte */
    board.pins.break_clocks = 3;
    assert_int_equal(port->write(port->context, address, ones, sizeof ones), IMPRINT_I2C_FAILED);
    assert_in_range(board.pins.wave.clocks - clocks, 12, 14);
    assert_true(port->recover(port->context));
    assert_works();
}

/* Rising edges of SCL that one call needs when nothing disturbs it. */
static unsigned clocks_of_sign(void)
{
    const unsigned before = board.pins.wave.clocks;

    assert_int_equal(sign(), PSA_SUCCESS);
    return board.pins.wave.clocks - before;
}

/* A device that begins to hold SDA in the middle of a transfer, at every kind of place in a signature. */
static void test_broken_transfers(void **state)
{
    const unsigned total = clocks_of_sign();
    unsigned places = 0;

    (void)state;
    for (unsigned at = 1; at <= total; at += 7) {
        board.pins.break_at = board.pins.wave.clocks + at;
        board.pins.break_clocks = 1 + at % 9;
        assert_works();
        places++;
    }
    assert_true(places > 100);
}

/*
 * A key that was not made: the bus broke off, or a damaged reply has a right CRC by chance (1 in 65,536; one does
 * here), which the driver notices when it reads the key back. PSA starts again, and the same id can be made: no record
 * and no slot is lost.
 */
static void generate_again(psa_status_t status)
{
    if (status != PSA_ERROR_CORRUPTION_DETECTED)
        assert_int_equal(status, PSA_ERROR_COMMUNICATION_FAILURE);
    assert_non_null(imprint_psa_reason(status));
    world_restart(&board.world);
    connect(1);
    assert_int_equal(world_generate(KEY, 0), PSA_SUCCESS);
}

/* The same as above while a key is made. GenKey is not repeatable, so the call may fail. */
static void test_broken_generation(void **state)
{
    const unsigned start = board.pins.wave.clocks;
    unsigned total;

    (void)state;
    assert_int_equal(world_generate(KEY, 0), PSA_SUCCESS);
    total = board.pins.wave.clocks - start;
    assert_int_equal(psa_destroy_key(KEY), PSA_SUCCESS);
    for (unsigned at = 1; at <= total; at += 29) {
        psa_status_t status;

        board.pins.break_at = board.pins.wave.clocks + at;
        board.pins.break_clocks = 1 + at % 9;
        status = world_generate(KEY, 0);
        if (status != PSA_SUCCESS)
            generate_again(status);
        assert_works();
        assert_int_equal(psa_destroy_key(KEY), PSA_SUCCESS);
        board.pins.break_at = 0;
    }
}

/* --- other tasks -------------------------------------------------------------------------------------------------- */

static void test_bus_never_free(void **state)
{
    uint64_t start_us;

    (void)state;
    start_us = pins_now_us(&board.pins);
    board.bus_taken = true;
    assert_fails("another task did not release the bus or the chip");
    assert_true(pins_now_us(&board.pins) - start_us < 1000000); /* the limit once or twice, not for each try */
    board.bus_taken = false;
    assert_works();
}

static void test_chip_never_free(void **state)
{
    (void)state;
    board.chip_taken = true;
    assert_fails("another task did not release the bus or the chip");
    board.chip_taken = false;
    assert_works();
}

/* Each PSA call reserves the chip once, and leaves it asleep and free. */
static void test_chip_is_released(void **state)
{
    const unsigned before = board.acquired_times;

    (void)state;
    assert_int_equal(sign(), PSA_SUCCESS);
    assert_int_equal(board.acquired_times, before + 1);
    assert_false(board.acquired);
    assert_int_equal(board.world.chip.transport.operations->idle(board.world.chip.transport.context),
                     IMPRINT_TRANSPORT_NO_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wave, begin, end),
        cmocka_unit_test_setup_teardown(test_pulse, begin, end),
        cmocka_unit_test_setup_teardown(test_short_pulse, begin, end),
        cmocka_unit_test_setup_teardown(test_pulse_by_address, begin, end),
        cmocka_unit_test_setup_teardown(test_late_wake, begin, end),
        cmocka_unit_test_setup_teardown(test_stretched_clock, begin, end),
        cmocka_unit_test_setup_teardown(test_held_clock, begin, end),
        cmocka_unit_test_setup_teardown(test_held_data, begin, end),
        cmocka_unit_test_setup_teardown(test_recovery_wave, begin, end),
        cmocka_unit_test_setup_teardown(test_lost_bit, begin, end),
        cmocka_unit_test_setup_teardown(test_broken_transfers, begin, end),
        cmocka_unit_test_setup_teardown(test_broken_generation, begin_empty, end),
        cmocka_unit_test_setup_teardown(test_bus_never_free, begin, end),
        cmocka_unit_test_setup_teardown(test_chip_never_free, begin, end),
        cmocka_unit_test_setup_teardown(test_chip_is_released, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
