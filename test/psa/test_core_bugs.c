/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each known bug of the PSA core's secure element interface with its defence, seen by an application that calls Mbed
 * TLS's own API only. The table in docs/reference/psa-keys.md names these tests. Where a bug needs a failing medium or
 * chip, the fault is put below the driver; nothing else of the device is touched.
 */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <psa/internal_trusted_storage.h>

#include "psa/transaction.h"
#include "virtual/chip/virtual_invasive.h"

static struct world world;

static int begin(void **state)
{
    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static psa_status_t do_import(psa_key_id_t id, int slot)
{
    psa_key_attributes_t attributes = world_key_pair(id, slot);
    uint8_t scalar[32], point[65];
    psa_key_id_t made;

    p256_make_key(scalar, point);
    return psa_import_key(&attributes, scalar, sizeof scalar, &made);
}

static psa_status_t generate_local(psa_key_id_t id)
{
    psa_key_attributes_t attributes = world_key_pair(id, -1);
    psa_key_id_t made;

    psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_PERSISTENT);
    return psa_generate_key(&attributes, &made);
}

static void point_of(psa_key_id_t id, uint8_t point[static 65])
{
    size_t len;

    world_expect(&world, psa_export_public_key(id, point, 65, &len), PSA_SUCCESS);
    assert_int_equal(len, 65);
}

static void expect_chip_unchanged(const uint8_t before[static 32])
{
    uint8_t after[32];

    virtual_digest(world.part, after);
    assert_memory_equal(before, after, sizeof after);
}

/* --- a medium that fails where the test wants ------------------------------------------------------------------ */

static struct {
    struct store_front front;
    uint64_t uid;             /* the record the fault is about, 0 for none */
    enum storage_status get;  /* what get() of it answers, where not OK */
    enum storage_status set;  /* what set() of it answers, where not OK */
    enum storage_status next; /* what next() answers, where not OK */
    bool full;                /* reserve() finds no room */
} medium;

static enum storage_status fail_as_told(enum store_call call, uint64_t uid)
{
    switch (call) {
    case STORE_SET:
        return uid == medium.uid ? medium.set : STORAGE_OK;
    case STORE_GET:
        return uid == medium.uid ? medium.get : STORAGE_OK;
    case STORE_NEXT:
        return medium.next;
    case STORE_RESERVE:
        return medium.full ? STORAGE_FULL : STORAGE_OK;
    default:
        return STORAGE_OK;
    }
}

static int begin_with_medium(void **state)
{
    begin(state);
    memset(&medium, 0, sizeof medium);
    store_front_put(&medium.front, &world.storage, fail_as_told);
    return 0;
}

/* --- 3.7.1: a key id that exists ------------------------------------------------------------------------------- */

static void duplicate_id_of_a_chip_key(void **state)
{
    uint8_t point[65], digest[32];

    (void)state;
    world_expect(&world, world_register(16, 0), PSA_SUCCESS);
    point_of(16, point);
    world.driver.settings.replace_unclaimed = true;
    virtual_digest(world.part, digest);
    for (int slot = -1; slot <= 4; slot++) {
        world_expect_reason(&world, world_generate(16, slot), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
        world_expect_reason(&world, do_import(16, slot), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
        if (slot >= 0)
            world_expect_reason(&world, world_register(16, slot), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    }
    expect_chip_unchanged(digest);
    world_prove(&world, 16, point);
    world_expect(&world, psa_destroy_key(16), PSA_SUCCESS);
    assert_false(world_has_key(16));
}

static void duplicate_id_of_a_local_key(void **state)
{
    uint8_t point[65], digest[32];

    (void)state;
    assert_int_equal(generate_local(16), PSA_SUCCESS);
    point_of(16, point);
    virtual_digest(world.part, digest);
    world_expect_reason(&world, world_generate(16, 2), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    world_expect_reason(&world, do_import(16, 2), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    world_expect_reason(&world, world_register(16, 0), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    expect_chip_unchanged(digest);
    world_prove(&world, 16, point);

    /* And the other way round, which the core sees by itself. */
    world_expect(&world, world_register(17, 0), PSA_SUCCESS);
    assert_int_equal(generate_local(17), PSA_ERROR_ALREADY_EXISTS);
    world_prove_key(&world, 17);
}

static void duplicate_id_of_a_damaged_record(void **state)
{
    static const enum storage_status damages[] = {STORAGE_CORRUPT, STORAGE_FUTURE};
    uint8_t digest[32];

    (void)state;
    virtual_digest(world.part, digest);
    for (size_t i = 0; i < 2; i++) {
        medium.uid = 16;
        medium.get = damages[i];
        world_expect_reason(&world, world_generate(16, 2), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
        world_expect_reason(&world, world_register(16, 0), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    }
    medium.get = STORAGE_FAILED;
    world_expect_reason(&world, world_generate(16, 2), PSA_ERROR_STORAGE_FAILURE, ERROR_STORAGE_FAILED);
    expect_chip_unchanged(digest);
}

/* A record that cannot be understood may point to any slot: nothing is written, and the error names it. */
static void damaged_records_stop_creation(void **state)
{
    static const uint8_t good[44] = {'P', 'S', 'A', 0, 'K', 'E', 'Y', 0, 0, 0, 0, 0, 1, 0x60, [32] = 8, [36] = 2};
    static const struct {
        const char *name;
        size_t offset;
        uint8_t value;
        size_t len;
    } damages[] = {
        {"empty", 0, 'P', 0},        {"cut in the header", 0, 'P', 35},
        {"header only", 0, 'P', 36}, {"cut", 0, 'P', 43},
        {"too long", 0, 'P', 45},    {"magic", 3, 1, 44},
        {"version", 8, 1, 44},       {"length", 32, 7, 44},
    };
    uint8_t digest[32];

    (void)state;
    virtual_digest(world.part, digest);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        uint8_t record[45] = {0};

        print_message("  %s\n", damages[i].name);
        memcpy(record, good, sizeof good);
        record[damages[i].offset] = damages[i].value;
        assert_int_equal(psa_its_set(77, (uint32_t)damages[i].len, record, 0), PSA_SUCCESS);
        world_expect_reason(&world, world_generate(18, 3), PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT);
        assert_int_equal(world.driver.last_error.key_id, 77);
        world.driver.settings.replace_unclaimed = true;
        world_expect_reason(&world, world_generate(18, -1), PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT);
        world.driver.settings.replace_unclaimed = false;
        /* Registering writes nothing to the chip, and using keys does not either. */
        psa_key_id_t id = 100 + (psa_key_id_t)i;
        world_expect(&world, world_register(id, 0), PSA_SUCCESS);
        world_prove_key(&world, id);
        assert_int_equal(psa_its_remove(77), PSA_SUCCESS);
    }
    /* The same record unharmed claims slot 2, and only that. */
    assert_int_equal(psa_its_set(77, sizeof good, good, 0), PSA_SUCCESS);
    world_expect_reason(&world, world_generate(18, 2), PSA_ERROR_ALREADY_EXISTS, ERROR_SLOT_CLAIMED);
    assert_int_equal(world.driver.last_error.key_id, 77);
    expect_chip_unchanged(digest);
    world_expect(&world, world_generate(18, 3), PSA_SUCCESS);
}

static void other_records_claim_nothing(void **state)
{
    /* A key at another location, whose 8 bytes name slot 2, and uids outside the range of key ids. */
    static const uint8_t elsewhere[44] = {'P', 'S', 'A', 0, 'K', 'E', 'Y', 0, 0, 0, 0, 0, 1, 0x61, [32] = 8, [36] = 2};

    (void)state;
    assert_int_equal(psa_its_set(77, sizeof elsewhere, elsewhere, 0), PSA_SUCCESS);
    assert_int_equal(psa_its_set(0x80000000u, 3, "abc", 0), PSA_SUCCESS);
    assert_int_equal(psa_its_set(0xffffff52u, 3, "abc", 0), PSA_SUCCESS);
    assert_int_equal(generate_local(5), PSA_SUCCESS);
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    world_prove_key(&world, 18);
}

static void storage_that_cannot_be_listed(void **state)
{
    uint8_t digest[32];

    (void)state;
    virtual_digest(world.part, digest);
    medium.next = STORAGE_FAILED;
    world_expect_reason(&world, world_generate(18, 2), PSA_ERROR_STORAGE_FAILURE, ERROR_STORAGE_FAILED);
    expect_chip_unchanged(digest);
}

/* --- 3.7.2: a key record that cannot be written ---------------------------------------------------------------- */

static void full_storage_is_found_before_the_chip_is_touched(void **state)
{
    uint8_t digest[32];

    (void)state;
    virtual_digest(world.part, digest);
    medium.full = true;
    assert_int_equal(world_generate(18, 2), PSA_ERROR_INSUFFICIENT_STORAGE);
    assert_int_equal(world_register(16, 0), PSA_ERROR_INSUFFICIENT_STORAGE);
    expect_chip_unchanged(digest);
    assert_false(world_has_key(18));
    assert_false(world_has_key(16));
    medium.full = false;
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    world_restart(&world);
    world_prove_key(&world, 18);
}

static void unwritten_key_record_is_an_error(void **state)
{
    static const enum storage_status failures[] = {STORAGE_FULL, STORAGE_FAILED, STORAGE_READ_ONLY};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        medium.uid = 18;
        medium.set = failures[i];
        assert_int_not_equal(world_generate(18, 2), PSA_SUCCESS);
        assert_int_not_equal(world_register(18, 0), PSA_SUCCESS);
        assert_false(world_has_key(18));
        medium.set = STORAGE_OK;
    }
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    world_prove_key(&world, 18);
}

/* --- 3.7.4: failed creation takes nothing from the pool -------------------------------------------------------- */

static void failed_creation_leaves_no_slot_behind(void **state)
{
    uint8_t before[64], after[64];

    (void)state;
    assert_true(world_slot_public(&world, 2, before));
    for (unsigned attempt = 1; attempt <= 6; attempt++) {
        world_restart(&world);
        world_arm(&world, "silent", attempt);
        world_expect_reason(&world, world_generate(18, 2), PSA_ERROR_COMMUNICATION_FAILURE, ERROR_DEVICE_SILENT);
        assert_false(world_has_key(18));
        virtual_power_cycle(world.part);
    }
    assert_true(world_slot_public(&world, 2, after));
    assert_memory_equal(before, after, sizeof after);
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    world_prove_key(&world, 18);
}

/* --- 3.7.5: failed destroy ------------------------------------------------------------------------------------- */

static void failed_destroy_keeps_the_key(void **state)
{
    unsigned faults = 0;

    (void)state;
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    for (unsigned group = 1;; group++) {
        world_restart(&world);
        world_arm(&world, "silent", group);
        psa_status_t status = psa_destroy_key(18);
        if (status == PSA_SUCCESS)
            break;
        faults++;
        world_expect_reason(&world, status, PSA_ERROR_COMMUNICATION_FAILURE, ERROR_DEVICE_SILENT);
        virtual_power_cycle(world.part);
        assert_true(world_has_key(18));
        world_prove_key(&world, 18);
    }
    assert_in_range(faults, 3, 40);
    assert_false(world_has_key(18));
    virtual_power_cycle(world.part);
    world_restart(&world);
    assert_false(world_has_key(18));
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
}

static void destroy_without_a_driver_keeps_the_key(void **state)
{
    (void)state;
    world_expect(&world, world_register(16, 0), PSA_SUCCESS);
    driver_bind(NULL);
    assert_int_equal(psa_destroy_key(16), PSA_ERROR_BAD_STATE);
    assert_int_equal(world_generate(18, 2), PSA_ERROR_BAD_STATE);
    driver_bind(&world.driver);
    assert_true(world_has_key(16));
    world_prove_key(&world, 16);
    world_expect(&world, psa_destroy_key(16), PSA_SUCCESS);
    assert_false(world_has_key(16));
}

/* 3.7.6: the core gives up when it cannot write its transaction. */
static void destroy_on_a_failing_medium_keeps_the_key(void **state)
{
    uint8_t digest[32];

    (void)state;
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    virtual_digest(world.part, digest);
    medium.uid = TRANSACTION_UID;
    medium.set = STORAGE_FULL;
    assert_int_equal(psa_destroy_key(18), PSA_ERROR_INSUFFICIENT_STORAGE);
    expect_chip_unchanged(digest);
    medium.set = STORAGE_OK;
    world_prove_key(&world, 18);
    world_expect(&world, psa_destroy_key(18), PSA_SUCCESS);
    assert_false(world_has_key(18));
}

static void destroy_beside_a_damaged_record_keeps_the_key(void **state)
{
    uint8_t digest[32];

    (void)state;
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    virtual_digest(world.part, digest);
    assert_int_equal(psa_its_set(77, 10, "not a key.", 0), PSA_SUCCESS);
    world_expect_reason(&world, psa_destroy_key(18), PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT);
    expect_chip_unchanged(digest);
    assert_true(world_has_key(18));
    assert_int_equal(psa_its_remove(77), PSA_SUCCESS);
    world_expect(&world, psa_destroy_key(18), PSA_SUCCESS);
}

/* A record whose slot number no chip has hinders nothing, stays, is not used, and can be destroyed. */
static void an_impossible_slot_number(void **state)
{
    static const uint8_t record[44] = {'P', 'S',  'A',  0, 'K', 'E',      'Y',  0, 0, 0, 0, 0, 1, 0x60,     0,
                                       0,   0x12, 0x71, 0, 1,   [20] = 0, 0x14, 0, 0, 9, 6, 0, 6, [32] = 8, [36] = 99};
    uint8_t digest[32] = {1}, signature[64];
    size_t len;

    (void)state;
    assert_int_equal(psa_its_set(77, sizeof record, record, 0), PSA_SUCCESS);
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    world_prove_key(&world, 18);
    world_expect(&world, psa_destroy_key(18), PSA_SUCCESS);
    world.driver.settings.replace_unclaimed = true;
    world_expect(&world, world_generate(19, -1), PSA_SUCCESS);
    world_restart(&world);
    world_prove_key(&world, 19);
    /* It is a key that exists: its id is not free, and using it is refused. */
    assert_true(world_has_key(77));
    world_expect_reason(&world, world_generate(77, 2), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    world_expect_reason(
        &world,
        psa_sign_hash(77, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, sizeof signature, &len),
        PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE);
    assert_int_equal(psa_destroy_key(77), PSA_SUCCESS);
    assert_false(world_has_key(77));
}

/* --- 3.2: several ids for one slot ----------------------------------------------------------------------------- */

static void two_ids_share_a_slot(void **state)
{
    uint8_t point[65];

    (void)state;
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    point_of(18, point);
    world_expect(&world, world_register(19, 2), PSA_SUCCESS);
    world_prove(&world, 19, point);
    /* Neither may be replaced by a third. */
    world_expect_reason(&world, world_generate(20, 2), PSA_ERROR_ALREADY_EXISTS, ERROR_SLOT_CLAIMED);
    world_expect(&world, psa_destroy_key(18), PSA_SUCCESS);
    assert_false(world_has_key(18));
    world_prove(&world, 19, point);
    world_restart(&world);
    world_prove(&world, 19, point);
    world_expect(&world, psa_destroy_key(19), PSA_SUCCESS);
    world_expect(&world, world_register(21, 2), PSA_SUCCESS);
    uint8_t other[65];
    point_of(21, other);
    assert_memory_not_equal(point, other, sizeof point);
}

/* --- 3.2: volatile keys ---------------------------------------------------------------------------------------- */

static void volatile_keys_are_refused(void **state)
{
    uint8_t scalar[32], point[65], digest[32];
    psa_key_id_t id;

    (void)state;
    world.driver.settings.replace_unclaimed = true;
    virtual_digest(world.part, digest);
    p256_make_key(scalar, point);
    for (int slot = -1; slot <= 4; slot++) {
        psa_key_attributes_t attributes = world_key_pair(0, slot);

        psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_VOLATILE,
                                                                                         PSA_ATECC608A_LOCATION));
        world_expect_reason(&world, psa_generate_key(&attributes, &id), PSA_ERROR_NOT_SUPPORTED, ERROR_KEY_ATTRIBUTES);
        world_expect_reason(&world, psa_import_key(&attributes, scalar, sizeof scalar, &id), PSA_ERROR_NOT_SUPPORTED,
                            ERROR_KEY_ATTRIBUTES);
        assert_int_not_equal(mbedtls_psa_register_se_key(&attributes), PSA_SUCCESS);
    }
    expect_chip_unchanged(digest);
}

/* --- 3.1: registration of the driver --------------------------------------------------------------------------- */

static void late_registration(void **state)
{
    (void)state;
    world_stop(&world);
    world_attach(&world);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_int_equal(psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info), PSA_SUCCESS);
    world_expect(&world, world_register(16, 0), PSA_SUCCESS);
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    world_expect_reason(&world, world_generate(18, 3), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    world_prove_key(&world, 16);
    world_prove_key(&world, 18);
    world_restart(&world);
    world_prove_key(&world, 16);
    world_prove_key(&world, 18);
}

static void software_crypto_survives_a_missing_chip(void **state)
{
    (void)state;
    world_expect(&world, world_register(16, 0), PSA_SUCCESS);
    world_stop(&world);
    world_attach(&world);
    world_arm(&world, "silent", 1);
    world_start_table(&atecc608a_drv_info);
    assert_int_equal(generate_local(5), PSA_SUCCESS);
    world_prove_key(&world, 5);
    assert_true(world_has_key(16));
    uint8_t point[65];
    size_t len;
    world_expect_reason(&world, psa_export_public_key(16, point, sizeof point, &len), PSA_ERROR_COMMUNICATION_FAILURE,
                        ERROR_DEVICE_SILENT);
    virtual_power_cycle(world.part);
    world_prove_key(&world, 16);
}

/* --- 3.3: what the core lets through --------------------------------------------------------------------------- */

static void short_digests_are_refused(void **state)
{
    const uint8_t digest[48] = {1};
    uint8_t signature[64];
    size_t len;

    (void)state;
    world_expect(&world, world_register(16, 0), PSA_SUCCESS);
    for (size_t bytes = 0; bytes < 32; bytes++)
        assert_int_equal(
            psa_sign_hash(16, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, bytes, signature, sizeof signature, &len),
            PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(psa_sign_hash(16, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, 48, signature, sizeof signature, &len),
                     PSA_ERROR_INVALID_ARGUMENT);
}

static void tls12_digests_of_48_bytes(void **state)
{
    uint8_t point[65], digest[48], signature[64];
    size_t len;

    (void)state;
    world_expect(&world, world_register(16, 0), PSA_SUCCESS);
    point_of(16, point);
    assert_int_equal(psa_generate_random(digest, sizeof digest), PSA_SUCCESS);
    world_expect(
        &world,
        psa_sign_hash(16, PSA_ALG_ECDSA(PSA_ALG_SHA_384), digest, sizeof digest, signature, sizeof signature, &len),
        PSA_SUCCESS);
    assert_true(p256_verifies(point + 1, digest, sizeof digest, signature));
}

static void copies_and_derived_keys_are_refused(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(18, -1);
    uint8_t digest[32];
    psa_key_id_t id;

    (void)state;
    world_expect(&world, world_register(16, 0), PSA_SUCCESS);
    world.driver.settings.replace_unclaimed = true;
    virtual_digest(world.part, digest);
    assert_int_not_equal(psa_copy_key(16, &attributes, &id), PSA_SUCCESS);

    psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
    static const uint8_t secret[32] = {1};
    assert_int_equal(psa_key_derivation_setup(&operation, PSA_ALG_HKDF(PSA_ALG_SHA_256)), PSA_SUCCESS);
    psa_key_attributes_t base = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&base, PSA_KEY_TYPE_DERIVE);
    psa_set_key_usage_flags(&base, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&base, PSA_ALG_HKDF(PSA_ALG_SHA_256));
    psa_key_id_t base_id;
    assert_int_equal(psa_import_key(&base, secret, sizeof secret, &base_id), PSA_SUCCESS);
    assert_int_equal(psa_key_derivation_input_key(&operation, PSA_KEY_DERIVATION_INPUT_SECRET, base_id), PSA_SUCCESS);
    assert_int_equal(psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_INFO, NULL, 0), PSA_SUCCESS);
    world_expect_reason(&world, psa_key_derivation_output_key(&attributes, &operation, &id), PSA_ERROR_NOT_SUPPORTED,
                        ERROR_KEY_ATTRIBUTES);
    psa_key_derivation_abort(&operation);
    psa_destroy_key(base_id);
    expect_chip_unchanged(digest);
    assert_false(world_has_key(18));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_ON_MEDIUM(name) cmocka_unit_test_setup_teardown(name, begin_with_medium, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(duplicate_id_of_a_chip_key),
        TEST(duplicate_id_of_a_local_key),
        TEST_ON_MEDIUM(duplicate_id_of_a_damaged_record),
        TEST(damaged_records_stop_creation),
        TEST(other_records_claim_nothing),
        TEST_ON_MEDIUM(storage_that_cannot_be_listed),
        TEST_ON_MEDIUM(full_storage_is_found_before_the_chip_is_touched),
        TEST_ON_MEDIUM(unwritten_key_record_is_an_error),
        TEST(failed_creation_leaves_no_slot_behind),
        TEST(failed_destroy_keeps_the_key),
        TEST(destroy_without_a_driver_keeps_the_key),
        TEST_ON_MEDIUM(destroy_on_a_failing_medium_keeps_the_key),
        TEST(destroy_beside_a_damaged_record_keeps_the_key),
        TEST(an_impossible_slot_number),
        TEST(two_ids_share_a_slot),
        TEST(volatile_keys_are_refused),
        TEST(late_registration),
        TEST(software_crypto_survives_a_missing_chip),
        TEST(short_digests_are_refused),
        TEST(tls12_digests_of_48_bytes),
        TEST(copies_and_derived_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
