/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three ways to install a key - register what is there, generate, import - through Mbed TLS's own API, on each kind
 * of part; each refusal with its status and reason, and with nothing changed in the chip.
 */
#include "test/support/p256.h"
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chip/operations.h"
#include "virtual/chip/virtual_invasive.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct world world;

static void begin(enum world_kind kind)
{
    world_make(&world, kind);
    world_start(&world);
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

/* The chip's memory before a call that must not change it, and the check after it. */
static uint8_t untouched[32];

static void remember_chip(void)
{
    virtual_digest(world.part, untouched);
}

static void expect_untouched(void)
{
    uint8_t now[32];

    virtual_digest(world.part, now);
    assert_memory_equal(now, untouched, sizeof now);
}

static psa_status_t do_register(psa_key_attributes_t attributes)
{
    return world_register_key(&attributes);
}

static psa_status_t do_generate(psa_key_attributes_t attributes)
{
    psa_key_id_t id;

    return psa_generate_key(&attributes, &id);
}

static psa_status_t do_import(psa_key_attributes_t attributes, const uint8_t *key, size_t len)
{
    psa_key_id_t id;

    return psa_import_key(&attributes, key, len, &id);
}

static uint64_t slot_number_of(psa_key_id_t id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    assert_int_equal(psa_get_key_attributes(id, &attributes), PSA_SUCCESS);
    assert_int_equal(PSA_KEY_LIFETIME_GET_LOCATION(psa_get_key_lifetime(&attributes)), PSA_ATECC608A_LOCATION);
    assert_int_equal(psa_get_key_bits(&attributes), 256);
    psa_reset_key_attributes(&attributes);
    return world_slot_of(&world, id);
}

/* --- the original example's plan ------------------------------------------------------------------------------- */

static void factory_example(void **state)
{
    uint8_t before[64], after[64];

    (void)state;
    begin(WORLD_TRUST_AND_GO);
    assert_true(world_slot_public(&world, 2, before));
    world_expect(&world, do_register(world_key_pair(16, 0)), PSA_SUCCESS);

    /* Slots 2 to 4 hold the maker's keys: nobody has allowed to replace one. */
    remember_chip();
    world_expect_reason(&world, do_generate(world_key_pair(18, -1)), PSA_ERROR_INSUFFICIENT_STORAGE, ERROR_SLOT_FILLED);
    expect_untouched();
    world.driver.settings.replace_unclaimed = true;
    world_expect(&world, do_generate(world_key_pair(18, -1)), PSA_SUCCESS);
    assert_int_equal(slot_number_of(18), 2);
    assert_true(world_slot_public(&world, 2, after));
    assert_memory_not_equal(before, after, sizeof after);

    world_prove_key(&world, 16);
    world_prove_key(&world, 18);
    world_restart(&world);
    world_prove_key(&world, 16);
    world_prove_key(&world, 18);
    assert_int_equal(slot_number_of(16), 0);
    assert_int_equal(slot_number_of(18), 2);
}

static void another_process_opens_keys_by_id(void **state)
{
    int status = -1;

    (void)state;
    begin(WORLD_TRUST_AND_GO);
    world_expect(&world, do_register(world_key_pair(16, 0)), PSA_SUCCESS);
    world_expect(&world, do_generate(world_key_pair(18, 3)), PSA_SUCCESS);
    world_stop(&world);
    pid_t child = fork();
    if (child == 0) {
        world_start(&world);
        world_prove_key(&world, 16);
        world_prove_key(&world, 18);
        world_stop(&world);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* --- register -------------------------------------------------------------------------------------------------- */

static const struct register_row {
    const char *name;
    enum world_kind kind;
    int slot;
    bool public_key;
    psa_key_usage_t usage;
    psa_status_t status;
    enum error_reason reason;
} register_rows[] = {
    {"maker's key", WORLD_TRUST_AND_GO, 0, false, PSA_KEY_USAGE_SIGN_HASH, PSA_SUCCESS, ERROR_NONE},
    {"attestation key signs nothing from outside", WORLD_TRUST_AND_GO, 1, false, PSA_KEY_USAGE_SIGN_HASH,
     PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY},
    {"attestation key verifies", WORLD_TRUST_AND_GO, 1, false, PSA_KEY_USAGE_VERIFY_HASH, PSA_SUCCESS, ERROR_NONE},
    {"secondary key", WORLD_TRUST_AND_GO, 4, false, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_VERIFY_HASH, PSA_SUCCESS,
     ERROR_NONE},
    {"data slot", WORLD_TRUST_AND_GO, 8, false, PSA_KEY_USAGE_SIGN_HASH, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY},
    {"public-key slot as a pair", WORLD_TRUST_AND_GO, 11, false, 0, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY},
    {"private slot as a public key", WORLD_TRUST_AND_GO, 0, true, PSA_KEY_USAGE_VERIFY_HASH, PSA_ERROR_NOT_PERMITTED,
     ERROR_SLOT_POLICY},
    {"data slot as a public key", WORLD_TRUST_AND_GO, 10, true, PSA_KEY_USAGE_VERIFY_HASH, PSA_ERROR_NOT_PERMITTED,
     ERROR_SLOT_POLICY},
    {"slot 16", WORLD_TRUST_AND_GO, 16, false, PSA_KEY_USAGE_SIGN_HASH, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE},
    {"export of a private key", WORLD_TRUST_AND_GO, 0, false, PSA_KEY_USAGE_EXPORT, PSA_ERROR_NOT_SUPPORTED,
     ERROR_KEY_ATTRIBUTES},
    {"derive", WORLD_TRUST_AND_GO, 0, false, PSA_KEY_USAGE_DERIVE, PSA_SUCCESS, ERROR_NONE},
    {"derive where the slot agrees on nothing", WORLD_TRUST_AND_GO, 1, false, PSA_KEY_USAGE_DERIVE,
     PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY},
    {"derive with a public key", WORLD_TRUST_AND_GO, 11, true, PSA_KEY_USAGE_DERIVE, PSA_ERROR_NOT_SUPPORTED,
     ERROR_KEY_ATTRIBUTES},
    {"config zone unlocked", WORLD_BLANK, 0, false, PSA_KEY_USAGE_SIGN_HASH, PSA_ERROR_BAD_STATE,
     ERROR_CONFIG_UNLOCKED},
    {"empty slot, data zone unlocked", WORLD_BLANK_CONFIG_LOCKED, 0, false, PSA_KEY_USAGE_SIGN_HASH,
     PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY},
    {"empty slot, data zone locked", WORLD_BLANK_LOCKED, 1, false, PSA_KEY_USAGE_SIGN_HASH, PSA_ERROR_DOES_NOT_EXIST,
     ERROR_SLOT_EMPTY},
    {"empty public-key slot", WORLD_VARIED_LOCKED, VARIED_PUBLIC, true, PSA_KEY_USAGE_VERIFY_HASH,
     PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY},
    {"public-key slot before the data lock", WORLD_VARIED, VARIED_PUBLIC, true, PSA_KEY_USAGE_VERIFY_HASH,
     PSA_ERROR_BAD_STATE, ERROR_DATA_UNLOCKED},
    {"public-key slot that cannot be read", WORLD_VARIED_LOCKED, VARIED_PUBLIC_SECRET, true, PSA_KEY_USAGE_VERIFY_HASH,
     PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY},
    {"will sign only before the data lock", WORLD_VARIED, VARIED_INTERNAL, false, PSA_KEY_USAGE_SIGN_HASH,
     PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY},
};

static void register_what_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof register_rows / sizeof register_rows[0]; i++) {
        const struct register_row *row = &register_rows[i];

        print_message("  %s\n", row->name);
        begin(row->kind);
        psa_key_attributes_t attributes =
            row->public_key ? world_public_key(5, row->slot) : world_key_pair(5, row->slot);
        psa_set_key_usage_flags(&attributes, row->usage);
        remember_chip();
        if (row->status == PSA_SUCCESS)
            world_expect(&world, do_register(attributes), PSA_SUCCESS);
        else
            world_expect_reason(&world, do_register(attributes), row->status, row->reason);
        expect_untouched();
        world_restart(&world);
        assert_int_equal(psa_get_key_attributes(5, &attributes),
                         row->status == PSA_SUCCESS ? PSA_SUCCESS : PSA_ERROR_INVALID_HANDLE);
        world_remove(&world);
    }
    begin(WORLD_BLANK);
}

static void register_a_hidden_key(void **state)
{
    uint8_t point[65];
    size_t len;

    (void)state;
    begin(WORLD_VARIED_LOCKED);
    psa_key_attributes_t attributes = world_key_pair(5, VARIED_HIDDEN);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    world_expect_reason(&world, do_register(attributes), PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY);
    world_fill_slot(&world, VARIED_HIDDEN);
    world_expect(&world, do_register(attributes), PSA_SUCCESS);
    world_expect_reason(&world, psa_export_public_key(5, point, sizeof point, &len), PSA_ERROR_NOT_PERMITTED,
                        ERROR_SLOT_POLICY);
}

static void register_a_public_key(void **state)
{
    uint8_t scalar[32], point[65], read[65], digest[32] = {1, 2, 3}, signature[64];
    const uint8_t data[32] = {0xca, 0xfe};
    size_t len;

    (void)state;
    begin(WORLD_TRUST_FLEX);
    p256_make_key(scalar, point);
    p256_sign(scalar, digest, signature);
    world_expect(&world, do_import(world_public_key(4, 13), point, sizeof point), PSA_SUCCESS);
    world_expect(&world, do_register(world_public_key(5, 13)), PSA_SUCCESS);
    world_restart(&world);
    world_expect(&world, psa_export_public_key(5, read, sizeof read, &len), PSA_SUCCESS);
    assert_memory_equal(read, point, sizeof point);
    world_expect(&world, psa_verify_hash(5, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, 64),
                 PSA_SUCCESS);

    /* Data that is no public key. */
    assert_int_equal(chip_write_slot_block(&world.chip, 15, 0, data, NULL), CHIP_OK);
    world_expect_reason(&world, do_register(world_public_key(6, 15)), PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY);
}

/* --- generate -------------------------------------------------------------------------------------------------- */

static void generate_in_a_named_slot(void **state)
{
    (void)state;
    begin(WORLD_TRUST_AND_GO);
    for (int slot = 0; slot <= 17; slot++) {
        psa_key_id_t id = 100 + (psa_key_id_t)slot;
        uint8_t before[64], after[64];
        bool had = slot < 5 && world_slot_public(&world, (uint8_t)slot, before);

        remember_chip();
        psa_status_t status = do_generate(world_key_pair(id, slot));
        if (slot >= 2 && slot <= 4) {
            world_expect(&world, status, PSA_SUCCESS);
            assert_true(had && world_slot_public(&world, (uint8_t)slot, after));
            assert_memory_not_equal(before, after, sizeof after);
            world_prove_key(&world, id);
        } else if (slot <= 15) {
            world_expect_reason(&world, status, PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY);
            expect_untouched();
        } else {
            world_expect_reason(&world, status, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE);
            assert_false(world.driver.last_error.has_slot); /* there is none such */
            expect_untouched();
        }
    }
}

static void generate_where_the_driver_chooses(void **state)
{
    static const enum world_kind kinds[] = {WORLD_BLANK_CONFIG_LOCKED, WORLD_BLANK_LOCKED};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(kinds[i]);
        for (psa_key_id_t id = 1; id <= 3; id++) {
            world_expect(&world, do_generate(world_key_pair(id, -1)), PSA_SUCCESS);
            /* Slot 0 signs only, slots 1 and 2 can do ECDH as well. */
            assert_int_equal(slot_number_of(id), id - 1);
        }
        remember_chip();
        world_expect_reason(&world, do_generate(world_key_pair(4, -1)), PSA_ERROR_INSUFFICIENT_STORAGE,
                            ERROR_NO_FREE_SLOT);
        expect_untouched();
        world_restart(&world);
        for (psa_key_id_t id = 1; id <= 3; id++)
            world_prove_key(&world, id);
        world_remove(&world);
    }
    begin(WORLD_VARIED);
    /* Not the slots that would sign, or give their public key, only until the data zone is locked. */
    static const uint8_t expected[] = {VARIED_SIGN, VARIED_FIXED, VARIED_FOREIGN_KEY, VARIED_SIGN_ECDH};
    for (psa_key_id_t id = 1; id <= 4; id++) {
        world_expect(&world, do_generate(world_key_pair(id, -1)), PSA_SUCCESS);
        assert_int_equal(slot_number_of(id), expected[id - 1]);
    }
}

static void generate_before_the_config_lock(void **state)
{
    (void)state;
    begin(WORLD_BLANK);
    remember_chip();
    world_expect_reason(&world, do_generate(world_key_pair(1, -1)), PSA_ERROR_BAD_STATE, ERROR_CONFIG_UNLOCKED);
    world_expect_reason(&world, do_generate(world_key_pair(1, 0)), PSA_ERROR_BAD_STATE, ERROR_CONFIG_UNLOCKED);
    assert_null(world.driver.last_error.next); /* another slot would be no better */
    expect_untouched();
}

static void generate_in_a_hidden_slot_when_named(void **state)
{
    uint8_t digest[32] = {1}, signature[64];
    size_t len;

    (void)state;
    begin(WORLD_VARIED_LOCKED);
    psa_key_attributes_t attributes = world_key_pair(5, VARIED_HIDDEN);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    world_expect(&world, do_generate(attributes), PSA_SUCCESS);
    world_expect(
        &world,
        psa_sign_hash(5, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, sizeof signature, &len),
        PSA_SUCCESS);
}

static void locked_slots_are_never_written(void **state)
{
    uint8_t scalar[32], point[65];

    (void)state;
    begin(WORLD_VARIED);
    p256_make_key(scalar, point);
    world_fill_slot(&world, VARIED_LOCKABLE);
    world_lock_slot(&world, VARIED_LOCKABLE);
    driver_forget_config(&world.driver);
    remember_chip();
    world_expect_reason(&world, do_generate(world_key_pair(1, VARIED_LOCKABLE)), PSA_ERROR_NOT_PERMITTED,
                        ERROR_SLOT_LOCKED);
    world_expect_reason(&world, do_import(world_key_pair(1, VARIED_LOCKABLE), scalar, 32), PSA_ERROR_NOT_PERMITTED,
                        ERROR_SLOT_LOCKED);
    expect_untouched();
    world_expect(&world, do_register(world_key_pair(1, VARIED_LOCKABLE)), PSA_SUCCESS);
    world_prove_key(&world, 1);
}

/* The driver read its config zone before somebody locked the slot: it looks again before it writes. */
static void a_lock_the_driver_has_not_seen(void **state)
{
    (void)state;
    begin(WORLD_VARIED);
    world_expect(&world, do_generate(world_key_pair(1, VARIED_SIGN)), PSA_SUCCESS);
    world_fill_slot(&world, VARIED_LOCKABLE);
    world_lock_slot(&world, VARIED_LOCKABLE);
    remember_chip();
    world_expect_reason(&world, do_generate(world_key_pair(2, VARIED_LOCKABLE)), PSA_ERROR_NOT_PERMITTED,
                        ERROR_SLOT_LOCKED);
    expect_untouched();
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    assert_int_equal(psa_get_key_attributes(2, &attributes), PSA_ERROR_INVALID_HANDLE);
}

/* A dry run: what would write to the chip is stopped, and leaves no record, or keeps the one there is. */
static void a_guard_stops_what_writes(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    (void)state;
    begin(WORLD_TRUST_AND_GO);
    world_expect(&world, do_register(world_key_pair(16, 2)), PSA_SUCCESS);
    remember_chip();
    chip_forbid_changes(&world.chip);
    world_expect_reason(&world, do_generate(world_key_pair(18, 3)), PSA_ERROR_NOT_PERMITTED, ERROR_NOT_ARMED);
    assert_int_equal(psa_get_key_attributes(18, &attributes), PSA_ERROR_INVALID_HANDLE);
    world_expect_reason(&world, world_destroy(&world.driver, 16), PSA_ERROR_NOT_PERMITTED, ERROR_NOT_ARMED);
    world_prove_key(&world, 16);
    expect_untouched();
}

/* --- import ---------------------------------------------------------------------------------------------------- */

static void import_a_pair_in_clear(void **state)
{
    uint8_t scalar[32], point[65];

    (void)state;
    begin(WORLD_BLANK_CONFIG_LOCKED);
    p256_make_key(scalar, point);
    world_expect(&world, do_import(world_key_pair(1, -1), scalar, sizeof scalar), PSA_SUCCESS);
    world_prove(&world, 1, point);
    p256_make_key(scalar, point);
    psa_key_attributes_t attributes = world_key_pair(2, 2);
    psa_set_key_bits(&attributes, 0);
    world_expect(&world, do_import(attributes, scalar, sizeof scalar), PSA_SUCCESS);
    world_restart(&world);
    world_prove(&world, 2, point);
    assert_int_equal(slot_number_of(2), 2);
}

static void import_a_pair_encrypted(void **state)
{
    struct imprint_write_key key = {.slot = 15}, wrong = {.slot = 15, .secret = {1}};
    uint8_t scalar[32], point[65];

    (void)state;
    memcpy(key.secret, world_write_key, sizeof key.secret);
    begin(WORLD_VARIED_LOCKED);
    p256_make_key(scalar, point);
    remember_chip();
    world_expect_reason(&world, do_import(world_key_pair(1, VARIED_IMPORT), scalar, sizeof scalar),
                        PSA_ERROR_NOT_PERMITTED, ERROR_WRITE_KEY_MISSING);
    world_expect_reason(&world, do_import(world_key_pair(1, -1), scalar, sizeof scalar), PSA_ERROR_INSUFFICIENT_STORAGE,
                        ERROR_NO_FREE_SLOT);
    world.driver.settings.write_keys = &wrong;
    world.driver.settings.write_key_count = 1;
    world_expect_reason(&world, do_import(world_key_pair(1, VARIED_IMPORT), scalar, sizeof scalar),
                        PSA_ERROR_HARDWARE_FAILURE, ERROR_CHIP_REFUSED);
    world.driver.settings.write_keys = &key;
    world_expect_reason(&world, do_import(world_key_pair(1, VARIED_FOREIGN_KEY), scalar, sizeof scalar),
                        PSA_ERROR_NOT_PERMITTED, ERROR_WRITE_KEY_MISSING);
    world_expect_reason(&world, do_import(world_key_pair(1, VARIED_SIGN), scalar, sizeof scalar),
                        PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY);
    expect_untouched();
    world_expect(&world, do_import(world_key_pair(1, -1), scalar, sizeof scalar), PSA_SUCCESS);
    assert_int_equal(slot_number_of(1), VARIED_IMPORT);
    world_prove(&world, 1, point);
}

static void import_where_no_policy_allows_it(void **state)
{
    uint8_t scalar[32], point[65];

    (void)state;
    begin(WORLD_BLANK_LOCKED);
    p256_make_key(scalar, point);
    remember_chip();
    world_expect_reason(&world, do_import(world_key_pair(1, 0), scalar, sizeof scalar), PSA_ERROR_NOT_PERMITTED,
                        ERROR_SLOT_POLICY);
    world_expect_reason(&world, do_import(world_key_pair(1, -1), scalar, sizeof scalar), PSA_ERROR_INSUFFICIENT_STORAGE,
                        ERROR_NO_FREE_SLOT);
    expect_untouched();
}

static void import_of_bad_keys(void **state)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                      0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    uint8_t scalar[33] = {0}, point[66] = {0}, bad[65];

    (void)state;
    begin(WORLD_VARIED);
    remember_chip();
    world_expect_reason(&world, do_import(world_key_pair(1, 0), scalar, 32), PSA_ERROR_INVALID_ARGUMENT,
                        ERROR_KEY_ATTRIBUTES);
    world_expect_reason(&world, do_import(world_key_pair(1, 0), order, 32), PSA_ERROR_INVALID_ARGUMENT,
                        ERROR_KEY_ATTRIBUTES);
    p256_make_key(scalar, point);
    world_expect_reason(&world, do_import(world_key_pair(1, 0), scalar, 31), PSA_ERROR_INVALID_ARGUMENT,
                        ERROR_KEY_ATTRIBUTES);
    world_expect_reason(&world, do_import(world_key_pair(1, 0), scalar, 33), PSA_ERROR_INVALID_ARGUMENT,
                        ERROR_KEY_ATTRIBUTES);
    for (size_t len = 1; len <= 66; len++)
        if (len != 65)
            world_expect_reason(&world, do_import(world_public_key(1, VARIED_PUBLIC), point, len),
                                PSA_ERROR_INVALID_ARGUMENT, ERROR_KEY_ATTRIBUTES);
    memcpy(bad, point, sizeof bad);
    for (unsigned first = 0; first < 256; first++) {
        bad[0] = (uint8_t)first;
        if (first != 4)
            world_expect_reason(&world, do_import(world_public_key(1, VARIED_PUBLIC), bad, sizeof bad),
                                PSA_ERROR_INVALID_ARGUMENT, ERROR_KEY_ATTRIBUTES);
    }
    for (size_t half = 0; half < 2; half++) {
        memcpy(bad, point, sizeof bad);
        memset(bad + 1 + 32 * half, 0xff, 32);
        world_expect_reason(&world, do_import(world_public_key(1, VARIED_PUBLIC), bad, sizeof bad),
                            PSA_ERROR_INVALID_ARGUMENT, ERROR_KEY_ATTRIBUTES);
    }
    memset(bad + 1, 0, 64);
    world_expect_reason(&world, do_import(world_public_key(1, VARIED_PUBLIC), bad, sizeof bad),
                        PSA_ERROR_INVALID_ARGUMENT, ERROR_KEY_ATTRIBUTES);
    expect_untouched();
}

static void import_a_public_key(void **state)
{
    uint8_t scalar[32], point[65], read[65], digest[48] = {9, 8, 7}, signature[64];
    size_t len;

    (void)state;
    begin(WORLD_VARIED_LOCKED);
    p256_make_key(scalar, point);
    p256_sign(scalar, digest, signature);
    psa_key_attributes_t attributes = world_public_key(7, -1);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_EXPORT);
    world_expect(&world, do_import(attributes, point, sizeof point), PSA_SUCCESS);
    assert_int_equal(slot_number_of(7), VARIED_PUBLIC);
    world_restart(&world);
    world_expect(&world, psa_export_public_key(7, read, sizeof read, &len), PSA_SUCCESS);
    assert_int_equal(len, 65);
    assert_memory_equal(read, point, sizeof point);
    memset(read, 0, sizeof read);
    world_expect(&world, psa_export_key(7, read, sizeof read, &len), PSA_SUCCESS);
    assert_memory_equal(read, point, sizeof point);
    world_expect(&world, psa_verify_hash(7, PSA_ALG_ECDSA(PSA_ALG_SHA_384), digest, sizeof digest, signature, 64),
                 PSA_SUCCESS);
    digest[31] ^= 1;
    world_expect_reason(&world,
                        psa_verify_hash(7, PSA_ALG_ECDSA(PSA_ALG_SHA_384), digest, sizeof digest, signature, 64),
                        PSA_ERROR_INVALID_SIGNATURE, ERROR_CHIP_MISCOMPARE);

    /* No second slot takes public keys; this one is claimed. */
    remember_chip();
    world_expect_reason(&world, do_import(world_public_key(8, -1), point, sizeof point), PSA_ERROR_INSUFFICIENT_STORAGE,
                        ERROR_NO_FREE_SLOT);
    world_expect_reason(&world, do_import(world_public_key(8, VARIED_PUBLIC), point, sizeof point),
                        PSA_ERROR_ALREADY_EXISTS, ERROR_SLOT_CLAIMED);
    world_expect_reason(&world, do_import(world_public_key(8, VARIED_PUBLIC_FIXED), point, sizeof point),
                        PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY);
    world_expect_reason(&world, do_import(world_public_key(8, VARIED_DATA), point, sizeof point),
                        PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY);
    expect_untouched();
}

static void import_a_public_key_before_the_data_lock(void **state)
{
    uint8_t scalar[32], point[65], read[65];
    size_t len;

    (void)state;
    begin(WORLD_VARIED);
    p256_make_key(scalar, point);
    /* Nothing can be read yet, so that no public-key slot is known to be empty. */
    world_expect_reason(&world, do_import(world_public_key(7, -1), point, sizeof point), PSA_ERROR_INSUFFICIENT_STORAGE,
                        ERROR_SLOT_FILLED);
    world_expect(&world, do_import(world_public_key(7, VARIED_PUBLIC), point, sizeof point), PSA_SUCCESS);
    world_expect_reason(&world, psa_export_public_key(7, read, sizeof read, &len), PSA_ERROR_BAD_STATE,
                        ERROR_DATA_UNLOCKED);
    assert_int_equal(chip_lock_data(&world.chip, false, 0, NULL), CHIP_OK);
    world_restart(&world);
    world_expect(&world, psa_export_public_key(7, read, sizeof read, &len), PSA_SUCCESS);
    assert_memory_equal(read, point, sizeof point);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(factory_example, end),
        cmocka_unit_test_teardown(another_process_opens_keys_by_id, end),
        cmocka_unit_test_teardown(register_what_is_there, end),
        cmocka_unit_test_teardown(register_a_hidden_key, end),
        cmocka_unit_test_teardown(register_a_public_key, end),
        cmocka_unit_test_teardown(generate_in_a_named_slot, end),
        cmocka_unit_test_teardown(generate_where_the_driver_chooses, end),
        cmocka_unit_test_teardown(generate_before_the_config_lock, end),
        cmocka_unit_test_teardown(generate_in_a_hidden_slot_when_named, end),
        cmocka_unit_test_teardown(locked_slots_are_never_written, end),
        cmocka_unit_test_teardown(a_lock_the_driver_has_not_seen, end),
        cmocka_unit_test_teardown(a_guard_stops_what_writes, end),
        cmocka_unit_test_teardown(import_a_pair_in_clear, end),
        cmocka_unit_test_teardown(import_a_pair_encrypted, end),
        cmocka_unit_test_teardown(import_where_no_policy_allows_it, end),
        cmocka_unit_test_teardown(import_of_bad_keys, end),
        cmocka_unit_test_teardown(import_a_public_key, end),
        cmocka_unit_test_teardown(import_a_public_key_before_the_data_lock, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
