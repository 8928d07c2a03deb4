/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver table of an application that only uses keys: signing and public keys work as with the whole one, and
 * nothing that PSA offers makes, replaces or destroys a key, in the chip or in the key store.
 */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "psa/transaction.h"

#define BOARD_KEY 18
#define BOARD_SLOT 2
#define OTHER_KEY 19

static struct world world;

static void start_use_only(void)
{
    world_attach(&world);
    world_start_table(&atecc608a_drv_info_use_only);
}

/* A Trust&GO part whose slot 2 holds key 18, as a factory has left it; then the use-only table alone. */
static int begin(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(BOARD_KEY, BOARD_SLOT);

    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    world_expect(&world, mbedtls_psa_register_se_key(&attributes), PSA_SUCCESS);
    world_stop(&world);
    start_use_only();
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static void test_uses_keys(void **state)
{
    (void)state;
    world_prove_key(&world, BOARD_KEY);
}

static void test_makes_none(void **state)
{
    psa_key_attributes_t generated = world_key_pair(OTHER_KEY, -1);
    psa_key_attributes_t placed = world_key_pair(OTHER_KEY, 3);
    psa_key_attributes_t imported = world_public_key(OTHER_KEY, 8);
    uint8_t before[64], after[64], scalar[32], point[65];
    psa_key_id_t id = 0;

    (void)state;
    p256_make_key(scalar, point);
    assert_true(world_slot_public(&world, 3, before));
    world_expect(&world, psa_generate_key(&generated, &id), PSA_ERROR_NOT_SUPPORTED);
    world_expect(&world, psa_generate_key(&placed, &id), PSA_ERROR_NOT_SUPPORTED);
    world_expect(&world, mbedtls_psa_register_se_key(&placed), PSA_ERROR_NOT_SUPPORTED);
    world_expect(&world, psa_import_key(&imported, point, sizeof point, &id), PSA_ERROR_NOT_SUPPORTED);
    world_expect(&world, psa_copy_key(BOARD_KEY, &generated, &id), PSA_ERROR_NOT_PERMITTED);
    assert_true(world_slot_public(&world, 3, after));
    assert_memory_equal(before, after, sizeof before);
    assert_false(is_stored(&world.storage, OTHER_KEY));
    assert_int_equal(world.chip.counters.writing, 0);
}

/* The core drops a record whatever the driver says, unless the store holds it. */
static void test_destroys_none(void **state)
{
    uint8_t before[64], after[64];

    (void)state;
    assert_true(world_slot_public(&world, BOARD_SLOT, before));
    for (int i = 0; i < 2; i++) {
        world_expect(&world, psa_destroy_key(BOARD_KEY), PSA_ERROR_NOT_PERMITTED);
        assert_true(is_stored(&world.storage, BOARD_KEY));
        world_stop(&world);
        start_use_only();
    }
    assert_true(world_slot_public(&world, BOARD_SLOT, after));
    assert_memory_equal(before, after, sizeof before);
    world_prove_key(&world, BOARD_KEY);
    assert_int_equal(world.chip.counters.writing, 0);
    assert_false(is_stored(&world.storage, TRANSACTION_UID));
}

/* What an interrupted run has left in the store is settled; a key that is to go from the chip waits for the factory. */
static void test_leaves_erasures(void **state)
{
    uint8_t before[64], after[64];
    struct storage_record record;
    struct bytes_out nothing = {.data = NULL};
    /* A destruction of key 18, cut short behind its transaction record. */
    uint8_t transaction[TRANSACTION_BYTES] = {2, 0, 0, 0, 0x01, 0x60, 0, 0, BOARD_SLOT, 0, 0, 0, 0, 0, 0, 0, BOARD_KEY};

    (void)state;
    assert_true(world_slot_public(&world, BOARD_SLOT, before));
    assert_int_equal(world.storage.operations->set(world.storage.context, TRANSACTION_UID, 0,
                                                   bytes_of(transaction, sizeof transaction)),
                     STORAGE_OK);
    world_stop(&world);
    start_use_only();
    assert_int_equal(world.storage.operations->get(world.storage.context, TRANSACTION_UID, 0, &nothing, &record),
                     STORAGE_ABSENT);
    assert_false(is_stored(&world.storage, BOARD_KEY));
    assert_true(world_slot_public(&world, BOARD_SLOT, after));
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(world.chip.counters.writing, 0);

    world_stop(&world);
    world_start(&world);
    assert_true(world_slot_public(&world, BOARD_SLOT, after));
    assert_memory_not_equal(before, after, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_uses_keys, begin, end),
        cmocka_unit_test_setup_teardown(test_makes_none, begin, end),
        cmocka_unit_test_setup_teardown(test_destroys_none, begin, end),
        cmocka_unit_test_setup_teardown(test_leaves_erasures, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
