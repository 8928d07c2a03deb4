/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser sends: forms, cookies, and where a request comes from. */
#include "web/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool read_form(const char *text, struct request_form *form)
{
    return request_form_read(bytes_of(text, strlen(text)), form);
}

static void test_good_forms(void **state)
{
    static const struct {
        const char *text, *name, *value;
        size_t count;
    } rows[] = {
        {"", "name", "", 0},
        {"name=17", "name", "17", 1},
        {"name=17&password=a+b%26c%3D", "password", "a b&c=", 2},
        {"name=17&password=+x+", "password", " x ", 2}, /* the person's own blanks */
        {"text=%20WO-1%0D%0A", "text", "WO-1", 1},
        {"name=%c3%A4", "name", "\xc3\xa4", 1},
        {"name=", "name", "", 1},
        {"=x", "", "x", 1},
        {"a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8", "h", "8", 8},
    };
    struct request_form form;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(read_form(rows[i].text, &form));
        assert_int_equal(form.count, rows[i].count);
        assert_string_equal(request_field(&form, rows[i].name), rows[i].value);
    }
}

static void test_bad_forms(void **state)
{
    static const char *const bad[] = {
        "name",
        "name=%",
        "name=%4",
        "name=%4g",
        "name=%00",
        "%00=x",
        "name=1&name=2",
        "name=1&&x=2",
        "a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9",
        "a23456789012345678901234=1",
    };
    char value[REQUEST_VALUE_SIZE + 3] = "n=";
    struct request_form form;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(read_form(bad[i], &form));
        assert_int_equal(form.count, 0);
    }
    memset(value + 2, 'x', REQUEST_VALUE_SIZE);
    assert_false(read_form(value, &form));
    value[2 + REQUEST_VALUE_SIZE - 1] = '\0';
    assert_true(read_form(value, &form));
}

static void test_cookies(void **state)
{
    static const struct {
        const char *header, *value; /* NULL: none */
    } rows[] = {
        {NULL, NULL},
        {"", NULL},
        {"imprint=abc", "abc"},
        {"other=1; imprint=abc", "abc"},
        {"imprint=abc;other=1", "abc"},
        {" ; imprint=abc ;", "abc "},
        {"ximprint=abc", NULL},
        {"imprintx=abc", NULL},
        {"imprint", NULL},
        {"imprint=", NULL},
        {"other=imprint=abc", NULL},
        {"imprint=abc; imprint=def", NULL}, /* somebody else has set one of them */
        {"imprint=abc; imprint=abc", NULL},
        {"imprint=12345678", NULL},
        {"imprint=12345678; imprint=a", NULL},
        {"imprint=1234567", "1234567"},
    };
    char value[8];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(request_cookie(rows[i].header, "imprint", value, sizeof value), rows[i].value != NULL);
        assert_string_equal(value, rows[i].value != NULL ? rows[i].value : "");
    }
}

static void test_origins(void **state)
{
    static const struct {
        const char *site, *origin;
        bool is_own;
    } rows[] = {
        {NULL, NULL, true},
        {"same-origin", NULL, true},
        {"same-origin", "https://st-01:8443", true},
        {NULL, "https://ST-01:8443", true},
        {"same-site", "https://st-01:8443", false},
        {"cross-site", NULL, false},
        {"none", NULL, false},
        {"", NULL, false},
        {"same-origin", "http://st-01:8443", false},
        {"same-origin", "https://st-01", false},
        {"same-origin", "https://st-01:84430", false},
        {"same-origin", "null", false},
        {NULL, "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(request_is_own(rows[i].site, rows[i].origin, "https://st-01:8443"), rows[i].is_own);
}

static void test_types(void **state)
{
    (void)state;
    assert_true(request_is_form("application/x-www-form-urlencoded"));
    assert_true(request_is_form("Application/X-WWW-Form-Urlencoded; charset=utf-8"));
    assert_false(request_is_form("application/x-www-form-urlencodedx"));
    assert_false(request_is_form("text/plain"));
    assert_false(request_is_form("application/json"));
    assert_false(request_is_form(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_forms), cmocka_unit_test(test_bad_forms), cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_origins),    cmocka_unit_test(test_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
