/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only the opaque shell has: keys under built-in ids, slots named by the lifetime; and that both shells use the
 * same keys from the same store, whichever made them and wherever it was interrupted.
 */
#include "test/support/world.h"

#include <psa/internal_trusted_storage.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "psa/keys.h"
#include "psa/records.h"
#include "psa/slots.h"
#include "psa/transaction.h"
#include "virtual/chip/virtual_invasive.h"

#define BUILTIN(slot) ((psa_key_id_t)0x7fff0000 + (slot))
#define BUILTIN_LIFETIME 0x60ff
#define KEY 18
#define RECORD_BYTES 44

static struct world world;

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static void begin(enum world_kind kind)
{
    world_make(&world, kind);
    world_start(&world);
}

static size_t records(void)
{
    size_t count = 0;
    uint64_t uid = 0;

    for (bool first = true; world.storage.operations->next(world.storage.context, first, &uid) == STORAGE_OK;
         first = false)
        count++;
    return count;
}

/* --- built-in ids ------------------------------------------------------------------------------------------------ */

static void builtin_keys_need_no_record(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    (void)state;
    begin(WORLD_TRUST_AND_GO);
    world_expect(&world, psa_get_key_attributes(BUILTIN(0), &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_lifetime(&attributes), BUILTIN_LIFETIME);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    assert_int_equal(psa_get_key_bits(&attributes), 256);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    world_prove_key(&world, BUILTIN(0));
    world_expect(&world, psa_destroy_key(BUILTIN(0)), PSA_ERROR_NOT_PERMITTED);
    world_prove_key(&world, BUILTIN(0));
    assert_int_equal(records(), 0);

    /* Slot 1 signs nothing from outside: its key has no such use. */
    world_expect(&world, psa_get_key_attributes(BUILTIN(1), &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_usage_flags(&attributes) & PSA_KEY_USAGE_SIGN_HASH, 0);
    assert_int_not_equal(psa_get_key_usage_flags(&attributes) & PSA_KEY_USAGE_VERIFY_HASH, 0);
}

/* Absent to the core, and the reason says why. */
static void builtin_ids_without_a_key(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    (void)state;
    begin(WORLD_BLANK_LOCKED);
    assert_int_equal(psa_get_key_attributes(BUILTIN(2), &attributes), PSA_ERROR_INVALID_HANDLE);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_INVALID_HANDLE), "the slot holds no key");
    assert_int_equal(psa_get_key_attributes(BUILTIN(16), &attributes), PSA_ERROR_INVALID_HANDLE);
    world_remove(&world);

    begin(WORLD_TRUST_AND_GO);
    assert_int_equal(psa_get_key_attributes(BUILTIN(8), &attributes), PSA_ERROR_INVALID_HANDLE);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_INVALID_HANDLE), "the slot is for no key that PSA can use");
    world_restart(&world);
    world_arm(&world, "silent", 1);
    assert_int_equal(psa_get_key_attributes(BUILTIN(0), &attributes), PSA_ERROR_COMMUNICATION_FAILURE);
}

/* The application's own way to register a key, without a function of ours. */
static void copied_under_an_ordinary_id(void **state)
{
    psa_key_attributes_t attributes = world_key_pair(KEY, -1), has = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t made = 0;

    (void)state;
    begin(WORLD_TRUST_AND_GO);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    world_expect(&world, psa_copy_key(BUILTIN(0), &attributes, &made), PSA_SUCCESS);
    assert_int_equal(made, KEY);
    world_restart(&world);
    world_expect(&world, psa_get_key_attributes(KEY, &has), PSA_SUCCESS);
    assert_int_equal(psa_get_key_lifetime(&has), PSA_ATECC608A_LIFETIME);
    assert_int_equal(psa_get_key_algorithm(&has), PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    assert_int_equal(world_slot_of(&world, KEY), 0);
    world_prove_key(&world, KEY);
    /* A key id that is taken, and one that may not be copied. */
    world_expect_reason(&world, psa_copy_key(BUILTIN(2), &attributes, &made), PSA_ERROR_ALREADY_EXISTS,
                        ERROR_KEY_EXISTS);
    psa_set_key_id(&attributes, KEY + 1);
    assert_int_equal(psa_copy_key(KEY, &attributes, &made), PSA_ERROR_NOT_PERMITTED);
}

/* --- what the core leaves to the driver -------------------------------------------------------------------------- */

/* The core would find out only after the chip has made a key. */
static void a_taken_id_leaves_the_chip_alone(void **state)
{
    uint8_t before[32], after[32];

    (void)state;
    begin(WORLD_TRUST_AND_GO);
    world_expect(&world, world_generate(KEY, 2), PSA_SUCCESS);
    virtual_digest(world.part, before);
    world_expect_reason(&world, world_generate(KEY, 3), PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS);
    world_expect_reason(&world, world_generate(KEY + 1, 2), PSA_ERROR_ALREADY_EXISTS, ERROR_SLOT_CLAIMED);
    virtual_digest(world.part, after);
    assert_memory_equal(before, after, sizeof before);
}

/* At whatever group the chip falls silent: the call fails, and nothing of it is left open until the next one. */
static void a_refused_creation_leaves_no_transaction(void **state)
{
    uint8_t transaction[TRANSACTION_STORED_MAX];
    psa_status_t status = PSA_ERROR_COMMUNICATION_FAILURE;
    unsigned refused = 0;

    (void)state;
    for (unsigned group = 1; status != PSA_SUCCESS; group++) {
        struct bytes_out out = {.data = transaction, .cap = sizeof transaction};

        begin(WORLD_TRUST_AND_GO);
        world_arm(&world, "silent", group);
        status = world_generate(KEY, 2);
        refused += status != PSA_SUCCESS;
        assert_int_equal(world.storage.operations->get(world.storage.context, TRANSACTION_UID, 0, &out, NULL),
                         STORAGE_ABSENT);
        world_remove(&world);
    }
    assert_in_range(refused, 5, 20);
}

static void a_record_of_another_context(void **state)
{
    static const uint64_t numbers[] = {16, 255, 256, UINT64_MAX};
    uint8_t record[RECORD_BYTES], point[P256_POINT_BYTES];
    size_t len;

    (void)state;
    begin(WORLD_TRUST_AND_GO);
    world_expect(&world, world_generate(KEY, 2), PSA_SUCCESS);
    assert_int_equal(psa_its_get(KEY, 0, sizeof record, record, &len), PSA_SUCCESS);
    assert_int_equal(len, sizeof record);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        memcpy(record + 36, &numbers[i], 8);
        assert_int_equal(psa_its_set(KEY + 1, sizeof record, record, 0), PSA_SUCCESS);
        world_expect(&world, psa_export_public_key(KEY + 1, point, sizeof point, &len), PSA_ERROR_INVALID_ARGUMENT);
        world_expect(&world, psa_destroy_key(KEY + 1), PSA_SUCCESS);
    }
    world_prove_key(&world, KEY);
}

/* --- one store, two shells -----------------------------------------------------------------------------------------
 */

static void start_with(const struct driver_shell *shell)
{
    world_attach(&world);
    assert_int_equal(driver_start(&world.driver, &world.its, shell), PSA_SUCCESS);
}

/* A core without SE_C has one shell, whose other one is itself. */
static const struct driver_shell *const shells[] = {
    &driver_shell_opaque,
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
    &driver_shell_all,
#endif
};
#define SHELLS (sizeof shells / sizeof shells[0])

static const struct driver_shell *other_shell(size_t shell)
{
    return shells[SHELLS - 1 - shell];
}

static void read_record(psa_key_id_t id, uint8_t record[static RECORD_BYTES])
{
    size_t len = 0;

    assert_int_equal(psa_its_get(id, 0, RECORD_BYTES, record, &len), PSA_SUCCESS);
    assert_int_equal(len, RECORD_BYTES);
}

/* The same call leaves the same bytes, and the key works through either shell by the same id. */
static void a_key_of_either_shell_is_used_through_both(void **state)
{
    uint8_t written[SHELLS][RECORD_BYTES], point[P256_POINT_BYTES];
    struct error err = {.reason = ERROR_NONE};
    size_t len;

    (void)state;
    for (size_t maker = 0; maker < SHELLS; maker++) {
        world_make(&world, WORLD_TRUST_AND_GO);
        start_with(shells[maker]);
        const psa_key_attributes_t made = world_key_pair(KEY, -1), maker_key = world_key_pair(KEY + 1, -1);
        assert_int_equal(keys_generate(&world.driver, &made, 3, &err), PSA_SUCCESS);
        assert_int_equal(keys_register(&world.driver, &maker_key, 0, &err), PSA_SUCCESS);
        read_record(KEY, written[maker]);
        world_expect(&world, psa_export_public_key(KEY, point, sizeof point, &len), PSA_SUCCESS);
        for (size_t user = 0; user < 2 * SHELLS; user++) {
            world_stop(&world);
            start_with(shells[user < SHELLS ? user : user - SHELLS]);
            world_prove(&world, KEY, point);
            world_prove_key(&world, KEY + 1);
        }
        world_stop(&world);
        start_with(other_shell(maker));
        world_expect(&world, psa_destroy_key(KEY), PSA_SUCCESS);
        assert_true(driver_slot_is_scrap(&world.driver, 3));
        world_remove(&world);
    }
    assert_memory_equal(written[0], written[SHELLS - 1], RECORD_BYTES);
}

/* An application's one form of naming a slot. */
static void the_lifetime_names_the_slot_in_both(void **state)
{
    psa_key_id_t id;

    (void)state;
    for (size_t maker = 0; maker < SHELLS; maker++) {
        psa_key_attributes_t attributes = world_key_pair(KEY, -1);

        world_make(&world, WORLD_TRUST_AND_GO);
        start_with(shells[maker]);
        psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME_IN_SLOT(3));
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
        psa_set_key_slot_number(&attributes, 2);
        world_expect_reason(&world, psa_generate_key(&attributes, &id), PSA_ERROR_INVALID_ARGUMENT,
                            ERROR_KEY_ATTRIBUTES);
        psa_set_key_slot_number(&attributes, 3);
#endif
        world_expect(&world, psa_generate_key(&attributes, &id), PSA_SUCCESS);
        assert_int_equal(world_slot_of(&world, KEY), 3);
        world_stop(&world);
        start_with(other_shell(maker));
        world_prove_key(&world, KEY);
        attributes = world_key_pair(KEY + 1, -1);
        psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME_IN_SLOT(0));
        world_expect(&world, imprint_psa_register_slot(&attributes, 0), PSA_SUCCESS);
        world_prove_key(&world, KEY + 1);
        world_expect(&world, psa_destroy_key(KEY), PSA_SUCCESS);
        world_remove(&world);
    }
}

/* --- interrupted -------------------------------------------------------------------------------------------------- */

/* A medium that stops at one of its changes: that one is made or not, all later ones are lost. */
static struct {
    const struct storage_operations *real;
    struct storage_operations front;
    unsigned changes, last;
} dying;

static enum storage_status dying_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    return ++dying.changes > dying.last ? STORAGE_FAILED : dying.real->set(context, uid, flags, content);
}

static enum storage_status dying_remove(void *context, uint64_t uid)
{
    return ++dying.changes > dying.last ? STORAGE_FAILED : dying.real->remove(context, uid);
}

static void let_the_medium_die_after(unsigned changes)
{
    dying.real = world.storage.operations;
    dying.front = *dying.real;
    dying.front.set = dying_set;
    dying.front.remove = dying_remove;
    dying.changes = 0;
    dying.last = changes;
    world.storage.operations = &dying.front;
}

/* The core answers DATA_INVALID for whatever the store says. The reason has the truth, and nothing is lost. */
static void a_dying_store_is_called_so(void **state)
{
    (void)state;
    begin(WORLD_BLANK_LOCKED);
    const struct storage_operations *real = world.storage.operations;
    let_the_medium_die_after(1); /* the transaction is stored, the key's record is not */
    assert_int_equal(world_generate(KEY, 2), PSA_ERROR_DATA_INVALID);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_DATA_INVALID), "the key store cannot be written");
    world.storage.operations = real;
    world_expect(&world, world_generate(KEY, 2), PSA_SUCCESS);
    let_the_medium_die_after(2); /* transaction and erased slot are stored, the record stays */
    assert_int_equal(psa_destroy_key(KEY), PSA_ERROR_DATA_INVALID);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_DATA_INVALID), "the key store cannot be written");
    world.storage.operations = real;
    world_expect(&world, psa_destroy_key(KEY), PSA_SUCCESS);
    assert_true(driver_slot_is_scrap(&world.driver, 2));
}

static bool exists(psa_key_id_t id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    const psa_status_t status = psa_get_key_attributes(id, &attributes);

    if (status != PSA_SUCCESS)
        assert_int_equal(status, PSA_ERROR_INVALID_HANDLE);
    psa_reset_key_attributes(&attributes);
    return status == PSA_SUCCESS;
}

/* After any interruption: PSA starts with the other shell, and the key is there whole or not at all; then it is made.
 */
static void finish_with(const struct driver_shell *shell, bool reported)
{
    uint8_t transaction[TRANSACTION_STORED_MAX];
    struct bytes_out out = {.data = transaction, .cap = sizeof transaction};
    struct error err = {.reason = ERROR_NONE};
    const psa_key_attributes_t attributes = world_key_pair(KEY, -1);

    start_with(shell);
    assert_int_equal(world.storage.operations->get(world.storage.context, TRANSACTION_UID, 0, &out, NULL),
                     STORAGE_ABSENT);
    if (reported)
        assert_true(exists(KEY));
    if (!exists(KEY))
        assert_int_equal(keys_generate(&world.driver, &attributes, KEYS_SLOT_ANY, &err), PSA_SUCCESS);
    assert_int_equal(world_slot_of(&world, KEY), 0); /* always the same slot: none is lost */
    world_prove_key(&world, KEY);
    world_stop(&world);
}

static void interrupted_in_one_shell_and_finished_in_the_other(void **state)
{
    (void)state;
    for (size_t maker = 0; maker < SHELLS; maker++)
        for (int destroys = 0; destroys < 2; destroys++) {
            unsigned last = 0;
            bool done = false;

            for (; !done; last++) {
                struct error err = {.reason = ERROR_NONE};
                const psa_key_attributes_t attributes = world_key_pair(KEY, -1);
                psa_status_t status = PSA_SUCCESS;

                world_make(&world, WORLD_BLANK_LOCKED);
                start_with(shells[maker]);
                if (destroys)
                    status = keys_generate(&world.driver, &attributes, KEYS_SLOT_ANY, &err);
                assert_int_equal(status, PSA_SUCCESS);
                let_the_medium_die_after(last);
                status =
                    destroys ? psa_destroy_key(KEY) : keys_generate(&world.driver, &attributes, KEYS_SLOT_ANY, &err);
                done = dying.changes <= last;
                if (done)
                    assert_int_equal(status, PSA_SUCCESS);
                world_stop(&world);
                finish_with(other_shell(maker), !destroys && status == PSA_SUCCESS);
                world_remove(&world);
            }
            print_message("  %s, %s: %u changes\n", shells[maker] == &driver_shell_opaque ? "opaque" : "SE_C",
                          destroys ? "destroy" : "generate", last - 1);
            assert_in_range(last, 3, 12);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(builtin_keys_need_no_record, end),
        cmocka_unit_test_teardown(builtin_ids_without_a_key, end),
        cmocka_unit_test_teardown(copied_under_an_ordinary_id, end),
        cmocka_unit_test_teardown(a_taken_id_leaves_the_chip_alone, end),
        cmocka_unit_test_teardown(a_refused_creation_leaves_no_transaction, end),
        cmocka_unit_test_teardown(a_record_of_another_context, end),
        cmocka_unit_test_teardown(a_dying_store_is_called_so, end),
        cmocka_unit_test_teardown(a_key_of_either_shell_is_used_through_both, end),
        cmocka_unit_test_teardown(the_lifetime_names_the_slot_in_both, end),
        cmocka_unit_test_teardown(interrupted_in_one_shell_and_finished_in_the_other, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
