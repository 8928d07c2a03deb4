/* SPDX-License-Identifier: Apache-2.0 */
/* Chance that is repeated by its seed. */
#ifndef IMPRINT_TEST_ORDER_CHANCE_H
#define IMPRINT_TEST_ORDER_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

void chance_begin(uint64_t seed);
unsigned random_below(unsigned bound);
bool chance(unsigned percent);

#endif
