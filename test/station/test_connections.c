/* SPDX-License-Identifier: Apache-2.0 */
/* The connections file: what each setting becomes, defaults, paths, and that its page describes every one. */
#include "station/connections.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "test/support/scratch.h"

static const char text[] = "imprint: 1\n"
                           "connections:\n"
                           "  - {name: plain, server: 'host.example:443'}\n"
                           "  - name: all\n"
                           "    server: '[::1]:8883'\n"
                           "    server-name: broker.example\n"
                           "    ca: roots/ca.pem\n"
                           "    tls: 1.3\n"
                           "    alpn: mqtt,x-amzn-mqtt-ca\n"
                           "    ask: mqtt\n"
                           "    timeout: 7\n"
                           "  - {name: absolute, server: 'h:1', ca: /etc/ca.pem, tls: 1.2, send: 'HELO\\n'}\n";

static const char *const settings[] = {"name", "server", "server-name", "ca", "tls", "alpn", "ask", "send", "timeout"};

/* The file, in a folder of its own, and a station that uses it by default or by name. */
static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    int closed;

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    closed = fclose(file);
    assert_int_equal(closed, 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void read_good(const struct station_config *config, const char *name, struct connection *connection)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    if (!connections_read(config, name, connection, &err))
        fail_msg("%s: %s", name, err.cause);
}

static void test_every_setting(void **state)
{
    char folder[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 32], expected[SCRATCH_PATH_MAX + 32];
    struct station_config config = {.state = ""};
    static struct connection found;

    (void)state;
    scratch_make(folder);
    (void)snprintf(config.state, sizeof config.state, "%s", folder);
    (void)snprintf(path, sizeof path, "%s/connections.yaml", folder);
    write_file(path, text);

    read_good(&config, "plain", &found);
    assert_string_equal(found.settings.place.host, "host.example");
    assert_string_equal(found.settings.place.port, "443");
    assert_string_equal(found.settings.name, "host.example");
    assert_null(found.settings.ca);
    assert_null(found.settings.alpn[0]);
    assert_int_equal(found.settings.version, TLS_ANY);
    assert_int_equal(found.settings.timeout_s, 30);
    assert_int_equal(found.settings.question.protocol, TLS_HTTP);
    assert_memory_equal(found.settings.question.data, "GET / ", 6);

    read_good(&config, "all", &found);
    (void)snprintf(expected, sizeof expected, "%s/roots/ca.pem", folder);
    assert_string_equal(found.settings.place.host, "::1");
    assert_string_equal(found.settings.name, "broker.example");
    assert_string_equal(found.settings.ca, expected);
    assert_int_equal(found.settings.version, TLS_1_3);
    assert_string_equal(found.settings.alpn[0], "mqtt");
    assert_string_equal(found.settings.alpn[1], "x-amzn-mqtt-ca");
    assert_null(found.settings.alpn[2]);
    assert_int_equal(found.settings.question.protocol, TLS_MQTT);
    assert_int_equal(found.settings.timeout_s, 7);

    config.connections = path; /* the same by name, whatever the state folder is */
    (void)snprintf(config.state, sizeof config.state, "/nowhere");
    read_good(&config, "absolute", &found);
    assert_string_equal(found.settings.ca, "/etc/ca.pem");
    assert_int_equal(found.settings.version, TLS_1_2);
    assert_int_equal(found.settings.question.protocol, TLS_TEXT);
    assert_int_equal(found.settings.question.len, 5);
    assert_memory_equal(found.settings.question.data, "HELO\n", 5);
    scratch_remove(folder);
}

static void test_the_page_has_every_setting(void **state)
{
    FILE *file = fopen(IMPRINT_TEST_DOCS "/reference/connections.md", "r");
    static char page[64 * 1024];
    size_t len, rows = 0;
    int closed;

    (void)state;
    assert_non_null(file);
    len = fread(page, 1, sizeof page - 1, file);
    page[len] = '\0';
    closed = fclose(file);
    assert_int_equal(closed, 0);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        char row[64];

        (void)snprintf(row, sizeof row, "| `connections[].%s` | ", settings[i]);
        if (strstr(page, row) == NULL)
            fail_msg("not on the page: %s", row);
    }
    for (const char *at = page; (at = strstr(at, "| `connections[].")) != NULL; at++)
        rows++;
    assert_int_equal(rows, sizeof settings / sizeof settings[0]);
}

/* An unknown setting is answered with all that there are: the list above is the reader's. */
static void test_the_list_is_whole(void **state)
{
    char folder[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 32], room[ERROR_ROOM];
    struct station_config config = {.state = ""};
    struct error err = ERROR_IN(room);
    static struct connection found;
    size_t names = 2; /* the last two have "or" between them */

    (void)state;
    scratch_make(folder);
    (void)snprintf(config.state, sizeof config.state, "%s", folder);
    (void)snprintf(path, sizeof path, "%s/connections.yaml", folder);
    write_file(path, "imprint: 1\nconnections: [{name: a, server: 'h:1', zzzzzzzzzz: 1}]\n");
    assert_false(connections_read(&config, "a", &found, &err));
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    assert_int_equal(err.line, 2);
    const char *expected = strstr(err.cause, "; expected ");
    if (expected == NULL)
        fail_msg("%s", err.cause);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_non_null(strstr(expected, settings[i]));
    for (const char *at = expected; (at = strchr(at, ',')) != NULL; at++)
        names++;
    assert_int_equal(names, sizeof settings / sizeof settings[0]);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_setting),
        cmocka_unit_test(test_the_page_has_every_setting),
        cmocka_unit_test(test_the_list_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
