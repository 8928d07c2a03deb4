/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual part with slots for everything: Microchip's own test configuration, both zones locked, each slot filled.
 * What is in the slots follows from their numbers, so that the host's side is known.
 *
 * On the ATECC608: 0 private, LimitedUse, ECDH into slot 1; 2 private with ECDH; 7 private, signs inside; 1, 8 and 9
 * secret, read and written encrypted with 4 (9: rolls); 3 as they, derived from 4 with a MAC; 4 the key of all that,
 * and the IO protection key; 5 and 10 AES (5 wants the latch); 6 NoMac; 11, 14 and 15 public keys, 14 to be validated
 * by 15; 12 and 13 data.
 */
#ifndef IMPRINT_TEST_CHIP_FULL_H
#define IMPRINT_TEST_CHIP_FULL_H

#include "chip/operations.h"
#include "test/support/world.h"

#define FULL_KEY 4

/* One byte of the configuration that a test wants otherwise. */
struct full_change {
    uint8_t offset, value;
};
/* The two bytes of SlotConfig or KeyConfig of a slot. */
#define FULL_SLOT_CONFIG(slot, low, high)                                                                              \
    {(uint8_t)(20 + 2 * (slot)), (low)},                                                                               \
    {                                                                                                                  \
        (uint8_t)(21 + 2 * (slot)), (high)                                                                             \
    }
#define FULL_KEY_CONFIG(slot, low, high)                                                                               \
    {(uint8_t)(96 + 2 * (slot)), (low)},                                                                               \
    {                                                                                                                  \
        (uint8_t)(97 + 2 * (slot)), (high)                                                                             \
    }

/* CountMatch off: Counter0, which counts uses, goes its full way. */
#define FULL_NO_COUNT_MATCH {18, 0x00}

struct full {
    struct world world;
    struct chip *chip;
    struct chip_config config;           /* as it is, both zones locked */
    const uint8_t *serial;               /* the chip's */
    uint8_t secrets[CHIP_SLOTS][64];     /* what slots that are no key pair's begin with; 32 bytes in 0 to 7 */
    uint8_t public_keys[CHIP_SLOTS][64]; /* of the private keys, and those stored */
};

/* A new part, from the dump of that name in test/data/configs with `count` changes. */
void full_init(struct full *full, const char *dump, const struct full_change *changes, size_t count);
void full_release(struct full *full);

/* Arms KIND for the `ahead`-th command from here on, 1 for the next. */
void full_arm(struct full *full, const char *kind, unsigned ahead);

#define FULL_608 "608-cryptoauthlib-test"
#define FULL_508 "508a-cryptoauthlib-test"

#endif
