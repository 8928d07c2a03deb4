/* SPDX-License-Identifier: Apache-2.0 */
#include "test/chip/full.h"

#include "test/support/dump.h"
#include "test/support/p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOCK_BYTES_AT 86

static void fill_public(struct full *full, uint8_t slot)
{
    uint8_t scalar[32];

    count_up(scalar, sizeof(scalar), (uint8_t)(slot << 4 | 1));
    p256_public_of(scalar, full->public_keys[slot]);
    assert_int_equal(chip_write_public_key(full->chip, slot, full->public_keys[slot], NULL), CHIP_OK);
}

static void fill_secret(struct full *full, uint8_t slot)
{
    uint8_t blocks = slot < 8 ? 1 : 2;

    count_up(full->secrets[slot], 64, (uint8_t)(slot * 0x11));
    for (uint8_t block = 0; block < blocks; block++)
        assert_int_equal(chip_write_slot_block(full->chip, slot, block, full->secrets[slot] + 32 * block, NULL),
                         CHIP_OK);
}

void full_init(struct full *full, const char *dump, const struct full_change *changes, size_t count)
{
    struct chip_config config = dump_load(dump);
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config.zone};

    memset(full, 0, sizeof(*full));
    memset(config.zone + LOCK_BYTES_AT, 0x55, 2);
    for (size_t i = 0; i < count; i++)
        config.zone[changes[i].offset] = changes[i].value;
    world_open_chip(&full->world, &making);
    full->chip = &full->world.chip;
    full->serial = full->chip->serial;
    assert_int_equal(chip_read_config(full->chip, &config, NULL), CHIP_OK);
    assert_int_equal(chip_lock_config(full->chip, &config, NULL), CHIP_OK);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        struct chip_slot_policy policy = chip_slot_policy(&config, slot);

        if (policy.is_private)
            assert_int_equal(chip_generate_key(full->chip, slot, full->public_keys[slot], NULL), CHIP_OK);
        else if (policy.type == CHIP_KEY_P256)
            fill_public(full, slot);
        else
            fill_secret(full, slot);
    }
    assert_int_equal(chip_lock_data(full->chip, false, 0, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(full->chip, &full->config, NULL), CHIP_OK);
}

void full_release(struct full *full)
{
    world_remove(&full->world);
}

void full_arm(struct full *full, const char *kind, unsigned ahead)
{
    char id[40];

    (void)snprintf(id, sizeof(id), "%s@%u", kind, (unsigned)full->chip->counters.commands + ahead);
    assert_true(virtual_arm_fault(full->world.part, id));
}
