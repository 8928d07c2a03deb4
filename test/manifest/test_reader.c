/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of an array, told by brackets and strings; and serial numbers that were met before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/order.h"
#include "manifest/reader.h"
#include "manifest/seen.h"

/* What is read of a text: each element and "|", then how it ends: "." or "!" for one that is broken. */
static void read_all(char *text, size_t len, char *said, size_t size)
{
    struct manifest_reader reader = {.file = fmemopen(text, len, "r")};
    enum manifest_reading reading;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct bytes element;
    int closed;

    assert_non_null(reader.file);
    said[0] = '\0';
    while ((reading = manifest_read(&reader, &element, &err)) == MANIFEST_READ)
        snprintf(said + strlen(said), size - strlen(said), "%.*s|", (int)element.len, (const char *)element.data);
    assert_true(reading == MANIFEST_END || err.reason == ERROR_INPUT_FILE);
    snprintf(said + strlen(said), size - strlen(said), "%s", reading == MANIFEST_END ? "." : "!");
    manifest_reader_release(&reader);
    closed = fclose(reader.file);
    assert_int_equal(closed, 0);
}

static void test_texts(void **state)
{
    static const struct row {
        const char *text, *said;
    } rows[] = {
        {"[]", "."},
        {" [ \n ] \n", "."},
        {"[{}]", "{}|."},
        {"[1, {\"a\":[1,2]} ,\"x,]\"]", "1|{\"a\":[1,2]} |\"x,]\"|."},
        {"[{\"a\":\"\\\"]\"},{}]", "{\"a\":\"\\\"]\"}|{}|."},
        {"[{\"a\":\"\\\\\"},{}]", "{\"a\":\"\\\\\"}|{}|."},
        {"[{},]", "{}||."},
        {"[,{}]", "|{}|."},
        {"[}},{}]", "}}|{}|."}, /* no JSON, but the next one is */
        {"[] x", "!"},
        {"[{}]]", "{}|!"},
        {"{}", "!"},
        {"x", "!"},
        {"[", "!"},
        {"[{}", "!"},
        {"[{},", "{}|!"},
        {"[{\"a", "!"},
        {"[{[}]", "!"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64], said[256];

        snprintf(text, sizeof text, "%s", rows[i].text);
        read_all(text, strlen(text), said, sizeof said);
        assert_string_equal(said, rows[i].said);
    }
}

/* One that is too long is passed over, and the next is read; the longest that may be is read. */
static void test_too_long(void **state)
{
    const size_t most = MANIFEST_ELEMENT_MAX;
    char *text = malloc(2 * most + 16);
    struct manifest_reader reader;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct bytes element;
    int closed;

    (void)state;
    assert_non_null(text);
    text[0] = '[';
    memset(text + 1, '7', most + 1);
    memcpy(text + most + 2, ",\"", 2);
    memset(text + most + 4, 'x', most - 2);
    memcpy(text + 2 * most + 2, "\",5]", 4);
    reader = (struct manifest_reader){.file = fmemopen(text, 2 * most + 6, "r")};
    assert_non_null(reader.file);
    assert_int_equal(manifest_read(&reader, &element, &err), MANIFEST_TOO_LONG);
    assert_int_equal(manifest_read(&reader, &element, &err), MANIFEST_READ);
    assert_int_equal(element.len, most);
    assert_int_equal(manifest_read(&reader, &element, &err), MANIFEST_READ);
    assert_int_equal(element.len, 1);
    assert_int_equal(reader.count, 3);
    assert_int_equal(manifest_read(&reader, &element, &err), MANIFEST_END);
    manifest_reader_release(&reader);
    closed = fclose(reader.file);
    assert_int_equal(closed, 0);
    free(text);
}

/* A folder opens, and cannot be read. */
static void test_reading_fails(void **state)
{
    struct manifest_reader reader = {.file = fopen("/", "r")};
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct bytes element;
    int closed;

    (void)state;
    assert_non_null(reader.file);
    assert_int_equal(manifest_read(&reader, &element, &err), MANIFEST_BROKEN);
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    assert_int_not_equal(err.system_errno, 0);
    manifest_reader_release(&reader);
    closed = fclose(reader.file);
    assert_int_equal(closed, 0);
}

#define NUMBERS 20000U

static void test_seen(void **state)
{
    struct seen seen = {.room = 0};
    uint8_t serial[MANIFEST_SERIAL_BYTES] = {0};

    (void)state;
    for (unsigned round = 0; round < 2; round++)
        for (uint32_t number = 0; number < NUMBERS; number++) {
            store32_le(serial + 2, number);
            assert_int_equal(seen_add(&seen, serial), round == 0 ? SEEN_NEW : SEEN_BEFORE);
        }
    assert_true(seen.room <= 4 * (size_t)NUMBERS);
    seen_release(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_reading_fails),
        cmocka_unit_test(test_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
