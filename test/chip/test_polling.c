/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host adds to the chip's own time, on the virtual clock, so the same on every machine: how late the end of
 * each command is noticed, and the whole of a typical run, bytes on the bus and wake pulses included.
 */
#include "chip/command.h"
#include "chip/operations.h"

#include "test/support/world.h"
#include "test/support/dump.h"
#include "virtual/chip/virtual_invasive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BIT_NS 2500 /* the virtual chip's 400 kHz */
#define FRESH_WAKE_NS 3000000

struct measure {
    uint64_t now_ns, execution_ns;
    struct chip_counters counters;
};

static struct measure measure_now(const struct world *world)
{
    struct virtual_counters counters;

    virtual_read_counters(world->part, &counters);
    return (struct measure){
        .now_ns = virtual_now_ns(world->part), .execution_ns = counters.execution_ns, .counters = world->chip.counters};
}

/*
 * What the groups alone take on the bus: the group and its two address bytes; the reply read as one write of a word
 * address and two reads. A transaction adds a start and a stop bit.
 */
static uint64_t groups_ns(const struct measure *before, const struct measure *after)
{
    uint64_t sent = after->counters.commands - before->counters.commands;
    uint64_t bytes = after->counters.bytes_sent - before->counters.bytes_sent + after->counters.bytes_received -
                     before->counters.bytes_received + sent * (2 + 2 + 1 + 1);

    return (bytes * 9 + sent * 4 * 2) * BIT_NS;
}

struct lateness_row {
    const char *name;
    const struct chip_command *command;
    uint8_t param1;
    uint16_t param2;
    size_t data_len, reply_len;
};

/* On a Trust&GO part: from the shortest command, 5 ms, to the longest. */
static const struct lateness_row rows[] = {
    {"Info", &chip_command_info, 0, 0, 0, 4},           {"Read of 4", &chip_command_read, 0, 0, 0, 4},
    {"Read of 32", &chip_command_read, 0x80, 0, 0, 32}, {"Random", &chip_command_random, 0, 0, 0, 32},
    {"Nonce", &chip_command_nonce, 0x43, 0, 32, 0},     {"Sign", &chip_command_sign, 0xA0, 0, 0, 64},
    {"Write", &chip_command_write, 0x82, 0x40, 32, 0},  {"GenKey public", &chip_command_genkey_public, 0, 0, 0, 64},
    {"GenKey", &chip_command_genkey, 4, 2, 0, 64},
};

static void test_the_end_is_noticed_in_time(void **state)
{
    const struct virtual_making trust_and_go = {.part = VIRTUAL_TRUST_AND_GO};
    static const uint8_t data[32] = {1, 2, 3};
    struct world world;
    struct chip_config config;

    (void)state;
    world_open_chip(&world, &trust_and_go);
    assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct measure before = measure_now(&world);
        struct measure after;
        uint8_t memory[64] = {0};
        struct bytes_out reply = {.data = memory, .cap = rows[i].reply_len};
        int64_t execution;
        int64_t late;

        assert_int_equal(chip_execute(&world.chip, rows[i].command, rows[i].param1, rows[i].param2,
                                      bytes_of(data, rows[i].data_len), rows[i].reply_len != 0 ? &reply : NULL, NULL),
                         CHIP_OK);
        after = measure_now(&world);
        execution = (int64_t)(after.execution_ns - before.execution_ns);
        late = (int64_t)(after.now_ns - before.now_ns - groups_ns(&before, &after)) - execution;
        /* The address byte of the last poll may begin before the end. */
        if (late < -10 * BIT_NS || late > execution / 20)
            fail_msg("%s: %lld us late of %lld", rows[i].name, (long long)late / 1000, (long long)execution / 1000);
        assert_true(after.counters.polls - before.counters.polls < 200);
    }
    world_remove(&world);
}

/* A part that takes five times as long, and so ends between two polls: late by no more than 5 % either. */
static void test_slow_parts(void **state)
{
    const struct virtual_making trust_and_go = {.part = VIRTUAL_TRUST_AND_GO};
    struct world world;
    uint8_t public_key[64];
    struct measure before;
    struct measure after;

    (void)state;
    world_open_chip(&world, &trust_and_go);
    assert_int_equal(chip_read_public_key(&world.chip, 0, public_key, NULL), CHIP_OK);
    assert_true(virtual_arm_fault(world.part, "slow@2"));
    before = measure_now(&world);
    assert_int_equal(chip_read_public_key(&world.chip, 0, public_key, NULL), CHIP_OK);
    after = measure_now(&world);
    assert_int_equal(after.execution_ns - before.execution_ns, 575000000);
    assert_true(after.now_ns - before.now_ns < UINT64_C(575000000) * 105 / 100);
    assert_int_equal(after.counters.resends, 0);
    world_remove(&world);
}

/*
 * Parts with a slow clock, both zones locked: commands of up to 1.1 s run and end in time, none is refused by the
 * watchdog for having been sent too late, whether ChipMode asks for the long watchdog (bit 2) or not. A host that has
 * not read the config zone is told by the chip, and gets there with the resends that takes.
 */
static void test_slow_clocks(void **state)
{
    static const struct {
        uint8_t chip_mode;
        uint64_t verify_ns;
    } clocks[] = {{0x00, 105000000}, {0x28, 295000000}, {0x68, 1085000000}, {0x6C, 1085000000}};

    (void)state;
    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
        for (int informed = 0; informed <= 1; informed++) {
            struct chip_config config = dump_load("608b-tngtls");
            const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config.zone};
            struct world world;
            struct measure before;
            struct measure after;
            uint64_t execution;
            uint8_t random[32];
            uint8_t public_key[64];
            uint8_t signature[64];
            const uint8_t digest[32] = {0x5A};

            config.zone[19] = clocks[i].chip_mode;
            world_open_chip(&world, &making);
            if (informed)
                assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
            for (int run = 0; run < 3; run++) {
                assert_int_equal(chip_read_public_key(&world.chip, 0, public_key, NULL), CHIP_OK);
                assert_int_equal(chip_sign_digest(&world.chip, CHIP_PART_ATECC608B, 0, digest, signature, NULL),
                                 CHIP_OK);
                /* 0.25 s into a wake period: too late for a Verify at M2 and the short watchdog. */
                chip_sleep(&world.chip);
                for (int filler = 0; filler < 10; filler++)
                    assert_int_equal(chip_random(&world.chip, random, NULL), CHIP_OK);
                before = measure_now(&world);
                assert_int_equal(
                    chip_verify_external(&world.chip, CHIP_PART_ATECC608B, digest, signature, public_key, NULL),
                    CHIP_OK);
                after = measure_now(&world);
                execution = after.execution_ns - before.execution_ns;
                assert_true(execution >= clocks[i].verify_ns);
                if (informed)
                    assert_true(after.now_ns - before.now_ns - groups_ns(&before, &after) <
                                execution + execution / 20 + FRESH_WAKE_NS);
            }
            if (informed)
                assert_int_equal(world.chip.counters.resends, 0);
            world_remove(&world);
        }
}

/* What provisioning one Trust&GO board asks of the chip. */
static void test_a_typical_run(void **state)
{
    const struct virtual_making trust_and_go = {.part = VIRTUAL_TRUST_AND_GO};
    struct world world;
    struct chip_config config;
    struct measure before;
    struct measure after;
    uint64_t execution;
    uint64_t overhead;
    uint8_t public_key[64];
    uint8_t signature[64];
    uint8_t digest[32] = {0x5A};

    (void)state;
    world_open_chip(&world, &trust_and_go);
    before = measure_now(&world);
    assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
    for (uint8_t slot = 0; slot < 5; slot++)
        assert_int_equal(chip_read_public_key(&world.chip, slot, public_key, NULL), CHIP_OK);
    assert_int_equal(chip_generate_key(&world.chip, 2, public_key, NULL), CHIP_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(chip_sign_digest(&world.chip, CHIP_PART_ATECC608B, 2, digest, signature, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
    chip_sleep(&world.chip);
    after = measure_now(&world);
    execution = after.execution_ns - before.execution_ns;
    overhead = after.now_ns - before.now_ns - execution;
    if (overhead > execution / 20)
        fail_msg("%llu us of overhead on %llu us", (unsigned long long)overhead / 1000,
                 (unsigned long long)execution / 1000);
    assert_int_equal(after.counters.resends, 0);
    assert_int_equal(after.counters.writing, 1);
    assert_int_equal(after.counters.irreversible, 0);
    world_remove(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_end_is_noticed_in_time),
        cmocka_unit_test(test_slow_parts),
        cmocka_unit_test(test_slow_clocks),
        cmocka_unit_test(test_a_typical_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
