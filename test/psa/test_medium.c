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
    const struct storage_operations *real;
    void *real_context;
    unsigned calls, fail_at; /* 0: never */
    bool lasting;
} medium;

static bool fails(void)
{
    medium.calls++;
    return medium.fail_at != 0 && (medium.calls == medium.fail_at || (medium.lasting && medium.calls > medium.fail_at));
}

static enum storage_status medium_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    (void)context;
    return fails() ? STORAGE_FAILED : medium.real->set(medium.real_context, uid, flags, content);
}

static enum storage_status medium_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                      struct storage_record *record)
{
    (void)context;
    return fails() ? STORAGE_FAILED : medium.real->get(medium.real_context, uid, offset, out, record);
}

static enum storage_status medium_remove(void *context, uint64_t uid)
{
    (void)context;
    return fails() ? STORAGE_FAILED : medium.real->remove(medium.real_context, uid);
}

static enum storage_status medium_next(void *context, bool first, uint64_t *uid)
{
    (void)context;
    return fails() ? STORAGE_FAILED : medium.real->next(medium.real_context, first, uid);
}

static enum storage_status medium_reserve(void *context, uint32_t size)
{
    (void)context;
    return fails() ? STORAGE_FAILED : medium.real->reserve(medium.real_context, size);
}

static void medium_release(void *context)
{
    (void)context;
    medium.real->release(medium.real_context);
}

static const struct storage_operations medium_operations = {
    .set = medium_set,
    .get = medium_get,
    .remove = medium_remove,
    .next = medium_next,
    .reserve = medium_reserve,
    .release = medium_release,
};

static void put_medium(void)
{
    memset(&medium, 0, sizeof medium);
    medium.real = world.storage.operations;
    medium.real_context = world.storage.context;
    world.storage.operations = &medium_operations;
}

static bool exists(void)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    const psa_status_t status = psa_get_key_attributes(KEY, &attributes);

    psa_reset_key_attributes(&attributes);
    assert_true(status == PSA_SUCCESS || status == PSA_ERROR_INVALID_HANDLE);
    return status == PSA_SUCCESS;
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

    return mbedtls_psa_register_se_key(&attributes);
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

static void make_device(const struct row *row)
{
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    if (row->begins_with_key)
        world_expect(&world, generate(), PSA_SUCCESS);
    put_medium();
}

/* One run with a failing medium; how many calls it made. */
static unsigned run(const struct row *row, unsigned fail_at, bool lasting)
{
    uint8_t before[64];

    make_device(row);
    assert_true(world_slot_public(&world, SLOT, before));
    medium.fail_at = fail_at;
    medium.lasting = lasting;
    const psa_status_t status = row->run();
    const unsigned calls = medium.calls;
    medium.fail_at = 0;

    if (status == PSA_SUCCESS && exists() != row->ends_with_key)
        fail_msg("%s, %s call %u: reported as done, and is not", row->name, lasting ? "from" : "at", fail_at);
    for (int restarted = 0; restarted < 2; restarted++) {
        if (exists())
            world_prove_key(&world, KEY);
        else if (row->begins_with_key && !slot_changed(before))
            fail_msg("%s, %s call %u%s: the record is gone, the key is not", row->name, lasting ? "from" : "at",
                     fail_at, restarted ? ", after a restart" : "");
        world_restart(&world);
    }
    if (exists() != row->ends_with_key)
        world_expect(&world, row->run(), PSA_SUCCESS);
    assert_int_equal(exists(), row->ends_with_key);
    world_remove(&world);
    return calls;
}

static void no_record_goes_before_its_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const unsigned calls = run(&rows[i], 0, false);

        print_message("  %s: %u calls\n", rows[i].name, calls);
        assert_in_range(calls, 5, 200);
        for (unsigned at = 1; at <= calls; at++) {
            run(&rows[i], at, false);
            run(&rows[i], at, true);
        }
    }
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
