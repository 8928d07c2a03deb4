/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of RFC 4648, section 10, and every length and byte against libcrypto. */
#include "link/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <string.h>

static const struct {
    const char *bytes, *text;
} rows[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void test_vectors(void **state)
{
    char text[16];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        base64_encode(bytes_of(rows[i].bytes, strlen(rows[i].bytes)), text);
        assert_string_equal(text, rows[i].text);
        assert_true(strlen(text) < BASE64_SIZE(strlen(rows[i].bytes)));
    }
}

static void test_like_openssl(void **state)
{
    uint8_t data[300];
    char ours[BASE64_SIZE(sizeof data)];
    unsigned char theirs[BASE64_SIZE(sizeof data)];

    (void)state;
    for (size_t len = 0; len <= sizeof data; len++) {
        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)(i * 167 + len);
        base64_encode(bytes_of(data, len), ours);
        EVP_EncodeBlock(theirs, data, (int)len);
        assert_string_equal(ours, (const char *)theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_like_openssl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
