/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/uses.h"

#include "base/order.h"
#include "chip/config_layout.h"

#define COUNTER_BYTES 8
#define STEPS 32u /* of the unary parts; the binary parts count how often they have been through */
#define HALF 16u

#define MATCH_ON 0x01
#define MATCH_IGNORED 31u

#define LAST_KEY_USE_SLOT 15
#define LAST_KEY_USE_BYTES 16

static uint32_t count_ones(uint32_t bits)
{
    uint32_t count = 0;

    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

/* Two unary parts of 16 bits, which take turns, then two binary ones, all highest byte first. */
uint32_t chip_config_counter(const struct chip_config *config, uint8_t counter)
{
    const uint8_t *bytes = config->zone + CONFIG_COUNTER0_AT + COUNTER_BYTES * counter;
    const uint32_t linear_a = HALF - count_ones(load16_be(bytes)), linear_b = HALF - count_ones(load16_be(bytes + 2));

    if (linear_a < HALF)
        return STEPS * load16_be(bytes + 4) + linear_a;
    return STEPS * load16_be(bytes + 6) + HALF + linear_b;
}

bool chip_config_count_match(const struct chip_config *config, uint8_t *slot)
{
    const uint8_t match = config->zone[CONFIG_COUNT_MATCH_AT];

    *slot = match >> 4;
    return chip_config_part(config) != CHIP_PART_ATECC508A && (match & MATCH_ON) != 0;
}

uint32_t chip_match_limit(const uint8_t value[static CHIP_MATCH_BYTES])
{
    const uint32_t first = load32_le(value) & ~MATCH_IGNORED, second = load32_le(value + 4) & ~MATCH_IGNORED;
    const uint32_t limit = first < second ? first : second;

    return limit < CHIP_COUNTER_MAX ? limit : CHIP_COUNTER_MAX;
}

bool chip_slot_uses_counter(const struct chip_config *config, uint8_t slot)
{
    return slot != LAST_KEY_USE_SLOT || chip_config_part(config) != CHIP_PART_ATECC508A;
}

uint32_t chip_slot_uses_left(const struct chip_config *config, uint8_t slot, uint32_t limit)
{
    const uint32_t used = chip_config_counter(config, 0);
    uint32_t left = 0;

    if (chip_slot_uses_counter(config, slot))
        return used < limit ? limit - used : 0;
    for (unsigned i = 0; i < LAST_KEY_USE_BYTES; i++)
        left += count_ones(config->zone[CONFIG_USE_LOCK_AT + i]);
    return left;
}
