/* SPDX-License-Identifier: Apache-2.0 */
/* Days and shifts in this host's time zone, and the bounds of a report. Moments are seconds since 1970, UTC. */
#ifndef IMPRINT_REPORT_PERIOD_H
#define IMPRINT_REPORT_PERIOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PERIOD_SHIFTS_MAX 8
#define PERIOD_TEXT_SIZE 40

/* When the shifts of a day begin: minutes since midnight, rising. None: days are not divided. */
struct period_shifts {
    int begins[PERIOD_SHIFTS_MAX];
    size_t count;
};

/* "06:00,14:00,22:00". False with ERROR_USAGE. */
bool period_read_shifts(const char *text, struct period_shifts *shifts, struct error *err);

/* "2026-01-31T12:00:00Z", with or without milliseconds, as entries have it. False: it is something else. */
bool period_read_utc(const char *text, int64_t *moment);

/*
 * A bound that a person gives: a day, "2026-01-31", or a minute, "2026-01-31T06:00", in this host's time zone, or with
 * a Z at its end in UTC. As the end of a range (`is_end`) a day counts whole. False with ERROR_USAGE.
 */
bool period_read_bound(const char *text, bool is_end, int64_t *moment, struct error *err);

/* The day of this moment, "2026-01-31", or its shift, "2026-01-31 22:00", which began on that day. */
void period_name(int64_t moment, const struct period_shifts *shifts, char name[static PERIOD_TEXT_SIZE]);

/* "2026-01-31T12:00:00+01:00": RFC 3339, in this host's time zone. */
void period_text(int64_t moment, char text[static PERIOD_TEXT_SIZE]);

/* "CET (UTC+01:00)": the time zone at this moment. */
void period_zone(int64_t moment, char text[static PERIOD_TEXT_SIZE]);

#endif
