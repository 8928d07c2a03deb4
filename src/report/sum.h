/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of attempts: yield, cycle times, hours. Of bounded size. */
#ifndef IMPRINT_REPORT_SUM_H
#define IMPRINT_REPORT_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CYCLE_FINE 120  /* seconds: up to here each has a place of its own, then each ten have one */
#define CYCLE_MOST 3600 /* longer ones count as this */
#define CYCLE_PLACES (CYCLE_FINE + 1 + (CYCLE_MOST - CYCLE_FINE) / 10)
#define HOURS_MOST (20 * 366 * 24) /* between the first and the last hour of a sum; others are not counted */

/* Which hours saw an attempt: a bit each, from hour `first` on. */
struct hours {
    int64_t first;
    size_t words;
    uint64_t *bits;
};

struct sum {
    uint64_t attempts;     /* that wanted to make a device */
    uint64_t failed;       /* of these: those that did not */
    uint64_t without;      /* of these: those that reached no device */
    uint64_t entered;      /* devices whose first attempt is among them */
    uint64_t passed_first; /* of these: those that were made by that attempt */
    uint64_t made;         /* devices that were made for the first time */
    uint64_t timed;        /* attempts in `cycle`: successful ones whose times are known */
    uint32_t cycle[CYCLE_PLACES];
    struct hours hours;
};

/* What is added to a sum. */
struct sum_attempt {
    bool failed, without, entered, passed_first, made;
    int64_t seconds; /* of a successful attempt; -1: not known */
    int64_t moment;  /* when it ended */
};

/* False without memory. */
bool sum_add(struct sum *sum, const struct sum_attempt *attempt);
void sum_release(struct sum *sum);

/* Hours of the clock in which an attempt ended. */
uint64_t sum_hours(const struct sum *sum);

/*
 * The least time, in seconds, within which `percent` of the timed attempts were done (nearest rank). False: none was
 * timed.
 */
bool sum_cycle(const struct sum *sum, unsigned percent, unsigned *seconds);

/* Of a place in `cycle`: the longest time that counts there, in seconds. */
unsigned sum_cycle_value(size_t place);

/* First pass yield, in tenths of a percent, rounded down: only a line without a failure has 100 %. False: no device. */
bool sum_yield(const struct sum *sum, unsigned *tenths);

/* Devices made for each hour, in tenths, rounded. False: no hour. */
bool sum_rate(const struct sum *sum, uint64_t *tenths);

#endif
