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
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
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
        bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
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
        bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
        assert_int_equal(bench.err.reason, ERROR_SLOT_POLICY);
        virtual_digest(bench.world.part, after);
        assert_memory_equal(before, after, sizeof(before));
        bench_close(&bench);
    }
}

/* Nor a mark: everything else would be done, locks too, before it could not be read back. */
static void test_an_open_data_zone_shows_no_mark(void **state)
{
    uint8_t config[VIRTUAL_CONFIG_BYTES], before[32], after[32];
    struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .has_seed = true, .seed = 9};
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_FLEX, bench_example);
    virtual_peek_config(bench.world.part, config);
    bench_power_off(&bench);
    config[86] = 0x55; /* data zone open */
    making.config = config;
    world_replace_part(&bench.world, &making);
    bench_power_on(&bench);
    bench.profile.keys[0] = bench.profile.keys[1];
    bench.profile.key_count = 1;
    bench.profile.mark_slot = 8;
    virtual_digest(bench.world.part, before);
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_DATA_UNLOCKED);
    assert_true(bench.err.has_slot && bench.err.slot == 8);
    virtual_digest(bench.world.part, after);
    assert_memory_equal(before, after, sizeof(before));
    bench.profile.mark_slot = 0;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_close(&bench);
}

/* What the engine asks of a bus that has limits, and whether such a bus carries the rest. */
static struct {
    size_t sent, received;
    unsigned asked;
    bool refuses;
} limited;

static bool limited_carries(void *context, size_t sent, size_t received)
{
    (void)context;
    limited.sent = sent;
    limited.received = received;
    limited.asked++;
    return !limited.refuses;
}

static void put_limit(struct bench *bench, struct imprint_transport_operations *operations)
{
    *operations = *bench->world.chip.transport.operations;
    operations->carries = limited_carries;
    bench->world.chip.transport.operations = operations;
}

static enum provision_status observe(struct bench *bench, bool refuses)
{
    error_clear(&bench->err);
    limited.refuses = refuses;
    limited.asked = 0;
    return provision_observe(&bench->provision, &bench->plan, &bench->err);
}

/* The longest messages of the plan are found out before the config zone is locked; a finished device needs none. */
static void test_a_bus_too_narrow_is_met_in_the_plan(void **state)
{
    struct imprint_transport_operations operations;
    uint8_t before[32], after[32];
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    put_limit(&bench, &operations);
    virtual_digest(bench.world.part, before);
    bench_expect(&bench, PROVISION_UNREACHABLE, observe(&bench, true));
    assert_int_equal(bench.err.reason, ERROR_MESSAGE_TOO_LONG);
    virtual_digest(bench.world.part, after);
    assert_memory_equal(before, after, sizeof(before));
    assert_int_equal(limited.sent, 43); /* PrivWrite in clear: 4 zeros and the key */
    assert_int_equal(limited.received, 67);

    bench_expect(&bench, PROVISION_OK, observe(&bench, false));
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_expect(&bench, PROVISION_OK, observe(&bench, true));
    assert_int_equal(limited.asked, 0);
    bench_close(&bench);

    /* A public key alone goes and comes in blocks. */
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    put_limit(&bench, &operations);
    bench.profile.keys[0] = bench.profile.keys[2];
    bench.profile.key_count = 1;
    bench_expect(&bench, PROVISION_OK, observe(&bench, false));
    assert_int_equal(limited.sent, 39);
    assert_int_equal(limited.received, 35);
    bench_close(&bench);
}

/* A slot that takes its key encrypted needs 32 bytes more, for the MAC. */
static void test_an_encrypted_import_is_the_longest_message(void **state)
{
    static const struct imprint_write_key write_key = {.slot = 15, .secret = {1}};
    struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .has_seed = true, .seed = 9};
    const struct world_policy policy = world_varied_policies[VARIED_IMPORT];
    struct imprint_transport_operations operations;
    uint8_t config[VIRTUAL_CONFIG_BYTES];
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    virtual_peek_config(bench.world.part, config);
    bench_power_off(&bench);
    store16_le(config + 20, policy.slot_config);
    store16_le(config + 96, policy.key_config);
    making.config = config;
    world_replace_part(&bench.world, &making);
    bench.world.settings.write_keys = &write_key;
    bench.world.settings.write_key_count = 1;
    bench_power_on(&bench);
    put_limit(&bench, &operations);
    bench.profile.key_count = 1;
    bench.profile.keys[0].method = PROFILE_IMPORT;
    bench.profile.keys[0].replace = PROFILE_REPLACE_UNCLAIMED;
    bench_expect(&bench, PROVISION_OK, observe(&bench, false));
    assert_int_equal(limited.sent, 75);
    bench_close(&bench);
}

/* Room for all key records is found out before the config zone is locked. */
static enum storage_status (*real_has_room)(void *context, uint32_t count, uint32_t size);
static uint32_t room_wanted;

static enum storage_status room_for_two(void *context, uint32_t count, uint32_t size)
{
    assert_int_equal(real_has_room(context, count, size), STORAGE_OK);
    room_wanted = count;
    return count <= 2 ? STORAGE_OK : STORAGE_FULL;
}

static void test_a_full_store_is_met_in_the_plan(void **state)
{
    const struct storage_operations *real;
    struct storage_operations operations;
    uint8_t before[32], after[32];
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    real = bench.world.storage.operations;
    real_has_room = real->has_room;
    operations = *real;
    operations.has_room = room_for_two;
    bench.world.storage.operations = &operations;
    virtual_digest(bench.world.part, before);
    bench_expect(&bench, PROVISION_STORAGE, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_STORAGE_FULL);
    assert_int_equal(room_wanted, 3);
    virtual_digest(bench.world.part, after);
    assert_memory_equal(before, after, sizeof(before));

    /* One key is there: two are left. */
    bench.world.storage.operations = real;
    bench.stop_before_step = 3;
    bench_expect(&bench, PROVISION_INTERRUPTED, bench_run(&bench));
    bench.stop_before_step = -1;
    bench.world.storage.operations = &operations;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_int_equal(room_wanted, 2);
    bench_close(&bench);
}

/* What a refusal says of the device: a state wherever part, zones, slots, keys or mark are not what the profile
 * expects. */
static void test_refusals_name_a_state(void **state)
{
    static const struct {
        enum error_reason reason;
        enum provision_state state;
    } rows[] = {
        {ERROR_WRONG_PART, PROVISION_STATE_WRONG_PART},
        {ERROR_OTHER_PROFILE, PROVISION_STATE_OTHER},
        {ERROR_DONE_ELSEWHERE, PROVISION_STATE_ELSEWHERE},
        {ERROR_WRONG_CONFIGURATION, PROVISION_STATE_FOREIGN},
        {ERROR_FOREIGN_KEY, PROVISION_STATE_FOREIGN},
        {ERROR_KEY_RECORDED, PROVISION_STATE_FOREIGN},
        {ERROR_NO_MARK, PROVISION_STATE_FOREIGN},
        {ERROR_CERTIFICATE_DIFFERS, PROVISION_STATE_FOREIGN},
        {ERROR_CONFIG_UNLOCKED, PROVISION_STATE_FOREIGN},
        {ERROR_CONFIG_LOCKED, PROVISION_STATE_FOREIGN},
        {ERROR_DATA_UNLOCKED, PROVISION_STATE_FOREIGN},
        {ERROR_DATA_LOCKED, PROVISION_STATE_FOREIGN},
        {ERROR_SLOT_POLICY, PROVISION_STATE_FOREIGN},
        {ERROR_SLOT_LOCKED, PROVISION_STATE_FOREIGN},
        {ERROR_SLOT_EMPTY, PROVISION_STATE_FOREIGN},
        {ERROR_SLOT_CLAIMED, PROVISION_STATE_FOREIGN},
        {ERROR_SLOT_FILLED, PROVISION_STATE_FOREIGN},
        {ERROR_NO_FREE_SLOT, PROVISION_STATE_FOREIGN},
        /* Of the supply chain, the order, the rehearsal and the ledger: found before or beside the plan. */
        {ERROR_NOT_GENUINE, PROVISION_STATE_UNKNOWN},
        {ERROR_NOT_LISTED, PROVISION_STATE_UNKNOWN},
        {ERROR_NO_CERTIFICATE, PROVISION_STATE_UNKNOWN},
        {ERROR_ORDER_DEVICE, PROVISION_STATE_UNKNOWN},
        {ERROR_REHEARSAL, PROVISION_STATE_UNKNOWN},
        {ERROR_QUARANTINED, PROVISION_STATE_UNKNOWN},
        {ERROR_SCRAPPED, PROVISION_STATE_UNKNOWN},
    };
    const struct provision_plan plan = {.step_count = 0};
    size_t wrong = 0;

    (void)state;
    for (int reason = ERROR_NONE + 1; reason < ERROR_REASON_COUNT; reason++) {
        const enum provision_state found = provision_triage(&plan, (enum error_reason)reason).state;
        size_t row = 0;

        while (row < sizeof(rows) / sizeof(rows[0]) && (int)rows[row].reason != reason)
            row++;
        if (error_reason_exit((enum error_reason)reason) != ERROR_EXIT_WRONG_DEVICE) {
            assert_int_equal(found, PROVISION_STATE_UNKNOWN);
            continue;
        }
        assert_in_range(row, 0, sizeof(rows) / sizeof(rows[0]) - 1);
        assert_int_equal(found, rows[row].state);
        wrong++;
    }
    assert_int_equal(wrong, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_asked_is_not_replaced),
        cmocka_unit_test(test_an_open_data_zone_shows_no_mark),
        cmocka_unit_test(test_a_bus_too_narrow_is_met_in_the_plan),
        cmocka_unit_test(test_an_encrypted_import_is_the_longest_message),
        cmocka_unit_test(test_a_full_store_is_met_in_the_plan),
        cmocka_unit_test(test_an_open_data_zone_proves_no_public_key),
        cmocka_unit_test(test_a_hidden_public_key_is_refused_by_either_rule),
        cmocka_unit_test(test_refusals_name_a_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
