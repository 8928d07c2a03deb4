/* SPDX-License-Identifier: Apache-2.0 */
/* A folder gets its name when all of it is durable, over nothing, and says so where the last sync fails. */
#include "ledger/new_folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/new_file.h"
#include "test/support/scratch.h"

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __wrap_fsync(int fd);
int __real_fsync(int fd);
int __wrap_renameat2(int from, const char *path, int to, const char *new_path, unsigned flags);
int __real_renameat2(int from, const char *path, int to, const char *new_path, unsigned flags);

static char above[SCRATCH_PATH_MAX], room[ERROR_ROOM];
static char steps[512];         /* what was synced and renamed, in this order: "file folder name above " */
static ino_t temp_inode;        /* of the folder while it has its other name */
static unsigned fail_at, calls; /* the sync that fails with EIO, 0 for none */
static const char *appears;     /* a folder that somebody else makes just before the name is given */
static int rename_errno;        /* of a file system that cannot do it so */

static void note(const char *step)
{
    strncat(steps, step, sizeof steps - strlen(steps) - 1);
}

int __wrap_fsync(int fd)
{
    struct stat synced, other;

    assert_int_equal(fstat(fd, &synced), 0);
    assert_int_equal(stat(above, &other), 0);
    note(synced.st_ino == other.st_ino ? "above " : synced.st_ino == temp_inode ? "folder " : "file ");
    if (++calls == fail_at) {
        errno = EIO;
        return -1;
    }
    return __real_fsync(fd);
}

int __wrap_renameat2(int from, const char *path, int to, const char *new_path, unsigned flags)
{
    note("name ");
    if (appears != NULL)
        assert_int_equal(mkdir(appears, 0700), 0);
    if (rename_errno == 0)
        return __real_renameat2(from, path, to, new_path, flags);
    errno = rename_errno;
    return -1;
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static int begin(void **state)
{
    (void)state;
    scratch_make(above);
    steps[0] = '\0';
    calls = fail_at = 0;
    appears = NULL;
    rename_errno = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(above);
    return 0;
}

/* One with a file in it, named as `name`. Whether it was made. */
static bool make(const char *name, struct new_folder *folder, struct error *err)
{
    struct stat temp;
    FILE *file;

    assert_true(new_folder_begin(folder, name, err));
    assert_int_equal(stat(folder->temp, &temp), 0);
    temp_inode = temp.st_ino;
    file = new_file_begin(path_in(folder->temp, "file"), err);
    assert_non_null(file);
    assert_true(fputs("text\n", file) >= 0);
    assert_true(new_file_end(file, path_in(folder->temp, "file"), err));
    return new_folder_end(folder, true, err);
}

static void all_of_it_is_durable_before_it_has_its_name(void **state)
{
    static const char *const ends[] = {"", "/", "///"};
    struct error err = ERROR_IN(room);
    struct new_folder folder = {.name = ""};
    char name[SCRATCH_PATH_MAX + 8];

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(name, sizeof name, "%s/out-%zu%s", above, i, ends[i]);
        steps[0] = '\0';
        assert_true(make(name, &folder, &err));
        assert_string_equal(steps, "file folder name above ");
        assert_int_equal(strlen(folder.name), strlen(name) - strlen(ends[i]));
        assert_true(file_exists(path_in(folder.name, "file")));
        assert_false(file_exists(folder.temp));
    }
}

/* Before the name: nothing is there. After it: all is there, and the reason does not deny it. */
static void a_sync_that_fails(void **state)
{
    static const char *const causes[] = {"the folder cannot be made",
                                         "the folder is there, but a power cut may still take it"};
    struct error err = ERROR_IN(room);
    struct new_folder folder = {.name = ""};

    (void)state;
    for (unsigned last = 0; last < 2; last++) {
        calls = 0;
        fail_at = last + 2;
        assert_false(make(path_in(above, "out/"), &folder, &err));
        assert_int_equal(err.reason, ERROR_STORAGE_FAILED);
        assert_string_equal(err.cause, causes[last]);
        assert_int_equal(err.system_errno, EIO);
        assert_string_equal(err.subject, path_in(above, "out"));
        assert_int_equal(file_exists(path_in(above, "out")), last == 1);
        assert_false(file_exists(folder.temp));
        error_clear(&err);
    }
}

static void an_empty_folder_that_appears_is_not_replaced(void **state)
{
    struct error err = ERROR_IN(room);
    struct new_folder folder = {.name = ""};

    (void)state;
    appears = path_in(above, "out");
    assert_false(make(appears, &folder, &err));
    assert_int_equal(err.reason, ERROR_USAGE);
    assert_string_equal(err.subject, path_in(above, "out"));
    assert_false(file_exists(path_in(above, "out/file")));
    assert_false(file_exists(folder.temp));
}

static void a_file_system_that_cannot_look_as_it_renames(void **state)
{
    static const int errors[] = {EINVAL, ENOSYS};
    struct error err = ERROR_IN(room);
    struct new_folder folder = {.name = ""};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        rename_errno = errors[i];
        assert_true(make(path_in(above, i == 0 ? "one" : "two"), &folder, &err));
        assert_true(file_exists(path_in(folder.name, "file")));
    }
}

/* The folder that its user gave, and not the one that is gone. */
static void an_error_in_it_names_the_folder(void **state)
{
    struct error err = ERROR_IN(room);
    struct new_folder folder = {.name = ""};

    (void)state;
    assert_true(new_folder_begin(&folder, path_in(above, "out//"), &err));
    assert_null(new_file_begin(path_in(folder.temp, "no/file"), &err));
    assert_false(new_folder_end(&folder, false, &err));
    assert_string_equal(err.cause, "the file cannot be made");
    assert_string_equal(err.subject, path_in(above, "out"));
    assert_false(file_exists(folder.temp));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_it_is_durable_before_it_has_its_name, begin, end),
        cmocka_unit_test_setup_teardown(a_sync_that_fails, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_folder_that_appears_is_not_replaced, begin, end),
        cmocka_unit_test_setup_teardown(a_file_system_that_cannot_look_as_it_renames, begin, end),
        cmocka_unit_test_setup_teardown(an_error_in_it_names_the_folder, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
