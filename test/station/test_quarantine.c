/* SPDX-License-Identifier: Apache-2.0 */
/* What the entries of a board say of it, however many there are, and whatever was done to it since. */
#include "station/quarantine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/failed.h"
#include "station/station_ledger.h"
#include "test/support/scratch.h"

#define SERIAL "0123A1B2C3D4E5F601"
#define TRIES 2
#define MANY 150

static char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];
static struct ledger ledger;

static int begin(void **state)
{
    struct station_config config = {.device = ""};
    struct error err = ERROR_IN(room);

    (void)state;
    scratch_make(folder);
    snprintf(config.state, sizeof config.state, "%s", folder);
    assert_true(station_ledger_open(&config, LEDGER_WRITE, &ledger, &err));
    return 0;
}

static int end(void **state)
{
    (void)state;
    ledger_close(&ledger);
    scratch_remove(folder);
    return 0;
}

/* An attempt with this result; `exit` of a worker that failed. */
static void append(const char *result, int exit, int tries)
{
    struct error err = ERROR_IN(room);
    struct ledger_conflict conflict;
    uint64_t seq;
    json_t *entry =
        json_pack("{s:s, s:s, s:s, s:s, s:{s:{s:i}, s:{s:i}}}", "kind", "provision", "device", SERIAL, "result", result,
                  "reason", "proof-failed", "evidence", "error", "exit", exit, "run", "tries", tries);
    const bool ok = ledger_append(&ledger, entry, &seq, &conflict, &err);

    json_decref(entry);
    assert_true(ok);
}

static struct quarantine look_with(unsigned tries)
{
    struct error err = ERROR_IN(room);
    struct quarantine found;
    const bool ok = quarantine_look(&ledger, SERIAL, tries, &found, &err);

    assert_true(ok);
    return found;
}

static struct quarantine look(void)
{
    return look_with(TRIES);
}

/* `1`, `3`: it failed at a station that lets a board fail so often; `f`: at one that does not say; `p`: pulled out;
 * `g`: finished; `w`, `t`, `s`: reworked, retired, scrapped. Oldest first. */
static void append_all(const char *history)
{
    for (; *history != '\0'; history++) {
        const char *result = *history == 'g'   ? "provisioned"
                             : *history == 'w' ? "reworked"
                             : *history == 't' ? "retired"
                             : *history == 's' ? "scrapped"
                                               : "failed";

        const int tries = *history == '1' || *history == '3' ? *history - '0' : 0;

        append(result, *history == 'f' || tries != 0 ? ERROR_EXIT_REFUSED : ERROR_EXIT_UNREACHABLE, tries);
    }
}

static void test_histories(void **state)
{
    static const struct {
        const char *history;
        enum quarantine_state state;
        unsigned failures;
    } rows[] = {
        {"", QUARANTINE_NONE, 0},         {"f", QUARANTINE_NONE, 1},        {"ff", QUARANTINE_HELD, 2},
        {"ffg", QUARANTINE_NONE, 0},      {"ffw", QUARANTINE_NONE, 0},      {"fft", QUARANTINE_NONE, 0},
        {"ffwf", QUARANTINE_NONE, 1},     {"fpfp", QUARANTINE_HELD, 2},     {"ffs", QUARANTINE_SCRAPPED, 0},
        {"ffst", QUARANTINE_SCRAPPED, 0}, {"ffsg", QUARANTINE_SCRAPPED, 0}, {"sgtgf", QUARANTINE_SCRAPPED, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct quarantine found;

        end(NULL);
        begin(NULL);
        append_all(rows[i].history);
        found = look();
        if (found.state != rows[i].state || found.failures != rows[i].failures)
            fail_msg("%s: state %d, %u failures", rows[i].history, (int)found.state, found.failures);
        assert_int_equal(found.is_known, rows[i].history[0] != '\0');
    }
}

/* The list of those that wait for somebody's word has the device as long as its newest entry does not end the matter.
 */
static void test_list(void **state)
{
    static const struct {
        const char *history;
        size_t count;
    } rows[] = {{"", 0},   {"f", 1},   {"p", 1},    {"g", 0},   {"fg", 0},
                {"ff", 1}, {"ffw", 0}, {"ffwf", 1}, {"fft", 0}, {"ffs", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char devices[2][LEDGER_DEVICE_SIZE];
        struct error err = ERROR_IN(room);
        size_t count;

        end(NULL);
        begin(NULL);
        append_all(rows[i].history);
        assert_true(ledger_list_failed(&ledger, devices, 2, &count, &err));
        if (count != rows[i].count)
            fail_msg("%s: %zu listed", rows[i].history, count);
        if (count > 0)
            assert_string_equal(devices[0], SERIAL);
        assert_true(ledger_list_failed(&ledger, devices, 0, &count, &err));
        assert_int_equal(count, 0);
    }
}

/* Who is no station holds what a station holds, and nothing else; the strictest station counts. */
static void test_whose_limit(void **state)
{
    static const struct {
        const char *history;
        unsigned tries;
        enum quarantine_state state;
    } rows[] = {
        {"ffff", 0, QUARANTINE_NONE}, {"1", 0, QUARANTINE_HELD},   {"1w", 0, QUARANTINE_NONE},
        {"33", 0, QUARANTINE_NONE},   {"33", 2, QUARANTINE_HELD},  {"333", 0, QUARANTINE_HELD},
        {"3f3", 0, QUARANTINE_HELD},  {"3ff", 5, QUARANTINE_HELD}, {"1gff", 0, QUARANTINE_NONE},
        {"1wf", 5, QUARANTINE_NONE},  {"31", 5, QUARANTINE_HELD},  {"s", 0, QUARANTINE_SCRAPPED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        end(NULL);
        begin(NULL);
        append_all(rows[i].history);
        if (look_with(rows[i].tries).state != rows[i].state)
            fail_msg("%s with %u: state %d", rows[i].history, rows[i].tries, (int)look_with(rows[i].tries).state);
    }
}

/* Attempts that count for nothing hide none that count. */
static void test_many_attempts(void **state)
{
    (void)state;
    append_all("ff");
    for (int i = 0; i < MANY; i++)
        append_all("p");
    assert_int_equal(look().state, QUARANTINE_HELD);
    append_all("s");
    for (int i = 0; i < MANY; i++)
        append_all("p");
    assert_int_equal(look().state, QUARANTINE_SCRAPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_histories, begin, end),
        cmocka_unit_test_setup_teardown(test_list, begin, end),
        cmocka_unit_test_setup_teardown(test_whose_limit, begin, end),
        cmocka_unit_test_setup_teardown(test_many_attempts, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
