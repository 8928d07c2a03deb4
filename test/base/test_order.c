/* SPDX-License-Identifier: Apache-2.0 */
/* Byte order: vectors with all bytes distinct and high bits set, and store undone by load. */
#include "base/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t distinct[8] = {0xF1, 0xE2, 0xD3, 0xC4, 0xB5, 0xA6, 0x97, 0x88};

static void test_loads(void **state)
{
    (void)state;
    assert_int_equal(load16_le(distinct), 0xE2F1);
    assert_int_equal(load16_be(distinct), 0xF1E2);
    assert_true(load32_le(distinct) == UINT32_C(0xC4D3E2F1));
    assert_true(load64_le(distinct) == UINT64_C(0x8897A6B5C4D3E2F1));
}

static void test_stores(void **state)
{
    uint8_t out[8];

    (void)state;
    store16_le(out, 0xE2F1);
    assert_memory_equal(out, distinct, 2);
    store32_le(out, UINT32_C(0xC4D3E2F1));
    assert_memory_equal(out, distinct, 4);
    store64_le(out, UINT64_C(0x8897A6B5C4D3E2F1));
    assert_memory_equal(out, distinct, 8);
}

static void test_every_16_bit_value_comes_back(void **state)
{
    (void)state;
    for (uint32_t value = 0; value <= UINT16_MAX; value++) {
        uint8_t out[2];

        store16_le(out, (uint16_t)value);
        assert_int_equal(load16_le(out), value);
    }
}

static void test_every_bit_comes_back(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint8_t out[8];

        store64_le(out, UINT64_C(1) << bit);
        assert_true(load64_le(out) == UINT64_C(1) << bit);
        store32_le(out, UINT32_C(1) << bit % 32);
        assert_true(load32_le(out) == UINT32_C(1) << bit % 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loads),
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_every_16_bit_value_comes_back),
        cmocka_unit_test(test_every_bit_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
