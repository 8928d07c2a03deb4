/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same calls and the same SQL on a file and on a server, with the same results. What only a server can do (go away,
 * answer late, refuse a login) is below.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "database/database.h"
#include "database/statement.h"
#include "test/support/postgres.h"
#include "test/support/scratch.h"

#define PROCESSES 6

static const char *const upgrades[] = {
    "CREATE TABLE part (serial TEXT PRIMARY KEY, made BIGINT NOT NULL CHECK (made < 1000), body BYTEA);",
    "ALTER TABLE part ADD COLUMN place TEXT; CREATE TABLE place (name TEXT PRIMARY KEY);",
};

static const struct database_kind first = {
    .name = "test", .application_id = 0x94455354, .upgrades = upgrades, .version = 1, .busy_ms = 50};
static const struct database_kind second = {
    .name = "test", .application_id = 0x94455354, .upgrades = upgrades, .version = 2, .busy_ms = 50};

static struct postgres_server postgres;
static bool has_postgres;
static char folder[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 32];
static char *settings; /* of the server's database; NULL: the file is tested */
static char room[ERROR_ROOM];

static bool open_any(struct database *database, const struct database_kind *kind, enum database_mode mode,
                     struct error *err)
{
    const struct database_server server = {.settings = settings};

    return settings != NULL ? database_connect(database, &server, kind, mode, err)
                            : database_open(database, path, kind, mode, err);
}

static void open_as(struct database *database, const struct database_kind *kind, enum database_mode mode)
{
    struct error err = ERROR_IN(room);

    if (!open_any(database, kind, mode, &err))
        fail_msg("%s: %s", error_reason_name(err.reason), err.cause);
}

static void expect_reason(const struct error *err, enum error_reason reason, const char *words)
{
    assert_string_equal(error_reason_name(err->reason), error_reason_name(reason));
    if (err->cause == NULL || strstr(err->cause, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err->cause, words);
    assert_non_null(err->subject);
}

static void expect_refusal(const struct database_kind *kind, enum database_mode mode, enum error_reason reason,
                           const char *words)
{
    struct error err = ERROR_IN(room);
    struct database database;
    const bool ok = open_any(&database, kind, mode, &err);

    assert_false(ok);
    assert_null(database.handle);
    expect_reason(&err, reason, words);
    assert_non_null(err.doing);
}

/* Runs as the server's owner, on the database that every server has. */
static void administer(const char *sql)
{
    static const char *const none[] = {"SELECT 1"};
    static const struct database_kind any = {.name = "admin", .application_id = 1, .upgrades = none, .version = 1};
    char *owner = postgres_server_settings(&postgres, "postgres", "owner");
    const struct database_server server = {.settings = owner};
    struct error err = ERROR_IN(room);
    struct database database;

    if (!database_connect(&database, &server, &any, DATABASE_MAKE, &err) || !database_run(&database, sql, &err))
        fail_msg("%s: %s", sql, err.cause);
    database_close(&database);
    free(owner);
}

static int begin_file(void **state)
{
    (void)state;
    scratch_make(folder);
    (void)snprintf(path, sizeof path, "%s/parts.db", folder);
    settings = NULL;
    return 0;
}

static int end_file(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static int begin_server(void **state)
{
    (void)state;
    if (!has_postgres)
        return 0;
    administer("DROP DATABASE IF EXISTS parts WITH (FORCE)");
    administer("CREATE DATABASE parts");
    settings = postgres_server_settings(&postgres, "parts", "owner");
    return 0;
}

static int end_server(void **state)
{
    (void)state;
    free(settings);
    settings = NULL;
    return 0;
}

static void skip_without_server(bool is_of_server)
{
    if (is_of_server && !has_postgres)
        skip();
}

static enum statement_result insert(struct database *database, const char *serial, int64_t made, struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement statement;

    if (statement_prepare(&statement, database, "INSERT INTO part (serial, made, body) VALUES ($1, $2, $3)", err)) {
        statement_bind_text(&statement, 1, serial);
        statement_bind_number(&statement, 2, made);
        statement_bind_bytes(&statement, 3, bytes_of((const uint8_t *)"\0\1\\'\xff", 5));
        result = statement_step(&statement, err);
    }
    statement_finish(&statement);
    return result;
}

static int64_t number_of(struct database *database, const char *sql)
{
    struct error err = ERROR_IN(room);
    struct statement statement;
    int64_t number;

    if (!statement_prepare(&statement, database, sql, &err) || statement_step(&statement, &err) != STATEMENT_ROW)
        fail_msg("%s: %s", sql, err.cause);
    number = statement_number(&statement, 0);
    statement_finish(&statement);
    return number;
}

static int64_t count(struct database *database)
{
    return number_of(database, "SELECT count(*) FROM part");
}

static void values_come_back(void)
{
    struct error err = ERROR_IN(room);
    struct statement query;
    struct database database;

    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "01\xc3\xa4'\\", INT64_MIN, &err), STATEMENT_DONE);
    database_close(&database);
    open_as(&database, &first, DATABASE_READ);
    if (!statement_prepare(&query, &database, "SELECT serial, made, body, NULL, made < 0 FROM part WHERE serial = $1",
                           &err))
        fail_msg("%s", err.cause);
    for (int i = 0; i < 2; i++) {
        statement_bind_text(&query, 1, "01\xc3\xa4'\\");
        assert_int_equal(statement_step(&query, &err), STATEMENT_ROW);
        assert_string_equal(statement_text(&query, 0), "01\xc3\xa4'\\");
        assert_int_equal(statement_bytes(&query, 0).len, 6);
        assert_true(statement_number(&query, 1) == INT64_MIN);
        assert_int_equal(statement_bytes(&query, 2).len, 5);
        assert_memory_equal(statement_bytes(&query, 2).data, "\0\1\\'\xff", 5);
        assert_null(statement_text(&query, 3));
        assert_int_equal(statement_bytes(&query, 3).len, 0);
        assert_true(statement_is_null(&query, 3) && !statement_is_null(&query, 0));
        assert_int_equal(statement_number(&query, 4), 1);
        assert_int_equal(statement_step(&query, &err), STATEMENT_DONE);
        assert_int_equal(statement_step(&query, &err), STATEMENT_ROW); /* from the beginning, with the same values */
        statement_reset(&query);
    }
    statement_bind_text(&query, 1, "4567");
    assert_int_equal(statement_step(&query, &err), STATEMENT_DONE);
    statement_finish(&query);
    statement_finish(&query);
    assert_int_equal(insert(&database, "4567", 1, &err), STATEMENT_FAILED);
    assert_non_null(strstr(err.cause, "read-only"));
    database_close(&database);
    database_close(&database);
}

/* In whatever order the SQL names them, and NULL in a place of any type. */
static void parameters_have_numbers(void)
{
    struct error err = ERROR_IN(room);
    struct statement query;
    struct database database;

    open_as(&database, &first, DATABASE_MAKE);
    if (!statement_prepare(&query, &database, "SELECT $2, $1, $2 || $3, coalesce($4, 7)", &err))
        fail_msg("%s", err.cause);
    statement_bind_number(&query, 1, 17);
    statement_bind_string(&query, 2, bytes_of((const uint8_t *)"two and more", 3));
    statement_bind_text(&query, 3, "");
    statement_bind_text(&query, 4, NULL);
    assert_int_equal(statement_step(&query, &err), STATEMENT_ROW);
    assert_string_equal(statement_text(&query, 0), "two");
    assert_int_equal(statement_number(&query, 1), 17);
    assert_string_equal(statement_text(&query, 2), "two");
    assert_int_equal(statement_number(&query, 3), 7);
    statement_reset(&query);
    statement_bind_number(&query, 5, 1); /* there is no fifth */
    assert_int_equal(statement_step(&query, &err), STATEMENT_FAILED);
    assert_int_equal(err.reason, ERROR_UNEXPECTED);
    statement_finish(&query);
    database_close(&database);
}

static void a_rule_refuses_and_the_transaction_goes_on(void)
{
    struct error err = ERROR_IN(room);
    struct statement again;
    struct database database;
    bool ok;

    open_as(&database, &first, DATABASE_MAKE);
    ok = database_begin(&database, &err);
    assert_true(ok);
    assert_int_equal(insert(&database, "0123", 1, &err), STATEMENT_DONE);
    assert_int_equal(insert(&database, "0123", 2, &err), STATEMENT_EXISTS);
    assert_int_equal(insert(&database, "CHECK", 1000, &err), STATEMENT_EXISTS);
    assert_int_equal(err.reason, ERROR_NONE);
    assert_int_equal(insert(&database, "4567", 3, &err), STATEMENT_DONE);
    ok = statement_prepare(&again, &database, "INSERT INTO part (serial, made) VALUES ('0123', 1)", &err);
    assert_true(ok);
    ok = statement_run(&again, &err);
    assert_false(ok);
    expect_reason(&err, ERROR_UNEXPECTED, "");
    statement_finish(&again);
    error_clear(&err);
    ok = database_commit(&database, &err);
    assert_true(ok);
    assert_int_equal(count(&database), 2);
    database_close(&database);
}

static void what_is_not_committed_is_gone(void)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    open_as(&database, &first, DATABASE_MAKE);
    for (int i = 0; i < 2; i++) {
        ok = database_begin(&database, &err);
        assert_true(ok);
        assert_int_equal(insert(&database, "89AB", 4, &err), STATEMENT_DONE);
        if (i == 0)
            database_rollback(&database);
        database_rollback(&database);
        assert_int_equal(count(&database), 0);
    }
    ok = database_begin(&database, &err);
    assert_true(ok);
    assert_int_equal(insert(&database, "89AB", 4, &err), STATEMENT_DONE);
    database_close(&database);
    open_as(&database, &first, DATABASE_USE);
    assert_int_equal(count(&database), 0);
    database_close(&database);
}

static void the_shared_sql_works(void)
{
    static const char upsert[] = "INSERT INTO part (serial, made) VALUES ($1, $2) ON CONFLICT (serial)"
                                 " DO UPDATE SET made = part.made + excluded.made WHERE part.made < 10 RETURNING made";
    struct error err = ERROR_IN(room);
    struct statement statement;
    struct database database;

    open_as(&database, &first, DATABASE_MAKE);
    if (!statement_prepare(&statement, &database, upsert, &err))
        fail_msg("%s", err.cause);
    for (int i = 1; i <= 3; i++) {
        statement_bind_text(&statement, 1, "0123");
        statement_bind_number(&statement, 2, 7);
        assert_int_equal(statement_step(&statement, &err), i < 3 ? STATEMENT_ROW : STATEMENT_DONE);
        if (i < 3)
            assert_int_equal(statement_number(&statement, 0), 7 * i);
        statement_reset(&statement);
    }
    statement_finish(&statement);
    assert_int_equal(number_of(&database, "WITH a AS (SELECT made FROM part) SELECT sum(made) OVER () FROM a LIMIT 1"),
                     14);
    database_close(&database);
}

static void one_statement_while_another_is_read(void)
{
    struct error err = ERROR_IN(room);
    struct statement outer;
    struct database database;
    int rows = 0;

    open_as(&database, &first, DATABASE_MAKE);
    (void)insert(&database, "a", 1, &err);
    (void)insert(&database, "b", 2, &err);
    if (!statement_prepare(&outer, &database, "SELECT serial FROM part WHERE made < 10 ORDER BY serial", &err))
        fail_msg("%s", err.cause);
    while (statement_step(&outer, &err) == STATEMENT_ROW) {
        assert_int_equal(insert(&database, rows == 0 ? "c" : "d", 20, &err), STATEMENT_DONE);
        assert_string_equal(statement_text(&outer, 0), rows == 0 ? "a" : "b");
        rows++;
    }
    assert_int_equal(rows, 2);
    statement_finish(&outer);
    assert_int_equal(count(&database), 4);
    database_close(&database);
}

static void wrong_sql_is_an_error(void)
{
    struct error err = ERROR_IN(room);
    struct statement statement;
    struct database database;
    bool ok;

    open_as(&database, &first, DATABASE_MAKE);
    ok = statement_prepare(&statement, &database, "SELECT no_such_column FROM part WHERE made = $1", &err);
    statement_bind_number(&statement, 1, 1);
    ok = ok && statement_run(&statement, &err);
    assert_false(ok);
    expect_reason(&err, ERROR_UNEXPECTED, "no_such_column");
    statement_finish(&statement);
    assert_int_equal(count(&database), 0);
    database_close(&database);
}

static void versions_go_up(void)
{
    static const struct database_kind other = {
        .name = "test", .application_id = 7, .upgrades = upgrades, .version = 1, .busy_ms = 50};
    static const char *const wrong[] = {NULL, NULL, "CREATE TABLE more (name TEXT); CREATE TABLE part (name TEXT);"};
    static const struct database_kind broken = {
        .name = "test", .application_id = 0x94455354, .upgrades = wrong, .version = 3, .busy_ms = 50};
    struct error err = ERROR_IN(room);
    struct database database;

    expect_refusal(&first, DATABASE_USE, ERROR_STORAGE_FAILED, "");
    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "0123", 1, &err), STATEMENT_DONE);
    database_close(&database);
    expect_refusal(&second, DATABASE_READ, ERROR_DATABASE_VERSION, "older version");
    expect_refusal(&second, DATABASE_JOIN, ERROR_DATABASE_VERSION, "older version");
    open_as(&database, &second, DATABASE_USE);
    assert_int_equal(count(&database), 1);
    assert_int_equal(number_of(&database, "SELECT count(*) FROM place"), 0);
    database_close(&database);
    open_as(&database, &second, DATABASE_JOIN);
    assert_int_equal(insert(&database, "4567", 1, &err), STATEMENT_DONE);
    database_close(&database);
    expect_refusal(&first, DATABASE_MAKE, ERROR_DATABASE_VERSION,
                   "the test has version 2; this program knows versions 1 to 1");
    expect_refusal(&other, DATABASE_MAKE, ERROR_DATABASE_VERSION, "not a test of imprint's");
    expect_refusal(&broken, DATABASE_USE, ERROR_UNEXPECTED, "already exists");
    open_as(&database, &second, DATABASE_USE);
    assert_int_equal(count(&database), 2);
    assert_int_equal(database_run(&database, "CREATE TABLE more (name TEXT)", &err), true);
    database_close(&database);
}

static void one_writer_at_a_time(void)
{
    struct error err = ERROR_IN(room);
    struct database holder, waiting;
    bool ok;

    open_as(&holder, &first, DATABASE_MAKE);
    ok = database_begin(&holder, &err);
    assert_true(ok);
    open_as(&waiting, &first, DATABASE_USE);
    assert_int_equal(count(&waiting), 0); /* readers are not held up */
    ok = database_begin(&waiting, &err);
    assert_false(ok);
    expect_reason(&err, ERROR_DATABASE_BUSY, "locked");
    database_rollback(&holder);
    error_clear(&err);
    ok = database_begin(&waiting, &err);
    assert_true(ok);
    database_close(&waiting);
    database_close(&holder);
}

/* Several processes make and upgrade the same new database at once: each must find it whole. */
static void first_use_by_many(void)
{
    static const struct database_kind patient = {
        .name = "test", .application_id = 0x94455354, .upgrades = upgrades, .version = 2};
    struct database database;

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            struct error err = ERROR_IN(room);
            char serial[20];
            bool ok = open_any(&database, &patient, DATABASE_MAKE, &err);

            (void)snprintf(serial, sizeof serial, "%d", i);
            ok = ok && insert(&database, serial, i, &err) == STATEMENT_DONE;
            if (!ok)
                print_error("%s\n", err.cause);
            _exit(ok ? 0 : 1);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        assert_true(waitpid(-1, &status, 0) > 0);
        assert_int_equal(status, 0);
    }
    open_as(&database, &second, DATABASE_USE);
    assert_int_equal(count(&database), PROCESSES);
    database_close(&database);
}

/* Each of them on a file and on a server. */
#define BOTH(name)                                                                                                     \
    static void test_##name##_in_a_file(void **state)                                                                  \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        name();                                                                                                        \
    }                                                                                                                  \
    static void test_##name##_on_a_server(void **state)                                                                \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        skip_without_server(true);                                                                                     \
        name();                                                                                                        \
    }

BOTH(values_come_back)
BOTH(parameters_have_numbers)
BOTH(a_rule_refuses_and_the_transaction_goes_on)
BOTH(what_is_not_committed_is_gone)
BOTH(the_shared_sql_works)
BOTH(one_statement_while_another_is_read)
BOTH(wrong_sql_is_an_error)
BOTH(versions_go_up)
BOTH(one_writer_at_a_time)
BOTH(first_use_by_many)

/* --- only a server --- */

static const struct login {
    const char *name, *settings, *password; /* settings: besides host, the last of a name counts */
    enum error_reason reason;
    const char *words;
} logins[] = {
    {"password in the settings", "dbname=parts user=owner password=x", NULL, ERROR_USAGE, "password"},
    {"not settings", "what", NULL, ERROR_USAGE, "cannot be read"},
    {"unknown setting", "color=red", NULL, ERROR_USAGE, "color"},
    {"no such database", "dbname=none user=owner", NULL, ERROR_SERVER_REFUSED, "none"},
    {"no such role", "dbname=parts user=nobody", "secret", ERROR_SERVER_REFUSED, "nobody"},
    {"wrong password", "dbname=parts user=reader", "wrong", ERROR_SERVER_REFUSED, "reader"},
    {"no password", "dbname=parts user=reader passfile=/dev/null", NULL, ERROR_SERVER_REFUSED, "password"},
    {"no rights", "dbname=parts user=reader", "secret", ERROR_SERVER_REFUSED, "permission denied"},
    {"no server", "host=/nowhere dbname=parts user=owner", NULL, ERROR_SERVER_AWAY, "cannot connect"},
    {"no TLS", "host=127.0.0.1 port=1 dbname=parts user=owner sslmode=verify-full", NULL, ERROR_SERVER_AWAY, "connect"},
};

static void test_logins_that_fail(void **state)
{
    (void)state;
    skip_without_server(true);
    administer("DROP ROLE IF EXISTS reader");
    administer("CREATE ROLE reader LOGIN PASSWORD 'secret'");
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        struct error err = ERROR_IN(room);
        struct database_server server = {.password = logins[i].password};
        struct database database;
        char text[2 * SCRATCH_PATH_MAX];
        bool ok;

        (void)snprintf(text, sizeof text, "host=%s %s", postgres.folder, logins[i].settings);
        server.settings = text;
        ok = database_connect(&database, &server, &first, DATABASE_MAKE, &err);
        if (ok || err.reason != logins[i].reason || err.cause == NULL || strstr(err.cause, logins[i].words) == NULL)
            fail_msg("%s: %s: %s", logins[i].name, error_reason_name(err.reason), err.cause);
        assert_null(database.handle);
        assert_non_null(err.subject);
        if (logins[i].password != NULL)
            assert_null(strstr(err.cause, logins[i].password));
    }
    administer("DROP ROLE reader");
}

/* In the middle of a transaction: it is not there afterwards, and the old connection says so for ever. */
static void test_a_server_that_is_killed(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    (void)state;
    skip_without_server(true);
    open_as(&database, &first, DATABASE_MAKE);
    assert_int_equal(insert(&database, "kept", 1, &err), STATEMENT_DONE);
    ok = database_begin(&database, &err);
    assert_true(ok);
    assert_int_equal(insert(&database, "lost", 1, &err), STATEMENT_DONE);
    postgres_server_kill(&postgres);
    ok = database_commit(&database, &err);
    assert_false(ok);
    expect_reason(&err, ERROR_SERVER_AWAY, "");
    expect_refusal(&first, DATABASE_USE, ERROR_SERVER_AWAY, "cannot connect");
    postgres_server_restart(&postgres);
    error_clear(&err);
    assert_int_equal(insert(&database, "lost", 1, &err), STATEMENT_FAILED);
    expect_reason(&err, ERROR_SERVER_AWAY, "broke");
    database_close(&database);
    open_as(&database, &first, DATABASE_USE);
    assert_int_equal(count(&database), 1);
    database_close(&database);
}

/* With limits that a busy machine may miss: then once more. */
static void connect_impatiently(struct database *database, const struct database_server *impatient,
                                const struct database_kind *kind)
{
    for (int tries = 0;; tries++) {
        struct error err = ERROR_IN(room);

        if (database_connect(database, impatient, kind, DATABASE_MAKE, &err))
            return;
        if (err.reason != ERROR_SERVER_AWAY || tries == 50)
            fail_msg("%s: %s", error_reason_name(err.reason), err.cause);
    }
}

/* The server ends by itself what takes too long, a moment before the connection is given up; and the connection stays.
 */
static void expect_too_long(struct database *database, const struct database_server *impatient,
                            const struct database_kind *kind)
{
    for (int tries = 0;; tries++) {
        struct error err = ERROR_IN(room);

        assert_false(database_run(database, "SELECT pg_sleep(5)", &err));
        if (err.reason != ERROR_SERVER_AWAY || tries == 50) {
            expect_reason(&err, ERROR_DATABASE_BUSY, "too long");
            return;
        }
        database_close(database);
        connect_impatiently(database, impatient, kind);
    }
}

/* Stopped processes stand in for a network that loses everything. */
static void test_a_server_that_is_silent(void **state)
{
    const struct database_server impatient = {.settings = settings, .connect_ms = 700, .answer_ms = 700};
    struct error err = ERROR_IN(room);
    struct database database, other;
    pid_t process;
    bool ok;

    (void)state;
    skip_without_server(true);
    connect_impatiently(&database, &impatient, &first);
    process = (pid_t)number_of(&database, "SELECT pg_backend_pid()");
    assert_int_equal(kill(process, SIGSTOP), 0);
    assert_int_equal(insert(&database, "lost", 1, &err), STATEMENT_FAILED);
    assert_int_equal(kill(process, SIGCONT), 0);
    expect_reason(&err, ERROR_SERVER_AWAY, "in time");
    error_clear(&err);
    assert_int_equal(insert(&database, "late", 1, &err), STATEMENT_FAILED); /* not before it is opened again */
    database_close(&database);
    assert_int_equal(kill(postgres.pid, SIGSTOP), 0);
    error_clear(&err);
    ok = database_connect(&other, &impatient, &first, DATABASE_USE, &err);
    assert_int_equal(kill(postgres.pid, SIGCONT), 0);
    assert_false(ok);
    expect_reason(&err, ERROR_SERVER_AWAY, "in time");
    connect_impatiently(&database, &impatient, &first);
    expect_too_long(&database, &impatient, &first);
    assert_true(count(&database) >= 0);
    database_close(&database);
}

/* An upgrade may take longer than any other statement; the limit of those is as before then. */
static void test_an_upgrade_that_takes_long(void **state)
{
    static const char *const slow[] = {
        "CREATE TABLE part (serial TEXT PRIMARY KEY, made BIGINT NOT NULL, body BYTEA);",
        "SELECT pg_sleep(0.6); ALTER TABLE part ADD COLUMN place TEXT;",
    };
    static const struct database_kind patient = {
        .name = "test", .application_id = 0x94455354, .upgrades = slow, .version = 2, .busy_ms = 50};
    const struct database_server impatient = {.settings = settings, .answer_ms = 400};
    struct database database;

    (void)state;
    skip_without_server(true);
    connect_impatiently(&database, &impatient, &patient);
    expect_too_long(&database, &impatient, &patient);
    database_close(&database);
}

static void test_what_only_a_file_can(void **state)
{
    struct error err = ERROR_IN(room);
    struct database database;
    bool ok;

    (void)state;
    skip_without_server(true);
    open_as(&database, &first, DATABASE_MAKE);
    ok = database_check(&database, &err);
    assert_false(ok);
    expect_reason(&err, ERROR_USAGE, "server");
    error_clear(&err);
    ok = database_copy(&database, "/dev/null/none", &err);
    assert_false(ok);
    expect_reason(&err, ERROR_USAGE, "server");
    database_close(&database);
}

static int start(void **state)
{
    (void)state;
    has_postgres = postgres_server_start(&postgres);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (has_postgres)
        postgres_server_stop(&postgres);
    return 0;
}

#define ON_BOTH(name)                                                                                                  \
    cmocka_unit_test_setup_teardown(test_##name##_in_a_file, begin_file, end_file),                                    \
        cmocka_unit_test_setup_teardown(test_##name##_on_a_server, begin_server, end_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(values_come_back),
        ON_BOTH(parameters_have_numbers),
        ON_BOTH(a_rule_refuses_and_the_transaction_goes_on),
        ON_BOTH(what_is_not_committed_is_gone),
        ON_BOTH(the_shared_sql_works),
        ON_BOTH(one_statement_while_another_is_read),
        ON_BOTH(wrong_sql_is_an_error),
        ON_BOTH(versions_go_up),
        ON_BOTH(one_writer_at_a_time),
        ON_BOTH(first_use_by_many),
        cmocka_unit_test_setup_teardown(test_logins_that_fail, begin_server, end_server),
        cmocka_unit_test_setup_teardown(test_a_server_that_is_killed, begin_server, end_server),
        cmocka_unit_test_setup_teardown(test_a_server_that_is_silent, begin_server, end_server),
        cmocka_unit_test_setup_teardown(test_an_upgrade_that_takes_long, begin_server, end_server),
        cmocka_unit_test_setup_teardown(test_what_only_a_file_can, begin_server, end_server),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
