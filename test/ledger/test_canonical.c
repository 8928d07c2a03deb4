/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical JSON: one text for a value, and no other text passes for it. Texts by hand after RFC 8785. */
#include "ledger/canonical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/entry.h"

static const struct {
    const char *name, *json, *canonical; /* NULL: refused */
} written[] = {
    {"order of members", "{\"b\":1,\"a\":2,\"B\":3}", "{\"B\":3,\"a\":2,\"b\":1}"},
    {"a name that begins another", "{\"ab\":1,\"a\":2}", "{\"a\":2,\"ab\":1}"},
    {"inner objects", "{\"x\":{\"z\":[],\"y\":{}},\"w\":[{\"b\":0,\"a\":0}]}",
     "{\"w\":[{\"a\":0,\"b\":0}],\"x\":{\"y\":{},\"z\":[]}}"},
    {"words", "{\"a\":true,\"b\":false,\"c\":null}", "{\"a\":true,\"b\":false,\"c\":null}"},
    {"integers", "[0, -1, 9007199254740991, -9007199254740991]", "[0,-1,9007199254740991,-9007199254740991]"},
    {"beyond 2^53", "[9007199254740992]", NULL},
    {"a real", "[1.5]", NULL},
    {"escapes", "[\"\\b\\t\\n\\f\\r\\\"\\\\\\/\\u001f\\u0000\\u007f\"]",
     "[\"\\b\\t\\n\\f\\r\\\"\\\\/\\u001f\\u0000\x7f\"]"},
    /* RFC 8785, section 3.2.3: sorted by UTF-16 units, so U+1F600 (D83D DE00) is before U+FB33. */
    {"names beyond the BMP", "{\"\\ufb33\":1,\"\\ud83d\\ude00\":2,\"\\u20ac\":3,\"\\u00f6\":4,\"\\u0080\":5,\"1\":6}",
     "{\"1\":6,\"\xc2\x80\":5,\"\xc3\xb6\":4,\"\xe2\x82\xac\":3,\"\xf0\x9f\x98\x80\":2,\"\xef\xac\xb3\":1}"},
    {"a name that needs an escape", "{\"a\\nb\":1}", NULL},
    {"too deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]", NULL},
};

static void test_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        json_t *value = json_loads(written[i].json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        uint8_t text[512];
        struct bytes_out out = {.data = text, .cap = sizeof text};
        const char *why = NULL;
        bool ok;

        assert_non_null(value);
        ok = canonical_write(value, &out, &why);
        json_decref(value);
        if (ok != (written[i].canonical != NULL) || ok == (why != NULL))
            fail_msg("%s: %s", written[i].name, why != NULL ? why : "accepted");
        if (ok && !bytes_equal(bytes_written(&out), bytes_of(written[i].canonical, strlen(written[i].canonical))))
            fail_msg("%s: %.*s", written[i].name, (int)out.len, (const char *)text);
        if (ok && written[i].canonical[0] == '{' && !canonical_check(bytes_written(&out), NULL, NULL, NULL))
            fail_msg("%s: not accepted when read", written[i].name);
    }
}

static void test_no_room(void **state)
{
    json_t *value = json_pack("{s:s}", "name", "value");
    uint8_t text[16];
    struct bytes_out out = {.data = text, .cap = sizeof text};
    const char *why;

    (void)state;
    for (out.cap = 0; out.cap < strlen("{\"name\":\"value\"}"); out.cap++)
        assert_false(canonical_write(value, &out, &why));
    assert_string_equal(why, "it is too long");
    assert_true(canonical_write(value, &out, &why));
    json_decref(value);
}

/* Each is a value that has another, canonical text; or none at all. */
static const char *const refused[] = {
    "",
    "{",
    "{}x",
    " {}",
    "{} ",
    "[]",
    "1",
    "\"a\"",
    "{\"a\":1,}",
    "{\"a\"}",
    "{\"a\": 1}",
    "{\"a\":1,\"a\":1}",
    "{\"b\":1,\"a\":1}",
    "{a:1}",
    "{\"a\":01}",
    "{\"a\":-0}",
    "{\"a\":1.0}",
    "{\"a\":1e3}",
    "{\"a\":+1}",
    "{\"a\":9007199254740992}",
    "{\"a\":99999999999999999}",
    "{\"a\":\"\\/\"}",
    "{\"a\":\"\\u0041\"}",
    "{\"a\":\"\\u001F\"}",
    "{\"a\":\"\\u000a\"}",
    "{\"a\":\"\\u00\"}",
    "{\"a\":\"\\x\"}",
    "{\"a\":\"\t\"}",
    "{\"a\":\"\\\"}",
    "{\"a\":\"\xc0\x80\"}",
    "{\"a\":\"\xed\xa0\x80\"}",
    "{\"a\":\"\xf5\x80\x80\x80\"}",
    "{\"a\":\"\xe2\x82\"}",
    "{\"\\u0061\":1}",
    "{\"a\":True}",
    "{\"a\":nul}",
    "{\"a\":[1,]}",
    "{\"a\":[,1]}",
    "{\"\xef\xac\xb3\":1,\"\xf0\x9f\x98\x80\":2}",
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        size_t at;

        if (canonical_check(bytes_of(refused[i], strlen(refused[i])), NULL, NULL, &at))
            fail_msg("accepted: %s", refused[i]);
        assert_true(at <= strlen(refused[i]));
    }
}

#define PLACE "\"log\":\"a/1\",\"seq\":4711,\"time\":\"2026-01-31T12:00:00.000Z\",\"version\":1"
static const struct {
    const char *text, *why; /* NULL: accepted */
} entries[] = {
    {"{\"format\":\"imprint-entry\"," PLACE "}", NULL},
    {"{\"clock_back\":true,\"format\":\"imprint-entry\"," PLACE "}", NULL},
    {"{\"format\":\"imprint-record\"," PLACE "}", "it is not an entry of a ledger"},
    {"{" PLACE "}", "it is not an entry of a ledger"},
    {"{\"format\":\"imprint-entry\",\"log\":\"a/1\",\"seq\":1,\"time\":\"2026-01-31T12:00:00.000Z\",\"version\":2}",
     "its version is not 1"},
    {"{\"format\":\"imprint-entry\",\"seq\":1,\"time\":\"2026-01-31T12:00:00.000Z\",\"version\":1}",
     "it does not say of which log it is"},
    {"{\"format\":\"imprint-entry\",\"log\":\"a\",\"seq\":-1,\"time\":\"2026-01-31T12:00:00.000Z\",\"version\":1}",
     "it has no number"},
    {"{\"format\":\"imprint-entry\",\"log\":\"a\",\"seq\":1,\"time\":\"2026-01-31 12:00:00.000Z\",\"version\":1}",
     "it has no time"},
    {"{\"format\":\"imprint-entry\", " PLACE "}", "it is not canonical JSON"},
};

static void test_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        struct entry entry;
        const char *why = NULL;
        bool ok = entry_read(bytes_of(entries[i].text, strlen(entries[i].text)), &entry, &why);

        assert_int_equal(ok, entries[i].why == NULL);
        if (!ok) {
            assert_string_equal(why, entries[i].why);
            continue;
        }
        assert_string_equal(entry.log, "a/1");
        assert_int_equal(entry.seq, 4711);
        assert_string_equal(entry.time, "2026-01-31T12:00:00.000Z");
        assert_int_equal(entry.clock_back, i == 1);
    }
}

static void test_the_clock_has_the_form(void **state)
{
    char time[ENTRY_TIME_SIZE], text[200];
    struct entry entry;
    const char *why;

    (void)state;
    entry_time_now(time);
    snprintf(text, sizeof text, "{\"format\":\"imprint-entry\",\"log\":\"a\",\"seq\":0,\"time\":\"%s\",\"version\":1}",
             time);
    assert_true(entry_read(bytes_of(text, strlen(text)), &entry, &why));
    assert_true(strcmp(time, "2024") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_the_clock_has_the_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
