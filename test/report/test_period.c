/* SPDX-License-Identifier: Apache-2.0 */
/* Days and shifts across the changes of summer time, and what is no time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "report/period.h"

static int set_zone(void **state)
{
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* as in Berlin, without the zone files */
    tzset();
    return 0;
}

static int64_t utc(const char *text)
{
    int64_t moment = 0;

    assert_true(period_read_utc(text, &moment));
    return moment;
}

static void utc_times(void **state)
{
    static const char *const wrong[] = {"",
                                        "unknown",
                                        "2026-01-31",
                                        "2026-01-31T12:00:00",
                                        "2026-02-29T12:00:00Z",
                                        "2026-13-01T12:00:00Z",
                                        "2026-01-31T24:00:00Z",
                                        "2026-01-31T12:60:00Z",
                                        "2026-01-31T12:00:00.00Z",
                                        "2026-01-31T12:00:00ZZ",
                                        "0000-00-00T00:00:00.000Z"};
    int64_t moment = 0;

    (void)state;
    assert_int_equal(utc("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(utc("2026-01-31T12:00:00Z"), 1769860800);
    assert_int_equal(utc("2026-01-31T12:00:00.999Z"), 1769860800);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(period_read_utc(wrong[i], &moment));
}

static void bounds(void **state)
{
    static const struct {
        const char *text;
        bool is_end;
        const char *utc;
    } rows[] = {
        {"2026-01-31", false, "2026-01-30T23:00:00Z"},
        {"2026-01-31", true, "2026-01-31T23:00:00Z"},
        {"2026-03-29", false, "2026-03-28T23:00:00Z"},
        {"2026-03-29", true, "2026-03-29T22:00:00Z"}, /* 23 hours */
        {"2026-10-25", false, "2026-10-24T22:00:00Z"},
        {"2026-10-25", true, "2026-10-25T23:00:00Z"}, /* 25 hours */
        {"2026-12-31", true, "2026-12-31T23:00:00Z"},
        {"2026-07-01T06:30", false, "2026-07-01T04:30:00Z"},
        {"2026-07-01T06:30Z", true, "2026-07-01T06:30:00Z"},
    };
    struct error err = {.reason = ERROR_NONE};
    int64_t moment = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(period_read_bound(rows[i].text, rows[i].is_end, &moment, &err));
        assert_int_equal(moment, utc(rows[i].utc));
    }
    assert_false(period_read_bound("2026-04-31", false, &moment, &err));
    assert_int_equal(err.reason, ERROR_USAGE);
}

static void names(void **state)
{
    static const struct {
        const char *shifts, *utc, *name;
    } rows[] = {
        {"", "2026-01-30T23:00:00Z", "2026-01-31"},
        {"", "2026-01-30T22:59:59Z", "2026-01-30"},
        {"06:00,14:00,22:00", "2026-01-31T05:00:00Z", "2026-01-31 06:00"},
        {"06:00,14:00,22:00", "2026-01-31T04:59:59Z", "2026-01-30 22:00"},
        {"06:00,14:00,22:00", "2026-01-31T21:00:00Z", "2026-01-31 22:00"},
        {"06:00,14:00,22:00", "2026-03-29T03:30:00Z", "2026-03-28 22:00"}, /* the short night */
        {"06:00,14:00,22:00", "2026-10-25T04:30:00Z", "2026-10-24 22:00"}, /* the long night */
        {"06:00,14:00,22:00", "2026-03-01T00:00:00Z", "2026-02-28 22:00"},
        {"00:00,12:00", "2026-01-30T23:00:00Z", "2026-01-31 00:00"},
    };
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct period_shifts shifts = {.count = 0};
        char name[PERIOD_TEXT_SIZE];

        assert_true(rows[i].shifts[0] == '\0' || period_read_shifts(rows[i].shifts, &shifts, &err));
        period_name(utc(rows[i].utc), &shifts, name);
        assert_string_equal(name, rows[i].name);
    }
}

static void texts(void **state)
{
    char text[PERIOD_TEXT_SIZE];

    (void)state;
    period_text(utc("2026-07-01T12:00:00Z"), text);
    assert_string_equal(text, "2026-07-01T14:00:00+02:00");
    period_zone(utc("2026-01-01T12:00:00Z"), text);
    assert_string_equal(text, "CET (UTC+01:00)");
}

static void wrong_shifts(void **state)
{
    static const char *const wrong[] = {"",
                                        "6:00",
                                        "06:00,",
                                        "06:00,06:00",
                                        "14:00,06:00",
                                        "24:00",
                                        "06:60",
                                        "06:00;14:00",
                                        "00:00,01:00,02:00,03:00,04:00,05:00,06:00,07:00,08:00"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error err = {.reason = ERROR_NONE};
        struct period_shifts shifts;

        assert_false(period_read_shifts(wrong[i], &shifts, &err));
        assert_int_equal(err.reason, ERROR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_times), cmocka_unit_test(bounds),       cmocka_unit_test(names),
        cmocka_unit_test(texts),     cmocka_unit_test(wrong_shifts),
    };

    return cmocka_run_group_tests(tests, set_zone, NULL);
}
