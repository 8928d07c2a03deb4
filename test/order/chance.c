/* SPDX-License-Identifier: Apache-2.0 */
#include "test/order/chance.h"

static uint64_t random_state;

void chance_begin(uint64_t seed)
{
    random_state = seed;
}

/* splitmix64: a failure is repeated by its seed. */
static uint64_t random_next(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15U);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

unsigned random_below(unsigned bound)
{
    return (unsigned)(random_next() % bound);
}

bool chance(unsigned percent)
{
    return random_below(100) < percent;
}
