/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/tally.h"

#define HOUR_MS (INT64_C(3600) * 1000)

static void note_pass(struct tally *tally, int64_t now_ms)
{
    if (tally->hour_count == TALLY_HOUR_MAX) { /* the oldest makes room */
        tally->hour_first = (tally->hour_first + 1) % TALLY_HOUR_MAX;
        tally->hour_count--;
    }
    tally->hour_ms[(tally->hour_first + tally->hour_count) % TALLY_HOUR_MAX] = now_ms;
    tally->hour_count++;
}

bool tally_add(struct tally *tally, const char *serial, bool has_passed, int64_t now_ms)
{
    const json_t *last = json_object_get(tally->known, serial);
    const bool had_passed = json_integer_value(last) == 1;
    const bool is_new = last == NULL;

    if (tally->known == NULL)
        tally->known = json_object();
    if (json_object_set_new(tally->known, serial, json_integer(has_passed ? 1 : 0)) != 0)
        return false;
    if (is_new) {
        tally->boards++;
        tally->first_pass += has_passed ? 1 : 0;
    } else if (had_passed) {
        tally->passed--;
    } else {
        tally->failed--;
    }
    if (has_passed)
        tally->passed++;
    else
        tally->failed++;
    if (has_passed && !had_passed)
        note_pass(tally, now_ms);
    return true;
}

unsigned tally_last_hour(struct tally *tally, int64_t now_ms)
{
    while (tally->hour_count > 0 && now_ms - tally->hour_ms[tally->hour_first] >= HOUR_MS) {
        tally->hour_first = (tally->hour_first + 1) % TALLY_HOUR_MAX;
        tally->hour_count--;
    }
    return tally->hour_count;
}

void tally_release(struct tally *tally)
{
    json_decref(tally->known);
    *tally = (struct tally){.boards = 0};
}
