/* SPDX-License-Identifier: Apache-2.0 */
#include "report/sum.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64

/* --- hours --- */

/* Room from hour `first` to `last`, both within HOURS_MOST of each other. False without memory. */
static bool widen(struct hours *hours, int64_t first, int64_t last)
{
    const int64_t begin = hours->words == 0 || first < hours->first ? first : hours->first;
    const size_t shift = hours->words == 0 ? 0 : (size_t)(hours->first - begin + WORD_BITS - 1) / WORD_BITS;
    const int64_t new_first = hours->words == 0 ? begin : hours->first - (int64_t)shift * WORD_BITS;
    size_t words = hours->words + shift;
    uint64_t *bits;

    if (last >= new_first + (int64_t)words * WORD_BITS)
        words = (size_t)(last - new_first) / WORD_BITS + 1;
    bits = calloc(words, sizeof *bits);
    if (bits == NULL)
        return false;
    if (hours->words > 0)
        memcpy(bits + shift, hours->bits, hours->words * sizeof *bits);
    free(hours->bits);
    *hours = (struct hours){.first = new_first, .words = words, .bits = bits};
    return true;
}

static bool set_hour(struct hours *hours, int64_t hour)
{
    const int64_t end = hours->first + (int64_t)hours->words * WORD_BITS;
    size_t place;

    if (hours->words > 0 && (hour < end - HOURS_MOST || hour >= hours->first + HOURS_MOST))
        return true;
    if ((hours->words == 0 || hour < hours->first || hour >= end) && !widen(hours, hour, hour))
        return false;
    place = (size_t)(hour - hours->first);
    hours->bits[place / WORD_BITS] |= (uint64_t)1 << place % WORD_BITS;
    return true;
}

uint64_t sum_hours(const struct sum *sum)
{
    uint64_t count = 0;

    for (size_t i = 0; i < sum->hours.words; i++)
        count += (uint64_t)__builtin_popcountll(sum->hours.bits[i]);
    return count;
}

/* --- a sum --- */

static size_t cycle_place(int64_t seconds)
{
    if (seconds <= CYCLE_FINE)
        return (size_t)seconds;
    return CYCLE_FINE + (size_t)((seconds < CYCLE_MOST ? seconds : CYCLE_MOST) - CYCLE_FINE + 9) / 10;
}

unsigned sum_cycle_value(size_t place)
{
    return (unsigned)(place <= CYCLE_FINE ? place : CYCLE_FINE + (place - CYCLE_FINE) * 10);
}

bool sum_add(struct sum *sum, const struct sum_attempt *attempt)
{
    /* Rounded down, also before 1970. */
    const int64_t hour = attempt->moment / 3600 - (attempt->moment % 3600 < 0);

    sum->attempts++;
    sum->failed += attempt->failed;
    sum->without += attempt->without;
    sum->entered += attempt->entered;
    sum->passed_first += attempt->passed_first;
    sum->made += attempt->made;
    if (attempt->seconds >= 0) {
        sum->timed++;
        sum->cycle[cycle_place(attempt->seconds)]++;
    }
    return set_hour(&sum->hours, hour);
}

void sum_release(struct sum *sum)
{
    free(sum->hours.bits);
    sum->hours = (struct hours){.bits = NULL};
}

bool sum_cycle(const struct sum *sum, unsigned percent, unsigned *seconds)
{
    const uint64_t rank = (sum->timed * percent + 99) / 100;
    uint64_t below = 0;

    for (size_t place = 0; place < CYCLE_PLACES; place++) {
        below += sum->cycle[place];
        if (sum->timed > 0 && below >= rank) {
            *seconds = sum_cycle_value(place);
            return true;
        }
    }
    return false;
}

bool sum_yield(const struct sum *sum, unsigned *tenths)
{
    if (sum->entered == 0)
        return false;
    *tenths = (unsigned)(sum->passed_first * 1000 / sum->entered);
    return true;
}

bool sum_rate(const struct sum *sum, uint64_t *tenths)
{
    const uint64_t hours = sum_hours(sum);

    if (hours == 0)
        return false;
    *tenths = (sum->made * 10 + hours / 2) / hours;
    return true;
}
