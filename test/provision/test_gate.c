/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock gate's rules, one row per way to ruin a part: a sound config zone, one change, and the rule that must stop
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "provision/gate.h"
#include "provision/steps.h"

#define SLOT_CONFIG(n) (20 + 2 * (n))
#define KEY_CONFIG(n) (96 + 2 * (n))

/* A blank ATECC608B (chip-zones table 11.1), unlocked. */
static const struct chip_config blank = {
    .zone = {0x01, 0x23, 0x11, 0x22, 0x00, 0x00, 0x60, 0x03, 0x33, 0x44, 0x55, 0x66, 0xEE, 0x01, 0x59, 0x00,
             0xC0, 0x00, 0x00, 0x00, 0x83, 0x20, 0x87, 0x20, 0x8F, 0x20, 0xC4, 0x8F, 0x8F, 0x8F, 0x8F, 0x8F,
             0x9F, 0x8F, 0xAF, 0x8F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
             0x00, 0x00, 0xAF, 0x8F, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF,
             0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
             0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x55, 0x55, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
             0x33, 0x00, 0x33, 0x00, 0x33, 0x00, 0x1C, 0x00, 0x1C, 0x00, 0x1C, 0x00, 0x1C, 0x00, 0x1C, 0x00,
             0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x1C, 0x00}};

/* One key that signs, generated in slot 0; both locks wanted. */
static struct profile sound_profile(void)
{
    struct profile profile = {
        .name = "gate",
        .parts = 1u << CHIP_PART_ATECC608B,
        .configuration = PROFILE_FACTORY_DEFAULT,
        .lock_config = true,
        .lock_data = true,
        .key_count = 1,
        .keys = {{.name = "one",
                  .id = 1,
                  .method = PROFILE_GENERATE,
                  .slot = 0,
                  .type = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1),
                  .bits = 256,
                  .algorithm = PSA_ALG_ECDSA(PSA_ALG_ANY_HASH),
                  .usage = PSA_KEY_USAGE_SIGN_HASH}},
    };
    return profile;
}

static struct provision_plan sound_plan(const struct chip_config *config)
{
    struct provision_plan plan = {
        .part = CHIP_PART_ATECC608B,
        .found = *config,
        .wanted = *config,
        .step_count = 7,
        .steps = {{.kind = &provision_step_lock_config, .forever = true, .key = -1, .slot = PROFILE_SLOT_ANY},
                  {.kind = &provision_step_generate_key, .done = true, .key = 0, .slot = 0},
                  {.kind = &provision_step_lock_data, .forever = true, .key = -1, .slot = PROFILE_SLOT_ANY},
                  {.kind = &provision_step_prove_key, .done = true, .key = 0, .slot = 0},
                  {.kind = &provision_step_lock_slot, .forever = true, .key = 0, .slot = 0},
                  {.kind = &provision_step_prove_data, .done = true, .key = -1, .datum = 1, .slot = 9},
                  {.kind = &provision_step_lock_io_key, .forever = true, .key = -1, .datum = 1, .slot = 9}},
    };
    return plan;
}

enum {
    STEP_LOCK_CONFIG = 0,
    STEP_MAKE = 1,
    STEP_LOCK_DATA = 2,
    STEP_PROVE = 3,
    STEP_LOCK_SLOT = 4,
    STEP_PROVE_DATA = 5,
    STEP_LOCK_IO_KEY = 6
};

struct ruin {
    const char *name;
    int step;
    uint8_t offset, value; /* one byte of the zone set, in what is wanted and in what is there */
    uint8_t offset2, value2;
    bool only_there; /* ... only in what is there: the write did not take */
    int not_done;    /* this step has not been done, -1 for none */
    const char *cause;
};

static const struct ruin ruins[] = {
    {"sound config lock", STEP_LOCK_CONFIG, 16, 0xC0, 16, 0xC0, false, -1, NULL},
    {"sound data lock", STEP_LOCK_DATA, 87, 0x00, 16, 0xC0, false, -1, NULL},
    {"sound slot lock", STEP_LOCK_SLOT, 87, 0x00, 86, 0x00, false, -1, NULL},
    {"one bit did not take", STEP_LOCK_CONFIG, SLOT_CONFIG(3), 0xC5, 16, 0xC0, true, -1, "differs from the planned"},
    {"one bit did not take, data", STEP_LOCK_DATA, KEY_CONFIG(15), 0x3C, 87, 0x00, true, -1,
     "differs from the planned"},
    {"a stray row shifts KeyConfig", STEP_LOCK_CONFIG, KEY_CONFIG(4), 0xFF, KEY_CONFIG(4) + 1, 0xFF, false, -1,
     "table looks shifted"},
    {"reserved key type", STEP_LOCK_CONFIG, KEY_CONFIG(9), 0x20, 16, 0xC0, false, -1, "table looks shifted"},
    {"private slot without IsSecret", STEP_LOCK_CONFIG, SLOT_CONFIG(1), 0x07, 16, 0xC0, false, -1, "IsSecret"},
    {"private slot of the wrong type", STEP_LOCK_CONFIG, KEY_CONFIG(2), 0x3F, 16, 0xC0, false, -1, "IsSecret"},
    {"WriteKey names a private key", STEP_LOCK_CONFIG, SLOT_CONFIG(5), 0x8F, SLOT_CONFIG(5) + 1, 0x41, false, -1,
     "WriteKey slot"},
    {"I2C address moved", STEP_LOCK_CONFIG, 16, 0x6A, 16, 0x6A, true, -1, "differs from the planned"},
    {"slot frozen before it is filled", STEP_LOCK_CONFIG, 88, 0xFD, 16, 0xC0, false, -1, "SlotLocked"},
    {"key may not sign after the lock", STEP_LOCK_CONFIG, SLOT_CONFIG(0), 0x82, 16, 0xC0, false, -1,
     "could not do its work"},
    {"key may not sign after the data lock", STEP_LOCK_DATA, SLOT_CONFIG(0), 0x82, 87, 0x00, false, -1,
     "could not do its work"},
    {"key hides what it would be proven by", STEP_LOCK_CONFIG, KEY_CONFIG(0), 0x31, 16, 0xC0, false, -1,
     "could not do its work"},
    {"data lock before the key is made", STEP_LOCK_DATA, 87, 0x00, 16, 0xC0, false, STEP_MAKE, "not in the chip yet"},
    {"slot lock before the proof", STEP_LOCK_SLOT, 87, 0x00, 86, 0x00, false, STEP_PROVE, "not been proven"},
    {"slot is not Lockable", STEP_LOCK_SLOT, 87, 0x00, KEY_CONFIG(0), 0x13, false, -1, "not Lockable"},
    {"slot lock on another chip", STEP_LOCK_SLOT, 3, 0x23, 87, 0x00, true, -1, "not those that the plan"},
    {"slot lock under another policy", STEP_LOCK_SLOT, SLOT_CONFIG(5), 0x8E, 87, 0x00, true, -1,
     "not those that the plan"},
    {"slot lock beside a locked slot", STEP_LOCK_SLOT, 88, 0xFD, 87, 0x00, true, -1, NULL},
    {"sound lock of an IO protection key", STEP_LOCK_IO_KEY, 87, 0x00, 86, 0x00, false, -1, NULL},
    {"IO protection key before the proof", STEP_LOCK_IO_KEY, 87, 0x00, 86, 0x00, false, STEP_PROVE_DATA,
     "secret in the slot has not been proven"},
    {"slot of an IO protection key is not Lockable", STEP_LOCK_IO_KEY, 87, 0x00, KEY_CONFIG(9), 0x1C, false, -1,
     "not Lockable"},
    {"IO protection key on another chip", STEP_LOCK_IO_KEY, 3, 0x23, 87, 0x00, true, -1, "not those that the plan"},
    {"slot is locked already", STEP_LOCK_SLOT, 87, 0x00, 88, 0xFE, false, -1, "cannot be locked"},
};

static void test_each_ruin_is_stopped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ruins) / sizeof(ruins[0]); i++) {
        const struct ruin *ruin = &ruins[i];
        struct profile profile = sound_profile();
        struct provision_plan plan = sound_plan(&blank);
        struct chip_config now = blank;
        struct error err = {.reason = ERROR_NONE};
        bool passed;

        now.zone[ruin->offset] = ruin->value;
        now.zone[ruin->offset2] = ruin->value2;
        if (!ruin->only_there)
            plan.wanted = now;
        if (ruin->not_done >= 0)
            plan.steps[ruin->not_done].done = false;

        passed = provision_gate_inspect(&profile, &plan, &plan.steps[ruin->step], &now, &err);
        if (passed != (ruin->cause == NULL) || (!passed && strstr(err.cause, ruin->cause) == NULL))
            fail_msg("%s: %s (%s)", ruin->name, passed ? "passed" : "stopped", passed ? "-" : err.cause);
        if (!passed) {
            assert_int_equal(err.reason, ERROR_GATE_REFUSED);
            assert_non_null(err.next);
        } else {
            assert_int_equal(err.reason, ERROR_NONE);
        }
    }
}

/* It is the content of its own slot that must have been proven. */
static void test_proof_of_another_datum(void **state)
{
    struct profile profile = sound_profile();
    struct provision_plan plan = sound_plan(&blank);
    struct error err = {.reason = ERROR_NONE};
    struct chip_config now = blank;

    (void)state;
    now.zone[87] = 0;
    plan.wanted = now;
    assert_true(provision_gate_inspect(&profile, &plan, &plan.steps[STEP_LOCK_IO_KEY], &now, &err));
    plan.steps[STEP_PROVE_DATA].datum = 2;
    plan.steps[STEP_PROVE_DATA].slot = 10;
    assert_false(provision_gate_inspect(&profile, &plan, &plan.steps[STEP_LOCK_IO_KEY], &now, &err));
    assert_int_equal(err.reason, ERROR_GATE_REFUSED);
    assert_non_null(strstr(err.cause, "secret in the slot has not been proven"));
    assert_int_equal(err.slot, 9);
}

/* An address that the profile asks for is no accident; any other is. */
static void test_address_follows_the_profile(void **state)
{
    (void)state;
    for (unsigned address = 0x08; address < 0x78; address++) {
        struct profile profile = sound_profile();
        struct provision_plan plan = sound_plan(&blank);
        struct error err = {.reason = ERROR_NONE};

        plan.wanted.zone[16] = (uint8_t)(address << 1);
        profile.i2c_address = 0x36;
        assert_int_equal(provision_gate_inspect(&profile, &plan, &plan.steps[STEP_LOCK_CONFIG], &plan.wanted, &err),
                         address == 0x36);
        error_clear(&err);
        profile.i2c_address = 0;
        assert_int_equal(provision_gate_inspect(&profile, &plan, &plan.steps[STEP_LOCK_CONFIG], &plan.wanted, &err),
                         address == 0x60);
    }
}

/* Every single flipped bit between the planned zone and the chip's stops both zone locks; lock bytes are not policy.
 */
static void test_every_flipped_bit_is_seen(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * CHIP_CONFIG_BYTES; bit++) {
        struct profile profile = sound_profile();
        struct provision_plan plan = sound_plan(&blank);
        struct chip_config now = blank;
        struct error err = {.reason = ERROR_NONE};
        size_t byte = bit / 8;

        if (byte == 86 || byte == 87)
            continue;
        now.zone[byte] ^= (uint8_t)(1u << bit % 8);
        assert_false(provision_gate_inspect(&profile, &plan, &plan.steps[STEP_LOCK_CONFIG], &now, &err));
        assert_true(err.has_config_offset);
        assert_int_equal(err.config_offset, byte);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_ruin_is_stopped),
        cmocka_unit_test(test_proof_of_another_datum),
        cmocka_unit_test(test_address_follows_the_profile),
        cmocka_unit_test(test_every_flipped_bit_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
