/* SPDX-License-Identifier: Apache-2.0 */
/* Base64url: the vectors of RFC 4648, every text of up to two characters, and that each content has one text alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/base64url.h"

static const struct vector {
    const char *content, *text;
} vectors[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbe", "-_--"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct bytes content = bytes_of(vectors[i].content, strlen(vectors[i].content));
        uint8_t bytes[16] = {0};
        struct bytes_out out = {.data = bytes, .cap = content.len};
        char text[32];

        base64url_encode(content, text);
        assert_string_equal(text, vectors[i].text);
        assert_true(strlen(text) < BASE64URL_SIZE(content.len));
        assert_true(base64url_decode(text, &out));
        assert_true(bytes_equal(bytes_written(&out), content));
        if (content.len > 0) {
            out = (struct bytes_out){.data = bytes, .cap = content.len - 1};
            assert_false(base64url_decode(text, &out));
            assert_int_equal(out.len, 0);
        }
    }
}

static void test_refused(void **state)
{
    static const char *const texts[] = {"Z",   "Zg==", "Zg=",  "Zm9v=", "Zh",   "Zm9",      "Zm9vY",
                                        " Zg", "Zg ",  "Zg\n", "Zm+v",  "Zm/v", "Zm9v\xff", "Z\x80"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t bytes[16] = {0xee};
        struct bytes_out out = {.data = bytes, .cap = sizeof bytes, .len = 1};

        assert_false(base64url_decode(texts[i], &out));
        assert_int_equal(out.len, 1);
    }
}

/* Of all pairs of characters, those are taken that are the text of their content. */
static void test_one_text_for_each_content(void **state)
{
    unsigned taken = 0;

    (void)state;
    for (unsigned first = 1; first < 256; first++)
        for (unsigned second = 1; second < 256; second++) {
            const char text[3] = {(char)first, (char)second, '\0'};
            uint8_t byte;
            struct bytes_out out = {.data = &byte, .cap = 1};
            char again[BASE64URL_SIZE(1)];

            if (!base64url_decode(text, &out))
                continue;
            taken++;
            base64url_encode(bytes_written(&out), again);
            assert_string_equal(again, text);
        }
    assert_int_equal(taken, 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_one_text_for_each_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
