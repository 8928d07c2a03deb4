/* SPDX-License-Identifier: Apache-2.0 */
/* Hex: what is taken, where it stops, and that decoding undoes encoding. */
#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name, *text, *bytes; /* `bytes` NULL: refused */
    size_t len;                      /* of `bytes`, or where it stops */
} rows[] = {
    {"nothing", "", "", 0},
    {"only space", " \t\r\n", "", 0},
    {"upper case", "0189ABEF", "\x01\x89\xAB\xEF", 4},
    {"lower case", "abcdef", "\xAB\xCD\xEF", 3},
    {"spaces between bytes", " 12 34\n\t56\r\n", "\x12\x34\x56", 3},
    {"half a byte", "123", NULL, 3},
    {"space inside a byte", "1 23", NULL, 1},
    {"no digit first", "g1", NULL, 0},
    {"no digit second", "121g", NULL, 3},
    {"slash", "1/", NULL, 1},
    {"colon", ":1", NULL, 0},
    {"at sign", "@1", NULL, 0},
    {"backtick", "`1", NULL, 0},
    {"high bit", "\xB1\xB2", NULL, 0},
    {"0x", "0x12", NULL, 1},
    {"a ninth byte, room for eight", "00 11 22 33 44 55 66 77 88", NULL, 24},
};

static void test_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t memory[9] = {0xEE};
        struct bytes_out out = {.data = memory, .cap = sizeof(memory), .len = 1};
        size_t stopped = 99;
        bool taken = hex_decode(rows[i].text, strlen(rows[i].text), &out, &stopped);

        if (taken != (rows[i].bytes != NULL))
            fail_msg("%s: taken is %d", rows[i].name, taken);
        if (taken && !bytes_equal(bytes_of(memory + 1, out.len - 1), bytes_of(rows[i].bytes, rows[i].len)))
            fail_msg("%s: other bytes", rows[i].name);
        if (!taken && (out.len != 1 || stopped != rows[i].len))
            fail_msg("%s: len %zu, stopped at %zu", rows[i].name, out.len, stopped);
        assert_int_equal(memory[0], 0xEE);
        out.len = 1;
        assert_int_equal(hex_decode(rows[i].text, strlen(rows[i].text), &out, NULL), taken);
    }
}

/* A NUL is a character like any other that is no digit. */
static void test_decode_takes_len_not_nul(void **state)
{
    uint8_t memory[4];
    struct bytes_out out = {.data = memory, .cap = sizeof(memory)};
    size_t stopped = 0;

    (void)state;
    assert_true(hex_decode("12345", 2, &out, NULL));
    assert_int_equal(out.len, 1);
    assert_false(hex_decode("12\0", 3, &out, &stopped));
    assert_int_equal(stopped, 2);
    assert_int_equal(out.len, 1);
}

static void test_decode_undoes_encode(void **state)
{
    uint8_t in[256];
    uint8_t back[256] = {0};
    char text[HEX_SIZE(sizeof(in))];

    (void)state;
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 167 + 5);
    for (size_t len = 0; len <= sizeof(in); len++) {
        struct bytes_out out = {.data = back, .cap = len};

        hex_encode(bytes_of(in, len), text);
        assert_int_equal(strlen(text), 2 * len);
        assert_int_equal(strspn(text, "0123456789ABCDEF"), 2 * len);
        assert_true(hex_decode(text, 2 * len, &out, NULL));
        assert_true(bytes_equal(bytes_written(&out), bytes_of(in, len)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_decode_takes_len_not_nul),
        cmocka_unit_test(test_decode_undoes_encode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
