/* SPDX-License-Identifier: Apache-2.0 */
/* What is committed stays, versions, strangers' files and locks, full disks, damage. */
#include "database/database.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "database/statement.h"
#include "database/utf8.h"
#include "test/support/scratch.h"

#define KILLS 12

static const char *const upgrades[] = {
    "CREATE TABLE part (serial TEXT PRIMARY KEY, made BIGINT NOT NULL, body BLOB);",
    "ALTER TABLE part ADD COLUMN place TEXT; CREATE TABLE place (name TEXT PRIMARY KEY);",
};

static const struct database_kind first = {
    .name = "test", .application_id = 0x54455354, .upgrades = upgrades, .version = 1, .busy_ms = 50};
static const struct database_kind second = {
    .name = "test", .application_id = 0x54455354, .upgrades = upgrades, .version = 2, .busy_ms = 50};

static char folder[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 32];
static char room[ERROR_ROOM];

/* SQLite's syncs come here: how many, what happens in each, and with what errno it fails. */
static unsigned syncs;
static void (*at_sync)(void);
static int sync_errno;

/* The parameter has the name that <unistd.h> gives it. */
int fdatasync(int __fildes) /* NOLINT(bugprone-reserved-identifier) */
{
    syncs++;
    if (at_sync != NULL)
        at_sync();
    errno = sync_errno;
    return sync_errno != 0 ? -1 : fsync(__fildes);
}

static int begin(void **state)
{
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/parts.db", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Opens it, and fails the test with the reason where that fails. */
static void open_as(struct database *database, const struct database_kind *kind, enum database_mode mode)
{
    struct error err = ERROR_IN(room);

    if (!database_open(database, path, kind, mode, &err))
        fail_msg("%s: %s", error_reason_name(err.reason), err.cause);
}

static void expect_refusal(const struct database_kind *kind, enum database_mode mode, enum error_reason reason,
                           const char *words)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok = database_open(&database, path, kind, mode, &err);

    assert_false(ok);
    assert_null(database.handle);
    assert_string_equal(error_reason_name(err.reason), error_reason_name(reason));
    assert_non_null(err.cause);
    if (strstr(err.cause, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err.cause, words);
    assert_non_null(err.subject);
    assert_non_null(strstr(err.subject, "parts.db"));
    assert_non_null(err.doing);
}

static enum statement_result insert(struct database *database, const char *serial, int64_t made, struct error *err)
{
    struct statement statement;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&statement, database, "INSERT INTO part (serial, made, body) VALUES ($1, $2, $3)", err)) {
        statement_bind_text(&statement, 1, serial);
        statement_bind_number(&statement, 2, made);
        statement_bind_bytes(&statement, 3, bytes_of((const uint8_t *)"\0\1\2", 3));
        result = statement_step(&statement, err);
    }
    statement_finish(&statement);
    return result;
}

static int64_t count(struct database *database)
{
    struct statement statement;
    struct error err = ERROR_IN(room);
    bool ok = statement_prepare(&statement, database, "SELECT count(*) FROM part", &err);
    int64_t number;

    assert_true(ok);
    assert_int_equal(statement_step(&statement, &err), STATEMENT_ROW);
    number = statement_number(&statement, 0);
    statement_finish(&statement);
    return number;
}

static void test_values_come_back(void **state)
{
    struct error err = ERROR_IN(room);
    struct statement query;
    struct database database;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "0123", -7, &err), STATEMENT_DONE);
    database_close(&database);
    assert_int_equal(file_mode(path), 0600);
    assert_false(file_exists(path_in(folder, "parts.db-wal"))); /* one file is the whole of it */

    open_as(&database, &first, DATABASE_READ);
    ok = statement_prepare(&query, &database, "SELECT serial, made, body, NULL FROM part WHERE serial = $1", &err);
    assert_true(ok);
    statement_bind_text(&query, 1, "0123");
    assert_int_equal(statement_step(&query, &err), STATEMENT_ROW);
    assert_string_equal(statement_text(&query, 0), "0123");
    assert_int_equal(statement_number(&query, 1), -7);
    assert_int_equal(statement_bytes(&query, 2).len, 3);
    assert_memory_equal(statement_bytes(&query, 2).data, "\0\1\2", 3);
    assert_null(statement_text(&query, 3));
    assert_int_equal(statement_bytes(&query, 3).len, 0);
    assert_int_equal(statement_step(&query, &err), STATEMENT_DONE);
    statement_reset(&query);
    statement_bind_text(&query, 1, "4567");
    assert_int_equal(statement_step(&query, &err), STATEMENT_DONE);
    statement_finish(&query);
    assert_int_equal(insert(&database, "4567", 1, &err), STATEMENT_FAILED);
    assert_int_equal(err.reason, ERROR_STORAGE_FAILED);
    assert_non_null(strstr(err.cause, "read-only"));
    database_close(&database);
    assert_false(file_exists(path_in(folder, "parts.db-wal")) || file_exists(path_in(folder, "parts.db-shm")));
}

static int64_t setting(struct database *database, const char *pragma)
{
    struct statement query;
    struct error err = ERROR_IN(room);
    bool ok = statement_prepare(&query, database, pragma, &err);
    int64_t value;

    assert_true(ok);
    assert_int_equal(statement_step(&query, &err), STATEMENT_ROW);
    value = statement_number(&query, 0);
    statement_finish(&query);
    return value;
}

/* The settings on which durability and the rules stand: a connection forgets some of them. */
static void test_every_connection_is_durable(void **state)
{
    struct database database;

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_as(&database, &first, DATABASE_MAKE);
        assert_int_equal(setting(&database, "PRAGMA synchronous"), 2);
        assert_int_equal(setting(&database, "PRAGMA foreign_keys"), 1);
        assert_int_equal(setting(&database, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
        database_close(&database);
    }
}

/* Another connection, that has the lock at once or is refused. */
static void write_beside(void)
{
    static const struct database_kind hasty = {
        .name = "test", .application_id = 0x54455354, .upgrades = upgrades, .version = 1, .busy_ms = 1};
    struct error err = ERROR_IN(room);
    struct database other;

    at_sync = NULL;
    open_as(&other, &hasty, DATABASE_USE);
    if (!database_begin(&other, &err))
        fail_msg("the lock is held during the sync: %s", err.cause);
    assert_int_equal(count(&other), 1);
    assert_int_equal(insert(&other, "4567", 2, &err), STATEMENT_DONE);
    if (!database_commit(&other, &err))
        fail_msg("%s", err.cause);
    database_close(&other);
}

/* A commit's sync is over when it returns, and holds nobody else up. */
static void test_others_write_while_a_commit_is_synced(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    ok = database_begin(&database, &err);
    assert_true(ok);
    assert_int_equal(insert(&database, "0123", 1, &err), STATEMENT_DONE);
    syncs = 0;
    at_sync = write_beside;
    ok = database_commit(&database, &err);
    assert_true(ok);
    assert_null(at_sync);
    assert_true(syncs >= 2);
    assert_int_equal(count(&database), 2);
    database_close(&database);
}

/* What is not in a transaction is synced as well: before, between, and after each way in which one can end. */
static void test_each_statement_is_synced(void **state)
{
    char serials[4][2] = {"A", "B", "C", "D"};
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    for (int i = 0; i < 4; i++) {
        syncs = 0;
        assert_int_equal(insert(&database, serials[i], 1, &err), STATEMENT_DONE);
        assert_true(syncs >= 1);
        ok = database_begin(&database, &err);
        assert_true(ok);
        if (i == 0)
            database_rollback(&database);
        else
            assert_int_equal(insert(&database, (char[]){'a', (char)('0' + i), '\0'}, 1, &err), STATEMENT_DONE);
        sync_errno = i == 1 ? EIO : 0;
        ok = i == 0 || database_commit(&database, &err);
        sync_errno = 0;
        assert_int_equal(ok, i != 1);
        error_clear(&err);
    }
    database_close(&database);
}

static void test_a_failed_sync_is_a_failed_commit(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    ok = database_begin(&database, &err);
    assert_true(ok);
    assert_int_equal(insert(&database, "0123", 1, &err), STATEMENT_DONE);
    sync_errno = EIO;
    ok = database_commit(&database, &err);
    sync_errno = 0;
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_STORAGE_FAILED);
    assert_int_equal(err.system_errno, EIO);
    error_clear(&err);
    syncs = 0;
    ok = database_begin(&database, &err) && database_commit(&database, &err) && database_settle(&database, &err);
    assert_true(ok);
    assert_true(syncs >= 1);
    database_close(&database);
}

static void test_a_second_one_is_told_apart(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    ok = database_begin(&database, &err);
    assert_true(ok);
    assert_int_equal(insert(&database, "0123", 1, &err), STATEMENT_DONE);
    assert_int_equal(insert(&database, "0123", 2, &err), STATEMENT_EXISTS);
    assert_int_equal(err.reason, ERROR_NONE);
    assert_int_equal(insert(&database, "4567", 3, &err), STATEMENT_DONE);
    ok = database_commit(&database, &err);
    assert_true(ok);
    assert_int_equal(count(&database), 2);
    ok = database_begin(&database, &err);
    assert_true(ok);
    assert_int_equal(insert(&database, "89AB", 4, &err), STATEMENT_DONE);
    database_rollback(&database);
    database_rollback(&database);
    assert_int_equal(count(&database), 2);
    ok = database_begin(&database, &err);
    assert_true(ok);
    assert_int_equal(insert(&database, "89AB", 4, &err), STATEMENT_DONE);
    database_close(&database);
    open_as(&database, &first, DATABASE_USE);
    assert_int_equal(count(&database), 2);
    database_close(&database);
}

static void test_a_path_without_a_folder(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    (void)state;
    ok = chdir(folder) == 0 && database_open(&database, "parts.db", &first, DATABASE_MAKE, &err);
    assert_true(ok);
    assert_true(file_exists(path));
    database_close(&database);
    ok = chmod(path, 0666) != 0 || database_open(&database, "parts.db", &first, DATABASE_READ, &err);
    assert_false(ok);
    assert_non_null(strstr(err.cause, "other users"));
    ok = chdir("/") == 0;
    assert_true(ok);
}

static void test_wrong_sql_is_an_error(void **state)
{
    struct error err = ERROR_IN(room);
    struct statement statement;
    struct database database;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    ok = statement_prepare(&statement, &database, "SELECT no_such_column FROM part", &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_UNEXPECTED);
    assert_non_null(strstr(err.cause, "no_such_column"));
    statement_bind_number(&statement, 1, 1);
    error_clear(&err);
    ok = statement_run(&statement, &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_UNEXPECTED);
    statement_finish(&statement);
    error_clear(&err);
    ok = statement_prepare(&statement, &database, "DELETE FROM part WHERE made = $1", &err);
    assert_true(ok);
    statement_bind_number(&statement, 2, 1); /* there is no second parameter */
    assert_int_equal(statement_step(&statement, &err), STATEMENT_FAILED);
    statement_finish(&statement);
    database_close(&database);
}

static void test_an_older_version_is_brought_up_to_date(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "0123", 1, &err), STATEMENT_DONE);
    database_close(&database);
    expect_refusal(&second, DATABASE_READ, ERROR_DATABASE_VERSION, "older version");
    open_as(&database, &second, DATABASE_USE);
    assert_int_equal(count(&database), 1);
    assert_int_equal(setting(&database, "SELECT count(*) FROM place"), 0);
    assert_int_equal(setting(&database, "PRAGMA user_version"), 2);
    database_close(&database);
    expect_refusal(&first, DATABASE_MAKE, ERROR_DATABASE_VERSION,
                   "the test has version 2; this program knows versions 1 to 1");
}

/* The second upgrade is wrong in its last statement: nothing of it stays, and the data does. */
static void test_a_failed_upgrade_changes_nothing(void **state)
{
    static const char *const wrong[] = {NULL, "CREATE TABLE place (name TEXT); CREATE TABLE part (serial TEXT);"};
    static const struct database_kind broken = {
        .name = "test", .application_id = 0x54455354, .upgrades = wrong, .version = 2, .busy_ms = 50};
    struct error err = ERROR_IN(room);
    struct database database;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "0123", 1, &err), STATEMENT_DONE);
    database_close(&database);
    expect_refusal(&broken, DATABASE_USE, ERROR_UNEXPECTED, "already exists");
    open_as(&database, &first, DATABASE_USE);
    assert_int_equal(count(&database), 1);
    assert_int_equal(setting(&database, "SELECT count(*) FROM sqlite_schema WHERE name = 'place'"), 0);
    database_close(&database);
}

static void store_text(const char *text)
{
    file_store(path, bytes_of((const uint8_t *)text, strlen(text)));
    if (chmod(path, 0600) != 0)
        fail_msg("chmod");
}

static void test_other_files_are_refused(void **state)
{
    static const struct database_kind other = {
        .name = "other", .application_id = 7, .upgrades = upgrades, .version = 1, .busy_ms = 50};
    struct database database;
    char elsewhere[SCRATCH_PATH_MAX + 16];
    int made;

    (void)state;
    expect_refusal(&first, DATABASE_READ, ERROR_STORAGE_FAILED, "no such file");
    expect_refusal(&first, DATABASE_USE, ERROR_STORAGE_FAILED, "no such file");
    assert_false(file_exists(path));
    store_text("{\"this\": \"is a page of JSON, which is longer than the header of a database, so that it is read "
               "and is found to be something else\"}");
    expect_refusal(&first, DATABASE_MAKE, ERROR_DATABASE_DAMAGED, "not a database");
    store_text("");
    expect_refusal(&first, DATABASE_USE, ERROR_STORAGE_FAILED, "empty");
    expect_refusal(&first, DATABASE_READ, ERROR_STORAGE_FAILED, "empty");
    (void)unlink(path);
    open_as(&database, &other, DATABASE_MAKE);
    database_close(&database);
    expect_refusal(&first, DATABASE_MAKE, ERROR_DATABASE_VERSION, "not a test of imprint's");
    if (chmod(path, 0666) != 0)
        fail_msg("chmod");
    expect_refusal(&other, DATABASE_MAKE, ERROR_STORAGE_FAILED, "other users may write");
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
    made = rename(path, elsewhere) | symlink(elsewhere, path);
    assert_int_equal(made, 0);
    expect_refusal(&other, DATABASE_MAKE, ERROR_STORAGE_FAILED, "symbolic link");
    made = unlink(path) | mkdir(path, 0700);
    assert_int_equal(made, 0);
    expect_refusal(&first, DATABASE_MAKE, ERROR_STORAGE_FAILED, "not a file");
    (void)rmdir(path);
    snprintf(path, sizeof path, "%s/none/parts.db", folder);
    expect_refusal(&first, DATABASE_MAKE, ERROR_STORAGE_FAILED, "no such folder");
}

/* The folder may be reached through a link; the file may not be one. */
static void test_a_folder_may_be_a_link(void **state)
{
    struct database database;
    char link[SCRATCH_PATH_MAX + 16];
    int made;

    (void)state;
    snprintf(link, sizeof link, "%s/link", folder);
    made = symlink(folder, link);
    assert_int_equal(made, 0);
    snprintf(path, sizeof path, "%s/parts.db", link);
    open_as(&database, &first, DATABASE_MAKE);
    database_close(&database);
    assert_true(file_exists(path_in(folder, "parts.db")));
}

static void test_a_strangers_lock_is_not_waited_for_long(void **state)
{
    struct error err = ERROR_IN(room);
    struct database holder, waiting;
    bool ok;

    (void)state;
    open_as(&holder, &first, DATABASE_MAKE);
    ok = database_begin(&holder, &err);
    assert_true(ok);
    open_as(&waiting, &first, DATABASE_USE);
    assert_int_equal(count(&waiting), 0); /* readers are not held up */
    ok = database_begin(&waiting, &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_DATABASE_BUSY);
    database_rollback(&holder);
    error_clear(&err);
    ok = database_begin(&waiting, &err);
    assert_true(ok);
    database_close(&waiting);
    database_close(&holder);
}

static void fill(struct database *database, struct error *err)
{
    enum statement_result result = STATEMENT_DONE;
    char serial[20];

    for (int i = 0; i < 100000 && result == STATEMENT_DONE; i++) {
        snprintf(serial, sizeof serial, "%d", i);
        result = insert(database, serial, i, err);
    }
    assert_int_equal(result, STATEMENT_FAILED);
}

static void test_a_full_disk_loses_nothing(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "kept", 1, &err), STATEMENT_DONE);
    ok = database_run(&database, "PRAGMA max_page_count=8", &err) && database_begin(&database, &err);
    assert_true(ok);
    fill(&database, &err);
    assert_int_equal(err.reason, ERROR_STORAGE_FULL);
    assert_string_equal(err.cause, "no room on the file system");
    database_rollback(&database);
    assert_int_equal(count(&database), 1);
    database_close(&database);
}

/* A limit of the process stands in for the disk: what SQLite gets from the system is in its log file there. */
static void test_a_write_that_the_system_refuses(void **state)
{
    const struct rlimit small = {.rlim_cur = 65536, .rlim_max = RLIM_INFINITY};
    struct error err = ERROR_IN(room);
    struct database database;
    struct rlimit before;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "kept", 1, &err), STATEMENT_DONE);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    fill(&database, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(err.reason, ERROR_STORAGE_FULL);
    assert_int_equal(err.system_errno, EFBIG);
    database_close(&database);
    open_as(&database, &first, DATABASE_USE);
    error_clear(&err);
    ok = database_check(&database, &err);
    assert_true(ok);
    assert_true(count(&database) >= 1);
    database_close(&database);
}

static void test_damage_is_found(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;
    char serial[20];
    FILE *file;
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    ok = database_begin(&database, &err);
    assert_true(ok);
    for (int i = 0; i < 2000; i++) {
        snprintf(serial, sizeof serial, "%d", i);
        assert_int_equal(insert(&database, serial, i, &err), STATEMENT_DONE);
    }
    ok = database_commit(&database, &err) && database_check(&database, &err);
    assert_true(ok);
    database_close(&database);
    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 3 * 4096, SEEK_SET), 0);
    for (int i = 0; i < 4096; i++)
        (void)fputc(0xa5, file);
    assert_int_equal(fclose(file), 0);
    open_as(&database, &first, DATABASE_USE);
    ok = database_check(&database, &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_DATABASE_DAMAGED);
    database_close(&database);
    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), 100), 0);
    assert_int_equal(fclose(file), 0);
    expect_refusal(&first, DATABASE_USE, ERROR_DATABASE_DAMAGED, "");
}

static void test_a_copy_is_made_while_another_writes(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database, writer;
    char copy[SCRATCH_PATH_MAX + 16];
    bool ok;

    (void)state;
    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "0123", 1, &err), STATEMENT_DONE);
    open_as(&writer, &first, DATABASE_USE);
    ok = database_begin(&writer, &err);
    assert_true(ok);
    assert_int_equal(insert(&writer, "4567", 1, &err), STATEMENT_DONE);
    snprintf(copy, sizeof copy, "%s/copy.db", folder);
    ok = database_copy(&database, copy, &err);
    assert_true(ok);
    ok = database_copy(&database, copy, &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_USAGE);
    error_clear(&err);
    ok = database_commit(&writer, &err);
    assert_true(ok);
    database_close(&writer);
    database_close(&database);
    assert_int_equal(file_mode(copy), 0600);
    assert_int_equal(rename(copy, path), 0);
    open_as(&database, &first, DATABASE_USE);
    ok = database_check(&database, &err);
    assert_true(ok);
    assert_int_equal(count(&database), 1);
    database_close(&database);
}

static void sleep_us(long us)
{
    struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    (void)nanosleep(&time, NULL);
}

/* Writes until it is killed, and says after each commit that it is durable. */
static void write_and_tell(int told)
{
    struct error err = {.reason = ERROR_NONE};
    struct database database;
    char serial[20];

    if (!database_open(&database, path, &first, DATABASE_MAKE, &err))
        _exit(1);
    for (int64_t i = count(&database);; i++) {
        snprintf(serial, sizeof serial, "%lld", (long long)i);
        if (insert(&database, serial, i, &err) != STATEMENT_DONE || write(told, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

static void test_kill_at_any_moment(void **state)
{
    (void)state;
    for (int i = 0; i < KILLS; i++) {
        struct error err = ERROR_IN(room);
        struct database database;
        int64_t last = -1, number;
        int told[2], status;
        pid_t writer;
        bool ok;

        assert_int_equal(pipe(told), 0);
        writer = fork();
        if (writer == 0)
            write_and_tell(told[1]);
        (void)close(told[1]);
        sleep_us(2000 + i * 1700);
        assert_int_equal(kill(writer, SIGKILL), 0);
        assert_int_equal(waitpid(writer, &status, 0), writer);
        assert_true(WIFSIGNALED(status));
        while (read(told[0], &number, sizeof number) == (ssize_t)sizeof number)
            last = number;
        (void)close(told[0]);
        open_as(&database, &first, DATABASE_MAKE);
        ok = database_check(&database, &err);
        assert_true(ok);
        if (last >= 0)
            assert_true(count(&database) >= last + 1);
        database_close(&database);
    }
}

/* Several processes make and upgrade the same new file at once: each must find it whole. */
static void test_first_use_by_many(void **state)
{
    static const struct database_kind patient = {
        .name = "test", .application_id = 0x54455354, .upgrades = upgrades, .version = 2};
    struct database database;

    (void)state;
    for (int i = 0; i < 6; i++) {
        if (fork() == 0) {
            struct error err = {.reason = ERROR_NONE};
            char serial[20];
            bool ok = database_open(&database, path, &patient, DATABASE_MAKE, &err);

            snprintf(serial, sizeof serial, "%d", i);
            _exit(ok && insert(&database, serial, i, &err) == STATEMENT_DONE ? 0 : 1);
        }
    }
    for (int i = 0; i < 6; i++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    open_as(&database, &second, DATABASE_USE);
    assert_int_equal(count(&database), 6);
    database_close(&database);
}

/* Of the character that begins each: its length, or 0. */
static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {"", 0},
        {"a", 1},
        {"\x7f", 1},
        {"\x80", 0},
        {"\xc1\xbf", 0},
        {"\xc2\x80", 2},
        {"\xc2", 0},
        {"\xdf\xbf", 2},
        {"\xe0\x9f\xbf", 0},
        {"\xe0\xa0\x80", 3},
        {"\xe2\x82\xac", 3},
        {"\xe2\x82", 0},
        {"\xed\x9f\xbf", 3},
        {"\xed\xa0\x80", 0},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xe2\x28\xa1", 0},
        {"\xf0\x90\x80", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct bytes text = bytes_of(rows[i].text, strlen(rows[i].text));

        assert_int_equal(utf8_character(text), rows[i].len);
        assert_int_equal(utf8_is_valid(text), text.len == rows[i].len);
    }
    assert_true(utf8_is_valid(bytes_of("a\xe2\x82\xac!", 5)));
    assert_false(utf8_is_valid(bytes_of("a\xe2\x82\xac\xff", 5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),
        cmocka_unit_test_setup_teardown(test_values_come_back, begin, end),
        cmocka_unit_test_setup_teardown(test_every_connection_is_durable, begin, end),
        cmocka_unit_test_setup_teardown(test_others_write_while_a_commit_is_synced, begin, end),
        cmocka_unit_test_setup_teardown(test_each_statement_is_synced, begin, end),
        cmocka_unit_test_setup_teardown(test_a_failed_sync_is_a_failed_commit, begin, end),
        cmocka_unit_test_setup_teardown(test_a_second_one_is_told_apart, begin, end),
        cmocka_unit_test_setup_teardown(test_a_path_without_a_folder, begin, end),
        cmocka_unit_test_setup_teardown(test_wrong_sql_is_an_error, begin, end),
        cmocka_unit_test_setup_teardown(test_an_older_version_is_brought_up_to_date, begin, end),
        cmocka_unit_test_setup_teardown(test_a_failed_upgrade_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_other_files_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_a_folder_may_be_a_link, begin, end),
        cmocka_unit_test_setup_teardown(test_a_strangers_lock_is_not_waited_for_long, begin, end),
        cmocka_unit_test_setup_teardown(test_a_full_disk_loses_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_a_write_that_the_system_refuses, begin, end),
        cmocka_unit_test_setup_teardown(test_damage_is_found, begin, end),
        cmocka_unit_test_setup_teardown(test_a_copy_is_made_while_another_writes, begin, end),
        cmocka_unit_test_setup_teardown(test_kill_at_any_moment, begin, end),
        cmocka_unit_test_setup_teardown(test_first_use_by_many, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
