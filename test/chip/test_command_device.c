/* SPDX-License-Identifier: Apache-2.0 */
/* Counters and the persistent latch, as they are read. */
#include "chip/operations_device.h"

#include "test/chip/full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A counter's bytes in the config zone: two linear, two binary, as the ATECC508A data sheet, section 2.4.4, has them.
 */
static void test_counters(void **state)
{
    static const struct full_change last_but_one[] = {{60, 0x00}, {61, 0x00}, {62, 0x00}, {63, 0x03},
                                                      {64, 0xFF}, {65, 0xFF}, {66, 0xFF}, {67, 0xFF}};
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint32_t value = 99;

    (void)state;
    full_init(&full, FULL_608, last_but_one, sizeof(last_but_one) / sizeof(last_but_one[0]));
    assert_int_equal(chip_read_counter(full.chip, 0, &value, NULL), CHIP_OK);
    assert_int_equal(value, 0);
    assert_int_equal(chip_read_counter(full.chip, 1, &value, NULL), CHIP_OK);
    assert_int_equal(value, 2097150);
    assert_int_equal(chip_read_counter(full.chip, 2, &value, &err), CHIP_BAD_ARGUMENT);
    assert_string_equal(err.doing, "read a counter");
    full_release(&full);
}

static void test_latch(void **state)
{
    struct full full;
    bool set = true;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    assert_int_equal(chip_read_latch(full.chip, &set, NULL), CHIP_OK);
    assert_false(set);
    full_release(&full);
    full_init(&full, FULL_508, NULL, 0);
    assert_int_equal(chip_read_latch(full.chip, &set, NULL), CHIP_PARSE);
    full_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_latch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
