/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual ATECC608B under a configuration of its own, taken as far as a test wants it: the chip layer's own
 * operations bring it there.
 */
#ifndef IMPRINT_TEST_CHIP_LAB_H
#define IMPRINT_TEST_CHIP_LAB_H

#include "chip/operations.h"
#include "test/support/world.h"

#define PART CHIP_PART_ATECC608B

/* The lab's slots: 0 and 2 private keys, importable with the key in slot 1; 5 data behind the same key; 9 a public key.
 */
#define SLOT_KEY 0
#define SLOT_WRITE_KEY 1
#define SLOT_KEY_2 2
#define SLOT_BEHIND_KEY 5
#define SLOT_DATA 8
#define SLOT_PUBLIC 9

enum lab_state {
    LAB_OPEN,    /* as delivered */
    LAB_FILLING, /* configured, config zone locked, write key in its slot */
    LAB_LOCKED,  /* data zone locked, too */
};

struct lab {
    struct world world;
    struct chip *chip;
    struct chip_config config; /* as it is; in LAB_OPEN as it is to be */
    uint8_t write_key[32];
    uint8_t digest[32];
};

void lab_init(struct lab *lab, enum lab_state state);
void lab_release(struct lab *lab);

/* Fails unless the slot signs the lab's digest so that libcrypto takes it with this key. */
void lab_assert_signs(struct lab *lab, uint8_t slot, const uint8_t public_key[static 64]);

#endif
