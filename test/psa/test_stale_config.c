/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application that calls the chip layer beside PSA: it writes and locks the config zone, and locks the data zone,
 * while PSA runs. The driver works with the zones as they are, and reads no more for it once both are locked.
 */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chip/config.h"
#include "chip/operations.h"

static struct world world;

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

/* Beside PSA, through the chip layer: a config zone in which slot 5 alone is for a signing key, locked. */
static void configure_and_lock(void)
{
    struct chip_config now, wanted;

    assert_int_equal(chip_read_config(&world.chip, &now, NULL), CHIP_OK);
    wanted = now;
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        chip_set_slot_policy(&wanted, slot, 0x8f8f, 0x001c);
    chip_set_slot_policy(&wanted, 5, 0x2081, 0x0013);
    assert_int_equal(chip_write_config(&world.chip, &now, &wanted, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(&world.chip, &now, NULL), CHIP_OK);
    assert_int_equal(chip_lock_config(&world.chip, &now, NULL), CHIP_OK);
}

static void a_config_zone_written_and_locked_beside_psa(void **state)
{
    (void)state;
    world_make(&world, WORLD_BLANK);
    world_start(&world);
    world_expect(&world, world_generate(16, 0), PSA_ERROR_BAD_STATE);
    configure_and_lock();
    world_expect(&world, world_generate(16, 0), PSA_ERROR_NOT_PERMITTED);
    world_expect(&world, world_generate(16, -1), PSA_SUCCESS);
    assert_int_equal(world_slot_of(&world, 16), 5);
    world_prove_key(&world, 16);
}

/* While the data zone is unlocked, no public key can be read; after the lock it can, without a restart of PSA. */
static void a_data_zone_locked_beside_psa(void **state)
{
    psa_key_attributes_t attributes = world_public_key(19, VARIED_PUBLIC);
    uint8_t scalar[32], point[65], exported[65];
    psa_key_id_t id;
    size_t len;

    (void)state;
    world_make(&world, WORLD_VARIED);
    world_start(&world);
    p256_make_key(scalar, point);
    world_expect(&world, psa_import_key(&attributes, point, sizeof point, &id), PSA_SUCCESS);
    world_expect(&world, psa_export_public_key(19, exported, sizeof exported, &len), PSA_ERROR_BAD_STATE);
    assert_int_equal(chip_lock_data(&world.chip, false, 0, NULL), CHIP_OK);
    world_expect(&world, psa_export_public_key(19, exported, sizeof exported, &len), PSA_SUCCESS);
    assert_memory_equal(exported, point, sizeof point);
}

static uint32_t commands_of_a_signature(void)
{
    static const uint8_t hash[32] = {1};
    uint8_t signature[64];
    const uint32_t before = world.chip.counters.commands;
    size_t len;

    world_expect(
        &world, psa_sign_hash(16, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, signature, sizeof signature, &len),
        PSA_SUCCESS);
    return world.chip.counters.commands - before;
}

/* The price: one read in each operation while the data zone is unlocked, and none after its lock. */
static void price_of_a_signature(void **state)
{
    uint32_t unlocked, first;

    (void)state;
    world_make(&world, WORLD_VARIED);
    world_start(&world);
    world_expect(&world, world_generate(16, VARIED_SIGN), PSA_SUCCESS);
    unlocked = commands_of_a_signature();
    assert_int_equal(chip_lock_data(&world.chip, false, 0, NULL), CHIP_OK);
    chip_sleep(&world.chip);
    first = commands_of_a_signature();
    assert_int_equal(first, unlocked); /* it finds the lock, and asks no more */
    assert_int_equal(commands_of_a_signature(), unlocked - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_config_zone_written_and_locked_beside_psa, end),
        cmocka_unit_test_teardown(a_data_zone_locked_beside_psa, end),
        cmocka_unit_test_teardown(price_of_a_signature, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
