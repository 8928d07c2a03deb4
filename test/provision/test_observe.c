/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine plans, and refuses to plan, where the chip cannot tell all that it wants to know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crc16.h"
#include "base/order.h"
#include "test/provision/bench.h"
#include "virtual/chip/virtual_invasive.h"

/* A chip that does not take Info(KeyValid): nothing else tells whether a private slot holds a key that must stay. */
static const struct imprint_transport_operations *telling;

static enum imprint_transport_status send_without_key_valid(void *context, const uint8_t *group, size_t len)
{
    uint8_t copy[IMPRINT_TRANSPORT_GROUP_MAX];

    assert_true(len <= sizeof(copy));
    memcpy(copy, group, len);
    if (copy[1] == 0x30 && copy[2] == 0x01) { /* Info, mode KeyValid: to a mode that no part has */
        copy[2] = 0x7f;
        store16_le(copy + len - 2, crc16_update(CRC16_START, bytes_of(copy, len - 2)));
    }
    return telling->send(context, copy, len);
}

static void test_what_cannot_be_asked_is_not_replaced(void **state)
{
    struct imprint_transport_operations silent;
    struct bench bench;
    uint8_t before[32], after[32];

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    telling = bench.world.chip.transport.operations;
    silent = *telling;
    silent.send = send_without_key_valid;
    bench.world.chip.transport.operations = &silent;
    bench.profile.keys[1].slot = 4;
    bench.profile.keys[1].replace = PROFILE_REPLACE_NEVER;
    bench.profile.keys[0] = bench.profile.keys[1];
    bench.profile.key_count = 1;
    virtual_digest(bench.world.part, before);
    bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_SLOT_FILLED);
    assert_true(bench.err.has_slot && bench.err.slot == 4);
    virtual_digest(bench.world.part, after);
    assert_memory_equal(before, after, sizeof(before));

    bench.profile.keys[0].replace = PROFILE_REPLACE_UNCLAIMED;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench.world.chip.transport.operations = telling;
    bench_close(&bench);
}

/* In an open data zone no public key can be read back: it is not started where the zone is not to be locked. */
static void test_an_open_data_zone_proves_no_public_key(void **state)
{
    struct bench bench;
    uint8_t before[32], after[32];

    (void)state;
    for (int config_locked = 0; config_locked < 2; config_locked++) {
        bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
        if (config_locked) {
            bench.stop_before_step = 2; /* the first key */
            bench_expect(&bench, PROVISION_INTERRUPTED, bench_run(&bench));
            bench_restart(&bench);
            bench.stop_before_step = -1;
        }
        bench.profile.lock_data = false;
        virtual_digest(bench.world.part, before);
        bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
        assert_int_equal(bench.err.reason, ERROR_DATA_UNLOCKED);
        assert_int_equal(bench.err.key_id, 3);
        virtual_digest(bench.world.part, after);
        assert_memory_equal(before, after, sizeof(before));

        /* Where it is to be locked, all slots that cannot be asked are written anyway. */
        bench.profile.lock_data = true;
        bench_expect(&bench, PROVISION_OK, bench_run(&bench));
        bench_close(&bench);
    }
}

/*
 * A slot that hides its public key, in an open data zone: whether the chip hides it there, too, documents disagree. The
 * key could never be proven later, so it is refused either way, with the same reason.
 */
static void test_a_hidden_public_key_is_refused_by_either_rule(void **state)
{
    static const enum virtual_public_rule rules[] = {VIRTUAL_PUBLIC_ALWAYS, VIRTUAL_PUBLIC_ONCE_LOCKED};
    struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .has_seed = true, .seed = 9};
    uint8_t config[VIRTUAL_CONFIG_BYTES], before[32], after[32];

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct bench bench;

        bench_open(&bench, VIRTUAL_BLANK, bench_example);
        virtual_peek_config(bench.world.part, config);
        bench_power_off(&bench);
        config[87] = 0x00; /* config zone locked, data zone open */
        config[96] = 0x31; /* slot 0: private, PubInfo 0, P-256, Lockable */
        making.config = config;
        world_replace_part(&bench.world, &making);
        bench_power_on(&bench);
        virtual_set_public_rule(bench.world.part, rules[i]);
        bench.profile.key_count = 1;
        bench.profile.keys[0].method = PROFILE_GENERATE;
        bench.profile.keys[0].usage = profile_usage_extended(PSA_KEY_USAGE_SIGN_HASH);
        virtual_digest(bench.world.part, before);
        bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
        assert_int_equal(bench.err.reason, ERROR_SLOT_POLICY);
        virtual_digest(bench.world.part, after);
        assert_memory_equal(before, after, sizeof(before));
        bench_close(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_asked_is_not_replaced),
        cmocka_unit_test(test_an_open_data_zone_proves_no_public_key),
        cmocka_unit_test(test_a_hidden_public_key_is_refused_by_either_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
