/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledgers that are sent to a line: whatever is killed meanwhile (the sender, the server, both, at any moment), in the
 * end the server has each entry once, byte by byte, under the root that the station signed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/outbox.h"
#include "ledger/verify.h"
#include "test/support/postgres.h"
#include "test/support/scratch.h"

#define ENTRIES 900
#define KILLS 8
#define SENDERS 3

static struct postgres_server postgres;
static bool has_postgres;
static char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];
static unsigned alarms;

static void connect_as(struct database *line, const char *role, enum database_mode mode)
{
    char *settings = postgres_server_settings(&postgres, "postgres", role);
    const struct database_server server = {.settings = settings, .password = role};
    struct error err = ERROR_IN(room);

    if (!database_connect(line, &server, &ledger_line_kind, mode, &err))
        fail_msg("%s: %s", error_reason_name(err.reason), err.cause);
    free(settings);
}

/* Roles whose password is their name. */
static int start(void **state)
{
    struct error err = ERROR_IN(room);
    struct database line;

    (void)state;
    has_postgres = postgres_server_start(&postgres);
    if (!has_postgres)
        return 0;
    connect_as(&line, "owner", DATABASE_MAKE);
    if (!ledger_line_add_station(&line, "st-01", "st-01", &err) ||
        !ledger_line_add_station(&line, "st-02", "st-02", &err))
        fail_msg("%s", err.cause);
    database_close(&line);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (has_postgres)
        postgres_server_stop(&postgres);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    scratch_make(folder);
    alarms = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void open_ledger(struct ledger *ledger)
{
    struct error err = ERROR_IN(room);

    if (!ledger_open(ledger, folder, "test", LEDGER_WRITE, &err))
        fail_msg("%s", err.cause);
}

/* A run of `device` that found a key of its own; the texts are such as databases and JSON quote. */
static json_t *content_of(const char *device, unsigned key)
{
    char point[131];

    (void)snprintf(point, sizeof point, "04%08X%0120X", key, 1U);
    return json_pack("{s:s, s:s, s:s, s:s%, s:{s:b, s:[{s:s}], s:[{s:s}]}}", "kind", "provision", "device", device,
                     "result", "provisioned", "operator", "\0'\\\"\n$1 \xc3\xa4\xf0\x9f\x94\x91", (size_t)14,
                     "evidence", "serial_checked", 1, "keys", "public_key", point, "certificates", "serial_number",
                     "0A0B");
}

static void append_one(struct ledger *ledger, json_t *content)
{
    struct error err = ERROR_IN(room);
    struct ledger_conflict conflict;
    uint64_t seq;

    assert_non_null(content);
    if (!ledger_append(ledger, content, &seq, &conflict, &err))
        fail_msg("%s", err.cause);
    json_decref(content);
}

/* All of one device, so that its key and certificate are its own. */
static void append_some(struct ledger *ledger, unsigned count)
{
    struct error err = ERROR_IN(room);

    if (!database_run(&ledger->database, "PRAGMA synchronous=OFF",
                      &err)) /* of what is appended no loss is tested here */
        fail_msg("%s", err.cause);
    for (unsigned i = 0; i < count; i++)
        append_one(ledger, content_of("0123456789ABCDEF01", 1));
}

static void count_alarm(void *context, const struct ledger_line_alarm *alarm)
{
    (void)context;
    (void)alarm;
    alarms++;
}

static bool send_with(struct ledger *ledger, struct database *line, struct error *err)
{
    struct outbox_run run = {.alarm = count_alarm};

    return outbox_send(ledger, line, &run, err);
}

static void send_once(struct ledger *ledger, const char *role)
{
    struct error err = ERROR_IN(room);
    struct database line;

    connect_as(&line, role, DATABASE_JOIN);
    if (!send_with(ledger, &line, &err))
        fail_msg("%s: %s", error_reason_name(err.reason), err.cause);
    database_close(&line);
}

/* One by one, what the line has of this log and what this ledger has. */
static void expect_equal(struct ledger *ledger, uint64_t count)
{
    struct error err = ERROR_IN(room);
    struct statement own, theirs;
    struct database line;
    uint64_t seen = 0;

    connect_as(&line, "owner", DATABASE_USE);
    if (!ledger_select_entries(ledger, &own, &err) ||
        !statement_prepare(
            &theirs, &line,
            "SELECT seq, leaf, body FROM line_entry WHERE log = (SELECT id FROM line_log WHERE name = $1)"
            " ORDER BY seq",
            &err))
        fail_msg("%s", err.cause);
    statement_bind_text(&theirs, 1, ledger->log);
    for (; statement_step(&own, &err) == STATEMENT_ROW; seen++) {
        assert_int_equal(statement_step(&theirs, &err), STATEMENT_ROW);
        assert_int_equal(statement_number(&own, 0), statement_number(&theirs, 0));
        for (int column = 1; column <= 2; column++) {
            const struct bytes a = statement_bytes(&own, column), b = statement_bytes(&theirs, column);

            assert_int_equal(a.len, b.len);
            assert_memory_equal(a.data, b.data, a.len);
        }
    }
    assert_int_equal(statement_step(&theirs, &err), STATEMENT_DONE);
    assert_int_equal(seen, count);
    statement_finish(&own);
    statement_finish(&theirs);
    database_close(&line);
}

static void test_batches_arrive_once(void **state)
{
    struct error err = ERROR_IN(room);
    struct outbox_state known;
    struct ledger ledger;

    (void)state;
    if (!has_postgres)
        skip();
    open_ledger(&ledger);
    send_once(&ledger, "st-01"); /* nothing yet */
    append_some(&ledger, ENTRIES);
    send_once(&ledger, "st-01");
    expect_equal(&ledger, ENTRIES);
    append_some(&ledger, 3);
    send_once(&ledger, "st-01");
    send_once(&ledger, "st-01");
    expect_equal(&ledger, ENTRIES + 3);
    if (!outbox_read(&ledger, &known, &err))
        fail_msg("%s", err.cause);
    assert_int_equal(known.entries, ENTRIES + 3);
    assert_int_equal(known.sent, ENTRIES + 3);
    assert_int_equal(alarms, 0);
    ledger_close(&ledger);
}

/* Two devices with one key, and a name that SQL cannot have: kept, and an alarm for each. */
static void test_alarms(void **state)
{
    struct error err = ERROR_IN(room);
    struct ledger_line_owner owners[3];
    uint8_t x[3 * LEDGER_KEY_BYTES] = {0, 0, 0, 7};
    json_t *odd = content_of("odd", 9);
    struct ledger ledger;
    struct database line;

    (void)state;
    if (!has_postgres)
        skip();
    open_ledger(&ledger);
    append_one(&ledger, content_of("0123456789ABCDEF02", 7));
    append_one(&ledger, content_of("0123456789ABCDEF03", 7)); /* its certificate is known, too */
    json_object_set_new(odd, "device", json_stringn("a\0b", 3));
    append_one(&ledger, odd);
    send_once(&ledger, "st-02");
    assert_int_equal(alarms, 4); /* the certificate of the first one is that of the device above */
    expect_equal(&ledger, 3);
    connect_as(&line, "st-01", DATABASE_JOIN);
    x[31] = 0;
    memcpy(x + LEDGER_KEY_BYTES, x, LEDGER_KEY_BYTES);
    memcpy(x + (size_t)2 * LEDGER_KEY_BYTES, x, LEDGER_KEY_BYTES);
    x[LEDGER_KEY_BYTES] = 1;
    if (!ledger_line_find_keys(&line, bytes_of(x, sizeof x), owners, &err))
        fail_msg("%s", err.cause);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(owners[i].device, i == 1 ? "" : "0123456789ABCDEF02");
        assert_string_equal(owners[i].station, i == 1 ? "" : "st-02");
    }
    database_close(&line);
    ledger_close(&ledger);
}

/* Sends until it is done or killed; connects again whenever the server is away. */
static void send_until_done(void)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    char *settings = postgres_server_settings(&postgres, "postgres", "st-01");
    const struct database_server server = {.settings = settings, .password = "st-01"};

    for (int i = 0; i < 1000; i++) {
        struct error err = ERROR_IN(room);
        struct ledger ledger;
        struct database line = {.handle = NULL};
        const bool ok = ledger_open(&ledger, folder, "test", LEDGER_WRITE, &err) &&
                        database_connect(&line, &server, &ledger_line_kind, DATABASE_JOIN, &err) &&
                        send_with(&ledger, &line, &err);

        database_close(&line);
        ledger_close(&ledger);
        if (ok)
            _exit(0);
        if (err.reason != ERROR_SERVER_AWAY && err.reason != ERROR_DATABASE_BUSY) {
            print_error("%s: %s\n", error_reason_name(err.reason), err.cause);
            _exit(1);
        }
        (void)nanosleep(&pause, NULL);
    }
    _exit(2);
}

static void sleep_us(long us)
{
    const struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    (void)nanosleep(&time, NULL);
}

static pid_t start_sender(void)
{
    const pid_t sender = fork();

    if (sender == 0)
        send_until_done();
    return sender;
}

static void expect_end(pid_t sender)
{
    int status = -1;

    assert_int_equal(waitpid(sender, &status, 0), sender);
    assert_int_equal(status, 0);
}

static void test_kills_at_any_moment(void **state)
{
    struct ledger ledger;

    (void)state;
    if (!has_postgres)
        skip();
    open_ledger(&ledger);
    for (int i = 0; i < KILLS; i++) {
        const bool is_server = i % 2 == 0;
        pid_t sender;

        append_some(&ledger, ENTRIES / KILLS * 2);
        sender = start_sender();
        sleep_us(3000 + i * 3700);
        if (is_server)
            postgres_server_kill(&postgres);
        else
            (void)kill(sender, SIGKILL);
        if (is_server) {
            postgres_server_restart(&postgres);
            expect_end(sender);
        } else {
            assert_int_equal(waitpid(sender, NULL, 0), sender);
        }
    }
    send_once(&ledger, "st-01");
    expect_equal(&ledger, (uint64_t)(ENTRIES / KILLS * 2) * KILLS);
    assert_int_equal(alarms, 0);
    ledger_close(&ledger);
}

/* Sockets of one station that finish at the same time. */
static void test_many_send_one_ledger(void **state)
{
    pid_t senders[SENDERS];
    struct ledger ledger;

    (void)state;
    if (!has_postgres)
        skip();
    open_ledger(&ledger);
    append_some(&ledger, ENTRIES);
    for (int i = 0; i < SENDERS; i++)
        senders[i] = start_sender();
    for (int i = 0; i < SENDERS; i++)
        expect_end(senders[i]);
    expect_equal(&ledger, ENTRIES);
    ledger_close(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_batches_arrive_once, begin, end),
        cmocka_unit_test_setup_teardown(test_alarms, begin, end),
        cmocka_unit_test_setup_teardown(test_kills_at_any_moment, begin, end),
        cmocka_unit_test_setup_teardown(test_many_send_one_ledger, begin, end),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
