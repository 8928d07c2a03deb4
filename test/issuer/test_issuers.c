/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The issuers file: what it can have, and what is refused with line and column. Lines and columns were counted by hand.
 */
#include "issuer/issuers.h"

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

#include "test/support/scratch.h"

static const char good[] = "imprint: 1\n"                           /* 1 */
                           "issuers:\n"                             /* 2 */
                           "  - name: desk\n"                       /* 3 */
                           "    kind: file\n"                       /* 4 */
                           "    certificate: ca.pem\n"              /* 5 */
                           "    key: /keys/ca.key\n"                /* 6 */
                           "    passphrase-file: ca.pass\n"         /* 7 */
                           "  - name: line\n"                       /* 8 */
                           "    kind: pkcs11\n"                     /* 9 */
                           "    certificate: hsm.pem\n"             /* 10 */
                           "    module: /usr/lib/hsm.so\n"          /* 11 */
                           "    uri: pkcs11:token=line;object=ca\n" /* 12 */
                           "    pin-file: pins/line\n"              /* 13 */
                           "  - name: est\n"                        /* 14 */
                           "    kind: est\n"                        /* 15 */
                           "    url: https://ca.example\n"          /* 16 */
                           "    label: boards\n"                    /* 17 */
                           "    server-ca: est-root.pem\n"          /* 18 */
                           "    client-certificate: station.pem\n"  /* 19 */
                           "    client-key: station.key\n"          /* 20 */
                           "    passphrase-file: station.pass\n";   /* 21 */

static char folder[SCRATCH_PATH_MAX];

static int begin(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static const char *write_text(const char *text)
{
    const char *path = path_in(folder, "issuers.yaml");

    file_store(path, bytes_of(text, strlen(text)));
    assert_int_equal(chmod(path, 0644), 0);
    return path;
}

static void expect_path(const char *found, const char *name)
{
    assert_non_null(found);
    assert_string_equal(found, path_in(folder, name));
}

static void test_a_good_file(void **state)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuers *issuers;
    const struct issuer_config *desk, *line, *est;

    (void)state;
    assert_true(issuers_read(write_text(good), &issuers, &err));
    assert_int_equal(issuers_count(issuers), 3);
    desk = issuers_at(issuers, 0);
    line = issuers_find(issuers, "line", &err);
    assert_ptr_equal(line, issuers_at(issuers, 1));
    assert_string_equal(desk->name, "desk");
    assert_int_equal(desk->kind, ISSUER_FILE);
    expect_path(desk->certificate, "ca.pem");
    assert_string_equal(desk->key, "/keys/ca.key");
    expect_path(desk->passphrase_file, "ca.pass");
    assert_null(desk->uri);
    assert_int_equal(line->kind, ISSUER_PKCS11);
    assert_string_equal(line->module, "/usr/lib/hsm.so");
    assert_string_equal(line->uri, "pkcs11:token=line;object=ca");
    expect_path(line->pin_file, "pins/line");
    assert_null(line->key);
    est = issuers_find(issuers, "est", &err);
    assert_int_equal(est->kind, ISSUER_EST);
    assert_string_equal(est->url, "https://ca.example");
    assert_string_equal(est->label, "boards");
    assert_null(est->certificate);
    expect_path(est->server_ca, "est-root.pem");
    expect_path(est->client_certificate, "station.pem");
    expect_path(est->client_key, "station.key");
    expect_path(est->passphrase_file, "station.pass");
    assert_null(issuers_find(issuers, "lime", &err));
    assert_int_equal(err.reason, ERROR_ISSUER_INVALID);
    assert_non_null(strstr(err.next, "did you mean 'line'?"));
    issuers_free(issuers);
    issuers_free(NULL);
}

/* `was` of the good text becomes `is`; both NULL: the whole text is `is`. */
static const struct row {
    const char *name, *was, *is;
    uint32_t line, column;
    const char *cause;
} rows[] = {
    {"empty", NULL, "", 1, 1, "the file is empty"},
    {"no YAML", NULL, "imprint: [1\n", 2, 1, ""},
    {"a list", NULL, "- 1\n", 1, 1, "is not a mapping"},
    {"a profile", NULL, "imprint: 1\nname: door\n", 2, 1, "'name' is not a key of this mapping"},
    {"another version", "imprint: 1", "imprint: 2", 1, 10, "out of range"},
    {"no issuers", NULL, "imprint: 1\n", 1, 1, "issuers: is missing"},
    {"an empty list", NULL, "imprint: 1\nissuers: []\n", 2, 10, "is empty"},
    {"unknown setting", "    key: /keys/ca.key\n", "    keys: /keys/ca.key\n", 6, 5, "did you mean 'key'?"},
    {"unknown kind", "kind: file", "kind: fil", 4, 11, "did you mean 'file'?"},
    {"no name", "  - name: desk\n    kind: file\n", "  - kind: file\n", 3, 5, "issuers[0].name: is missing"},
    {"a bad name", "name: desk", "name: the desk", 3, 11, "is not a valid name"},
    {"a name twice", "name: line", "name: desk", 8, 11, "is the name of an issuer above"},
    {"no server certificate", "    server-ca: est-root.pem\n", "", 14, 5, "issuers[2].server-ca: is missing"},
    {"a key for a server", "    url: https://ca.example\n", "    key: ca.key\n", 16, 10,
     "is not a setting of kind est"},
    {"a key missing", "    key: /keys/ca.key\n", "", 3, 5, "issuers[0].key: is missing"},
    {"a URI missing", "    uri: pkcs11:token=line;object=ca\n", "", 8, 5, "issuers[1].uri: is missing"},
    {"a certificate missing", "    certificate: hsm.pem\n", "", 8, 5, "issuers[1].certificate: is missing"},
    {"another kind's setting", "    pin-file: pins/line\n", "    passphrase-file: x\n", 13, 22,
     "issuers[1].passphrase-file: 'x' is not a setting of kind pkcs11"},
    {"a PIN for a file", "    passphrase-file: ca.pass\n", "    pin-file: x\n", 7, 15, "is not a setting of kind file"},
    {"a setting twice", "    passphrase-file: ca.pass\n", "    key: other\n", 7, 5, "given twice, first in line 6"},
    {"an anchor", "key: /keys/ca.key", "key: &a /keys/ca.key", 6, 10, ""},
    {"an empty value", "key: /keys/ca.key", "key: ''", 6, 10, "is not a file name"},
};

static void put_changed(const struct row *row, char text[static 2048])
{
    const char *at = row->was != NULL ? strstr(good, row->was) : NULL;

    if (row->was == NULL) {
        (void)snprintf(text, 2048, "%s", row->is);
        return;
    }
    assert_non_null(at);
    (void)snprintf(text, 2048, "%.*s%s%s", (int)(at - good), good, row->is, at + strlen(row->was));
}

static void test_bad_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        char text[2048], room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        struct issuers *issuers;
        const char *path;

        put_changed(row, text);
        path = write_text(text);
        assert_false(issuers_read(path, &issuers, &err));
        if (err.line != row->line || err.column != row->column || err.reason != ERROR_INPUT_FILE ||
            strstr(err.cause, row->cause) == NULL)
            fail_msg("%s: %s, %s, line %u column %u", row->name, error_reason_name(err.reason), err.cause,
                     (unsigned)err.line, (unsigned)err.column);
        assert_string_equal(err.subject, path);
        assert_null(issuers);
    }
}

static void test_files_that_are_none(void **state)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuers *issuers;
    const char *path = write_text(good);

    (void)state;
    assert_int_equal(chmod(path, 0646), 0);
    assert_false(issuers_read(path, &issuers, &err));
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    assert_non_null(strstr(err.cause, "can write this file"));
    error_clear(&err);
    assert_false(issuers_read(path_in(folder, "none.yaml"), &issuers, &err));
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    assert_non_null(strstr(err.cause, "cannot be opened"));
}

/* The reference page has a row for each setting. */
static void test_the_page_has_every_setting(void **state)
{
    static const char *const keys[] = {
        "name",      "kind",    "certificate", "key", "passphrase-file", "uri",       "module",
        "pin-file",  "imprint", "issuers",     "url", "label",           "server-ca", "client-certificate",
        "client-key"};
    static char page[32 * 1024];
    struct bytes_out out = {.data = (uint8_t *)page, .cap = sizeof page - 1};

    (void)state;
    file_load(IMPRINT_TEST_DOCS "/reference/issuers.md", &out);
    page[out.len] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char row[64];

        (void)snprintf(row, sizeof row, "\n| `%s` |", keys[i]);
        if (strstr(page, row) == NULL)
            fail_msg("docs/reference/issuers.md has no row for %s", keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_file),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_the_page_has_every_setting),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
