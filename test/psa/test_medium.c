/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storage medium that fails at each call of a run in turn, once or from there on until it is well again: whatever the
 * core then drops, no key record goes while its key is still in the chip, and none stays without one.
 */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define KEY 18
#define SLOT 2

static struct world world;

static struct {
    struct store_front front;
    unsigned calls, fail_at; /* 0: never */
    bool lasting;
} medium;

static enum storage_status fail_at_call(enum store_call call, uint64_t uid)
{
    (void)call;
    (void)uid;
    medium.calls++;
    if (medium.fail_at == 0 || medium.calls < medium.fail_at || (medium.calls > medium.fail_at && !medium.lasting))
        return STORAGE_OK;
    return STORAGE_FAILED;
}

static psa_status_t generate(void)
{
    psa_key_attributes_t attributes = world_key_pair(KEY, SLOT);
    psa_key_id_t made;

    return psa_generate_key(&attributes, &made);
}

static psa_status_t register_it(void)
{
    psa_key_attributes_t attributes = world_key_pair(KEY, SLOT);

    return world_register_key(&attributes);
}

static psa_status_t destroy(void)
{
    return psa_destroy_key(KEY);
}

static bool slot_changed(const uint8_t before[static 64])
{
    uint8_t now[64];

    assert_true(world_slot_public(&world, SLOT, now));
    return memcmp(before, now, sizeof now) != 0;
}

static const struct row {
    const char *name;
    psa_status_t (*run)(void);
    bool begins_with_key, ends_with_key;
} rows[] = {
    {"destroy", destroy, true, false}, {"generate", generate, false, true}, {"register", register_it, false, true}};

static void make_device(const struct row *row, enum world_store_kind store)
{
    world_make(&world, WORLD_TRUST_AND_GO);
    world_use_store(&world, store);
    world_start(&world);
    if (row->begins_with_key)
        world_expect(&world, generate(), PSA_SUCCESS);
    memset(&medium, 0, sizeof medium);
    store_front_put(&medium.front, &world.storage, fail_at_call);
}

/* One run with a failing medium; how many calls it made. */
static unsigned run(const struct row *row, enum world_store_kind store, unsigned fail_at, bool lasting)
{
    uint8_t before[64];

    make_device(row, store);
    assert_true(world_slot_public(&world, SLOT, before));
    medium.fail_at = fail_at;
    medium.lasting = lasting;
    const psa_status_t status = row->run();
    const unsigned calls = medium.calls;
    medium.fail_at = 0;

    if (status == PSA_SUCCESS && world_has_key(KEY) != row->ends_with_key)
        fail_msg("%s, %s call %u: reported as done, and is not", row->name, lasting ? "from" : "at", fail_at);
    for (int restarted = 0; restarted < 2; restarted++) {
        if (world_has_key(KEY))
            world_prove_key(&world, KEY);
        else if (row->begins_with_key && !slot_changed(before))
            fail_msg("%s, %s call %u%s: the record is gone, the key is not", row->name, lasting ? "from" : "at",
                     fail_at, restarted ? ", after a restart" : "");
        world_restart(&world);
    }
    if (world_has_key(KEY) != row->ends_with_key)
        world_expect(&world, row->run(), PSA_SUCCESS);
    assert_int_equal(world_has_key(KEY), row->ends_with_key);
    world_remove(&world);
    return calls;
}

static void fail_at_each_call(const struct row *row, enum world_store_kind store)
{
    const unsigned calls = run(row, store, 0, false);

    print_message("  %s, %s: %u calls\n", world_store_name(store), row->name, calls);
    assert_in_range(calls, 5, 200);
    for (unsigned at = 1; at <= calls; at++) {
        run(row, store, at, false);
        run(row, store, at, true);
    }
}

static void no_record_goes_before_its_key(void **state)
{
    (void)state;
    for (int store = WORLD_STORE_FILE; store < WORLD_STORE_KINDS; store++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            fail_at_each_call(&rows[i], (enum world_store_kind)store);
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(no_record_goes_before_its_key, end)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
