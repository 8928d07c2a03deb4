/* SPDX-License-Identifier: Apache-2.0 */
/* One connection for several processes: the same answers as over one's own, and what becomes of who asks when it ends.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <cmocka.h>

#include "database/database.h"
#include "database/statement.h"
#include "test/support/postgres.h"

#define LONG_MS 60000
#define BIG ((size_t)3 * 1024 * 1024) /* more than a socket takes at once */

static const char *const upgrades[] = {
    "CREATE TABLE part (serial TEXT PRIMARY KEY, made BIGINT, body BYTEA);",
    "ALTER TABLE part ADD COLUMN place TEXT;",
};
static const struct database_kind kind = {
    .name = "test", .application_id = 0x94455354, .upgrades = upgrades, .version = 1};
static const struct database_kind newer = {
    .name = "test", .application_id = 0x94455354, .upgrades = upgrades, .version = 2};

static struct postgres_server postgres;
static bool has_postgres;
static char *settings;
static char room[ERROR_ROOM];

/* The process that has the connection, and the way to it. */
struct keeper {
    pid_t pid;
    int way; /* sockets go there */
};

static struct keeper keep(struct database_server server, unsigned most_ms)
{
    struct keeper keeper;
    int ends[2];
    char byte;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    keeper.pid = fork();
    if (keeper.pid == 0) {
        struct error err = {.reason = ERROR_NONE};
        struct database database;

        (void)close(ends[0]);
        if (database_connect(&database, &server, &kind, DATABASE_JOIN, &err) && write(ends[1], "", 1) == 1)
            database_share(&database, ends[1], &server, most_ms);
        database_close(&database);
        _exit(err.reason == ERROR_NONE ? 0 : 1);
    }
    assert_true(keeper.pid > 0);
    assert_int_equal(close(ends[1]), 0);
    keeper.way = ends[0];
    assert_int_equal(read(keeper.way, &byte, 1), 1);
    return keeper;
}

/* Sends the other end of a new pair. This end, for close(). */
static int reach(const struct keeper *keeper)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_true(database_share_give(keeper->way, ends[1]));
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

/* Ends by itself, and well. */
static void expect_end(const struct keeper *keeper)
{
    int status;

    assert_int_equal(waitpid(keeper->pid, &status, 0), keeper->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static struct database_server server_of(unsigned answer_ms)
{
    return (struct database_server){.settings = settings, .answer_ms = answer_ms};
}

static void open_shared(struct database *database, int socket, unsigned answer_ms)
{
    const struct database_server server = server_of(answer_ms);

    assert_true(database_connect_shared(database, socket, &server, &kind));
}

static enum statement_result insert(struct database *database, const char *serial, int64_t made, struct bytes body,
                                    struct error *err)
{
    struct statement statement;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&statement, database, "INSERT INTO part (serial, made, body) VALUES ($1, $2, $3)", err)) {
        statement_bind_text(&statement, 1, serial);
        statement_bind_number(&statement, 2, made);
        statement_bind_bytes(&statement, 3, body);
        result = statement_step(&statement, err);
    }
    statement_finish(&statement);
    return result;
}

static int64_t number_of(struct database *database, const char *sql)
{
    struct error err = ERROR_IN(room);
    struct statement statement;
    int64_t number = -1;

    if (statement_prepare(&statement, database, sql, &err) && statement_step(&statement, &err) == STATEMENT_ROW)
        number = statement_number(&statement, 0);
    else
        fail_msg("%s: %s", sql, err.cause);
    statement_finish(&statement);
    return number;
}

static void expect(const struct error *err, enum error_reason reason, const char *words)
{
    assert_string_equal(error_reason_name(err->reason), error_reason_name(reason));
    if (err->cause == NULL || strstr(err->cause, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err->cause, words);
}

/* --- tests --- */

/* Text, numbers, bytes, none of them, nothing and much of it come back as they went; what a rule refuses is known. */
static void test_the_same_answers(void **state)
{
    static const uint8_t some[] = {0, 1, 0xff, '\'', '\\', 0};
    static const struct {
        const char *serial;
        int64_t made;
        struct bytes body;
    } rows[] = {{"a", 1, {some, sizeof some}}, {"b'\"\xc3\xa4", INT64_MIN, {some, 0}}, {"", INT64_MAX, {NULL, 0}}};
    const struct keeper keeper = keep(server_of(LONG_MS), LONG_MS);
    const int socket = reach(&keeper);
    uint8_t *big = calloc(1, BIG);
    struct error err = ERROR_IN(room);
    struct statement statement;
    struct database database;

    (void)state;
    open_shared(&database, socket, LONG_MS);
    assert_non_null(strstr(database.path, "database postgres on "));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(insert(&database, rows[i].serial, rows[i].made, rows[i].body, &err), STATEMENT_DONE);
    assert_int_equal(insert(&database, "a", 2, BYTES_NONE, &err), STATEMENT_EXISTS);
    assert_int_equal(err.reason, ERROR_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes body;

        assert_true(
            statement_prepare(&statement, &database, "SELECT serial, made, body FROM part WHERE serial = $1", &err));
        statement_bind_text(&statement, 1, rows[i].serial);
        assert_int_equal(statement_step(&statement, &err), STATEMENT_ROW);
        body = statement_bytes(&statement, 2);
        assert_string_equal(statement_text(&statement, 0), rows[i].serial);
        assert_true(statement_number(&statement, 1) == rows[i].made);
        assert_int_equal(statement_is_null(&statement, 2), rows[i].body.data == NULL);
        assert_int_equal(body.len, rows[i].body.len);
        assert_true(body.len == 0 || memcmp(body.data, rows[i].body.data, body.len) == 0);
        assert_int_equal(statement_step(&statement, &err), STATEMENT_DONE);
        statement_finish(&statement);
    }
    assert_non_null(big);
    assert_int_equal(insert(&database, "big", 3, bytes_of(big, BIG), &err), STATEMENT_DONE);
    assert_true(number_of(&database, "SELECT length(body) FROM part WHERE serial = 'big'") == (int64_t)BIG);
    assert_true(statement_prepare(&statement, &database, "SELECT body FROM part WHERE serial = 'big'", &err));
    assert_int_equal(statement_step(&statement, &err), STATEMENT_ROW);
    assert_int_equal(statement_bytes(&statement, 0).len, BIG);
    statement_finish(&statement);
    free(big);
    assert_true(database_run(&database, "DELETE FROM part; SELECT 1", &err));
    database_close(&database);
    assert_int_equal(close(socket), 0);
    assert_int_equal(close(keeper.way), 0);
    expect_end(&keeper);
}

/* One connection, for databases of one process and of others. The server's words arrive. */
static void test_many_ask(void **state)
{
    const struct keeper keeper = keep(server_of(LONG_MS), LONG_MS);
    const int first = reach(&keeper), second = reach(&keeper), garbage = reach(&keeper);
    struct database one, two, three;
    struct error err = ERROR_IN(room);
    int64_t backend;

    (void)state;
    /* Who cannot be understood is not answered, and disturbs nobody. */
    assert_int_equal(write(garbage, "\x05\0\0\0\x07\0\0\0x", 9), 9);
    assert_int_equal(read(garbage, room, 1), 0);
    assert_int_equal(close(garbage), 0);
    open_shared(&one, first, LONG_MS);
    open_shared(&two, first, LONG_MS);
    open_shared(&three, second, LONG_MS);
    backend = number_of(&one, "SELECT pg_backend_pid()");
    assert_true(number_of(&two, "SELECT pg_backend_pid()") == backend);
    assert_true(number_of(&three, "SELECT pg_backend_pid()") == backend);
    database_close(&two);
    assert_false(database_run(&one, "SELECT * FROM other", &err));
    expect(&err, ERROR_UNEXPECTED, "\"other\" does not exist (SQLSTATE 42P01)");
    error_clear(&err);
    assert_false(database_begin(&one, &err));
    expect(&err, ERROR_UNEXPECTED, "no transactions");
    assert_true(number_of(&one, "SELECT 7") == 7);
    assert_int_equal(close(keeper.way), 0); /* nobody new; who is there goes on */
    assert_true(number_of(&three, "SELECT 8") == 8);
    database_close(&one);
    database_close(&three);
    assert_int_equal(close(first), 0);
    assert_int_equal(close(second), 0);
    expect_end(&keeper);
}

/* Then the caller connects by itself, and learns what there is to say. */
static void test_not_this_one(void **state)
{
    const struct keeper keeper = keep(server_of(LONG_MS), LONG_MS);
    const int socket = reach(&keeper);
    struct database_server other = server_of(LONG_MS);
    struct database database;
    char *longer = malloc(strlen(settings) + 2);

    (void)state;
    assert_non_null(longer);
    (void)sprintf(longer, "%s ", settings); /* NOLINT(*-insecureAPI*) */
    other.settings = longer;
    assert_false(database_connect_shared(&database, socket, &other, &kind));
    assert_null(database.handle);
    other = server_of(LONG_MS - 1);
    assert_false(database_connect_shared(&database, socket, &other, &kind));
    other = server_of(LONG_MS);
    assert_false(database_connect_shared(&database, socket, &other, &newer));
    open_shared(&database, socket, LONG_MS);
    database_close(&database);
    free(longer);
    assert_int_equal(close(socket), 0);
    assert_int_equal(close(keeper.way), 0);
    expect_end(&keeper);
}

/* After its time it accepts nobody, and the sockets that are on their way are closed. */
static void test_its_time_is_over(void **state)
{
    const struct keeper keeper = keep(server_of(LONG_MS), 0);
    struct database_server server = server_of(LONG_MS);
    struct database database;
    char byte;

    (void)state;
    assert_int_equal(read(keeper.way, &byte, 1), 0);
    expect_end(&keeper);
    assert_int_equal(close(keeper.way), 0);
    assert_false(database_connect_shared(&database, STDIN_FILENO, &server, &kind));
}

/* Whether a question that has no answer was done is unknown, and the connection is of no more use to anybody. */
static void test_the_server_ends_it(void **state)
{
    const struct keeper keeper = keep(server_of(LONG_MS), LONG_MS);
    const int first = reach(&keeper), second = reach(&keeper);
    const struct database_server server = server_of(LONG_MS);
    struct error err = ERROR_IN(room);
    struct database one, two;

    (void)state;
    open_shared(&one, first, LONG_MS);
    open_shared(&two, second, LONG_MS);
    assert_false(database_run(&one, "SELECT pg_terminate_backend(pg_backend_pid())", &err));
    expect(&err, ERROR_SERVER_AWAY, "terminating connection");
    error_clear(&err);
    assert_false(database_run(&one, "SELECT 1", &err));
    expect(&err, ERROR_SERVER_AWAY, "broke");
    error_clear(&err);
    assert_false(database_run(&two, "SELECT 1", &err));
    expect(&err, ERROR_SERVER_AWAY, "broke");
    database_close(&one);
    database_close(&two);
    assert_false(database_connect_shared(&one, second, &server, &kind));
    expect_end(&keeper);
    assert_int_equal(close(first), 0);
    assert_int_equal(close(second), 0);
    assert_int_equal(close(keeper.way), 0);
}

/* While nobody asks, too. */
static void test_the_server_is_killed(void **state)
{
    const struct keeper keeper = keep(server_of(LONG_MS), LONG_MS);
    char byte;

    (void)state;
    postgres_server_kill(&postgres);
    assert_int_equal(read(keeper.way, &byte, 1), 0);
    expect_end(&keeper);
    postgres_server_restart(&postgres);
    assert_int_equal(close(keeper.way), 0);
}

/* Who waited too long has no answer any more, not a late one to another question; others are answered. */
static void test_a_silent_server(void **state)
{
    const struct keeper keeper = keep(server_of(LONG_MS), LONG_MS);
    const int socket = reach(&keeper), other = reach(&keeper);
    const struct database_server server = server_of(LONG_MS);
    struct error err = ERROR_IN(room);
    struct database database;
    pid_t backend;

    (void)state;
    open_shared(&database, socket, LONG_MS);
    backend = (pid_t)number_of(&database, "SELECT pg_backend_pid()");
    database.answer_ms = 100;
    assert_int_equal(kill(backend, SIGSTOP), 0);
    assert_false(database_run(&database, "SELECT 1", &err));
    expect(&err, ERROR_SERVER_AWAY, "in time");
    error_clear(&err);
    assert_false(database_run(&database, "SELECT 1", &err));
    expect(&err, ERROR_SERVER_AWAY, "broke");
    assert_int_equal(kill(backend, SIGCONT), 0);
    database_close(&database);
    assert_false(database_connect_shared(&database, socket, &server, &kind));
    open_shared(&database, other, LONG_MS);
    assert_true(number_of(&database, "SELECT pg_backend_pid()") == backend);
    database_close(&database);
    assert_int_equal(close(socket), 0);
    assert_int_equal(close(other), 0);
    assert_int_equal(close(keeper.way), 0);
    expect_end(&keeper);
}

/* Until a question is in the socket, and nobody has taken it. */
static void wait_until_asked(int socket)
{
    int waiting = 0;

    for (unsigned tries = 0; waiting == 0 && tries < LONG_MS; tries++) {
        assert_int_equal(ioctl(socket, SIOCOUTQ, &waiting), 0);
        (void)poll(NULL, 0, 1);
    }
    assert_true(waiting > 0);
}

/* What was not answered in time is not answered later in place of something else: the socket is of no more use. */
static void test_a_late_hello(void **state)
{
    const struct database_server server = server_of(LONG_MS), hasty = server_of(25);
    const struct keeper keeper = keep(server, LONG_MS);
    const int socket = reach(&keeper), other = reach(&keeper);
    struct database database;

    (void)state;
    assert_int_equal(kill(keeper.pid, SIGSTOP), 0);
    assert_false(database_connect_shared(&database, socket, &hasty, &kind));
    assert_int_equal(kill(keeper.pid, SIGCONT), 0);
    for (int i = 0; i < 3; i++)
        assert_false(database_connect_shared(&database, socket, &server, &kind));
    open_shared(&database, other, LONG_MS);
    database_close(&database);
    assert_int_equal(close(socket), 0);
    assert_int_equal(close(other), 0);
    assert_int_equal(close(keeper.way), 0);
    expect_end(&keeper);
}

/* Who gave up finds nothing done later: the question was on its way when its asker went. */
static void test_who_gave_up_asks_nothing(void **state)
{
    const struct keeper keeper = keep(server_of(LONG_MS), LONG_MS);
    const int first = reach(&keeper), second = reach(&keeper), third = reach(&keeper);
    struct error err = ERROR_IN(room);
    struct database gave_up, killed, other;
    pid_t pid;
    int status;

    (void)state;
    open_shared(&gave_up, first, LONG_MS);
    open_shared(&killed, second, LONG_MS);
    open_shared(&other, third, LONG_MS);
    assert_int_equal(kill(keeper.pid, SIGSTOP), 0);
    gave_up.answer_ms = 25;
    assert_int_equal(insert(&gave_up, "gave-up", 1, BYTES_NONE, &err), STATEMENT_FAILED);
    expect(&err, ERROR_SERVER_AWAY, "in time");
    error_clear(&err);
    pid = fork();
    if (pid == 0) {
        (void)insert(&killed, "killed", 1, BYTES_NONE, &err);
        _exit(0);
    }
    wait_until_asked(second);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    database_close(&gave_up);
    database_close(&killed);
    assert_int_equal(close(second), 0);
    assert_int_equal(kill(keeper.pid, SIGCONT), 0);
    assert_true(number_of(&other, "SELECT count(*) FROM part") == 0);
    assert_true(number_of(&other, "SELECT count(*) FROM part") == 0);
    database_close(&other);
    assert_int_equal(close(first), 0);
    assert_int_equal(close(third), 0);
    assert_int_equal(close(keeper.way), 0);
    expect_end(&keeper);
}

/* What one leaves in the session the others would have, too: it is said, undone, and the connection is over. */
static void test_nothing_stays_in_the_session(void **state)
{
    static const char *const left[] = {
        "BEGIN; INSERT INTO part (serial) VALUES ('open')",
        "BEGIN; SELECT * FROM other",
        "SET search_path = pg_catalog",
    };
    const struct database_server server = server_of(LONG_MS);
    struct error err = ERROR_IN(room);
    struct database database, other;

    (void)state;
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        const struct keeper keeper = keep(server, LONG_MS);
        const int socket = reach(&keeper), second = reach(&keeper);

        open_shared(&database, socket, LONG_MS);
        open_shared(&other, second, LONG_MS);
        assert_false(database_run(&database, left[i], &err));
        expect(&err, ERROR_UNEXPECTED, "no transactions and no settings");
        error_clear(&err);
        assert_int_equal(insert(&other, "lost", 1, BYTES_NONE, &err), STATEMENT_FAILED);
        expect(&err, ERROR_SERVER_AWAY, "broke");
        error_clear(&err);
        database_close(&database);
        database_close(&other);
        assert_int_equal(close(socket), 0);
        assert_int_equal(close(second), 0);
        assert_int_equal(close(keeper.way), 0);
        expect_end(&keeper);
    }
    assert_true(database_connect(&database, &server, &kind, DATABASE_JOIN, &err));
    assert_true(number_of(&database, "SELECT count(*) FROM part") == 0);
    database_close(&database);
}

#define MANY 60
#define MANY_MS 16000 /* 60 questions of 150 ms, the mean of 600 and three short ones, take more than half of it */

/* Slow answers keep away who has not asked yet; who is there goes on, and quick ones open the way again. */
static void test_too_many_for_a_slow_server(void **state)
{
    const struct database_server server = server_of(MANY_MS);
    const struct keeper keeper = keep(server, LONG_MS);
    struct error err = ERROR_IN(room);
    struct database first, late;
    int sockets[MANY], last;
    bool is_open = false;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        sockets[i] = reach(&keeper);
    open_shared(&first, sockets[0], MANY_MS);
    assert_true(database_run(&first, "SELECT pg_sleep(0.6)", &err));
    for (size_t i = 1; i < 4; i++)
        assert_false(database_connect_shared(&late, sockets[i], &server, &kind));
    while (!is_open) {
        for (size_t i = 0; i < 4; i++)
            assert_true(number_of(&first, "SELECT 9") == 9);
        last = reach(&keeper);
        is_open = database_connect_shared(&late, last, &server, &kind);
        assert_int_equal(close(last), 0);
    }
    database_close(&late);
    database_close(&first);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(close(sockets[i]), 0);
    assert_int_equal(close(keeper.way), 0);
    expect_end(&keeper);
}

#define WAITING 12
#define WAITING_MS 3000

static void ask_slowly(struct database *database)
{
    struct error err = ERROR_IN(room);

    _exit(database_run(database, "SELECT pg_sleep(0.3)", &err) ? 0 : 1);
}

/* The last one's answer comes when its time-out is over, but nearly all of that time was the others'. */
static void test_waiting_for_others_is_no_silence(void **state)
{
    const struct keeper keeper = keep(server_of(LONG_MS), LONG_MS);
    struct database databases[WAITING];
    int sockets[WAITING], status;
    pid_t pids[WAITING];

    (void)state;
    for (size_t i = 0; i < WAITING; i++) {
        sockets[i] = reach(&keeper);
        open_shared(&databases[i], sockets[i], LONG_MS);
        databases[i].answer_ms = WAITING_MS;
    }
    for (size_t i = 0; i < WAITING; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            ask_slowly(&databases[i]);
        assert_true(pids[i] > 0);
    }
    for (size_t i = 0; i < WAITING; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        database_close(&databases[i]);
        assert_int_equal(close(sockets[i]), 0);
    }
    assert_int_equal(close(keeper.way), 0);
    expect_end(&keeper);
}

static int start(void **state)
{
    struct error err = ERROR_IN(room);
    struct database_server server;
    struct database database;

    (void)state;
    has_postgres = postgres_server_start(&postgres);
    if (!has_postgres)
        return 0;
    settings = postgres_server_settings(&postgres, "postgres", "owner");
    server = (struct database_server){.settings = settings};
    if (!database_connect(&database, &server, &kind, DATABASE_MAKE, &err))
        return -1;
    database_close(&database);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (has_postgres)
        postgres_server_stop(&postgres);
    free(settings);
    return 0;
}

static int need_postgres(void **state)
{
    (void)state;
    if (!has_postgres)
        skip();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, need_postgres)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_same_answers),
        TEST(test_many_ask),
        TEST(test_not_this_one),
        TEST(test_its_time_is_over),
        TEST(test_the_server_ends_it),
        TEST(test_a_silent_server),
        TEST(test_the_server_is_killed),
        TEST(test_a_late_hello),
        TEST(test_who_gave_up_asks_nothing),
        TEST(test_nothing_stays_in_the_session),
        TEST(test_too_many_for_a_slow_server),
        TEST(test_waiting_for_others_is_no_silence),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
