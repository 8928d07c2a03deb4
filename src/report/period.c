/* SPDX-License-Identifier: Apache-2.0 */
#include "report/period.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* `text` against a form: d is a digit, all else is itself. */
static bool has_form(const char *text, const char *form)
{
    for (; *form != '\0'; form++, text++)
        if (*form == 'd' ? *text < '0' || *text > '9' : *text != *form)
            return false;
    return *text == '\0';
}

static int digits(const char *text, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* Date and time at their places in "2026-01-31T12:00:00"; what `len` leaves out is 0. */
static struct tm parts_of(const char *text, size_t len)
{
    return (struct tm){
        .tm_year = digits(text, 4) - 1900,
        .tm_mon = digits(text + 5, 2) - 1,
        .tm_mday = digits(text + 8, 2),
        .tm_hour = len >= 16 ? digits(text + 11, 2) : 0,
        .tm_min = len >= 16 ? digits(text + 14, 2) : 0,
        .tm_sec = len >= 19 ? digits(text + 17, 2) : 0,
        .tm_isdst = -1,
    };
}

/* No 30th of February, no 25 o'clock. */
static bool is_possible(const struct tm *parts)
{
    struct tm copy = *parts;

    return parts->tm_hour < 24 && parts->tm_min < 60 && parts->tm_sec < 60 && timegm(&copy) != (time_t)-1 &&
           copy.tm_mday == parts->tm_mday && copy.tm_mon == parts->tm_mon;
}

bool period_read_utc(const char *text, int64_t *moment)
{
    struct tm parts;

    if (!has_form(text, "dddd-dd-ddTdd:dd:ddZ") && !has_form(text, "dddd-dd-ddTdd:dd:dd.dddZ"))
        return false;
    parts = parts_of(text, 19);
    if (!is_possible(&parts))
        return false;
    *moment = (int64_t)timegm(&parts);
    return true;
}

bool period_read_bound(const char *text, bool is_end, int64_t *moment, struct error *err)
{
    const bool is_day = has_form(text, "dddd-dd-dd"), is_utc = has_form(text, "dddd-dd-ddTdd:ddZ");
    struct tm parts;

    if (is_day || is_utc || has_form(text, "dddd-dd-ddTdd:dd")) {
        parts = parts_of(text, is_day ? 10 : 16);
        if (is_possible(&parts)) {
            parts.tm_mday += is_day && is_end;
            *moment = (int64_t)(is_utc ? timegm(&parts) : mktime(&parts));
            return true;
        }
    }
    error_set(err, ERROR_USAGE, "not a day or a time",
              "write a day as 2026-01-31, or a time as 2026-01-31T06:00, with Z at its end for UTC");
    error_with_subject(err, text);
    return false;
}

bool period_read_shifts(const char *text, struct period_shifts *shifts, struct error *err)
{
    const char *at = text;
    bool ok = true;

    shifts->count = 0;
    while (ok) {
        char word[6];
        int begin;

        ok = shifts->count < PERIOD_SHIFTS_MAX && snprintf(word, sizeof word, "%.5s", at) == 5 &&
             has_form(word, "dd:dd");
        begin = ok ? digits(word, 2) * 60 + digits(word + 3, 2) : 0;
        ok = ok && digits(word, 2) < 24 && digits(word + 3, 2) < 60 &&
             (shifts->count == 0 || begin > shifts->begins[shifts->count - 1]) && (at[5] == ',' || at[5] == '\0');
        if (!ok)
            break;
        shifts->begins[shifts->count++] = begin;
        if (at[5] == '\0')
            return true;
        at += 6;
    }
    error_set(err, ERROR_USAGE, "not the times at which shifts begin",
              "write up to 8 times of day, rising: --shifts 06:00,14:00,22:00");
    error_with_subject(err, text);
    return false;
}

static struct tm local_parts(int64_t moment)
{
    const time_t time = (time_t)moment;
    struct tm parts;

    if (localtime_r(&time, &parts) == NULL)
        memset(&parts, 0, sizeof parts);
    return parts;
}

void period_name(int64_t moment, const struct period_shifts *shifts, char name[static PERIOD_TEXT_SIZE])
{
    struct tm parts = local_parts(moment);
    const int minute = parts.tm_hour * 60 + parts.tm_min;
    size_t shift = shifts->count, len;

    while (shift > 0 && shifts->begins[shift - 1] > minute)
        shift--;
    if (shifts->count > 0 && shift == 0) { /* the last shift of the day before */
        parts.tm_mday--;
        parts.tm_hour = 12; /* on that day whatever summer time does */
        parts.tm_isdst = -1;
        (void)mktime(&parts);
        shift = shifts->count;
    }
    len = strftime(name, PERIOD_TEXT_SIZE, "%Y-%m-%d", &parts);
    if (shift > 0)
        snprintf(name + len, PERIOD_TEXT_SIZE - len, " %02d:%02d", shifts->begins[shift - 1] / 60,
                 shifts->begins[shift - 1] % 60);
}

static void write_offset(const struct tm *parts, char text[static 16])
{
    const long minutes = parts->tm_gmtoff / 60;

    snprintf(text, 16, "%c%02ld:%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60 % 100, labs(minutes) % 60);
}

void period_text(int64_t moment, char text[static PERIOD_TEXT_SIZE])
{
    const struct tm parts = local_parts(moment);
    const size_t len = strftime(text, PERIOD_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    char offset[16];

    write_offset(&parts, offset);
    snprintf(text + len, PERIOD_TEXT_SIZE - len, "%s", offset);
}

void period_zone(int64_t moment, char text[static PERIOD_TEXT_SIZE])
{
    const struct tm parts = local_parts(moment);
    char offset[16];

    write_offset(&parts, offset);
    snprintf(text, PERIOD_TEXT_SIZE, "%.16s (UTC%s)", parts.tm_zone != NULL ? parts.tm_zone : "UTC", offset);
}
