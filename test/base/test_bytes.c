/* SPDX-License-Identifier: Apache-2.0 */
/* Spans: comparing, appending within bounds, wiping. */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name, *a, *b;
    bool equal;
} pairs[] = {
    {"both empty", "", "", true},           {"one empty", "", "x", false},         {"same", "abc", "abc", true},
    {"first differs", "xbc", "abc", false}, {"last differs", "abx", "abc", false}, {"prefix", "ab", "abc", false},
};

static void test_comparison_is_symmetric(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct bytes a = bytes_of(pairs[i].a, strlen(pairs[i].a));
        struct bytes b = bytes_of(pairs[i].b, strlen(pairs[i].b));

        if (bytes_equal(a, b) != pairs[i].equal || bytes_equal(b, a) != pairs[i].equal)
            fail_msg("%s", pairs[i].name);
    }
    assert_true(bytes_equal(BYTES_NONE, bytes_of("", 0)));
    assert_true(bytes_equal(BYTES_NONE, BYTES_NONE));
}

/* Each single bit of difference is seen. */
static void test_comparison_sees_every_bit(void **state)
{
    uint8_t a[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    uint8_t b[9];

    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
        memcpy(b, a, sizeof(a));
        b[bit / 8] = (uint8_t)(b[bit / 8] ^ (1u << (bit % 8)));
        assert_false(bytes_equal(bytes_of(a, sizeof(a)), bytes_of(b, sizeof(b))));
    }
}

static void test_all(void **state)
{
    const uint8_t mostly[] = {0x55, 0x55, 0x54};

    (void)state;
    assert_true(bytes_all(BYTES_NONE, 7));
    assert_true(bytes_all(bytes_of(mostly, 2), 0x55));
    assert_false(bytes_all(bytes_of(mostly, 3), 0x55));
}

static void test_append_keeps_to_the_room(void **state)
{
    uint8_t memory[6] = "??????";
    struct bytes_out out = {.data = memory, .cap = 5};

    (void)state;
    assert_true(bytes_append(&out, bytes_of("abc", 3)));
    assert_false(bytes_append(&out, bytes_of("def", 3)));
    assert_int_equal(out.len, 3);
    assert_true(bytes_append_byte(&out, 'd'));
    assert_true(bytes_append(&out, BYTES_NONE));
    assert_true(bytes_append(&out, bytes_of("e", 1)));
    assert_false(bytes_append_byte(&out, 'f'));
    assert_false(bytes_append(&out, bytes_of(memory, SIZE_MAX)));
    assert_memory_equal(memory, "abcde?", 6);
    assert_true(bytes_equal(bytes_written(&out), bytes_of("abcde", 5)));
}

static void test_wipe_wipes_just_that(void **state)
{
    uint8_t memory[4] = {1, 2, 3, 4};
    const uint8_t wiped[4] = {1, 0, 0, 4};

    (void)state;
    bytes_wipe(memory + 1, 2);
    assert_memory_equal(memory, wiped, sizeof(memory));
    bytes_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparison_is_symmetric),
        cmocka_unit_test(test_comparison_sees_every_bit),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_append_keeps_to_the_room),
        cmocka_unit_test(test_wipe_wipes_just_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
