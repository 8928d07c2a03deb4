/* SPDX-License-Identifier: Apache-2.0 */
/* Uses left of keys that count them: the counter's code, CountMatch, LastKeyUse, and the virtual chip's own count. */
#include "chip/uses.h"

#include "chip/operations.h"
#include "chip/operations_device.h"
#include "test/support/world.h"
#include "test/support/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT_MATCH = 18, COUNTER0 = 52, LAST_KEY_USE = 68, KEY_SLOT = 2 };

/* Bytes of a counter, from real dumps and from the code's definition. */
static const struct {
    uint8_t bytes[8];
    uint32_t value;
} counters[] = {
    {{0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}, 0},
    {{0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}, 1},
    {{0x0F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}, 4}, /* 608b-tngtls, counter 1 */
    {{0x00, 0x00, 0xFF, 0xFF, 0, 0, 0, 0}, 16},
    {{0x00, 0x00, 0x00, 0x01, 0, 0, 0, 0}, 31}, /* 608b-tngtls, counter 0 */
    {{0xFF, 0xFF, 0x00, 0x00, 0, 1, 0, 0}, 32},
    {{0x00, 0x07, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00}, 45},      /* 608b-default-locked */
    {{0x00, 0x00, 0x00, 0xFF, 0x00, 0x02, 0x00, 0x02}, 88},      /* 508a-nitrokey-u2f */
    {{0x00, 0x00, 0x00, 0x01, 0xFF, 0xFF, 0xFF, 0xFF}, 2097151}, /* the last */
};

static void counter_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        for (uint8_t counter = 0; counter < CHIP_COUNTERS; counter++) {
            struct chip_config config = dump_load("608b-tflxtls");

            memcpy(config.zone + COUNTER0 + 8 * counter, counters[i].bytes, 8);
            assert_int_equal(chip_config_counter(&config, counter), counters[i].value);
        }
}

/* Every value that the virtual chip's counter takes in its first 100 steps, by its own Counter command. */
static void counter_as_the_chip_counts(void **state)
{
    struct chip_config config = dump_load("608b-blank-rev6003");
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config.zone};
    struct world world;
    uint8_t digest[32] = {1}, signature[64], key[64];

    (void)state;
    chip_set_slot_policy(&config, KEY_SLOT, 0x20A1, 0x0013); /* LimitedUse */
    chip_config_mark_locked(&config);
    world_open_chip(&world, &making);
    virtual_set_times(world.part, VIRTUAL_TIMES_NONE);
    assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
    assert_int_equal(chip_generate_key(&world.chip, KEY_SLOT, key, NULL), CHIP_OK);
    for (uint32_t used = 0; used < 100; used++) {
        uint32_t value;

        assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
        assert_int_equal(chip_read_counter(&world.chip, 0, &value, NULL), CHIP_OK);
        assert_int_equal(value, used);
        assert_int_equal(chip_config_counter(&config, 0), used);
        assert_int_equal(chip_slot_uses_left(&config, KEY_SLOT, CHIP_COUNTER_MAX), CHIP_COUNTER_MAX - used);
        assert_int_equal(chip_sign_digest(&world.chip, CHIP_PART_ATECC608B, KEY_SLOT, digest, signature, NULL),
                         CHIP_OK);
    }
    world_remove(&world);
}

/* All values of CountMatch: bit 0 turns it on, the high half names the slot; an ATECC508A has OTPmode there. */
static void count_match(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        struct chip_config config = dump_load("608b-tflxtls"), old = dump_load("508a-blank-1");
        uint8_t slot = 99;

        config.zone[COUNT_MATCH] = old.zone[COUNT_MATCH] = (uint8_t)value;
        assert_int_equal(chip_config_count_match(&config, &slot), (value & 1) != 0);
        assert_int_equal(slot, value >> 4);
        assert_false(chip_config_count_match(&old, &slot));
    }
}

static void match_limit(void **state)
{
    static const struct {
        uint8_t value[8];
        uint32_t limit;
    } rows[] = {
        {{32, 0, 0, 0, 32, 0, 0, 0}, 32},
        {{64, 0, 0, 0, 32, 0, 0, 0}, 32},
        {{0x20, 0x01, 0, 0, 0x40, 0x01, 0, 0}, 0x120},
        {{33, 0, 0, 0, 63, 0, 0, 0}, 32},
        {{0, 0, 0, 0, 0, 0, 0, 0}, 0},
        {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, CHIP_COUNTER_MAX},
    };
    struct chip_config config = dump_load("608b-tflxtls");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(chip_match_limit(rows[i].value), rows[i].limit);
    memcpy(config.zone + COUNTER0, counters[7].bytes, 8);
    assert_int_equal(chip_slot_uses_left(&config, 0, 96), 8);
    assert_int_equal(chip_slot_uses_left(&config, 0, 88), 0);
    assert_int_equal(chip_slot_uses_left(&config, 0, 32), 0);
}

/* Slot 15 of an ATECC508A: each bit of LastKeyUse is one use, and the counter has no say. */
static void last_key_use(void **state)
{
    struct chip_config config = dump_load("508a-blank-1"), newer = dump_load("608b-tflxtls");

    (void)state;
    memset(config.zone + LAST_KEY_USE, 0xFF, 16);
    for (unsigned used = 0; used <= 128; used++) {
        assert_int_equal(chip_slot_uses_left(&config, 15, CHIP_COUNTER_MAX), 128 - used);
        if (used < 128)
            config.zone[LAST_KEY_USE + used / 8] &= (uint8_t)~(0x80u >> used % 8);
    }
    for (uint8_t slot = 0; slot < 15; slot++)
        assert_int_equal(chip_slot_uses_left(&config, slot, CHIP_COUNTER_MAX),
                         CHIP_COUNTER_MAX - chip_config_counter(&config, 0));
    assert_int_equal(chip_slot_uses_left(&newer, 15, CHIP_COUNTER_MAX),
                     CHIP_COUNTER_MAX - chip_config_counter(&newer, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_bytes), cmocka_unit_test(counter_as_the_chip_counts),
        cmocka_unit_test(count_match),   cmocka_unit_test(match_limit),
        cmocka_unit_test(last_key_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
