/* SPDX-License-Identifier: Apache-2.0 */
/* psa/keys.h: each failure is explained by its own reason, the driver's or the core's, and by no earlier call's. */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "psa/keys.h"
#include "psa/reason.h"

#define HIDDEN 18   /* in a slot whose public key the chip never computes: the driver refuses to export it */
#define VERIFIER 19 /* a key pair whose policy in PSA does not permit signing: the core refuses */
#define NO_KEY 20
#define ALGORITHM PSA_ALG_ECDSA(PSA_ALG_SHA_256)

static struct world world;
static uint8_t point[P256_POINT_BYTES], signature[P256_SIGNATURE_BYTES];
static const uint8_t hash[32] = {1, 2, 3};

static void make(psa_key_id_t id, uint8_t slot, psa_key_usage_t usage)
{
    psa_key_attributes_t attributes = world_key_pair(id, -1), has = PSA_KEY_ATTRIBUTES_INIT;
    struct error err = {.reason = ERROR_NONE};
    uint8_t found = KEYS_SLOT_ANY;

    psa_set_key_usage_flags(&attributes, usage);
    assert_int_equal(keys_generate(&world.driver, &attributes, slot, &err), PSA_SUCCESS);
    assert_int_equal(keys_attributes(&world.driver, id, true, &has, &found, &err), PSA_SUCCESS);
    assert_int_equal(found, slot);
    assert_int_equal(psa_get_key_lifetime(&has), KEYS_LIFETIME);
    psa_reset_key_attributes(&has);
}

static int begin(void **state)
{
    (void)state;
    world_make(&world, WORLD_VARIED_LOCKED);
    world_start(&world);
    make(HIDDEN, VARIED_HIDDEN, PSA_KEY_USAGE_SIGN_HASH);
    make(VERIFIER, VARIED_SIGN, PSA_KEY_USAGE_VERIFY_HASH);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static psa_status_t sign(uint32_t key_id, struct error *err)
{
    return keys_sign_hash(&world.driver, key_id, ALGORITHM, bytes_of(hash, sizeof hash), signature, err);
}

static void expect_core(const struct error *err, psa_status_t status, uint32_t key_id)
{
    struct error core = {.reason = ERROR_NONE};

    reason_of_core(status, &core);
    assert_int_equal(err->reason, core.reason);
    assert_non_null(err->cause);
    assert_string_equal(err->cause, core.cause);
    assert_int_equal(err->psa_status, status);
    assert_int_equal(err->key_id, key_id);
    assert_false(err->has_slot);
}

static void the_driver_explains_what_it_refuses(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_int_equal(keys_public(&world.driver, HIDDEN, point, &err), PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(err.reason, ERROR_SLOT_POLICY);
    assert_int_equal(err.slot, VARIED_HIDDEN);
    assert_int_equal(err.key_id, HIDDEN);
    assert_int_equal(err.psa_status, PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(world.driver.last_error.reason, ERROR_NONE);
}

/* The driver refuses and nobody asks why; then the core refuses by itself, with the same status and with another. */
static void the_core_explains_what_it_refuses(void **state)
{
    size_t len;

    (void)state;
    for (int same = 0; same < 2; same++) {
        struct error err = {.reason = ERROR_NONE};

        assert_int_equal(psa_export_public_key(HIDDEN, point, sizeof point, &len), PSA_ERROR_NOT_PERMITTED);
        assert_int_equal(world.driver.last_error.reason, ERROR_SLOT_POLICY);
        if (same == 1) {
            assert_int_equal(sign(VERIFIER, &err), PSA_ERROR_NOT_PERMITTED);
            expect_core(&err, PSA_ERROR_NOT_PERMITTED, VERIFIER);
        } else {
            assert_int_equal(sign(NO_KEY, &err), PSA_ERROR_INVALID_HANDLE);
            expect_core(&err, PSA_ERROR_INVALID_HANDLE, NO_KEY);
        }
    }
}

/* A call past keys.h that nobody framed: another status than the driver's last is never the driver's. */
static void another_status_is_not_the_drivers(void **state)
{
    struct error err = {.reason = ERROR_NONE};
    size_t len;

    (void)state;
    assert_int_equal(psa_export_public_key(HIDDEN, point, sizeof point, &len), PSA_ERROR_NOT_PERMITTED);
    keys_explain(&world.driver, PSA_ERROR_INVALID_HANDLE, &err);
    expect_core(&err, PSA_ERROR_INVALID_HANDLE, 0);
    assert_int_equal(keys_last_status(&world.driver, PSA_ERROR_GENERIC_ERROR), PSA_ERROR_GENERIC_ERROR);
}

static void each_core_status_has_a_sentence(void **state)
{
    (void)state;
    for (psa_status_t status = -1; status > -200; status--) {
        struct error err = {.reason = ERROR_NONE};

        reason_of_core(status, &err);
        assert_int_not_equal(err.reason, ERROR_NONE);
        assert_non_null(err.cause);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_driver_explains_what_it_refuses, begin, end),
        cmocka_unit_test_setup_teardown(the_core_explains_what_it_refuses, begin, end),
        cmocka_unit_test_setup_teardown(another_status_is_not_the_drivers, begin, end),
        cmocka_unit_test(each_core_status_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
