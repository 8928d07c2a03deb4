/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer to --confirm arms, and what it leaves as the command line said. */
#include "station/arming.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SERIAL "0123A1B2C3D4E5F601"
#define OTHER "0123FFFFFFFFFFFF01"

static const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x01};

static struct arming answered(const char *arm, const char *line, bool is_good)
{
    struct error err = {.reason = ERROR_NONE};
    struct provision_plan plan = {.step_count = 0};
    struct arming arming = {.for_profile = false};

    memcpy(plan.serial, serial, sizeof serial);
    assert_true(arming_read(&arming, arm, SERIAL, &err));
    arming.only_finished = true;
    assert_int_equal(arming_confirm(&arming, line, &plan, &err), is_good);
    assert_int_equal(err.reason, is_good ? ERROR_NONE : ERROR_USAGE);
    return arming;
}

static void test_an_answer_changes_what_it_gives(void **state)
{
    static const uint8_t digest[PROFILE_DIGEST_BYTES] = {0xA1, 0xB2, 0xC3, 0xD4};
    static const char *const arms[] = {NULL, "profile", OTHER};

    (void)state;
    for (size_t i = 0; i < sizeof arms / sizeof arms[0]; i++) {
        const struct arming arming = answered(arms[i], SERIAL ":A1B2C3D4", true);

        assert_true(arming.only_finished && arming.has_only && arming.for_serial && !arming.for_profile);
        assert_memory_equal(arming.only, serial, sizeof serial);
        assert_true(arming_allows(&arming, serial, digest));
        assert_int_equal(arming.digest_bytes, 4);
    }
}

static void test_an_answer_without_digest_changes_nothing(void **state)
{
    (void)state;
    assert_true(answered("profile", SERIAL, true).for_profile);
    assert_false(answered(NULL, SERIAL, true).for_serial);
    assert_true(answered(NULL, SERIAL, true).only_finished);
    assert_true(answered("profile", OTHER, false).for_profile);
    assert_true(answered("profile", OTHER ":A1B2C3D4", false).for_profile);
    assert_true(answered("profile", SERIAL ":A1B2C3", false).for_profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_changes_what_it_gives),
        cmocka_unit_test(test_an_answer_without_digest_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
