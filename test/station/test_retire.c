/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be made to fail from outside: a record that was moved aside is there, whatever its folder's sync says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/folder.h"
#include "station/retire.h"
#include "test/support/scratch.h"

#define TIME "2026-01-31T12:00:00Z"

static const char record[] = "{}";
static bool sync_fails;

/* The linker's --wrap sends station/retire.c here.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
bool __real_folder_sync(const char *path);
bool __wrap_folder_sync(const char *path);
bool __wrap_folder_sync(const char *path)
{
    return !sync_fails && __real_folder_sync(path);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void expect_record(const char *path)
{
    char text[32];
    struct bytes_out out = {.data = (uint8_t *)text, .cap = sizeof text};

    file_load(path, &out);
    assert_int_equal(out.len, sizeof record - 1);
    assert_memory_equal(text, record, sizeof record - 1);
}

static void test_no_record_is_lost(void **state)
{
    static struct session session;
    char folder[SCRATCH_PATH_MAX], aside[PATH_MAX];

    (void)state;
    scratch_make(folder);
    assert_in_range(snprintf(session.record_path, sizeof session.record_path, "%s/record.json", folder), 1, PATH_MAX);
    assert_in_range(snprintf(aside, sizeof aside, "%s/record-retired-20260131T120000Z.json", folder), 1, PATH_MAX);
    for (int fails = 0; fails < 2; fails++) {
        struct retirement found = {.has_record = true};
        struct error err = {.reason = ERROR_NONE};

        file_store(session.record_path, bytes_of(record, sizeof record - 1));
        sync_fails = fails == 1;
        assert_int_equal(retire_device(&session, &found, TIME, &err), !sync_fails);
        assert_int_equal(err.reason, sync_fails ? ERROR_RECORD_FAILED : ERROR_NONE);
        expect_record(found.moved_to);
        assert_int_equal(strcmp(found.moved_to, aside) == 0, fails == 0); /* the second has a name of its own */
        expect_record(aside);
        assert_int_equal(access(session.record_path, F_OK), -1);
    }
    sync_fails = false;
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_record_is_lost)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
