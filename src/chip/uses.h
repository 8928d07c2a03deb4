/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a key whose slot says LimitedUse can still be used. The chip counts before each use and refuses with 0F
 * when nothing is left, for ever. GenKey does not count. Sources: ATECC508A data sheet DS20005927, sections 2.2.2 and
 * 3.2.5; CountMatch: cryptoauthlib's tests of counter_match.
 */
#ifndef IMPRINT_CHIP_USES_H
#define IMPRINT_CHIP_USES_H

#include "chip/config.h"

#define CHIP_COUNTER_MAX 2097151u /* 21 bits */
#define CHIP_MATCH_BYTES 8

/* Monotonic counter 0 or 1 as the config zone shows it. */
uint32_t chip_config_counter(const struct chip_config *config, uint8_t counter);

/* ATECC608: whether CountMatch is on, and then the slot whose first 8 bytes hold the highest value of counter 0. */
bool chip_config_count_match(const struct chip_config *config, uint8_t *slot);

/* That value. It lies there twice; of two that differ the lower one counts. Its low five bits are ignored. */
uint32_t chip_match_limit(const uint8_t value[static CHIP_MATCH_BYTES]);

/*
 * Uses left of a slot with LimitedUse. `limit`: the highest value of counter 0, CHIP_COUNTER_MAX without CountMatch.
 * Slot 15 of an ATECC508A has 128 uses of its own (LastKeyUse); all others of a part share the counter.
 */
uint32_t chip_slot_uses_left(const struct chip_config *config, uint8_t slot, uint32_t limit);

/* Does `limit` count for this slot? */
bool chip_slot_uses_counter(const struct chip_config *config, uint8_t slot);

#endif
