/* SPDX-License-Identifier: Apache-2.0 */
/* What a run puts into the ledger, and what is said when it cannot. */
#include "station/station_ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/support/scratch.h"

static char folder[SCRATCH_PATH_MAX], room[ERROR_ROOM];
static struct station_config config;
static struct station_ledger ledger;

static int begin(void **state)
{
    (void)state;
    scratch_make(folder);
    snprintf(config.state, sizeof config.state, "%s", folder);
    ledger = (struct station_ledger){.config = &config};
    return 0;
}

static int end(void **state)
{
    (void)state;
    station_ledger_close(&ledger);
    scratch_remove(folder);
    return 0;
}

#define SERIAL "0123A1B2C3D4E5F601"

static const char *const key = "041111111100000000000000000000000000000000000000000000000000000000"
                               "0000000000000000000000000000000000000000000000000000000000000001";

static json_t *line_of(const char *serial)
{
    return json_pack("{s:s, s:n, s:s, s:s?, s:b, s:{s:s, s:s, s:s, s:s?, s:s}, s:[{s:s, s:s}], s:[]}", "format",
                     "imprint-history", "previous", "result", "provisioned", "serial", serial, "serial_checked", 1,
                     "run", "started", "2026-01-31T12:00:00Z", "time", "2026-01-31T12:00:01Z", "verb", "provision",
                     "operator", NULL, "host", "line-1", "keys", "public_key", key, "method", "generate", "rehearsal");
}

static bool append(const char *serial, struct error *err)
{
    json_t *line = line_of(serial);
    bool ok = station_ledger_append(&ledger, line, err);

    json_decref(line);
    return ok;
}

static void test_the_content_has_what_is_searched_for(void **state)
{
    json_t *line = line_of(SERIAL);
    json_t *content = station_ledger_content(line);
    json_t *expected;

    (void)state;
    json_object_del(line, "previous");
    expected = json_pack("{s:s, s:s, s:n, s:n, s:n, s:s, s:n, s:s, s:s, s:s, s:n, s:O}", "kind", "provision", "station",
                         "line-1", "socket", "operator", "order", "device", SERIAL, "profile", "started",
                         "2026-01-31T12:00:00Z", "ended", "2026-01-31T12:00:01Z", "result", "provisioned", "reason",
                         "evidence", line);
    assert_true(json_equal(content, expected));
    json_decref(expected);
    json_decref(content);
    json_decref(line);
}

/* Nothing is reported as done before its entry is durable: exit code 5, whatever it was that failed. */
static void test_what_cannot_be_recorded_is_not_done(void **state)
{
    struct error err = ERROR_IN(room);
    bool ok;

    (void)state;
    file_store(path_in(folder, "ledger"), bytes_of("a file", 6));
    ok = append(SERIAL, &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_RECORD_FAILED);
    assert_int_equal(error_reason_exit(err.reason), ERROR_EXIT_NO_RECORD);
    assert_non_null(err.cause);
    error_clear(&err);
    ok = station_ledger_prepare(&ledger, &err);
    assert_false(ok);
    assert_int_not_equal(err.reason, ERROR_RECORD_FAILED); /* nothing was done yet */
}

static void test_a_run_without_a_device_makes_no_ledger(void **state)
{
    struct error err = ERROR_IN(room);

    (void)state;
    assert_true(append(NULL, &err));
    assert_true(station_ledger_check(&ledger, &err));
    assert_false(file_exists(path_in(folder, "ledger")));
    assert_true(append(SERIAL, &err));
    assert_true(append(NULL, &err));
    assert_true(file_exists(path_in(folder, "ledger/ledger.db")));
}

static void test_both_devices_are_named(void **state)
{
    static const uint8_t other[CHIP_SERIAL_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint8_t own[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x01};
    uint8_t point[65] = {4, 0x11, 0x11, 0x11, 0x11};
    struct error err = ERROR_IN(room);
    bool ok;

    (void)state;
    assert_true(station_ledger_check_key(&ledger, other, point, &err)); /* there is no ledger yet */
    assert_true(append(SERIAL, &err));
    assert_true(station_ledger_check_key(&ledger, own, point, &err));
    ok = station_ledger_check_key(&ledger, other, point, &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_DUPLICATE);
    assert_non_null(strstr(err.cause, SERIAL));
    assert_true(err.has_serial && memcmp(err.serial, other, sizeof other) == 0);
    point[1] = 0x22;
    error_clear(&err);
    assert_true(station_ledger_check_key(&ledger, other, point, &err));
    ok = append("010203040506070809", &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_DUPLICATE); /* the entry is kept, the run is no success */
}

static void test_a_certificate_number_is_one_devices(void **state)
{
    static const uint8_t own[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x01};
    static const uint8_t other[CHIP_SERIAL_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, number[] = {0x01, 0x02},
                         free_one[] = {3};
    struct error err = ERROR_IN(room);
    json_t *line = line_of(SERIAL);
    bool ok;

    (void)state;
    assert_true(
        station_ledger_check_certificate(&ledger, other, bytes_of(number, sizeof number), &err)); /* no ledger */
    json_object_set_new(line, "certificates", json_pack("[{s:s}]", "serial_number", "0102"));
    ok = station_ledger_append(&ledger, line, &err);
    assert_true(ok);
    json_decref(line);
    assert_true(station_ledger_check_certificate(&ledger, own, bytes_of(number, sizeof number), &err));
    assert_true(station_ledger_check_certificate(&ledger, other, bytes_of(free_one, sizeof free_one), &err));
    ok = station_ledger_check_certificate(&ledger, other, bytes_of(number, sizeof number), &err);
    assert_false(ok);
    assert_int_equal(err.reason, ERROR_DUPLICATE);
    assert_non_null(strstr(err.cause, "certificate serial number"));
    assert_non_null(strstr(err.cause, SERIAL));
}

static void test_the_ledger_has_the_last_record_until_it_is_retired(void **state)
{
    static const uint8_t own[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x01};
    struct error err = ERROR_IN(room);
    json_t *record = NULL, *line;

    (void)state;
    assert_true(station_ledger_record(&ledger, own, &record, &err));
    assert_null(record);
    assert_true(append(SERIAL, &err));
    assert_true(station_ledger_record(&ledger, own, &record, &err));
    assert_string_equal(json_string_value(json_object_get(record, "serial")), SERIAL);
    json_decref(record);
    line = line_of(SERIAL);
    json_object_set_new(line, "result", json_string("retired"));
    assert_true(station_ledger_append(&ledger, line, &err));
    json_decref(line);
    assert_true(station_ledger_record(&ledger, own, &record, &err));
    assert_null(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_content_has_what_is_searched_for),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_recorded_is_not_done, begin, end),
        cmocka_unit_test_setup_teardown(test_a_run_without_a_device_makes_no_ledger, begin, end),
        cmocka_unit_test_setup_teardown(test_both_devices_are_named, begin, end),
        cmocka_unit_test_setup_teardown(test_a_certificate_number_is_one_devices, begin, end),
        cmocka_unit_test_setup_teardown(test_the_ledger_has_the_last_record_until_it_is_retired, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
