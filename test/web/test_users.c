/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the users: what is in it, what is refused, and that changes do not get lost. */
#include "web/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* "secret password", made by libxcrypt's crypt(3) with the salt "0123456789abcdef". */
#define SALT "30313233343536373839616263646566"
#define FROM_XCRYPT "0D98BA529EAEB1ED35F3152D99D5CF7994F653F3896FDDB3CFE56184BAF83273"
#define HASH "scrypt:15:8:3:" SALT ":" FROM_XCRYPT

#define HEADING "# imprint users 1\n"

static void test_hash_of_another_program(void **state)
{
    (void)state;
    assert_true(password_is_hash(HASH));
    assert_true(password_check("secret password", HASH));
    assert_false(password_check("secret passwore", HASH));
    assert_false(password_check("", HASH));
}

static void test_hash(void **state)
{
    char first[PASSWORD_HASH_SIZE], second[PASSWORD_HASH_SIZE];

    (void)state;
    assert_true(password_hash("p\xc3\xa4ssword", first, NULL) && password_hash("p\xc3\xa4ssword", second, NULL));
    assert_string_not_equal(first, second); /* each has a salt of its own */
    assert_true(password_is_hash(first));
    assert_true(password_check("p\xc3\xa4ssword", first));
    assert_false(password_check("password", first));
}

static void test_what_is_no_hash(void **state)
{
    static const char *const bad[] = {
        "",
        "scrypt",
        "scrypt:15:8:3:" SALT,
        "scrypt:15:8:3:" SALT ":00",
        "scrypt:15:8:3:00:" FROM_XCRYPT,
        "scrypt:18:8:3:" SALT ":" FROM_XCRYPT, /* 256 MiB is the limit */
        "scrypt:15:99:3:" SALT ":" FROM_XCRYPT,
        "scrypt:15:8:9:" SALT ":" FROM_XCRYPT,
        "scrypt:0:8:3:" SALT ":" FROM_XCRYPT,
        "scrypt:-1:8:3:" SALT ":" FROM_XCRYPT,
        "scrypt:15:8:3:" SALT ":" FROM_XCRYPT "0",
        "bcrypt:15:8:3:" SALT ":" FROM_XCRYPT,
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(password_is_hash(bad[i]));
        assert_false(password_check("secret password", bad[i]));
    }
}

static bool parse(const char *text, struct users *users, size_t *line)
{
    return users_parse(bytes_of(text, strlen(text)), users, line);
}

static void test_good_file(void **state)
{
    struct users *users = calloc(1, sizeof *users);
    size_t line;

    (void)state;
    assert_true(
        parse(HEADING "17:operator:" HASH "\n# somebody\n\nm.meyer:lead:" HASH "\nx:auditor:" HASH, users, &line));
    assert_int_equal(users->count, 3);
    assert_int_equal(users_find(users, "m.meyer")->role, USERS_LEAD);
    assert_int_equal(users_find(users, "17")->role, USERS_OPERATOR);
    assert_string_equal(users_find(users, "x")->hash, HASH);
    assert_null(users_find(users, "y"));
    assert_true(parse(HEADING, users, &line));
    assert_int_equal(users->count, 0);
    free(users);
}

static void test_bad_files(void **state)
{
    static const struct {
        const char *text;
        size_t line;
    } rows[] = {
        {"", 0},
        {"17:operator:" HASH "\n", 1},
        {HEADING "17:operator\n", 2},
        {HEADING "17:boss:" HASH "\n", 2},
        {HEADING "\n1 7:operator:" HASH "\n", 3},
        {HEADING ":operator:" HASH "\n", 2},
        {HEADING "17:operator:password\n", 2},
        {HEADING "17:operator:" HASH "\n17:lead:" HASH "\n", 3}, /* who of them? */
        {HEADING "012345678901234567890123456789012:operator:" HASH "\n", 2},
    };
    struct users *users = calloc(1, sizeof *users);
    size_t line;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(parse(rows[i].text, users, &line));
        assert_int_equal(line, rows[i].line);
        assert_int_equal(users->count, 0);
    }
    free(users);
}

static void folder_of_test(char folder[static 64], char path[static 96])
{
    (void)snprintf(folder, 64, "/tmp/imprint-users-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, 96, "%s/users", folder);
}

static void remove_folder(const char *folder, const char *path)
{
    char lock[128];

    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    (void)unlink(path);
    (void)unlink(lock);
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_pipe_is_no_file(void **state)
{
    char folder[64], path[96], room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct users *users = calloc(1, sizeof *users);

    (void)state;
    folder_of_test(folder, path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(20); /* if it waits for a writer */
    assert_false(users_read(path, users, &err));
    alarm(0);
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    assert_string_equal(err.cause, "this is no file");
    free(users);
    remove_folder(folder, path);
}

static void test_changes(void **state)
{
    char folder[64], path[96], room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct users *users = calloc(1, sizeof *users);
    struct stat status;
    bool is_new;

    (void)state;
    folder_of_test(folder, path);
    assert_true(users_read(path, users, &err) && users->count == 0);
    assert_true(users_add(path, "17", USERS_OPERATOR, "first password", &is_new, &err) && is_new);
    assert_true(users_add(path, "4", USERS_LEAD, "other password", &is_new, &err) && is_new);
    assert_true(users_add(path, "17", USERS_AUDITOR, "new password", &is_new, &err) && !is_new);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(users_read(path, users, &err));
    assert_int_equal(users->count, 2);
    assert_int_equal(users_find(users, "17")->role, USERS_AUDITOR);
    assert_true(password_check("new password", users_find(users, "17")->hash));
    assert_true(users_remove(path, "17", &err));
    assert_true(users_read(path, users, &err) && users->count == 1 && users_find(users, "4") != NULL);
    assert_false(users_remove(path, "17", &err));
    assert_int_equal(err.reason, ERROR_USAGE);
    /* A file that others can read is refused: the hashes could be tried out. */
    assert_int_equal(chmod(path, 0644), 0);
    error_clear(&err);
    assert_false(users_read(path, users, &err));
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    free(users);
    remove_folder(folder, path);
}

#define AT_ONCE 4

/* Nobody's change is lost when several are made at the same time. */
static void test_at_once(void **state)
{
    char folder[64], path[96];
    struct users *users = calloc(1, sizeof *users);
    int status;

    (void)state;
    folder_of_test(folder, path);
    for (int i = 0; i < AT_ONCE; i++) {
        if (fork() == 0) {
            char name[8];
            bool is_new;

            (void)snprintf(name, sizeof name, "%d", i);
            _exit(users_add(path, name, USERS_OPERATOR, "password", &is_new, NULL) ? 0 : 1);
        }
    }
    for (int i = 0; i < AT_ONCE; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_true(users_read(path, users, NULL));
    assert_int_equal(users->count, AT_ONCE);
    free(users);
    remove_folder(folder, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_of_another_program),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_what_is_no_hash),
        cmocka_unit_test(test_good_file),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_a_pipe_is_no_file),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
