/* SPDX-License-Identifier: Apache-2.0 */
#include "test/chip/lab.h"

#include "test/support/p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    uint8_t slot;
    uint8_t slot_config[2], key_config[2];
} lab_slots[] = {
    {SLOT_KEY, {0x83, 0x71}, {0x33, 0x00}},    {SLOT_WRITE_KEY, {0x81, 0x01}, {0x3C, 0x00}},
    {SLOT_KEY_2, {0x83, 0x71}, {0x13, 0x00}},  {SLOT_BEHIND_KEY, {0x0F, 0x41}, {0x1C, 0x00}},
    {SLOT_PUBLIC, {0x0F, 0x0F}, {0x30, 0x00}},
};

static void want_config(const struct chip_config *now, struct chip_config *wanted)
{
    *wanted = *now;
    for (size_t i = 0; i < sizeof(lab_slots) / sizeof(lab_slots[0]); i++) {
        memcpy(wanted->zone + 20 + 2 * (size_t)lab_slots[i].slot, lab_slots[i].slot_config, 2);
        memcpy(wanted->zone + 96 + 2 * (size_t)lab_slots[i].slot, lab_slots[i].key_config, 2);
    }
}

void lab_init(struct lab *lab, enum lab_state state)
{
    const struct virtual_making blank = {.part = VIRTUAL_BLANK};
    struct chip_config now;

    world_open_chip(&lab->world, &blank);
    lab->chip = &lab->world.chip;
    count_up(lab->write_key, 32, 0x40);
    count_up(lab->digest, 32, 0xB1);
    assert_int_equal(chip_read_config(lab->chip, &now, NULL), CHIP_OK);
    want_config(&now, &lab->config);
    if (state == LAB_OPEN)
        return;
    assert_int_equal(chip_write_config(lab->chip, &now, &lab->config, NULL), CHIP_OK);
    assert_int_equal(chip_lock_config(lab->chip, &lab->config, NULL), CHIP_OK);
    assert_int_equal(chip_write_slot_block(lab->chip, SLOT_WRITE_KEY, 0, lab->write_key, NULL), CHIP_OK);
    if (state == LAB_LOCKED)
        assert_int_equal(chip_lock_data(lab->chip, false, 0, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(lab->chip, &lab->config, NULL), CHIP_OK);
}

void lab_release(struct lab *lab)
{
    world_remove(&lab->world);
}

void lab_assert_signs(struct lab *lab, uint8_t slot, const uint8_t public_key[static 64])
{
    uint8_t signature[64];

    assert_int_equal(chip_sign_digest(lab->chip, PART, slot, lab->digest, signature, NULL), CHIP_OK);
    assert_true(p256_verifies(public_key, lab->digest, 32, signature));
}
