/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private slot that hides its public key (PubInfo 0), in an open data zone: public documents contradict one another
 * on whether the chip gives it away there. Everything the driver does is right whichever is true, and the same.
 */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chip/operations.h"
#include "psa/slots.h"
#include "virtual/chip/virtual_invasive.h"

static const enum virtual_public_rule rules[] = {VIRTUAL_PUBLIC_ALWAYS, VIRTUAL_PUBLIC_ONCE_LOCKED};

static struct world world;

static void begin(enum virtual_public_rule rule)
{
    world_make(&world, WORLD_VARIED);
    world_start(&world);
    virtual_set_public_rule(world.part, rule);
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static psa_key_attributes_t signing_key(psa_key_id_t id)
{
    psa_key_attributes_t attributes = world_key_pair(id, VARIED_HIDDEN);

    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH); /* to verify needs the public key */
    return attributes;
}

static enum driver_fill fill(void)
{
    enum driver_fill found;

    world_expect(&world, driver_probe_slot(&world.driver, VARIED_HIDDEN, &found, &world.driver.last_error),
                 PSA_SUCCESS);
    return found;
}

static void expect_hidden(psa_key_id_t id)
{
    uint8_t point[P256_POINT_BYTES];
    size_t len;

    world_expect_reason(&world, psa_export_public_key(id, point, sizeof point, &len), PSA_ERROR_NOT_PERMITTED,
                        ERROR_SLOT_POLICY);
}

static void expect_signs(psa_key_id_t id)
{
    static const uint8_t digest[32] = {7};
    uint8_t signature[64];
    size_t len = 0;

    world_expect(
        &world,
        psa_sign_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, sizeof signature, &len),
        PSA_SUCCESS);
    assert_int_equal(len, 64);
}

static void a_key_is_generated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        psa_key_id_t made;

        begin(rules[i]);
        assert_int_equal(fill(), DRIVER_FILL_EMPTY);
        psa_key_attributes_t attributes = signing_key(16);
        world_expect(&world, psa_generate_key(&attributes, &made), PSA_SUCCESS);
        assert_int_equal(fill(), DRIVER_FILL_KEY);
        expect_hidden(16);
        expect_signs(16);
        world_remove(&world);
    }
}

static void a_key_is_imported(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        uint8_t scalar[32], point[P256_POINT_BYTES];
        psa_key_id_t made;

        begin(rules[i]);
        p256_make_key(scalar, point);
        psa_key_attributes_t attributes = signing_key(16);
        world_expect(&world, psa_import_key(&attributes, scalar, sizeof scalar, &made), PSA_SUCCESS);
        assert_int_equal(fill(), DRIVER_FILL_KEY);
        expect_hidden(16);
        world_prove(&world, 16, point);
        world_remove(&world);
    }
}

static void a_key_is_registered(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        begin(rules[i]);
        psa_key_attributes_t attributes = signing_key(16);
        world_expect_reason(&world, world_register_key(&attributes), PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY);
        world_fill_slot(&world, VARIED_HIDDEN);
        world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
        expect_hidden(16);
        expect_signs(16);
        world_remove(&world);
    }
}

static void a_key_is_destroyed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        uint8_t before[32], after[32];
        psa_key_id_t made;

        begin(rules[i]);
        psa_key_attributes_t attributes = signing_key(16);
        world_expect(&world, psa_generate_key(&attributes, &made), PSA_SUCCESS);
        virtual_digest(world.part, before);
        world_expect(&world, psa_destroy_key(16), PSA_SUCCESS);
        virtual_digest(world.part, after);
        assert_memory_not_equal(before, after, sizeof before);
        world_remove(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_key_is_generated, end),
        cmocka_unit_test_teardown(a_key_is_imported, end),
        cmocka_unit_test_teardown(a_key_is_registered, end),
        cmocka_unit_test_teardown(a_key_is_destroyed, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
