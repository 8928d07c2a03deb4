/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the users: what is in it, what is refused, and that changes do not get lost. */
#include "web/users.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* "secret password", made by libxcrypt's crypt(3) with the salt "0123456789abcdef". */
#define SALT "30313233343536373839616263646566"
#define FROM_XCRYPT "0D98BA529EAEB1ED35F3152D99D5CF7994F653F3896FDDB3CFE56184BAF83273"
#define HASH "scrypt:15:8:3:" SALT ":" FROM_XCRYPT

#define HEADING "# imprint users 1\n"

static bool syncs_fail;

/* The linker's names of the wrapped function and of the real one.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
bool __real_folder_sync(const char *path);
bool __wrap_folder_sync(const char *path);
bool __wrap_folder_sync(const char *path)
{
    errno = EIO;
    return !syncs_fail && __real_folder_sync(path);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

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
    alarm(120); /* if it waits for a writer */
    assert_false(users_read(path, users, &err));
    alarm(0);
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    assert_string_equal(err.cause, "this is no file");
    free(users);
    remove_folder(folder, path);
}

/* A ledger: what it was told, and whether it takes more. */
struct told {
    bool refuses;
    const char *replaced; /* while it refuses, this file becomes a folder, which cannot be deleted as a file */
    bool breaks_sync;     /* while it refuses, the folder cannot be synced any more */
    unsigned count;
    struct users_change last;
};

static bool tell(void *context, const struct users_change *change, struct error *err)
{
    struct told *told = context;

    if (told->refuses) {
        if (told->replaced != NULL)
            assert_int_equal(unlink(told->replaced) | mkdir(told->replaced, 0700), 0);
        syncs_fail = told->breaks_sync;
        error_set(err, ERROR_STORAGE_FULL, "no room", NULL);
        return false;
    }
    told->count++;
    told->last = *change;
    return true;
}

static bool add_user(const char *path, const char *name, enum users_role role, const char *password, struct told *told,
                     struct error *err)
{
    const struct users_noting noting = {tell, told};
    struct users_change done;

    return users_add(path, name, role, password, &noting, &done, err) && strcmp(done.name, name) == 0;
}

static bool remove_user(const char *path, const char *name, struct told *told, struct error *err)
{
    const struct users_noting noting = {tell, told};
    struct users_change done;

    return users_remove(path, name, &noting, &done, err) && done.kind == USERS_REMOVED;
}

static void test_changes(void **state)
{
    char folder[64], path[96], room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct users *users = calloc(1, sizeof *users);
    struct stat status;
    struct told told = {.count = 0};

    (void)state;
    folder_of_test(folder, path);
    assert_true(users_read(path, users, &err) && users->count == 0);
    assert_true(add_user(path, "17", USERS_OPERATOR, "first password", &told, &err) && told.last.kind == USERS_ADDED);
    assert_true(add_user(path, "4", USERS_LEAD, "other password", &told, &err) && told.last.kind == USERS_ADDED);
    assert_true(add_user(path, "17", USERS_AUDITOR, "new password", &told, &err) && told.last.kind == USERS_CHANGED);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(users_read(path, users, &err));
    assert_int_equal(users->count, 2);
    assert_int_equal(users_find(users, "17")->role, USERS_AUDITOR);
    assert_true(password_check("new password", users_find(users, "17")->hash));
    assert_true(remove_user(path, "17", &told, &err));
    assert_true(users_read(path, users, &err) && users->count == 1 && users_find(users, "4") != NULL);
    assert_false(remove_user(path, "17", &told, &err));
    assert_int_equal(told.count, 4);
    assert_int_equal(err.reason, ERROR_USAGE);
    /* A file that others can read is refused: the hashes could be tried out. */
    assert_int_equal(chmod(path, 0644), 0);
    error_clear(&err);
    assert_false(users_read(path, users, &err));
    assert_int_equal(err.reason, ERROR_INPUT_FILE);
    free(users);
    remove_folder(folder, path);
}

#define LEAD_17 "17:lead:" HASH "\n"
#define LEAD_4 "4:lead:" HASH "\n"

/* With the rights that the file of the users has. */
static void write_text(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    int closed;

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    closed = fclose(out);
    assert_int_equal(closed, 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* Whatever the change: a ledger that takes no entry leaves the file as it was, and nothing beside it. */
static void test_a_ledger_that_refuses(void **state)
{
    char folder[64], path[96], next[PATH_MAX];
    struct users *users = calloc(1, sizeof *users);
    struct told told = {.refuses = true};

    (void)state;
    folder_of_test(folder, path);
    assert_true(file_name_next(path, next));
    assert_false(add_user(path, "17", USERS_LEAD, "first password", &told, NULL));
    assert_int_equal(access(path, F_OK), -1);
    write_text(path, HEADING LEAD_17);
    assert_false(add_user(path, "17", USERS_OPERATOR, "other password", &told, NULL));
    assert_false(remove_user(path, "17", &told, NULL));
    assert_true(users_read(path, users, NULL) && users->count == 1 && users->all[0].role == USERS_LEAD);
    assert_int_equal(access(next, F_OK), -1);
    free(users);
    remove_folder(folder, path);
}

/* What the ledger refused and cannot be undone has effects still: the person cannot log in, and the next change
 * finishes it. */
static void test_a_refused_change_that_stays(void **state)
{
    char folder[64], path[96], next[PATH_MAX], room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct told told = {.refuses = true, .breaks_sync = true};

    (void)state;
    folder_of_test(folder, path);
    assert_true(file_name_next(path, next));
    for (int i = 0; i < 2; i++) {
        error_clear(&err);
        assert_false(add_user(path, "17", USERS_LEAD, "first password", &told, &err));
        syncs_fail = false;
        assert_int_equal(err.reason, ERROR_STORAGE_FAILED);
        assert_non_null(strstr(err.cause, "refused (no room), and what was begun of it cannot be deleted"));
        assert_string_equal(err.subject, next);
        told = (struct told){.refuses = true, .replaced = next};
    }
    assert_int_equal(rmdir(next), 0);
    remove_folder(folder, path);
}

static void check_one_that_runs(const char *path)
{
    struct users_change begun;
    char name[128];
    int lock;

    (void)snprintf(name, sizeof name, "%s.lock", path);
    lock = open(name, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_false(users_find_unfinished(path, &begun));
    assert_int_equal(close(lock), 0);
}

/*
 * Killed after the entry, before the change took effect: the person is not let in, as if it had; the next change of
 * any person notes it and finishes it.
 */
static void test_killed_between(void **state)
{
    static const struct {
        enum users_change_kind kind;
        const char *name, *next;
        size_t count; /* of people at the end, without 4 */
    } rows[] = {
        {USERS_ADDED, "new", HEADING LEAD_17 LEAD_4 "new:operator:" HASH "\n", 2},
        {USERS_CHANGED, "17", HEADING "17:operator:" HASH "\n" LEAD_4, 1},
        {USERS_REMOVED, "17", HEADING LEAD_4, 0},
    };
    struct users *users = calloc(1, sizeof *users);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char folder[64], path[96], next[PATH_MAX];
        struct told told = {.refuses = true};
        struct users_change begun;

        folder_of_test(folder, path);
        assert_true(file_name_next(path, next));
        write_text(path, HEADING LEAD_17 LEAD_4);
        assert_false(users_find_unfinished(path, &begun));
        write_text(next, rows[i].next);
        assert_true(users_find_unfinished(path, &begun));
        assert_int_equal(begun.kind, rows[i].kind);
        assert_string_equal(begun.name, rows[i].name);
        assert_true(users_read(path, users, NULL) && users_find(users, rows[i].name) == NULL);
        assert_non_null(users_find(users, "4"));
        assert_false(remove_user(path, "4", &told, NULL));
        assert_true(users_find_unfinished(path, &begun));
        check_one_that_runs(path);
        told.refuses = false;
        assert_true(remove_user(path, "4", &told, NULL));
        assert_int_equal(told.count, 2);
        assert_false(users_find_unfinished(path, &begun));
        assert_true(users_read(path, users, NULL));
        assert_int_equal(users->count, rows[i].count);
        assert_true(rows[i].kind == USERS_REMOVED || users_find(users, rows[i].name)->role == USERS_OPERATOR);
        remove_folder(folder, path);
    }
    free(users);
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
            char name[12];
            struct told told = {.count = 0};

            (void)snprintf(name, sizeof name, "%d", i);
            _exit(add_user(path, name, USERS_OPERATOR, "password", &told, NULL) && told.count == 1 ? 0 : 1);
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
        cmocka_unit_test(test_a_ledger_that_refuses),
        cmocka_unit_test(test_a_refused_change_that_stays),
        cmocka_unit_test(test_killed_between),
        cmocka_unit_test(test_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
