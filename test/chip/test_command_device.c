/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, self tests, pin, state and what only the ATECC508A has. Latch and authorisation: test_command_symmetric.c.
 */
#include "chip/operations_device.h"
#include "chip/operations_registers.h"

#include "test/chip/full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_counters(void **state)
{
    static const struct full_change changes[] = {FULL_NO_COUNT_MATCH};
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint32_t value = 99;

    (void)state;
    full_init(&full, FULL_608, changes, 1);
    for (uint8_t counter = 0; counter < CHIP_COUNTERS; counter++) {
        assert_int_equal(chip_read_counter(full.chip, counter, &value, NULL), CHIP_OK);
        assert_int_equal(value, 0);
        for (uint32_t i = 1; i <= 70; i++) {
            assert_int_equal(chip_count(full.chip, counter, &value, NULL), CHIP_OK);
            assert_int_equal(value, i);
        }
        assert_int_equal(chip_read_counter(full.chip, counter, &value, NULL), CHIP_OK);
        assert_int_equal(value, 70);
    }
    assert_int_equal(chip_read_counter(full.chip, 2, &value, &err), CHIP_BAD_ARGUMENT);
    assert_string_equal(err.doing, "read a counter");
    assert_int_equal(chip_count(full.chip, 2, &value, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* At its end a counter stands still. */
static void test_counter_limits(void **state)
{
    static const struct full_change at_its_end[] = {{60, 0x00}, {61, 0x00}, {62, 0x00}, {63, 0x03},
                                                    {64, 0xFF}, {65, 0xFF}, {66, 0xFF}, {67, 0xFF}};
    struct full full;
    uint32_t value = 0;

    (void)state;
    full_init(&full, FULL_608, at_its_end, sizeof(at_its_end) / sizeof(at_its_end[0]));
    assert_int_equal(chip_read_counter(full.chip, 1, &value, NULL), CHIP_OK);
    assert_int_equal(value, CHIP_COUNTER_MAX - 1);
    assert_int_equal(chip_count(full.chip, 1, &value, NULL), CHIP_OK);
    assert_int_equal(value, CHIP_COUNTER_MAX);
    assert_int_equal(chip_count(full.chip, 1, &value, NULL), CHIP_EXECUTION);
    full_release(&full);
}

static void test_random(void **state)
{
    struct full full;
    uint8_t a[32];
    uint8_t b[32];

    (void)state;
    full_init(&full, FULL_508, NULL, 0);
    assert_int_equal(chip_random_keeping_seed(full.chip, a, NULL), CHIP_OK);
    assert_int_equal(chip_random_keeping_seed(full.chip, b, NULL), CHIP_OK);
    assert_memory_not_equal(a, b, 32);
    full_release(&full);
}

/* A test that fails leaves a chip that says so to everything else, until it passes. */
static void test_self_tests(void **state)
{
    static const uint8_t failures[] = {CHIP_TEST_RANDOM, CHIP_TEST_ECDSA,
                                       CHIP_TEST_ECDH,   CHIP_TEST_RANDOM | CHIP_TEST_ECDSA,
                                       CHIP_TEST_ALL,    CHIP_TEST_RANDOM | CHIP_TEST_AES};
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint8_t failed = 0xFF;
    uint8_t out[32];
    char fault[24];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    assert_int_equal(chip_self_test(full.chip, CHIP_TEST_ALL, &failed, NULL), CHIP_OK);
    assert_int_equal(failed, 0);
    for (size_t i = 0; i < sizeof(failures); i++) {
        chip_sleep(full.chip); /* what follows then fits into one wake period: the next clears the failures */
        (void)snprintf(fault, sizeof(fault), "selftest@%u.%u", (unsigned)full.chip->counters.commands + 1, failures[i]);
        assert_true(virtual_arm_fault(full.board.part, fault));
        assert_int_equal(chip_self_test(full.chip, CHIP_TEST_ALL, &failed, NULL), CHIP_OK);
        assert_int_equal(failed, failures[i]);
        if (failures[i] == (CHIP_TEST_RANDOM | CHIP_TEST_AES))
            continue; /* asked twice by itself: the wake period is over */
        assert_int_equal(chip_self_test(full.chip, 0, &failed, NULL), CHIP_OK);
        assert_int_equal(failed, failures[i]);
        assert_int_equal(chip_random(full.chip, out, NULL), CHIP_SELF_TEST);
        assert_int_equal(chip_self_test(full.chip, CHIP_TEST_ALL, &failed, NULL), CHIP_OK);
        assert_int_equal(failed, 0);
        assert_int_equal(chip_random(full.chip, out, NULL), CHIP_OK);
    }

    /* A restart looks like the generator and AES having failed, and is told from it. */
    chip_sleep(full.chip);
    full_arm(&full, "reset", 2); /* the first asks which chip it is */
    assert_int_equal(chip_self_test(full.chip, CHIP_TEST_ALL, &failed, &err), CHIP_RESET);
    assert_int_equal(err.reason, ERROR_DEVICE_RESET);
    assert_int_equal(chip_self_test(full.chip, 0x02, &failed, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* A slow clock makes the self tests as slow as 2.3 s; the long watchdog lets them. */
static void test_slow_self_tests(void **state)
{
    static const struct full_change changes[] = {{19, 0x6C}};
    struct full full;
    uint8_t failed = 0xFF;

    (void)state;
    full_init(&full, FULL_608, changes, 1);
    assert_int_equal(chip_self_test(full.chip, CHIP_TEST_ALL, &failed, NULL), CHIP_OK);
    assert_int_equal(failed, 0);
    assert_int_equal(full.chip->counters.resends, 0);
    full_release(&full);
}

/* A single-wire part's other pin, as an output; an I2C part has none. */
static void test_pin(void **state)
{
    static const struct full_change changes[] = {{14, 0x00}, {16, 0x03}};
    struct full full;
    bool level = true;

    (void)state;
    full_init(&full, FULL_608, changes, sizeof(changes) / sizeof(changes[0]));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(chip_set_pin(full.chip, i % 2 == 0, NULL), CHIP_OK);
        assert_int_equal(virtual_gpio_level(full.board.part), i % 2 == 0);
        assert_int_equal(chip_read_pin(full.chip, &level, NULL), CHIP_OK);
        assert_int_equal(level, i % 2 == 0);
    }
    full_release(&full);
    full_init(&full, FULL_608, NULL, 0);
    assert_int_equal(chip_read_pin(full.chip, &level, NULL), CHIP_PARSE);
    full_release(&full);
}

static void test_state(void **state)
{
    static const uint8_t value[32] = {0};
    struct full full;
    struct chip_state seen;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    chip_sleep(full.chip);
    assert_int_equal(chip_read_state(full.chip, &seen, NULL), CHIP_OK);
    assert_false(seen.tempkey_valid || seen.authorised);
    assert_int_equal(chip_nonce_load(full.chip, CHIP_REGISTER_TEMPKEY, bytes_of(value, 32), NULL), CHIP_OK);
    assert_int_equal(chip_read_state(full.chip, &seen, NULL), CHIP_OK);
    assert_true(seen.tempkey_valid && seen.from_host);
    assert_false(seen.gendig_data || seen.genkey_data || seen.no_mac || seen.authorised);
    full_release(&full);
}

/* The ATECC508A: Pause with its own Selector, and uses of slot 15 taken one by one. */
static void test_508(void **state)
{
    static const struct full_change changes[] = {FULL_SLOT_CONFIG(15, 0x2F, 0x0F), FULL_KEY_CONFIG(15, 0x3C, 0x00)};
    struct full full;
    struct chip_config config;
    uint8_t out[32];

    (void)state;
    full_init(&full, FULL_508, changes, sizeof(changes) / sizeof(changes[0]));
    assert_int_equal(chip_pause_others(full.chip, full.config.zone[85], NULL), CHIP_OK);
    assert_int_equal(chip_pause_others(full.chip, full.config.zone[85] ^ 1, NULL), CHIP_NO_ANSWER);
    assert_int_equal(chip_random(full.chip, out, NULL), CHIP_OK);
    assert_int_equal(full.config.zone[68], 0xFF);
    assert_int_equal(chip_spend_use(full.chip, 15, NULL), CHIP_OK);
    assert_int_equal(chip_spend_use(full.chip, 15, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(full.chip, &config, NULL), CHIP_OK);
    assert_int_equal(config.zone[68], 0x3F);
    assert_int_equal(chip_spend_use(full.chip, 12, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_spend_use(full.chip, 16, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters),        cmocka_unit_test(test_counter_limits),
        cmocka_unit_test(test_random),          cmocka_unit_test(test_self_tests),
        cmocka_unit_test(test_slow_self_tests), cmocka_unit_test(test_pin),
        cmocka_unit_test(test_state),           cmocka_unit_test(test_508),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
