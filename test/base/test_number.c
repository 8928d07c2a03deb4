/* SPDX-License-Identifier: Apache-2.0 */
/* One grammar for numbers: what is one, what is out of range, and where one ends inside a longer text. */
#include "base/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define UNTOUCHED 0x5555

static const struct {
    const char *text;
    uint64_t least, most;
    enum number_status status;
    uint64_t number;
} rows[] = {
    {"0", 0, 9, NUMBER_OK, 0},
    {"9", 0, 9, NUMBER_OK, 9},
    {"10", 0, 9, NUMBER_OUT_OF_RANGE, 0},
    {"4", 5, 9, NUMBER_OUT_OF_RANGE, 0},
    {"5", 5, 9, NUMBER_OK, 5},
    {"4294967296", 0, UINT32_MAX, NUMBER_OUT_OF_RANGE, 0},
    {"18446744073709551615", 0, UINT64_MAX, NUMBER_OK, UINT64_MAX},
    {"18446744073709551616", 0, UINT64_MAX, NUMBER_OUT_OF_RANGE, 0},
    {"18446744073709551625", 0, UINT64_MAX, NUMBER_OUT_OF_RANGE, 0},
    {"184467440737095516150", 0, UINT64_MAX, NUMBER_OUT_OF_RANGE, 0},
    {"99999999999999999999999999999999999999990", 0, 9, NUMBER_OUT_OF_RANGE, 0},
    {"0x0", 0, 9, NUMBER_OK, 0},
    {"0x60", 0, 0x7f, NUMBER_OK, 0x60},
    {"0XaF", 0, 0xff, NUMBER_OK, 0xaf},
    {"0x00a", 0, 99, NUMBER_OK, 10},
    {"0xffffffffffffffff", 0, UINT64_MAX, NUMBER_OK, UINT64_MAX},
    {"0x10000000000000000", 0, UINT64_MAX, NUMBER_OUT_OF_RANGE, 0},
    {"", 0, 9, NUMBER_MALFORMED, 0},
    {"00", 0, 9, NUMBER_MALFORMED, 0},
    {"010", 0, 99, NUMBER_MALFORMED, 0},
    {"0o10", 0, 99, NUMBER_MALFORMED, 0},
    {"0x", 0, 99, NUMBER_MALFORMED, 0},
    {"0xg", 0, 99, NUMBER_MALFORMED, 0},
    {"x10", 0, 99, NUMBER_MALFORMED, 0},
    {"1f", 0, 99, NUMBER_MALFORMED, 0},
    {"0x1g", 0, 99, NUMBER_MALFORMED, 0},
    {"-1", 0, 99, NUMBER_MALFORMED, 0},
    {"+1", 0, 99, NUMBER_MALFORMED, 0},
    {" 1", 0, 99, NUMBER_MALFORMED, 0},
    {"1 ", 0, 99, NUMBER_MALFORMED, 0},
    {"1.0", 0, 99, NUMBER_MALFORMED, 0},
    {"99999999999999999999999x", 0, 99, NUMBER_MALFORMED, 0},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t number = UNTOUCHED;
        const enum number_status status = number_parse(rows[i].text, rows[i].least, rows[i].most, &number);

        if (status != rows[i].status || number != (status == NUMBER_OK ? rows[i].number : UNTOUCHED))
            fail_msg("'%s': status %d, number %llu", rows[i].text, (int)status, (unsigned long long)number);
    }
}

/* A geometry: "4096x8/0x4", with a sign between numbers that could be taken for hex. */
static void test_read(void **state)
{
    static const char text[] = "4096x8/0x4";
    const char *at = text, *leading_zero = "08x", *too_large = "9x", *none = "/4";
    uint64_t number = 0;

    (void)state;
    assert_int_equal(number_read(&at, 0, UINT32_MAX, &number), NUMBER_OK);
    assert_int_equal(number, 4096);
    assert_string_equal(at, "x8/0x4");
    at++;
    assert_int_equal(number_read(&at, 0, UINT32_MAX, &number), NUMBER_OK);
    assert_int_equal(number, 8);
    at++;
    assert_int_equal(number_read(&at, 0, UINT32_MAX, &number), NUMBER_OK);
    assert_int_equal(number, 4);
    assert_string_equal(at, "");

    assert_int_equal(number_read(&at, 0, 9, &number), NUMBER_MALFORMED);
    assert_int_equal(number_read(&leading_zero, 0, 9, &number), NUMBER_MALFORMED);
    assert_int_equal(number_read(&none, 0, 9, &number), NUMBER_MALFORMED);
    assert_int_equal(number_read(&too_large, 0, 8, &number), NUMBER_OUT_OF_RANGE);
    assert_string_equal(leading_zero, "08x");
    assert_string_equal(too_large, "9x");
    assert_int_equal(number, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
