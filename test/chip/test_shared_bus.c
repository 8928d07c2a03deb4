/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chip that shares its bus: every wake pulse for another chip wakes this one as well, and starts its watchdog.
 * Whenever its turn comes, before, while or after that watchdog strikes, each operation does its job.
 */
#include "chip/operations.h"

#include "test/chip/lab.h"
#include "test/support/p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PULSE_US 80
#define WATCHDOG_MS 1800 /* longer than any part's */
#define STEP_MS 9

static enum chip_status read_all(struct lab *lab, struct chip *chip)
{
    struct chip_config config;
    uint8_t peeked[VIRTUAL_CONFIG_BYTES];
    const enum chip_status status = chip_read_config(chip, &config, NULL);

    virtual_peek_config(lab->world.part, peeked);
    if (status == CHIP_OK)
        assert_memory_equal(config.zone, peeked, sizeof(peeked));
    return status;
}

static enum chip_status generate(struct lab *lab, struct chip *chip)
{
    uint8_t public_key[64];

    (void)lab;
    return chip_generate_key(chip, SLOT_KEY_2, public_key, NULL);
}

static enum chip_status sign(struct lab *lab, struct chip *chip)
{
    uint8_t public_key[64], signature[64];
    const enum chip_status status = chip_sign_digest(chip, PART, SLOT_KEY, lab->digest, signature, NULL);

    if (status == CHIP_OK) {
        assert_int_equal(chip_read_public_key(chip, SLOT_KEY, public_key, NULL), CHIP_OK);
        assert_true(p256_verifies(public_key, lab->digest, 32, signature));
    }
    return status;
}

static void test_turn(void **state)
{
    static const struct {
        const char *name;
        enum chip_status (*call)(struct lab *lab, struct chip *chip);
    } rows[] = {{"read the config zone", read_all}, {"generate", generate}, {"sign", sign}};
    struct lab lab;
    uint8_t public_key[64];

    (void)state;
    lab_init(&lab, LAB_LOCKED);
    assert_int_equal(chip_generate_key(lab.chip, SLOT_KEY, public_key, NULL), CHIP_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint64_t ms = 0; ms < WATCHDOG_MS; ms += STEP_MS) {
            struct chip chip;
            enum chip_status status;

            chip_sleep(lab.chip);
            virtual_i2c_sda_low(lab.world.part, PULSE_US);
            virtual_wait_ns(lab.world.part, ms * 1000000);
            chip_init(&chip, &lab.world.chip.transport);
            status = rows[i].call(&lab, &chip);
            if (status != CHIP_OK)
                fail_msg("%s, %u ms after another chip was woken: status %d", rows[i].name, (unsigned)ms, status);
        }
    }
    lab_release(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_turn)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
