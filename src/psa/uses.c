/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/uses.h"

#include "chip/operations.h"
#include "chip/uses.h"

/* False where the limit cannot be read. */
static bool read_limit(const struct driver *driver, const struct chip_config *config, uint32_t *limit)
{
    uint8_t block[32], slot;

    *limit = CHIP_COUNTER_MAX;
    if (!chip_config_count_match(config, &slot))
        return true;
    if ((chip_slot_can(config, slot) & CHIP_CAN_READ_CLEAR) == 0 ||
        chip_read_slot_block(driver->chip, slot, 0, block, NULL) != CHIP_OK)
        return false;
    *limit = chip_match_limit(block);
    return true;
}

uint32_t driver_uses_left(const struct driver *driver, const struct chip_config *config, uint8_t slot)
{
    uint32_t limit = CHIP_COUNTER_MAX;

    if (chip_slot_uses_counter(config, slot) && !read_limit(driver, config, &limit))
        return DRIVER_USES_UNKNOWN;
    return chip_slot_uses_left(config, slot, limit);
}
