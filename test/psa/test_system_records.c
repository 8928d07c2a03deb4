/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records under the uids of PSA's core and of the driver, put there by an application or by an earlier version: none of
 * them may stop PSA. And a key that is meant for a slot but not for the chip.
 */
#include "test/support/world.h"

#include <psa/internal_trusted_storage.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "psa/keys.h"
#include "storage/file_name.h"
#include "storage/record.h"
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

/* Writes the record's file past the store. */
static void plant(uint64_t uid, uint32_t flags, struct bytes content)
{
    uint8_t room[STORAGE_RECORD_BYTES(64)];
    struct bytes_out out = {.data = room, .cap = sizeof room};
    char name[STORAGE_FILE_NAME_SIZE];

    assert_true(storage_record_write(uid, flags, content, &out));
    storage_file_name(uid, name);
    file_store(path_in(world.store.directory, name), bytes_written(&out));
}

/* The core's driver data, its transaction, and the scrap records of two slots. */
static const uint64_t uids[] = {0xfffffe60, 0xffffff74, 0x6000000002, 0x6000000003};

static void write_once_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++)
        assert_int_equal(psa_its_set(uids[i], 3, "abc", PSA_STORAGE_FLAG_WRITE_ONCE), PSA_ERROR_NOT_SUPPORTED);
    assert_int_equal(psa_its_set(0x90000000u, 3, "abc", PSA_STORAGE_FLAG_WRITE_ONCE), PSA_SUCCESS);
    world_restart(&world);
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    world_prove_key(&world, 18);
}

/* Nonsense, and transactions that could be somebody's: of a creation and of a destruction. */
static void write_once_does_not_stop_psa(void **state)
{
    static const uint8_t creation[24] = {1, 0, 0, 0, 1, 0x60, 0, 0, 2, [16] = 18};
    static const uint8_t destruction[24] = {2, 0, 0, 0, 1, 0x60, 0, 0, 2, [16] = 18};
    const struct bytes contents[] = {bytes_of("abc", 3), BYTES_NONE, bytes_of(creation, 24), bytes_of(destruction, 24)};

    (void)state;
    for (size_t u = 0; u < sizeof uids / sizeof uids[0]; u++)
        for (size_t c = 0; c < sizeof contents / sizeof contents[0]; c++) {
            world_stop(&world);
            plant(uids[u], PSA_STORAGE_FLAG_WRITE_ONCE, contents[c]);
            world_start(&world); /* psa_crypto_init() succeeds */
            world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
            world_prove_key(&world, 18);
            world_restart(&world);
            world_prove_key(&world, 18);
            world_expect(&world, psa_destroy_key(18), PSA_SUCCESS);
        }
}

/* The lifetime was forgotten: the key would be made outside the chip. */
static void a_slot_without_the_chips_lifetime(void **state)
{
    static const psa_key_lifetime_t lifetimes[] = {PSA_KEY_LIFETIME_VOLATILE, PSA_KEY_LIFETIME_PERSISTENT};
    static const uint8_t scalar[32] = {[31] = 1};
    psa_key_attributes_t attributes;
    uint8_t before[32], after[32];
    psa_key_id_t id = 0;

    (void)state;
    virtual_digest(world.part, before);
    for (size_t i = 0; i < sizeof lifetimes / sizeof lifetimes[0]; i++) {
        attributes = world_key_pair(lifetimes[i] == PSA_KEY_LIFETIME_VOLATILE ? 0 : 18, 2);
        psa_set_key_lifetime(&attributes, lifetimes[i]);
        world_expect_reason(&world, psa_generate_key(&attributes, &id), PSA_ERROR_INVALID_ARGUMENT,
                            ERROR_KEY_ATTRIBUTES);
        assert_non_null(strstr(imprint_psa_reason(PSA_ERROR_INVALID_ARGUMENT), "PSA_ATECC608A_LIFETIME"));
        world_expect_reason(&world, psa_import_key(&attributes, scalar, sizeof scalar, &id), PSA_ERROR_INVALID_ARGUMENT,
                            ERROR_KEY_ATTRIBUTES);
        world_expect_reason(&world, mbedtls_psa_register_se_key(&attributes), PSA_ERROR_INVALID_ARGUMENT,
                            ERROR_KEY_ATTRIBUTES);
        /* The engine's own way to the same call names the slot itself. */
        struct error err = {.reason = ERROR_NONE};
        assert_int_equal(keys_generate(&world.driver, &attributes, 2, &err), PSA_ERROR_INVALID_ARGUMENT);
        assert_int_equal(err.reason, ERROR_KEY_ATTRIBUTES);
    }
    virtual_digest(world.part, after);
    assert_memory_equal(before, after, sizeof before);
    /* With the lifetime, or without the slot, nothing is refused. */
    world_expect(&world, world_generate(18, 2), PSA_SUCCESS);
    attributes = world_key_pair(0, -1);
    psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_VOLATILE);
    assert_int_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(write_once_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(write_once_does_not_stop_psa, begin, end),
        cmocka_unit_test_setup_teardown(a_slot_without_the_chips_lifetime, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
