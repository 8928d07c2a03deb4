/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board makes its IO protection key on the bench: power fails at every operation of the flash and at every group on
 * the chip's bus. Each time the next run ends with one key, proven, the same in the chip and in the flash; and with the
 * one that the flash had when the power failed, if it had one. So with a blank part, and with a locked one whose slot
 * it locks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "psa/io_key.h"
#include "storage/flash.h"
#include "test/firmware/bench.h"
#include "virtual/chip/model.h"
#include "virtual/chip/policy.h"

#define BLOCK 2048
#define SLOT 6
#define NONCE "5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A"

extern const struct profile_compiled io_key_profile, flex_io_key_profile; /* armed */

static const struct device {
    const struct profile_compiled *profile;
    enum virtual_part part;
    const char *run;
    uint8_t last;         /* of the serial number */
    bool is_locked;       /* its slot, in the end */
    unsigned every_group; /* the run of a blank part is long: power fails at a sample of its groups */
} devices[] = {
    {&io_key_profile, VIRTUAL_BLANK, "run 01230015D6555927EE " NONCE "\n", 0xEE, false, 3},
    {&flex_io_key_profile, VIRTUAL_TRUST_FLEX, "run 01230015D655592701 " NONCE "\n", 0x01, true, 1},
};
#define DEVICES (sizeof devices / sizeof devices[0])

static void make_board(const struct device *device)
{
    bench_make(device->part, BLOCK);
}

/* The key in the flash, as an application that boots now finds it. */
static enum io_key_found stored(const struct device *device, bool proven_only, uint8_t key[static IO_KEY_BYTES])
{
    const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0x00, 0x15, 0xD6, 0x55, 0x59, 0x27, device->last};
    struct storage_flash flash;
    struct storage storage;
    struct error err = {.reason = ERROR_NONE};

    memset(key, 0, IO_KEY_BYTES);
    if (storage_flash_open(&flash, &bench.flash.device, false, &storage, &err) != STORAGE_OK)
        return IO_KEY_ABSENT;
    return proven_only ? io_key_read_proven(&storage, serial, key, &err) : io_key_read(&storage, serial, key, &err);
}

static bool is_locked(const struct virtual_memory *memory)
{
    return (memory->config[VIRTUAL_AT_SLOT_LOCKED] & 1u << SLOT) == 0;
}

static void expect_key(const struct device *device, const char *id, const uint8_t before[static IO_KEY_BYTES],
                       bool had_one)
{
    uint8_t key[IO_KEY_BYTES];
    struct virtual_memory *memory = &bench.part->memory;

    if (stored(device, true, key) != IO_KEY_FOUND || memcmp(virtual_slot_bytes(memory, SLOT), key, sizeof key) != 0)
        fail_msg("%s: the chip has not the key in the flash:\n%s", id, bench.output);
    if (bytes_all(bytes_of(key, sizeof key), key[0]) || (had_one && memcmp(before, key, sizeof key) != 0))
        fail_msg("%s: the key in the flash is another one now", id);
    if (is_locked(memory) != device->is_locked)
        fail_msg("%s: the slot's lock is not as the profile says", id);
}

/* What a cut has left is finished by the next run, and the one after it has nothing to do. */
static void expect_finished(const struct device *device, const char *id)
{
    uint8_t before[IO_KEY_BYTES];
    bool had_one;

    flash_sim_restart(&bench.flash);
    bench.cut_group = 0;
    had_one = stored(device, false, before) == IO_KEY_FOUND;
    bench_factory(device->profile, device->run);
    if (!bench_said("@ok run") || !bench_said("@data name=bus slot=6"))
        fail_msg("%s:\n%s", id, bench.output);
    expect_key(device, id, before, had_one);
    bench_factory(device->profile, device->run);
    if (!bench_said("changes=0 keys=1") || !bench_said("@data name=bus slot=6 written=no") ||
        bench.flash.violation != NULL)
        fail_msg("%s: not finished:\n%s", id, bench.output);
    expect_key(device, id, before, had_one);
}

static void test_unbroken(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        make_board(&devices[i]);
        expect_finished(&devices[i], "unbroken");
        bench_remove();
    }
}

/* In every way that a cut can leave the flash. */
static void test_power_fails_at_each_flash_operation(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        unsigned operations;

        make_board(&devices[i]);
        bench_factory(devices[i].profile, devices[i].run);
        bench_expect("@ok run");
        operations = bench.flash.operations;
        assert_true(operations > 5);
        bench_remove();
        for (unsigned at = 1; at <= operations; at++) {
            for (int cut = 0; cut < FLASH_SIM_CUTS; cut++) {
                char id[64];

                (void)snprintf(id, sizeof id, "device %zu, flash operation %u of %u, cut %d", i, at, operations, cut);
                make_board(&devices[i]);
                flash_sim_plan(&bench.flash, at, (enum flash_sim_cut)cut, at * 31 + (unsigned)cut);
                bench_factory(devices[i].profile, devices[i].run);
                assert_false(bench.flash.powered);
                expect_finished(&devices[i], id);
                bench_remove();
            }
        }
    }
}

static void test_power_fails_at_each_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        bool cut = true;

        for (unsigned at = 1; cut; at += devices[i].every_group) {
            char id[64];

            (void)snprintf(id, sizeof id, "device %zu, %s group %u", i, at % 2 != 0 ? "after" : "before", at);
            make_board(&devices[i]);
            bench.cut_group = at;
            bench.cut_after = at % 2 != 0;
            bench_factory(devices[i].profile, devices[i].run);
            cut = !bench.flash.powered;
            if (cut)
                expect_finished(&devices[i], id);
            bench_remove();
        }
    }
}

/* The flash of another device, or the chip of another board: no second key, and the chip stays as it is. */
static void test_another_chip(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        static uint8_t other[IO_KEY_BYTES];
        struct storage_flash flash;
        struct storage storage;
        struct error err = {.reason = ERROR_NONE};
        struct virtual_memory memory;

        make_board(&devices[i]);
        memset(other, 0x5a, sizeof other);
        assert_int_equal(storage_flash_open(&flash, &bench.flash.device, true, &storage, &err), STORAGE_OK);
        assert_true(io_key_write(&storage, (const uint8_t[CHIP_SERIAL_BYTES]){0x01, 0x23, [8] = 0x77}, other, &err));
        memory = bench.part->memory;
        bench_factory(devices[i].profile, "plan\n");
        bench_expect("@error plan reason=foreign-key");
        bench_factory(devices[i].profile, devices[i].run);
        bench_expect("@error run reason=foreign-key");
        assert_memory_equal(&memory, &bench.part->memory, sizeof memory);
        bench_remove();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unbroken),
        cmocka_unit_test(test_power_fails_at_each_flash_operation),
        cmocka_unit_test(test_power_fails_at_each_group),
        cmocka_unit_test(test_another_chip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
