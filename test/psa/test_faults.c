/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every fault of the bus at every group of every kind of operation. One disturbed group is ridden out: the operation
 * succeeds, and a GenKey whose outcome can be told has run once only. A chip that restarts in mid command, or falls
 * silent, may make it fail, with COMMUNICATION_FAILURE and no metadata made or lost; the same call then succeeds.
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

#define KEY 18

static struct world world;
static struct imprint_write_key write_key = {.slot = 15};
static uint8_t imported_scalar[32], imported_point[65];

static psa_status_t generate(int slot)
{
    psa_key_attributes_t attributes = world_key_pair(KEY, slot);
    psa_key_id_t id;

    return psa_generate_key(&attributes, &id);
}

static psa_status_t generate_in_filled(void)
{
    return generate(2);
}

static psa_status_t generate_in_empty(void)
{
    return generate(-1);
}

static psa_status_t generate_hidden(void)
{
    psa_key_attributes_t attributes = world_key_pair(KEY, VARIED_HIDDEN);
    psa_key_id_t id;

    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    return psa_generate_key(&attributes, &id);
}

static psa_status_t import(psa_key_attributes_t attributes, const uint8_t *key, size_t len)
{
    psa_key_id_t id;

    return psa_import_key(&attributes, key, len, &id);
}

static psa_status_t import_clear(void)
{
    return import(world_key_pair(KEY, 1), imported_scalar, sizeof imported_scalar);
}

static psa_status_t import_encrypted(void)
{
    return import(world_key_pair(KEY, VARIED_IMPORT), imported_scalar, sizeof imported_scalar);
}

static psa_status_t import_public(void)
{
    return import(world_public_key(KEY, VARIED_PUBLIC), imported_point, sizeof imported_point);
}

static psa_status_t register_key(void)
{
    psa_key_attributes_t attributes = world_key_pair(KEY, 0);

    return world_register_key(&attributes);
}

static psa_status_t sign(void)
{
    uint8_t digest[32] = {1}, signature[64];
    size_t len;

    return psa_sign_hash(KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, sizeof signature, &len);
}

static psa_status_t export_public(void)
{
    uint8_t point[65];
    size_t len;

    return psa_export_public_key(KEY, point, sizeof point, &len);
}

static psa_status_t verify(void)
{
    uint8_t digest[32] = {1}, signature[64];

    p256_sign(imported_scalar, digest, signature);
    return psa_verify_hash(KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, 64);
}

static psa_status_t destroy(void)
{
    return world_destroy(&world.driver, KEY);
}

enum proof { PROVES_BY_EXPORT, PROVES_IMPORTED, SIGNS_ONLY, IS_PUBLIC, IS_GONE };

static const struct operation {
    const char *name;
    enum world_kind kind;
    psa_status_t (*before)(void); /* done without faults first */
    psa_status_t (*run)(void);
    enum proof proof;
    bool repeats; /* what it writes may be written again: the same bytes, or a key that nobody has seen */
} operations[] = {
    {"generate in a filled slot", WORLD_TRUST_AND_GO, NULL, generate_in_filled, PROVES_BY_EXPORT, false},
    {"generate in an empty slot", WORLD_BLANK_LOCKED, NULL, generate_in_empty, PROVES_BY_EXPORT, false},
    {"generate in a slot without public key", WORLD_VARIED_LOCKED, NULL, generate_hidden, SIGNS_ONLY, true},
    {"import in clear", WORLD_BLANK_CONFIG_LOCKED, NULL, import_clear, PROVES_IMPORTED, true},
    {"import encrypted", WORLD_VARIED_LOCKED, NULL, import_encrypted, PROVES_IMPORTED, true},
    {"import a public key", WORLD_VARIED_LOCKED, NULL, import_public, IS_PUBLIC, true},
    {"register", WORLD_TRUST_AND_GO, NULL, register_key, PROVES_BY_EXPORT, false},
    {"sign", WORLD_TRUST_AND_GO, register_key, sign, PROVES_BY_EXPORT, false},
    {"export", WORLD_TRUST_AND_GO, register_key, export_public, PROVES_BY_EXPORT, false},
    {"verify", WORLD_VARIED_LOCKED, import_public, verify, IS_PUBLIC, false},
    {"verify with a private key's slot", WORLD_VARIED_LOCKED, import_encrypted, verify, PROVES_IMPORTED, false},
    {"destroy", WORLD_TRUST_AND_GO, generate_in_filled, destroy, IS_GONE, false},
};

static void prove(enum proof proof)
{
    uint8_t point[65];
    size_t len;

    switch (proof) {
    case PROVES_BY_EXPORT:
        world_prove_key(&world, KEY);
        break;
    case PROVES_IMPORTED:
        world_prove(&world, KEY, imported_point);
        break;
    case SIGNS_ONLY:
        world_expect(&world, sign(), PSA_SUCCESS);
        break;
    case IS_PUBLIC:
        world_expect(&world, psa_export_public_key(KEY, point, sizeof point, &len), PSA_SUCCESS);
        assert_memory_equal(point, imported_point, sizeof point);
        break;
    case IS_GONE:
        assert_false(world_has_key(KEY));
        break;
    }
}

static void make(const struct operation *operation)
{
    world_make(&world, operation->kind);
    world.settings = (struct driver_settings){.write_keys = &write_key, .write_key_count = 1};
    world_start(&world);
    if (operation->before != NULL)
        world_expect(&world, operation->before(), PSA_SUCCESS);
    world_restart(&world);
}

/* Commands and non-volatile writes of the undisturbed operation. */
static struct virtual_counters undisturbed(const struct operation *operation)
{
    struct virtual_counters counters;

    make(operation);
    world_expect(&world, operation->run(), PSA_SUCCESS);
    virtual_read_counters(world.part, &counters);
    prove(operation->proof);
    world_remove(&world);
    return counters;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static void a_disturbed_group_is_ridden_out(void **state)
{
    static const char *const kinds[] = {"nack", "garbage", "badcrc", "flip", "lost", "slow"};

    (void)state;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        const struct operation *operation = &operations[i];
        struct virtual_counters plain = undisturbed(operation);

        print_message("  %s: %u commands\n", operation->name, (unsigned)plain.commands);
        assert_true(plain.commands > 0);
        for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
            for (unsigned group = 1; group <= plain.commands; group++) {
                struct virtual_counters counters;

                make(operation);
                world_arm(&world, kinds[kind], group);
                psa_status_t status = operation->run();
                if (status != PSA_SUCCESS)
                    print_message("%s, %s@%u:\n", operation->name, kinds[kind], group);
                world_expect(&world, status, PSA_SUCCESS);
                virtual_read_counters(world.part, &counters);
                if (counters.nonvolatile_writes != plain.nonvolatile_writes &&
                    !(operation->repeats && counters.nonvolatile_writes == plain.nonvolatile_writes + 1))
                    fail_msg("%s, %s@%u: %u writes instead of %u", operation->name, kinds[kind], group,
                             (unsigned)counters.nonvolatile_writes, (unsigned)plain.nonvolatile_writes);
                world_restart(&world);
                prove(operation->proof);
                world_remove(&world);
            }
    }
}

/* Fails, or not, and nothing is half done; the same call again succeeds. */
static bool fails_cleanly(const struct operation *operation, const char *fault, unsigned group,
                          enum error_reason reason)
{
    make(operation);
    bool existed = world_has_key(KEY);
    world_arm(&world, fault, group);
    psa_status_t status = operation->run();
    if (status != PSA_SUCCESS) {
        world_expect_reason(&world, status, PSA_ERROR_COMMUNICATION_FAILURE, reason);
        assert_int_equal(world_has_key(KEY), existed);
        virtual_power_cycle(world.part);
        assert_int_equal(world_has_key(KEY), existed);
        world_restart(&world);
        assert_int_equal(world_has_key(KEY), existed);
        world_expect(&world, operation->run(), PSA_SUCCESS);
    }
    prove(operation->proof);
    world_remove(&world);
    return status != PSA_SUCCESS;
}

static void a_chip_that_restarts_or_falls_silent(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        const struct operation *operation = &operations[i];
        struct virtual_counters plain = undisturbed(operation);

        for (unsigned group = 1; group <= plain.commands; group++) {
            (void)fails_cleanly(operation, "reset", group, ERROR_DEVICE_RESET);
            assert_true(fails_cleanly(operation, "silent", group, ERROR_DEVICE_SILENT));
        }
    }
}

/* Another chip in mid operation: what is stored afterwards is about the chip that the records are of, or not at all. */
static void another_chip_in_its_place_gets_no_record(void **state)
{
    static const size_t creations[] = {1, 3, 5, 6};

    (void)state;
    for (size_t i = 0; i < sizeof creations / sizeof creations[0]; i++) {
        const struct operation *operation = &operations[creations[i]];
        struct virtual_counters plain = undisturbed(operation);
        unsigned refused = 0;

        for (unsigned group = 2; group <= plain.commands; group++) {
            make(operation);
            world_arm(&world, "swap", group);
            psa_status_t status = operation->run();
            refused += world.driver.last_error.reason == ERROR_WRONG_PART;
            world_restart(&world); /* the first chip is back */
            assert_int_equal(world_has_key(KEY), status == PSA_SUCCESS);
            if (status != PSA_SUCCESS)
                world_expect(&world, operation->run(), PSA_SUCCESS);
            prove(operation->proof);
            world_remove(&world);
        }
        assert_in_range(refused, 2, plain.commands);
    }
}

static int set_up(void **state)
{
    (void)state;
    memcpy(write_key.secret, world_write_key, sizeof write_key.secret);
    p256_make_key(imported_scalar, imported_point);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_disturbed_group_is_ridden_out, end),
        cmocka_unit_test_teardown(a_chip_that_restarts_or_falls_silent, end),
        cmocka_unit_test_teardown(another_chip_in_its_place_gets_no_record, end),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
