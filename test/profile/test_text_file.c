/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles as files: the shipped ones, and what a wrong path or a wrong file leads to. */
#include "profile/text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct profile profile;
static struct profile_complaint complaint;

/* A file of its own in a folder of its own, with `size` bytes that start with `content`. */
struct scratch {
    char folder[64];
    char path[96];
};

static void scratch_make(struct scratch *scratch, const char *content, size_t len, long size)
{
    FILE *file;
    bool closed;

    strcpy(scratch->folder, "profile-test-XXXXXX"); /* in the folder that the test runs in */
    assert_non_null(mkdtemp(scratch->folder));
    (void)snprintf(scratch->path, sizeof(scratch->path), "%s/profile.yaml", scratch->folder);
    file = fopen(scratch->path, "w");
    assert_non_null(file);
    if (file == NULL)
        return;
    assert_int_equal(fwrite(content, 1, len, file), len);
    if (size > (long)len) {
        assert_int_equal(fseek(file, size - 1, SEEK_SET), 0);
        assert_int_equal(fputc('\n', file), '\n');
    }
    closed = fclose(file) == 0;
    assert_true(closed);
}

static void scratch_remove(const struct scratch *scratch)
{
    (void)unlink(scratch->path);
    (void)rmdir(scratch->folder);
}

/* Every shipped profile reads, is called what its file is called, and the keys it imports are there. */
static void test_shipped_profiles(void **state)
{
    DIR *folder = opendir(IMPRINT_TEST_PROFILES);
    const struct dirent *entry;
    size_t count = 0;

    (void)state;
    assert_non_null(folder);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        size_t len = strlen(entry->d_name);
        char path[512];

        if (len < 5 || strcmp(entry->d_name + len - 5, ".yaml") != 0)
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", IMPRINT_TEST_PROFILES, entry->d_name);
        if (!profile_read_file(path, &profile, &complaint))
            fail_msg("%s:%u:%u: %s (%s)", path, complaint.line, complaint.column, complaint.message,
                     complaint.expected);
        assert_int_equal(strlen(profile.name), len - 5);
        assert_memory_equal(profile.name, entry->d_name, len - 5);
        for (size_t i = 0; i < profile.key_count; i++) {
            if (profile.keys[i].source[0] == '\0')
                continue;
            (void)snprintf(path, sizeof(path), "%s/%s", IMPRINT_TEST_PROFILES, profile.keys[i].source);
            assert_int_equal(access(path, R_OK), 0);
        }
        count++;
    }
    if (folder != NULL)
        (void)closedir(folder);
    assert_true(count >= 3);
}

/* The plan of the original example, which everything else is built on. */
static void test_mbed_factory_example(void **state)
{
    (void)state;
    assert_true(profile_read_file(IMPRINT_TEST_PROFILES "/mbed-factory-example.yaml", &profile, &complaint));
    assert_int_equal(profile.configuration, PROFILE_AS_DELIVERED);
    assert_int_equal(profile.parts, 1u << CHIP_PART_ATECC608A | 1u << CHIP_PART_ATECC608B);
    assert_int_equal(profile.key_count, 2);
    assert_int_equal(profile.keys[0].id, 16);
    assert_int_equal(profile.keys[0].method, PROFILE_REGISTER);
    assert_int_equal(profile.keys[0].slot, 0);
    assert_int_equal(profile.keys[1].id, 18);
    assert_int_equal(profile.keys[1].method, PROFILE_GENERATE);
    assert_int_equal(profile.keys[1].slot, PROFILE_SLOT_ANY);
    assert_int_equal(profile.keys[1].replace, PROFILE_REPLACE_UNCLAIMED);
}

static void expect_refused(const char *path, enum error_reason reason, const char *message)
{
    if (profile_read_file(path, &profile, &complaint))
        fail_msg("%s: accepted", path);
    assert_int_equal(complaint.reason, reason);
    if (strstr(complaint.message, message) == NULL)
        fail_msg("%s: '%s' is not in '%s'", path, message, complaint.message);
    if (reason == ERROR_INPUT_FILE) {
        assert_int_equal(complaint.line, 0);
        assert_int_equal(complaint.column, 0);
    }
}

static void test_wrong_paths(void **state)
{
    (void)state;
    expect_refused("/nonexistent/profile.yaml", ERROR_INPUT_FILE, "cannot open the file: No such file");
    expect_refused("", ERROR_INPUT_FILE, "cannot open the file: No such file");
    expect_refused(IMPRINT_TEST_PROFILES, ERROR_INPUT_FILE, "it is a directory");
    expect_refused("/dev/null", ERROR_PROFILE_SYNTAX, "the file is empty");
    expect_refused("/dev/zero", ERROR_INPUT_FILE, "the file is too large (limit 262144 bytes)");
}

static void test_wrong_files(void **state)
{
    static const char binary[] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0};
    static const char good[] =
        "imprint: 1\nname: a\nchip: {parts: [ATECC608A], configuration: as-delivered}\nkeys: []\n";
    struct scratch scratch;

    (void)state;
    scratch_make(&scratch, good, strlen(good), 10L * 1024 * 1024);
    expect_refused(scratch.path, ERROR_INPUT_FILE, "the file is too large (limit 262144 bytes)");
    scratch_remove(&scratch);

    scratch_make(&scratch, good, strlen(good), PROFILE_TEXT_MAX + 1);
    expect_refused(scratch.path, ERROR_INPUT_FILE, "the file is too large");
    scratch_remove(&scratch);

    scratch_make(&scratch, good, strlen(good), PROFILE_TEXT_MAX); /* a hole of NUL bytes */
    expect_refused(scratch.path, ERROR_PROFILE_SYNTAX, "not a text file: a control character, byte 0x00");
    assert_int_equal(complaint.line, 5);
    scratch_remove(&scratch);

    scratch_make(&scratch, binary, sizeof(binary), 0);
    expect_refused(scratch.path, ERROR_PROFILE_SYNTAX, "not a text file: a control character, byte 0x7f at offset 0");
    assert_int_equal(complaint.line, 1);
    scratch_remove(&scratch);

    scratch_make(&scratch, "", 0, 0);
    expect_refused(scratch.path, ERROR_PROFILE_SYNTAX, "the file is empty");
    scratch_remove(&scratch);

    scratch_make(&scratch, good, strlen(good), 0);
    assert_true(profile_read_file(scratch.path, &profile, &complaint));
    if (geteuid() != 0) {
        assert_int_equal(chmod(scratch.path, 0), 0);
        expect_refused(scratch.path, ERROR_INPUT_FILE, "cannot open the file: Permission denied");
    }
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_profiles),
        cmocka_unit_test(test_mbed_factory_example),
        cmocka_unit_test(test_wrong_paths),
        cmocka_unit_test(test_wrong_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
