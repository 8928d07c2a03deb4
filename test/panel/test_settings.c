/* SPDX-License-Identifier: Apache-2.0 */
/* The station file: what is read, and where and how it complains. */
#include "panel/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "web/page.h"

#define FIRST "imprint: 1\nname: st-01\nprofile: p.yaml\nstate: st\n"
#define SOCKETS "sockets:\n  - {name: a1, device: 'virtual:in/a1'}\n"

static char folder[] = "/tmp/imprint-panel-XXXXXX", path[64];

static int begin(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/station.yaml", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return unlink(path) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static bool read_text(const char *text, struct panel_settings **settings, struct error *err)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    const int put = fputs(text, file), closed = fclose(file);
    assert_true(put >= 0 && closed == 0);
    return panel_settings_read(path, settings, err);
}

static void test_a_good_file(void **state)
{
    struct panel_settings *settings = NULL;
    char room[ERROR_ROOM], expected[128];
    struct error err = ERROR_IN(room);

    (void)state;
    assert_true(read_text(FIRST
                          "irreversible: true\noperator: '17'\npage: '127.0.0.1:0'\nissuers: /etc/i.yaml\n" SOCKETS
                          "  - {name: a2, device: 'kit:hid:1'}\n  - {name: a3, device: 'virtual:/tmp/a3'}\n",
                          &settings, &err));
    assert_string_equal(settings->name, "st-01");
    (void)snprintf(expected, sizeof expected, "%s/p.yaml", folder);
    assert_string_equal(settings->profile, expected);
    (void)snprintf(expected, sizeof expected, "virtual:%s/in/a1", folder);
    assert_string_equal(settings->sockets[0].device, expected);
    assert_string_equal(settings->sockets[1].device, "kit:hid:1");
    assert_string_equal(settings->sockets[2].device, "virtual:/tmp/a3");
    assert_string_equal(settings->issuers, "/etc/i.yaml");
    assert_string_equal(settings->connections, "");
    assert_true(settings->irreversible);
    assert_false(settings->rehearsal);
    assert_int_equal(settings->look_ms, 1000);
    assert_int_equal(settings->worker_s, 300);
    assert_int_equal(settings->socket_count, 3);
    (void)snprintf(expected, sizeof expected, "%s/st/users", folder);
    assert_string_equal(settings->users, expected);
    assert_string_equal(settings->operator_in_file, "17");
    assert_false(settings->open_tiles);
    assert_int_equal(settings->session_h, 12);
    free(settings);
}

static void test_bad_files(void **state)
{
    static const struct {
        const char *text, *cause;
        uint32_t line;
    } rows[] = {
        {"imprint: 2\n", "imprint: '2' is out of range", 1},
        {FIRST, "sockets", 1},
        {FIRST "sockets: []\n", "sockets", 5},
        {FIRST SOCKETS "  - {name: a1, device: 'kit:hid:1'}\n", "sockets[1].name: 'a1' is the name of a socket above",
         7},
        {FIRST SOCKETS "  - {name: a2, device: 'virtual:in/a1'}\n", "is the device of a socket above", 7},
        {FIRST "sockets: [{name: a1, device: virtual}]\n", "needs the name of a file", 5},
        {FIRST "sockets: [{name: a1, device: 'virtual:'}]\n", "needs the name of a file", 5},
        {FIRST "sockets: [{name: a1, device: 'usb:1'}]\n", "is no kind of device", 5},
        {FIRST "sockets: [{name: a1, device: 'board:'}]\n", "needs the full name of a serial port", 5},
        {FIRST "sockets: [{name: a1, device: 'board:ttyS1'}]\n", "needs the full name of a serial port", 5},
        {FIRST "sockets: [{name: a1, device: 'kit:hid', power: {on: /bin/true}}]\n", "off", 5},
        {FIRST "sockets: [{name: a1, device: 'kit:hid', power: {on: true x, off: /bin/true}}]\n",
         "sockets[0].power.on: 'true x' needs the full name of a program", 5},
        {FIRST "sockets: [{name: a1, device: 'kit:hid', power: {on: /bin/true, off: '  '}}]\n", "is no command", 5},
        {FIRST "sockets: [{name: a1, device: 'kit:hid', power: {on: /a, off: /b, seconds: 61}}]\n",
         "'61' is out of range", 5},
        {FIRST "sockets: [{name: 'a 1', device: 'kit:hid'}]\n", "is not a valid name", 5},
        {FIRST "look: 99\n" SOCKETS, "look: '99' is out of range", 5},
        {FIRST "patience: 0\n" SOCKETS, "patience: '0' is out of range", 5},
        {FIRST "irreversible: yes\n" SOCKETS, "is neither true nor false", 5},
        {FIRST "sokets: []\n", "sokets", 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct panel_settings *settings = NULL;
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);

        assert_false(read_text(rows[i].text, &settings, &err));
        assert_null(settings);
        assert_int_equal(err.reason, ERROR_INPUT_FILE);
        if (strstr(err.cause, rows[i].cause) == NULL || err.line != rows[i].line || err.column == 0)
            fail_msg("row %zu: %s (%u:%u)", i, err.cause, (unsigned)err.line, (unsigned)err.column);
        assert_string_equal(err.subject, path);
    }
}

static void test_files_that_are_none(void **state)
{
    struct panel_settings *settings = NULL;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    (void)state;
    assert_false(panel_settings_read("/nonexistent/station.yaml", &settings, &err));
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    assert_non_null(strstr(err.next, "docs/guide/station.md"));
    error_clear(&err);
    assert_false(read_text("", &settings, &err));
    error_clear(&err);
    assert_true(read_text(FIRST SOCKETS, &settings, &err));
    free(settings);
    assert_int_equal(chmod(path, 0666), 0);
    assert_false(panel_settings_read(path, &settings, &err));
    assert_non_null(strstr(err.cause, "every user of this machine can write"));
}

/* The page is served to this machine alone. */
static void test_places_of_the_page(void **state)
{
    static const struct {
        const char *place;
        bool ok;
    } rows[] = {
        {"127.0.0.1:8080", true},
        {"[::1]:0", true},
        {"localhost:8080", true},
        {"0.0.0.0:8080", false},
        {"[::]:8080", false},
        {"192.168.1.5:80", false},
        {"127.0.0.1", false},
        {"127.0.0.1.example:80", false},
        {"localhost.example:80", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);

        const struct page_settings settings = {
            .place = rows[i].place, .users = "/nonexistent/users", .open_tiles = true};

        if (page_check(&settings, &err) != rows[i].ok)
            fail_msg("%s", rows[i].place);
        if (!rows[i].ok)
            assert_non_null(strstr(err.cause, "to this machine alone"));
        /* With TLS nobody sees anything without a login. */
        struct page_settings tls = settings;
        tls.has_tls = tls.makes_certificate = true;
        assert_int_equal(page_check(&tls, NULL), rows[i].ok);
        tls.open_tiles = false;
        assert_false(page_check(&tls, NULL));
    }
}

/* The reference page has a row for each setting. */
static void test_the_page_has_every_setting(void **state)
{
    static const char *const keys[] = {"imprint",     "name",     "profile", "firmware",     "state",     "issuers",
                                       "connections", "operator", "order",   "irreversible", "rehearsal", "look",
                                       "patience",    "page",     "users",   "open_tiles",   "session",   "sockets",
                                       "device",      "labels",   "to",      "format",       "dpi",       "confirmed",
                                       "scan",        "power",    "closed",  "seconds"};
    static char page[32 * 1024];
    FILE *file = fopen(IMPRINT_TEST_DOCS "/reference/station.md", "r");
    size_t len;

    (void)state;
    assert_non_null(file);
    len = fread(page, 1, sizeof page - 1, file);
    const int closed = fclose(file);
    assert_int_equal(closed, 0);
    page[len] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char row[64];

        (void)snprintf(row, sizeof row, "\n| `%s` |", keys[i]);
        if (strstr(page, row) == NULL)
            fail_msg("docs/reference/station.md has no row for %s", keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_file),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_places_of_the_page),
        cmocka_unit_test(test_the_page_has_every_setting),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
