/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another chip takes the place of the one that the keys are in, while the process runs: at every group of every
 * operation, and between two. It gets no write, and nothing it says passes for the first one's. Put back, the first one
 * goes on.
 */
#include "test/support/p256.h"
#include "test/support/chip_file.h"
#include "test/support/world.h"
#include "virtual/chip/virtual_invasive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY 18   /* in slot 2 */
#define MAKER 16 /* in slot 0 */
#define NEW 20   /* in slot 3 */

static struct world world;
static uint8_t key_point[P256_POINT_BYTES];
static const uint8_t digest[32] = {1, 2, 3, 4, 5};

static psa_status_t register_one(psa_key_id_t id, int slot)
{
    psa_key_attributes_t attributes = world_key_pair(id, slot);

    return world_register_key(&attributes);
}

static psa_status_t do_generate(void)
{
    return world_generate(NEW, 3);
}

static psa_status_t do_register(void)
{
    return register_one(NEW, 3);
}

static psa_status_t do_destroy(void)
{
    return world_destroy(&world.driver, KEY);
}

/* A signature that is given is the first chip's. */
static psa_status_t do_sign(void)
{
    uint8_t signature[64];
    size_t len = 0;
    const psa_status_t status =
        psa_sign_hash(KEY, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, sizeof signature, &len);

    if (status == PSA_SUCCESS && !p256_verifies(key_point + 1, digest, sizeof digest, signature))
        fail_msg("another chip's signature passes for key %d's", KEY);
    return status;
}

static psa_status_t do_export(void)
{
    uint8_t point[P256_POINT_BYTES];
    size_t len = 0;
    const psa_status_t status = psa_export_public_key(KEY, point, sizeof point, &len);

    if (status == PSA_SUCCESS)
        assert_memory_equal(point, key_point, sizeof point);
    return status;
}

static const struct {
    const char *name;
    psa_status_t (*run)(void);
    psa_key_id_t gone, made; /* the key that the operation destroys or makes, 0 for none */
} operations[] = {
    {"sign", do_sign, 0, 0},           {"export", do_export, 0, 0},     {"generate", do_generate, 0, NEW},
    {"register", do_register, 0, NEW}, {"destroy", do_destroy, KEY, 0},
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

static void begin(void)
{
    size_t len = 0;

    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    world_expect(&world, register_one(MAKER, 0), PSA_SUCCESS);
    world_expect(&world, world_generate(KEY, 2), PSA_SUCCESS);
    world_expect(&world, psa_export_public_key(KEY, key_point, sizeof key_point, &len), PSA_SUCCESS);
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static uint64_t groups(void)
{
    struct virtual_counters counters;

    virtual_read_counters(world.part, &counters);
    return counters.groups;
}

/* The groups that changed something on the part, from `first` on. */
static unsigned writes_since(uint64_t first)
{
    struct virtual_write writes[64];
    const size_t count = virtual_list_writes(world.part, writes, sizeof writes / sizeof writes[0]);
    unsigned found = 0;

    assert_in_range(count, 0, sizeof writes / sizeof writes[0]);
    for (size_t i = 0; i < count; i++)
        found += writes[i].group >= first;
    return found;
}

static void prove_all(size_t operation, bool done)
{
    world_prove_key(&world, MAKER);
    if (operations[operation].gone != KEY)
        world_prove(&world, KEY, key_point);
    else if (!done) /* overwritten or not, it can still be destroyed */
        world_prove_key(&world, KEY);
    if (done && operations[operation].made != 0)
        world_prove_key(&world, operations[operation].made);
}

/* At group `at` of the operation. True when it was done all the same: it was over by then. */
static bool exchange_at(size_t operation, unsigned at)
{
    char id[32];

    begin();
    const uint64_t first = groups() + at;
    snprintf(id, sizeof id, "swap@%u", (unsigned)first);
    assert_true(virtual_arm_fault(world.part, id));
    const psa_status_t status = operations[operation].run();
    if (groups() < first) {
        world_expect(&world, status, PSA_SUCCESS);
        world_remove(&world);
        return true;
    }
    if (status != PSA_SUCCESS)
        print_message("%s, %s:\n", operations[operation].name, id);
    world_expect_reason(&world, status, PSA_ERROR_COMMUNICATION_FAILURE, ERROR_WRONG_PART);
    /* Asked again, all of them, it still is the wrong chip. */
    for (size_t i = 0; i < OPERATIONS; i++)
        world_expect_reason(&world, operations[i].run(), PSA_ERROR_COMMUNICATION_FAILURE, ERROR_WRONG_PART);
    if (writes_since(first) != 0)
        fail_msg("%s, %s: another chip was written to", operations[operation].name, id);
    world_restart(&world);
    prove_all(operation, false);
    world_expect(&world, operations[operation].run(), PSA_SUCCESS);
    prove_all(operation, true);
    world_remove(&world);
    return false;
}

static void exchanged_at_every_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPERATIONS; i++) {
        unsigned at = 1;

        while (!exchange_at(i, at))
            at++;
        print_message("  %s: %u groups\n", operations[i].name, at - 1);
        assert_in_range(at, 3, 40);
    }
}

/* Asleep between two calls, which no chip can be told from another by. The other one has keys in the same slots. */
static void exchanged_between_calls(void **state)
{
    const struct virtual_making making = {.part = VIRTUAL_TRUST_AND_GO, .has_seed = true, .seed = 77};
    struct virtual_chip *other;
    char path[400];
    uint8_t before[32], after[32];

    (void)state;
    begin();
    snprintf(path, sizeof path, "%s/other", world.directory);
    chip_file_make(path, &making);
    other = chip_file_open(path);
    virtual_digest(other, before);
    world.transport.chip = other;
    for (size_t i = 0; i < OPERATIONS; i++)
        world_expect_reason(&world, operations[i].run(), PSA_ERROR_COMMUNICATION_FAILURE, ERROR_WRONG_PART);
    virtual_digest(other, after);
    assert_memory_equal(before, after, sizeof before);
    world.transport.chip = world.part;
    world_prove(&world, KEY, key_point);
    world_prove_key(&world, MAKER);
    virtual_close(other);
    world_remove(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(exchanged_at_every_group, end),
        cmocka_unit_test_teardown(exchanged_between_calls, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
