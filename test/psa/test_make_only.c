/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver table of an application that makes keys and uses them: generating, registering and signing work as with
 * the whole one; importing, destroying and verifying in the chip are not there.
 */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "psa/transaction.h"

static struct world world;

static void start_make_only(void)
{
    world_attach(&world);
    world_start_table(&atecc608a_drv_info_make_only);
}

static int begin(void **state)
{
    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    start_make_only();
    return 0;
}

/* A part that takes public keys. */
static int begin_varied(void **state)
{
    (void)state;
    world_make(&world, WORLD_VARIED_LOCKED);
    start_make_only();
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static void test_makes_and_uses(void **state)
{
    psa_key_attributes_t maker = world_key_pair(16, 0), board = world_key_pair(18, -1), again = world_key_pair(18, 3);
    psa_key_id_t id = 0;

    (void)state;
    world.driver.settings.replace_unclaimed = true;
    world_expect(&world, mbedtls_psa_register_se_key(&maker), PSA_SUCCESS);
    world_expect(&world, psa_generate_key(&board, &id), PSA_SUCCESS);
    world_expect_reason(&world, psa_generate_key(&again, &id), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    world_stop(&world);
    start_make_only();
    world_prove_key(&world, 16);
    world_prove_key(&world, 18);
}

static void test_imports_destroys_and_verifies_none(void **state)
{
    psa_key_attributes_t board = world_key_pair(18, VARIED_SIGN), imported = world_public_key(19, VARIED_PUBLIC);
    uint8_t scalar[32], point[65], before[64], after[64], hash[32] = {1}, signature[64];
    size_t len;
    psa_key_id_t id = 0;
    uint32_t writing;

    (void)state;
    p256_make_key(scalar, point);
    world_expect(&world, psa_generate_key(&board, &id), PSA_SUCCESS);
    world_expect(
        &world, psa_sign_hash(18, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, signature, sizeof signature, &len),
        PSA_SUCCESS);
    assert_true(world_slot_public(&world, VARIED_SIGN, before));
    writing = world.chip.counters.writing;
    world_expect(&world, psa_import_key(&imported, point, sizeof point, &id), PSA_ERROR_NOT_SUPPORTED);
    world_expect(&world, psa_destroy_key(18), PSA_ERROR_NOT_PERMITTED);
    world_expect(&world,
                 psa_verify_hash(18, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, signature, sizeof signature),
                 PSA_ERROR_NOT_SUPPORTED);
    assert_int_equal(world.chip.counters.writing, writing);
    world_stop(&world);
    start_make_only();
    assert_true(is_stored(&world.storage, 18));
    assert_false(is_stored(&world.storage, 19));
    assert_false(is_stored(&world.storage, TRANSACTION_UID));
    assert_true(world_slot_public(&world, VARIED_SIGN, after));
    assert_memory_equal(before, after, sizeof before);
    world_prove_key(&world, 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_makes_and_uses, begin, end),
        cmocka_unit_test_setup_teardown(test_imports_destroys_and_verifies_none, begin_varied, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
