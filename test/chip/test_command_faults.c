/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that are not repeatable, under each fault that leaves the host without a reply: sent once, and what they do
 * to the part done once or not at all. What they may change says so to the guard.
 */
#include "chip/operations_device.h"

#include "test/chip/full.h"
#include "test/support/p256.h"
#include "virtual/chip/virtual_invasive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNTED_SLOT 0
#define PART CHIP_PART_ATECC608B

static const uint8_t digest[CHIP_DIGEST_BYTES] = {0x42};

static uint32_t uses(struct full *full)
{
    uint32_t value = 99;

    assert_int_equal(chip_read_counter(full->chip, 0, &value, NULL), CHIP_OK);
    return value;
}

static enum chip_status generate(struct full *full)
{
    uint8_t public_key[64];

    return chip_generate_key(full->chip, 2, public_key, NULL);
}

/* 0 before, 1 after. */
static uint32_t generated(struct full *full)
{
    uint8_t public_key[64];

    assert_int_equal(chip_read_public_key(full->chip, 2, public_key, NULL), CHIP_OK);
    return memcmp(public_key, full->public_keys[2], 64) != 0;
}

/* What the part did when the reply did not come. */
static const struct {
    const char *kind;
    bool done;
} faults[] = {
    {"lost", true}, {"badcrc", true}, {"garbage", true}, {"watchdog", true}, {"reset", false}, {"brownout", true},
};

static void begin(struct full *full)
{
    static const struct full_change changes[] = {FULL_NO_COUNT_MATCH};

    full_init(full, FULL_608, changes, 1);
}

static void test_not_repeated(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++) {
        struct full full;
        enum chip_status status;
        uint32_t sent;
        uint32_t done;

        begin(&full);
        full_arm(&full, faults[f].kind, 1);
        sent = full.chip->counters.commands;
        status = generate(&full);
        sent = full.chip->counters.commands - sent;
        done = generated(&full);
        if ((status != CHIP_REPLY_LOST && status != CHIP_RESET) || sent != 1 || done != (faults[f].done ? 1u : 0u))
            fail_msg("%s: status %d, sent %u times, done %u times", faults[f].kind, (int)status, (unsigned)sent,
                     (unsigned)done);
        full_release(&full);
    }
}

/* Damaged on the way in: the part did nothing, and a second sending is right. */
static void test_repeated_where_nothing_ran(void **state)
{
    struct full full;

    (void)state;
    begin(&full);
    full_arm(&full, "flip", 1);
    assert_int_equal(generate(&full), CHIP_OK);
    assert_int_equal(full.chip->counters.resends, 1);
    assert_int_equal(generated(&full), 1);
    full_release(&full);
}

/* A guard that says no: nothing is sent, and the part's memory stays as it is; also where the use of a key counts. */
static void test_guarded(void **state)
{
    struct full full;
    uint8_t before[32];
    uint8_t after[32];
    uint8_t signature[64];

    (void)state;
    begin(&full);
    virtual_digest(full.world.part, before);
    chip_forbid_changes(full.chip);
    assert_int_equal(generate(&full), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_sign_digest(full.chip, PART, COUNTED_SLOT, digest, signature, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_sign_digest(full.chip, PART, 2, digest, signature, NULL), CHIP_OK);
    virtual_digest(full.world.part, after);
    assert_memory_equal(before, after, 32);
    full_release(&full);
}

/* A counted key in a sequence of our own: one use, one count, whatever happens, and no second try that costs another.
 */
static void test_counted_sign(void **state)
{
    static const char *const kinds[] = {"lost", "badcrc", "reset", "brownout"};
    uint8_t signature[64];

    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct full full;
        enum chip_status status;

        begin(&full);
        full_arm(&full, kinds[k], 2);
        status = chip_sign_digest(full.chip, PART, COUNTED_SLOT, digest, signature, NULL);
        assert_int_equal(status, CHIP_REPLY_LOST);
        assert_true(uses(&full) <= 1);
        assert_int_equal(chip_sign_digest(full.chip, PART, COUNTED_SLOT, digest, signature, NULL), CHIP_OK);
        assert_true(p256_verifies(full.public_keys[COUNTED_SLOT], digest, 32, signature));
        full_release(&full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_repeated),
        cmocka_unit_test(test_repeated_where_nothing_ran),
        cmocka_unit_test(test_guarded),
        cmocka_unit_test(test_counted_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
