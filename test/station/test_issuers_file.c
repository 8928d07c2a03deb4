/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station's issuers: opened by name from the state folder or another file; the authority for rehearsals is made,
 * opens, and is refused where no rehearsal is allowed.
 */
#include "station/issuers_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "station/rehearsal.h"
#include "station/rehearsal_ca_files.h"
#include "test/support/ca_files.h"
#include "test/support/scratch.h"

static const struct issuer_prompt nobody = {.ask = NULL};

static void begin(struct station_config *config, char folder[static SCRATCH_PATH_MAX])
{
    scratch_make(folder);
    *config = (struct station_config){.device = "virtual"};
    (void)snprintf(config->state, sizeof config->state, "%s/state", folder);
}

static struct issuer *open_issuer(const struct station_config *config, const char *name)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuer *issuer;

    if (!issuers_file_open(config, name, &nobody, &issuer, &err))
        fail_msg("%s: %s", name, err.cause);
    return issuer;
}

static void test_a_rehearsal_is_told(void **state)
{
    char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];
    struct station_config config;
    struct rehearsal_ca_files files;
    struct rehearsal rehearsal = {.allowed = false};
    struct error err = ERROR_IN(room);
    struct issuer *issuer;

    (void)state;
    begin(&config, folder);
    assert_true(rehearsal_ca_files_make(&config, REHEARSAL_CA_ISSUER, &files, &err));
    issuer = open_issuer(&config, REHEARSAL_CA_ISSUER);
    assert_false(rehearsal_check_issuer(&rehearsal, issuer_certificate(issuer), &err));
    assert_int_equal(err.reason, ERROR_REHEARSAL);
    assert_memory_equal(err.subject, "TEST signer ", 12);
    assert_false(rehearsal.found[REHEARSAL_TEST_ROOT]);
    rehearsal.allowed = true;
    assert_true(rehearsal_check_issuer(&rehearsal, issuer_certificate(issuer), NULL));
    assert_true(rehearsal.found[REHEARSAL_TEST_ROOT]);
    issuer_close(issuer);
    scratch_remove(folder);
}

/* An issuer that is nobody's rehearsal, in a file that --issuers names. */
static void test_another_file(void **state)
{
    static const char text[] = "imprint: 1\nissuers:\n  - {name: line, kind: file, certificate: a.pem, key: a.key}\n";
    char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM], path[SCRATCH_PATH_MAX + 16];
    EVP_PKEY *key = ca_make_key("P-256");
    X509 *const chain[] = {ca_make_certificate(&(struct ca_wish){.subject = "Example line", .key = key})};
    struct station_config config;
    struct rehearsal rehearsal = {.allowed = false};
    struct error err = ERROR_IN(room);
    struct issuer *issuer;

    (void)state;
    begin(&config, folder);
    (void)snprintf(path, sizeof path, "%s/other.yaml", folder);
    ca_write_certificates(path_in(folder, "a.pem"), chain, 1);
    ca_write_key(path_in(folder, "a.key"), key, CA_PKCS8, NULL);
    file_store(path, bytes_of(text, sizeof text - 1));
    config.issuers = path;
    issuer = open_issuer(&config, "line");
    assert_true(rehearsal_check_issuer(&rehearsal, issuer_certificate(issuer), &err));
    assert_false(rehearsal.found[REHEARSAL_TEST_ROOT]);
    issuer_close(issuer);
    assert_false(issuers_file_open(&config, "lane", &nobody, &issuer, &err));
    assert_null(issuer);
    assert_int_equal(err.reason, ERROR_ISSUER_INVALID);
    X509_free(chain[0]);
    EVP_PKEY_free(key);
    scratch_remove(folder);
}

static void test_no_file(void **state)
{
    char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];
    struct station_config config;
    struct error err = ERROR_IN(room);
    struct issuer *issuer;

    (void)state;
    begin(&config, folder);
    assert_false(issuers_file_open(&config, "line", &nobody, &issuer, &err));
    assert_null(issuer);
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    assert_non_null(strstr(err.subject, "/state/issuers.yaml"));
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rehearsal_is_told),
        cmocka_unit_test(test_another_file),
        cmocka_unit_test(test_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
