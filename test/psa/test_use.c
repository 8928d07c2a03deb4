/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Using chip keys through PSA: sign and verify with every hash length, export, destroy. Each signature is verified by
 * libcrypto.
 */
#include "test/support/p256.h"
#include "test/support/world.h"
#include "virtual/chip/virtual_invasive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#define SIGNING_KEY 16
#define PUBLIC_KEY 17

static struct world world;

/* TrustFLEX: the maker's key in slot 0 as key id 16. */
static int begin(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(SIGNING_KEY, 0);

    (void)state;
    world_make(&world, WORLD_TRUST_FLEX);
    world_start(&world);
    world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static void export_point(uint8_t point[static 65])
{
    size_t len;

    world_expect(&world, psa_export_public_key(SIGNING_KEY, point, 65, &len), PSA_SUCCESS);
    assert_int_equal(len, 65);
}

static const struct hash_row {
    psa_algorithm_t hash;
    size_t bytes;
} hash_rows[] = {
    {PSA_ALG_SHA_1, 20},
    {PSA_ALG_SHA_224, 28},
    {PSA_ALG_SHA_256, 32},
    {PSA_ALG_SHA_384, 48}, /* what TLS 1.2 signs with the suites of SHA-384 */
    {PSA_ALG_SHA_512, 64},
    {0, 20},
    {0, 28},
    {0, 32},
    {0, 48},
    {0, 64},
};

static void every_hash_length(void **state)
{
    uint8_t point[65], hash[64], signature[64];
    size_t len;

    (void)state;
    export_point(point);
    for (size_t i = 0; i < sizeof hash_rows / sizeof hash_rows[0]; i++) {
        const struct hash_row *row = &hash_rows[i];
        psa_algorithm_t algorithm = PSA_ALG_ECDSA(row->hash);

        assert_int_equal(psa_generate_random(hash, row->bytes), PSA_SUCCESS);
        world_expect(&world, psa_sign_hash(SIGNING_KEY, algorithm, hash, row->bytes, signature, sizeof signature, &len),
                     PSA_SUCCESS);
        assert_int_equal(len, 64);
        assert_true(p256_verifies(point + 1, hash, row->bytes, signature));
        world_expect(&world, psa_verify_hash(SIGNING_KEY, algorithm, hash, row->bytes, signature, 64), PSA_SUCCESS);
        hash[0] ^= 0x80;
        assert_false(p256_verifies(point + 1, hash, row->bytes, signature));
        world_expect_reason(&world, psa_verify_hash(SIGNING_KEY, algorithm, hash, row->bytes, signature, 64),
                            PSA_ERROR_INVALID_SIGNATURE, ERROR_CHIP_MISCOMPARE);
    }
}

static void other_hash_lengths_are_refused(void **state)
{
    uint8_t hash[72] = {1}, signature[64];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof hash_rows / sizeof hash_rows[0]; i++)
        for (size_t bytes = 0; bytes <= sizeof hash; bytes++) {
            const struct hash_row *row = &hash_rows[i];
            bool whole = row->hash != 0 ? bytes == row->bytes
                                        : bytes == 20 || bytes == 28 || bytes == 32 || bytes == 48 || bytes == 64;
            if (whole)
                continue;
            assert_int_equal(
                psa_sign_hash(SIGNING_KEY, PSA_ALG_ECDSA(row->hash), hash, bytes, signature, sizeof signature, &len),
                PSA_ERROR_INVALID_ARGUMENT);
            assert_int_equal(psa_verify_hash(SIGNING_KEY, PSA_ALG_ECDSA(row->hash), hash, bytes, signature, 64),
                             PSA_ERROR_INVALID_ARGUMENT);
        }
    world_expect_reason(&world,
                        psa_sign_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, 20, signature, 64, &len),
                        PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE);
    assert_int_equal(world.driver.last_error.expected, 32);
    assert_int_equal(world.driver.last_error.found, 20);
    /* MD5 is no SHA. */
    assert_int_equal(psa_sign_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_MD5), hash, 16, signature, 64, &len),
                     PSA_ERROR_INVALID_ARGUMENT);
}

static void small_buffers(void **state)
{
    uint8_t hash[32] = {1}, signature[64], point[65];
    size_t len;

    (void)state;
    for (size_t size = 1; size < 64; size += 21)
        assert_int_equal(
            psa_sign_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, signature, size, &len),
            PSA_ERROR_BUFFER_TOO_SMALL);
    assert_int_equal(psa_export_public_key(SIGNING_KEY, point, 64, &len), PSA_ERROR_BUFFER_TOO_SMALL);
    assert_int_equal(len, 0);
}

static void bad_signatures(void **state)
{
    uint8_t hash[32] = {1}, signature[65] = {0}, good[65];
    size_t len;

    (void)state;
    world_expect(&world, psa_sign_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, good, 64, &len),
                 PSA_SUCCESS);
    for (size_t bit = 0; bit < 512; bit += 37) {
        memcpy(signature, good, 64);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(psa_verify_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, 32, signature, 64),
                         PSA_ERROR_INVALID_SIGNATURE);
    }
    for (size_t bytes = 0; bytes <= 65; bytes++)
        if (bytes != 64)
            assert_int_equal(psa_verify_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, 32, good, bytes),
                             PSA_ERROR_INVALID_SIGNATURE);
    memcpy(signature, good, 64);
    memset(signature, 0, 32);
    assert_int_equal(psa_verify_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, 32, signature, 64),
                     PSA_ERROR_INVALID_SIGNATURE);
    memcpy(signature, good, 64);
    memset(signature + 32, 0xff, 32);
    assert_int_equal(psa_verify_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, 32, signature, 64),
                     PSA_ERROR_INVALID_SIGNATURE);
}

static void messages(void **state)
{
    static const uint8_t message[] = "boards want keys";
    uint8_t point[65], hash[32], signature[64];
    size_t len;

    (void)state;
    export_point(point);
    world_expect(&world,
                 psa_sign_message(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), message, sizeof message, signature,
                                  sizeof signature, &len),
                 PSA_SUCCESS);
    assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, message, sizeof message, hash, NULL), 1);
    assert_true(p256_verifies(point + 1, hash, sizeof hash, signature));
    world_expect(
        &world, psa_verify_message(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), message, sizeof message, signature, 64),
        PSA_SUCCESS);
}

/* The key records of another chip, or of this one before it was replaced: the slot they name is empty. */
static void a_slot_without_its_key_says_so(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(18, 0);
    uint8_t hash[32] = {1}, signature[64], point[65];
    char store[sizeof world.store.directory];
    psa_key_id_t id;
    size_t len;

    (void)state;
    memset(signature, 1, sizeof signature);
    world_remove(&world);
    world_make(&world, WORLD_BLANK_LOCKED);
    world_start(&world);
    world_expect(&world, psa_generate_key(&attributes, &id), PSA_SUCCESS);
    world_stop(&world);
    struct world other;
    world_make(&other, WORLD_BLANK_LOCKED);
    memcpy(store, other.store.directory, sizeof store);
    memcpy(other.store.directory, world.store.directory, sizeof store);
    world_start(&other);
    world_expect_reason(&other,
                        psa_sign_hash(18, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, signature, 64, &len),
                        PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY);
    world_expect_reason(&other, psa_export_public_key(18, point, sizeof point, &len), PSA_ERROR_DOES_NOT_EXIST,
                        ERROR_SLOT_EMPTY);
    world_expect_reason(&other, psa_verify_hash(18, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, sizeof hash, signature, 64),
                        PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY);
    memcpy(other.store.directory, store, sizeof store);
    world_remove(&other);
}

/* A key that counts its uses loses one a call, whatever is lost on the way. */
static void a_counted_use_is_taken_once(void **state)
{
    uint8_t hash[32] = {1}, signature[64];
    struct virtual_counters before;
    unsigned failed = 0;
    size_t len;

    (void)state;
    for (unsigned group = 1; group <= 6; group++) {
        uint32_t counted;

        world_restart(&world);
        world_expect(&world, psa_sign_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, 32, signature, 64, &len),
                     PSA_SUCCESS);
        counted = world.chip.counters.counted;
        world.chip.limited_use = 1; /* as its SlotConfig would say of slot 0 */
        virtual_read_counters(world.part, &before);
        world_arm(&world, "lost", (unsigned)before.groups + group);
        if (psa_sign_hash(SIGNING_KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), hash, 32, signature, 64, &len) != PSA_SUCCESS)
            failed++;
        assert_in_range(world.chip.counters.counted - counted, 0, 1);
    }
    assert_in_range(failed, 1, 5);
}

static void private_keys_do_not_come_out(void **state)
{
    uint8_t out[65];
    size_t len;

    (void)state;
    assert_int_equal(psa_export_key(SIGNING_KEY, out, sizeof out, &len), PSA_ERROR_NOT_PERMITTED);
}

/* --- destroy --------------------------------------------------------------------------------------------------- */

static void destroy_replaces_a_key_where_the_slot_allows(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(18, 2);
    uint8_t before[64], after[64];

    (void)state;
    world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
    assert_true(world_slot_public(&world, 2, before));
    world_expect(&world, psa_destroy_key(18), PSA_SUCCESS);
    assert_true(world_slot_public(&world, 2, after));
    assert_memory_not_equal(before, after, sizeof after);
    assert_int_equal(psa_get_key_attributes(18, &attributes), PSA_ERROR_INVALID_HANDLE);
    world_restart(&world);
    assert_int_equal(psa_get_key_attributes(18, &attributes), PSA_ERROR_INVALID_HANDLE);
}

static void destroy_leaves_a_key_that_cannot_be_replaced(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(SIGNING_KEY, 0);
    uint8_t before[64], after[64], digest[2][32];

    (void)state;
    assert_true(world_slot_public(&world, 0, before));
    virtual_digest(world.part, digest[0]);
    world_expect(&world, psa_destroy_key(SIGNING_KEY), PSA_SUCCESS);
    virtual_digest(world.part, digest[1]);
    assert_memory_equal(digest[0], digest[1], 32);
    assert_true(world_slot_public(&world, 0, after));
    assert_memory_equal(before, after, sizeof after);
    assert_int_equal(psa_get_key_attributes(SIGNING_KEY, &attributes), PSA_ERROR_INVALID_HANDLE);
    /* The key is still there to be registered. */
    attributes = world_key_pair(SIGNING_KEY, 0);
    world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
    world_prove_key(&world, SIGNING_KEY);
}

static void destroy_leaves_a_locked_slot(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(18, 2);
    uint8_t before[64], after[64];

    (void)state;
    world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
    world_lock_slot(&world, 2);
    assert_true(world_slot_public(&world, 2, before));
    world_expect(&world, psa_destroy_key(18), PSA_SUCCESS);
    assert_true(world_slot_public(&world, 2, after));
    assert_memory_equal(before, after, sizeof after);
}

static void destroy_forgets_a_public_key(void **state)
{
    psa_key_attributes_t attributes = world_public_key(PUBLIC_KEY, 13);
    uint8_t scalar[32], point[65], after[64];
    psa_key_id_t id;

    (void)state;
    p256_make_key(scalar, point);
    world_expect(&world, psa_import_key(&attributes, point, sizeof point, &id), PSA_SUCCESS);
    world_expect(&world, psa_destroy_key(PUBLIC_KEY), PSA_SUCCESS);
    assert_true(world_slot_public(&world, 13, after));
    assert_memory_equal(after, point + 1, sizeof after);
    /* Nobody claims it: naming the slot is permission to replace it. */
    p256_make_key(scalar, point);
    world_expect(&world, psa_import_key(&attributes, point, sizeof point, &id), PSA_SUCCESS);
    assert_true(world_slot_public(&world, 13, after));
    assert_memory_equal(after, point + 1, sizeof after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_hash_length, begin, end),
        cmocka_unit_test_setup_teardown(other_hash_lengths_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(small_buffers, begin, end),
        cmocka_unit_test_setup_teardown(bad_signatures, begin, end),
        cmocka_unit_test_setup_teardown(messages, begin, end),
        cmocka_unit_test_setup_teardown(a_slot_without_its_key_says_so, begin, end),
        cmocka_unit_test_setup_teardown(a_counted_use_is_taken_once, begin, end),
        cmocka_unit_test_setup_teardown(private_keys_do_not_come_out, begin, end),
        cmocka_unit_test_setup_teardown(destroy_replaces_a_key_where_the_slot_allows, begin, end),
        cmocka_unit_test_setup_teardown(destroy_leaves_a_key_that_cannot_be_replaced, begin, end),
        cmocka_unit_test_setup_teardown(destroy_leaves_a_locked_slot, begin, end),
        cmocka_unit_test_setup_teardown(destroy_forgets_a_public_key, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
