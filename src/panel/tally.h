/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a shift: boards by serial number, each counted once however often it was in a socket. */
#ifndef IMPRINT_PANEL_TALLY_H
#define IMPRINT_PANEL_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define TALLY_HOUR_MAX 4096 /* passes whose times are kept: more than a line makes in an hour */

/* Zero-initialised: nothing was counted. */
struct tally {
    unsigned boards;                 /* that had a result */
    unsigned passed, failed;         /* by their last result */
    unsigned first_pass;             /* passed at the first result */
    json_t *known;                   /* serial number -> 1: the last result was PASS, 0: FAIL */
    int64_t hour_ms[TALLY_HOUR_MAX]; /* a ring: when boards passed for the first time */
    unsigned hour_first, hour_count; /* in the ring */
};

/* Counts a result at `now_ms`. False without memory: the result is not counted. */
bool tally_add(struct tally *tally, const char *serial, bool has_passed, int64_t now_ms);

/* Boards that passed for the first time in the hour before `now_ms`. */
unsigned tally_last_hour(struct tally *tally, int64_t now_ms);

void tally_release(struct tally *tally);

#endif
