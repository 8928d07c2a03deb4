/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine against virtual chips, in process: what it does, what it refuses before anything is written, and that
 * running again is always right. Signatures in the evidence are verified with libcrypto.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/hex.h"
#include "chip/operations.h"
#include "crypto/verify.h"
#include "provision/gate.h"
#include "provision/steps.h"
#include "test/provision/bench.h"
#include "test/support/chip_file.h"
#include "test/support/p256.h"
#include "virtual/chip/virtual_invasive.h"

static void verify_with_libcrypto(const struct provision_evidence *evidence, const struct provision_key_evidence *key)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], challenge[HEX_SIZE(PROVISION_CHALLENGE_BYTES)], text[200];
    uint8_t digest[32];

    hex_encode(bytes_of(evidence->serial, sizeof evidence->serial), serial);
    hex_encode(bytes_of(key->challenge, sizeof key->challenge), challenge);
    snprintf(text, sizeof text, "imprint proof of possession 1\nchip %s\nkey %u\nchallenge %s\n", serial,
             (unsigned)key->key_id, challenge);
    assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text), digest, NULL), 1);
    assert_int_equal(key->public_key[0], 0x04);
    assert_true(p256_verifies(key->public_key + 1, digest, sizeof(digest), key->signature));
}

static void test_example_then_again(void **state)
{
    struct bench bench;
    uint8_t before[32];
    uint8_t after[32];
    uint8_t first_key[65];

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_int_equal(bench.evidence.changes, 2);
    assert_int_equal(bench.evidence.keys[0].slot, 0);
    assert_int_equal(bench.evidence.keys[1].slot, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(bench.evidence.keys[i].proven);
        assert_true(bench.evidence.keys[i].created);
        verify_with_libcrypto(&bench.evidence, &bench.evidence.keys[i]);
    }
    memcpy(first_key, bench.evidence.keys[1].public_key, sizeof(first_key));

    /* Again, in a new life of chip, store and PSA: nothing is written anywhere, and the same keys prove themselves. */
    bench_restart(&bench);
    virtual_digest(bench.world.part, before);
    chip_forbid_changes(&bench.world.chip);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    virtual_digest(bench.world.part, after);
    assert_memory_equal(before, after, sizeof(before));
    assert_int_equal(bench.plan.changes_left, 0);
    assert_int_equal(bench.evidence.changes, 0);
    assert_memory_equal(first_key, bench.evidence.keys[1].public_key, sizeof(first_key));
    verify_with_libcrypto(&bench.evidence, &bench.evidence.keys[1]);
    assert_false(bench.evidence.keys[1].created);
    bench_close(&bench);
}

static void test_observing_never_writes(void **state)
{
    static const struct {
        enum virtual_part part;
        const char *yaml;
    } rows[] = {
        {VIRTUAL_TRUST_AND_GO, bench_example}, {VIRTUAL_TRUST_FLEX, bench_example}, {VIRTUAL_BLANK, bench_three_ways}};
    struct bench bench;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t before[32];
        uint8_t after[32];
        uint64_t uid = 0;

        bench_open(&bench, rows[i].part, rows[i].yaml);
        virtual_digest(bench.world.part, before);
        chip_forbid_changes(&bench.world.chip);
        bench_expect(&bench, PROVISION_OK, provision_observe(&bench.provision, &bench.plan, &bench.err));
        assert_true(bench.plan.changes_left > 0);
        virtual_digest(bench.world.part, after);
        assert_memory_equal(before, after, sizeof(before));
        assert_int_equal(bench.world.chip.counters.writing, 0);
        assert_int_equal(bench.world.storage.operations->next(bench.world.storage.context, true, &uid), STORAGE_ABSENT);
        bench_close(&bench);
    }
}

static void test_three_ways_on_a_blank_part(void **state)
{
    struct bench bench;
    uint8_t before[32];
    uint8_t after[32];

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_true(chip_config_is_locked(&bench.evidence.config));
    assert_true(chip_data_is_locked(&bench.evidence.config));
    for (size_t i = 0; i < 3; i++)
        assert_true(bench.evidence.keys[i].proven);
    verify_with_libcrypto(&bench.evidence, &bench.evidence.keys[0]);
    verify_with_libcrypto(&bench.evidence, &bench.evidence.keys[1]);
    assert_memory_equal(bench.evidence.keys[2].public_key, bench_point, sizeof(bench_point));

    bench_restart(&bench);
    virtual_digest(bench.world.part, before);
    chip_forbid_changes(&bench.world.chip);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    virtual_digest(bench.world.part, after);
    assert_memory_equal(before, after, sizeof(before));
    assert_int_equal(bench.evidence.changes, 0);
    bench_close(&bench);
}

static void test_nothing_irreversible_unarmed(void **state)
{
    struct bench bench;
    struct chip_config config;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    bench.is_armed = false;
    bench_expect(&bench, PROVISION_NOT_ARMED, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_NOT_ARMED);
    assert_int_equal(chip_read_config(&bench.world.chip, &config, NULL), CHIP_OK);
    assert_false(chip_config_is_locked(&config));
    assert_int_equal(bench.world.chip.counters.irreversible, 0);

    bench_restart(&bench);
    bench.is_armed = true;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_close(&bench);
}

/* Another key came into the slot after the plan was shown: nobody has armed the loss of that one. */
static void test_another_key_than_the_plan_showed(void **state)
{
    uint8_t before[64], after[64];
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench_expect(&bench, PROVISION_OK, provision_observe(&bench.provision, &bench.plan, &bench.err));
    assert_true(bench.plan.steps[1].replaces && bench.plan.steps[1].shows_lost && bench.plan.steps[1].forever);
    world_fill_slot(&bench.world, bench.plan.steps[1].slot);
    assert_true(world_slot_public(&bench.world, bench.plan.steps[1].slot, before));
    bench_expect(&bench, PROVISION_REFUSED,
                 provision_execute(&bench.provision, &bench.plan, &bench.evidence, &bench.err));
    assert_int_equal(bench.err.reason, ERROR_GATE_REFUSED);
    assert_true(world_slot_public(&bench.world, bench.plan.steps[1].slot, after));
    assert_memory_equal(before, after, sizeof(before));

    bench_restart(&bench);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_close(&bench);
}

/* Stopped before each step in turn, and finished by the next run: same end, no second key. */
static void test_stopped_anywhere_and_finished(void **state)
{
    static const struct {
        enum virtual_part part;
        const char *yaml;
    } rows[] = {{VIRTUAL_TRUST_AND_GO, bench_example}, {VIRTUAL_BLANK, bench_three_ways}};
    struct bench bench;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int stop = 0;; stop++) {
            bool stopped;
            size_t changes;

            bench_open(&bench, rows[i].part, rows[i].yaml);
            bench.stop_before_step = stop;
            stopped = bench_run(&bench) != PROVISION_OK;
            if (stopped) {
                assert_int_equal(bench.err.reason, ERROR_INTERRUPTED);
                changes = bench.evidence.changes;
                bench_restart(&bench);
                bench.stop_before_step = -1;
                bench_expect(&bench, PROVISION_OK, bench_run(&bench));
                changes += bench.evidence.changes;
                if (bench.profile.lock_data) /* filling the data zone is done again, and changes nothing then */
                    assert_in_range(changes, 7, 8);
                else
                    assert_int_equal(changes, 2);
            }
            assert_int_equal(bench.plan.changes_left, 0);
            bench_close(&bench);
            if (!stopped)
                break;
            assert_true(stop < 50);
        }
    }
}

/* The chip itself refuses to lock a data zone that is not, to the byte, what imprint wrote. */
static void test_tampered_data_zone_is_not_locked(void **state)
{
    struct bench bench;
    struct chip_config config;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    bench.tamper_before_lock = true;
    bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_CHIP_REFUSED);
    assert_int_equal(chip_read_config(&bench.world.chip, &config, NULL), CHIP_OK);
    assert_false(chip_data_is_locked(&config));

    bench_restart(&bench);
    bench.tamper_before_lock = false;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_close(&bench);
}

/* Refused before anything is written, with the right reason. Each row changes one thing of a sound device or profile.
 */
enum change {
    OTHER_PART,
    OTHER_CONFIGURATION,
    UNLOCKED_PART,
    ID_OF_OTHER_ALGORITHM,
    ID_OF_OTHER_SLOT,
    REPLACE_NEVER,
    SLOT_FILLED_AND_NAMED,
    SLOT_CANNOT_GENERATE,
    SLOT_IS_ATTESTATION_KEY,
    SLOT_IS_DATA,
};

static const struct {
    const char *name;
    enum change change;
    enum virtual_part part;
    enum provision_status status;
    enum error_reason reason;
} refusals[] = {
    {"part not in the profile", OTHER_PART, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG, ERROR_WRONG_PART},
    {"another configuration", OTHER_CONFIGURATION, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG, ERROR_WRONG_CONFIGURATION},
    {"an unlocked part", UNLOCKED_PART, VIRTUAL_BLANK, PROVISION_WRONG, ERROR_WRONG_CONFIGURATION},
    {"key id with another algorithm", ID_OF_OTHER_ALGORITHM, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG, ERROR_FOREIGN_KEY},
    {"key id in another slot", ID_OF_OTHER_SLOT, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG, ERROR_FOREIGN_KEY},
    {"all slots filled, replace never", REPLACE_NEVER, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG, ERROR_SLOT_FILLED},
    {"named slot filled, replace never", SLOT_FILLED_AND_NAMED, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG,
     ERROR_SLOT_FILLED},
    {"register where GenKey is forbidden", SLOT_CANNOT_GENERATE, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG,
     ERROR_SLOT_POLICY},
    {"attestation key for digests", SLOT_IS_ATTESTATION_KEY, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG, ERROR_SLOT_POLICY},
    {"data slot as a key pair", SLOT_IS_DATA, VIRTUAL_TRUST_AND_GO, PROVISION_WRONG, ERROR_SLOT_POLICY},
};

static void apply_change(struct bench *bench, enum change change)
{
    struct profile_key *maker = &bench->profile.keys[0];
    struct profile_key *device = &bench->profile.keys[1];

    switch (change) {
    case OTHER_PART:
        bench->profile.parts = 1u << CHIP_PART_ATECC608A;
        break;
    case OTHER_CONFIGURATION:
        bench->profile.configuration = PROFILE_TRUST_FLEX;
        break;
    case ID_OF_OTHER_ALGORITHM:
        bench_expect(bench, PROVISION_OK, bench_run(bench));
        maker->algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_256);
        break;
    case ID_OF_OTHER_SLOT:
        bench_expect(bench, PROVISION_OK, bench_run(bench));
        device->slot = 3;
        break;
    case REPLACE_NEVER:
        device->replace = PROFILE_REPLACE_NEVER;
        break;
    case SLOT_FILLED_AND_NAMED:
        device->replace = PROFILE_REPLACE_NEVER;
        device->slot = 4;
        break;
    case SLOT_CANNOT_GENERATE:
        maker->method = PROFILE_GENERATE;
        break;
    case SLOT_IS_ATTESTATION_KEY:
        maker->slot = 1;
        break;
    case SLOT_IS_DATA:
        maker->slot = 8;
        break;
    case UNLOCKED_PART:
        break;
    }
}

static void test_refused_before_anything_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct bench bench;
        uint8_t before[32];
        uint8_t after[32];
        enum provision_status status;

        bench_open(&bench, refusals[i].part, bench_example);
        apply_change(&bench, refusals[i].change);
        virtual_digest(bench.world.part, before);
        status = bench_run(&bench);
        if (status != refusals[i].status || bench.err.reason != refusals[i].reason)
            fail_msg("%s: status %d, reason %s: %s", refusals[i].name, status, error_reason_name(bench.err.reason),
                     bench.err.cause);
        assert_non_null(bench.err.doing);
        assert_non_null(bench.err.next);
        assert_true(bench.err.has_serial);
        virtual_digest(bench.world.part, after);
        assert_memory_equal(before, after, sizeof(before));
        bench_close(&bench);
    }
}

/* An empty slot's refusal, which is looked over, takes nothing of the error along. */
static void test_the_refused_chip_is_named(void **state)
{
    struct bench bench;
    struct profile_key made;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    bench.is_armed = true;
    bench.stop_before_step = 3; /* made is there, brought is not */
    bench_expect(&bench, PROVISION_INTERRUPTED, bench_run(&bench));
    bench_restart(&bench);
    made = bench.profile.keys[0];
    made.algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_256);
    bench.profile.keys[0] = bench.profile.keys[1];
    bench.profile.keys[1] = made;
    assert_int_equal(bench_run(&bench), PROVISION_WRONG);
    assert_int_equal(bench.err.reason, ERROR_FOREIGN_KEY);
    assert_true(bench.err.has_serial);
    assert_memory_equal(bench.err.serial, bench.plan.serial, sizeof(bench.err.serial));
    bench_close(&bench);
}

static void test_register_needs_a_key(void **state)
{
    struct bench bench;
    struct provision_plan plan;

    (void)state;
    /* A finished part of our own with an empty private slot: slot 2 of the factory default. */
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench.profile.key_count = 4;
    bench.profile.keys[3] = bench.profile.keys[0];
    strcpy(bench.profile.keys[3].name, "fourth");
    bench.profile.keys[3].id = 4;
    bench.profile.keys[3].slot = 2;
    bench.profile.keys[3].method = PROFILE_REGISTER;
    bench.profile.configuration = PROFILE_AS_DELIVERED;
    bench.profile.lock_config = bench.profile.lock_data = false;
    error_clear(&bench.err);
    bench_expect(&bench, PROVISION_WRONG, provision_observe(&bench.provision, &plan, &bench.err));
    assert_int_equal(bench.err.reason, ERROR_SLOT_EMPTY);
    bench_close(&bench);
}

/* The steps of `three_ways` on a blank part: write and lock config, three keys, fill, lock data, proofs. */
enum { STEP_FILL = 5, STEP_LOCK_DATA = 6 };

static void expect_data_open(struct bench *bench)
{
    struct chip_config config;

    assert_int_equal(chip_read_config(&bench->world.chip, &config, NULL), CHIP_OK);
    assert_false(chip_data_is_locked(&config));
}

/* A run that stopped has imported a key, and the file is another one now: the record alone does not make it the key. */
static void test_another_key_is_never_locked_in_or_proven(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    bench.stop_before_step = STEP_LOCK_DATA;
    bench_expect(&bench, PROVISION_INTERRUPTED, bench_run(&bench));
    bench_restart(&bench);
    bench.stop_before_step = -1;
    bench.brings_other_key = true;
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_FOREIGN_KEY);
    assert_int_equal(bench.err.key_id, 2);
    expect_data_open(&bench);
    bench.brings_no_key = true;
    bench_expect(&bench, PROVISION_INPUT, bench_run(&bench));
    expect_data_open(&bench);

    bench.brings_no_key = bench.brings_other_key = false;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench.brings_no_key = true; /* who confirms a finished device need not have its private keys */
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench.brings_no_key = false;
    assert_true(bench.evidence.keys[1].proven);
    bench.brings_other_key = true;
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_FOREIGN_KEY);
    assert_false(bench.evidence.keys[1].proven);
    bench_close(&bench);
}

/* The store says that the keys are there, the chip has none: a data lock would make the slots useless for ever. */
static void test_missing_keys_are_never_locked_in(void **state)
{
    const struct virtual_making making = {.part = VIRTUAL_BLANK, .has_seed = true, .seed = 7};
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    bench.stop_before_step = STEP_FILL;
    bench_expect(&bench, PROVISION_INTERRUPTED, bench_run(&bench));
    bench_power_off(&bench);
    world_replace_part(&bench.world, &making);
    bench_power_on(&bench);
    bench.stop_before_step = -1;
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.key_id, 1);
    expect_data_open(&bench);
    bench_close(&bench);
}

/* The part is pulled and another one put in its place: nothing is done to it, and nothing is said of it. */
static void test_an_exchanged_chip_is_noticed(void **state)
{
    const struct virtual_making making = {.part = VIRTUAL_TRUST_AND_GO, .has_seed = true, .seed = 8};
    struct virtual_chip *other;
    struct bench bench;
    char path[300];
    uint8_t before[32], after[32];

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    snprintf(path, sizeof(path), "%s/other", bench.world.directory);
    chip_file_make(path, &making);
    other = chip_file_open(path);
    virtual_digest(other, before);

    /* Between plan and work. */
    bench_expect(&bench, PROVISION_OK, provision_observe(&bench.provision, &bench.plan, &bench.err));
    bench.world.transport.chip = other;
    bench_expect(&bench, PROVISION_WRONG,
                 provision_execute(&bench.provision, &bench.plan, &bench.evidence, &bench.err));
    assert_int_equal(bench.err.reason, ERROR_WRONG_PART);
    virtual_digest(other, after);
    assert_memory_equal(before, after, sizeof(before));

    /* Behind the last proof. */
    bench.world.transport.chip = bench.world.part;
    bench.exchange = other;
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_WRONG_PART);
    bench.world.transport.chip = bench.world.part;
    bench.exchange = NULL;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    virtual_close(other);
    bench_close(&bench);
}

/* A slot that hides its public key: the key could be made, and what was there lost, but nothing could ever be proven.
 */
static void test_what_cannot_be_proven_is_not_started(void **state)
{
    struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .has_seed = true, .seed = 9};
    uint8_t config[VIRTUAL_CONFIG_BYTES], before[32], after[32];
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_example);
    virtual_peek_config(bench.world.part, config);
    bench_power_off(&bench);
    config[86] = config[87] = 0x00; /* both zones locked */
    config[96] = 0x31;              /* slot 0: private, PubInfo 0, P-256, Lockable */
    making.config = config;
    world_replace_part(&bench.world, &making);
    bench_power_on(&bench);
    bench.profile.key_count = 1;
    for (int method = PROFILE_REGISTER; method <= PROFILE_GENERATE; method++) {
        bench.profile.keys[0].method = (enum profile_method)method;
        bench.profile.keys[0].replace = method == PROFILE_GENERATE ? PROFILE_REPLACE_UNCLAIMED : PROFILE_REPLACE_NEVER;
        bench.profile.keys[0].usage = profile_usage_extended(PSA_KEY_USAGE_SIGN_HASH);
        virtual_digest(bench.world.part, before);
        bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
        assert_int_equal(bench.err.reason, ERROR_SLOT_POLICY);
        assert_int_equal(bench.evidence.changes, 0);
        virtual_digest(bench.world.part, after);
        assert_memory_equal(before, after, sizeof(before));
    }
    bench_close(&bench);
}

/* The right to sign messages alone is a right to sign: no key is called proven that has not signed. */
static void test_a_key_for_messages_signs_its_challenge(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench.profile.keys[1].usage = PSA_KEY_USAGE_SIGN_MESSAGE;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_true(bench.evidence.keys[1].proven);
    assert_int_equal(bench.evidence.keys[1].hash, PSA_ALG_SHA_256);
    verify_with_libcrypto(&bench.evidence, &bench.evidence.keys[1]);
    bench_close(&bench);
}

/* What GenKey returned proves nothing of a key that cannot sign: what counts is what its slot shows when it is proven.
 */
static void test_a_key_that_cannot_sign_is_read_back_afresh(void **state)
{
    uint8_t now[64];
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench.profile.keys[1].usage = profile_usage_extended(PSA_KEY_USAGE_VERIFY_HASH);
    bench.refills = 2;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_int_equal(bench.evidence.keys[1].slot, bench.refills);
    assert_true(bench.evidence.keys[1].proven && bench.evidence.keys[1].created);
    assert_int_equal(bench.evidence.keys[1].hash, 0); /* nothing was signed */
    assert_true(world_slot_public(&bench.world, bench.refills, now));
    assert_memory_equal(bench.evidence.keys[1].public_key + 1, now, sizeof(now));
    bench_close(&bench);

    /* One that signs need not be read back: its signature tells that the slot holds another key now. */
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench.refills = 2;
    bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_PROOF_FAILED);
    assert_false(bench.evidence.keys[1].proven);
    bench_close(&bench);
}

/* A recorded key is not read: it signs. Where that signature fails, what the slot shows tells why. */
static void test_a_signature_that_fails_under_the_recorded_key(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench.recorded = bench.evidence.keys[1];
    bench_restart(&bench);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_memory_equal(bench.evidence.keys[1].public_key, bench.recorded.public_key, 65);
    verify_with_libcrypto(&bench.evidence, &bench.evidence.keys[1]);

    world_fill_slot(&bench.world, 2);
    bench_restart(&bench);
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_FOREIGN_KEY);
    assert_int_equal(bench.err.key_id, 18);
    assert_true(bench.err.has_slot && bench.err.slot == 2);
    assert_false(bench.evidence.keys[1].proven);

    bench_restart(&bench);
    bench.record_matches_all = true;
    bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_PROOF_FAILED);
    assert_false(bench.evidence.keys[1].proven);
    bench_close(&bench);
}

/*
 * A station that gave its nonce verifies the signatures itself, and the engine calls proven only what it has verified.
 * It leaves that to the station only where nothing is written that relies on the proof.
 */
static void test_a_station_verifies_what_a_finished_device_signs(void **state)
{
    static const uint8_t nonce[PROVISION_CHALLENGE_BYTES] = {0x5a, 1, 2, 3};
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench.provision.nonce = nonce;
    bench.refills = 2; /* a first run: that the slot does not hold the key that was made is told by the engine */
    bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_PROOF_FAILED);
    bench_close(&bench);

    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench.provision.nonce = nonce;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    for (size_t i = 0; i < 2; i++)
        assert_true(bench.evidence.keys[i].proven && !bench.evidence.keys[i].unverified);
    bench_restart(&bench);
    bench.provision.nonce = nonce;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    for (size_t i = 0; i < 2; i++) {
        assert_true(bench.evidence.keys[i].unverified && !bench.evidence.keys[i].proven);
        assert_memory_equal(bench.evidence.keys[i].challenge, nonce, sizeof(nonce));
        verify_with_libcrypto(&bench.evidence, &bench.evidence.keys[i]);
    }
    bench_restart(&bench); /* nobody else verifies */
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    for (size_t i = 0; i < 2; i++)
        assert_true(bench.evidence.keys[i].proven && !bench.evidence.keys[i].unverified);
    bench_close(&bench);
}

static unsigned asked;     /* how often a host's library was, in the test below */
static bool says_verifies; /* what it says */

static bool host_verifies(void *context, const uint8_t *point, psa_algorithm_t hash, struct bytes message,
                          const uint8_t *signature)
{
    assert_non_null(context);
    assert_int_equal(crypto_verify_message(point, hash, message, signature), PSA_SUCCESS);
    asked++;
    return says_verifies;
}

/*
 * A host's own library is asked first: with the key, the hash, the text and the signature. Where it refuses, as under a
 * machine's policy without P-256, Mbed TLS decides.
 */
static void test_a_host_verifies_by_its_own_library(void **state)
{
    struct bench bench;

    (void)state;
    for (int verifies = 0; verifies < 2; verifies++) {
        bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
        bench.provision.callbacks.verifies = host_verifies;
        says_verifies = verifies == 1;
        asked = 0;
        bench_expect(&bench, PROVISION_OK, bench_run(&bench));
        assert_int_equal(asked, 2);
        for (size_t i = 0; i < 2; i++)
            assert_true(bench.evidence.keys[i].proven);
        bench_close(&bench);
    }
}

/* What a PSA call failed of earlier is not the reason of what fails now. */
static void test_an_old_failure_is_not_the_reason(void **state)
{
    struct bench bench;
    char command[360];

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_restart(&bench);
    error_set(&bench.world.driver.last_error, ERROR_DEVICE_SILENT, "nothing answers", NULL);
    snprintf(command, sizeof(command), "echo x >%s/0000000000000010.record", bench.world.store.directory);
    assert_int_equal(system(command), 0);
    bench_expect(&bench, PROVISION_STORAGE, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_STORAGE_CORRUPT);
    bench_close(&bench);
}

/* A program that was built for less: whatever kind of step it lacks, it says so while looking, and writes nothing. */
static void test_a_program_without_a_step_that_is_needed(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, bench_three_ways);
    for (size_t missing = 0; missing <= PROVISION_STEP_KINDS; missing++) {
        const struct provision_step_kind *steps[PROVISION_STEP_KINDS + 1];
        uint32_t writing = bench.world.chip.counters.writing;
        size_t n = 0;

        for (size_t i = 0; i < PROVISION_STEP_KINDS; i++)
            if (i != missing && missing < PROVISION_STEP_KINDS)
                steps[n++] = provision_all_steps[i];
        steps[n] = NULL; /* last of all: a program without any */
        if (missing < PROVISION_STEP_KINDS && !provision_is_needed_by(provision_step_needs[missing], &bench.profile))
            continue;
        bench.provision.steps = steps;
        bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
        assert_int_equal(bench.err.reason, ERROR_UNEXPECTED);
        assert_int_equal(bench.world.chip.counters.writing, writing);
    }
    bench.provision.steps = provision_all_steps;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_close(&bench);
}

/* The demo plan needs three kinds of steps. */
static void test_a_program_with_the_steps_that_are_needed(void **state)
{
    static const struct provision_step_kind *const steps[] = {
        &provision_step_register_key, &provision_step_generate_key, &provision_step_prove_key, NULL};
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_TRUST_AND_GO, bench_example);
    bench.provision.steps = steps;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_int_equal(bench.evidence.changes, 0);
    bench_close(&bench);
}

/* The rows of the table are what the rest relies on. */
static void test_the_table_of_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROVISION_STEP_KINDS; i++) {
        const struct provision_step_kind *kind = provision_all_steps[i];
        char symbol[64];

        assert_ptr_equal(kind->is_needed, provision_step_needs[i]);
        assert_ptr_equal(provision_step_named(kind->name), kind);
        snprintf(symbol, sizeof(symbol), "provision_step_%s", kind->name);
        for (char *c = symbol; *c != '\0'; c++)
            *c = (char)(*c == '-' ? '_' : *c);
        assert_string_equal(provision_step_symbols[i], symbol);
        assert_int_equal(kind->run != NULL, kind->doing != NULL);
        assert_int_equal(kind->lock != NULL, kind->consequence != NULL);
    }
    assert_int_equal(PROVISION_STEPS_MAX,
                     3 * PROFILE_KEYS_MAX + 3 * PROFILE_CERTIFICATES_MAX + 3 * PROFILE_DATA_MAX + 8);
    assert_null(provision_all_steps[PROVISION_STEP_KINDS]);
    assert_null(provision_step_named("lock-nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_program_without_a_step_that_is_needed),
        cmocka_unit_test(test_a_program_with_the_steps_that_are_needed),
        cmocka_unit_test(test_the_table_of_steps),
        cmocka_unit_test(test_example_then_again),
        cmocka_unit_test(test_observing_never_writes),
        cmocka_unit_test(test_three_ways_on_a_blank_part),
        cmocka_unit_test(test_nothing_irreversible_unarmed),
        cmocka_unit_test(test_another_key_than_the_plan_showed),
        cmocka_unit_test(test_stopped_anywhere_and_finished),
        cmocka_unit_test(test_tampered_data_zone_is_not_locked),
        cmocka_unit_test(test_refused_before_anything_is_written),
        cmocka_unit_test(test_the_refused_chip_is_named),
        cmocka_unit_test(test_register_needs_a_key),
        cmocka_unit_test(test_another_key_is_never_locked_in_or_proven),
        cmocka_unit_test(test_missing_keys_are_never_locked_in),
        cmocka_unit_test(test_an_exchanged_chip_is_noticed),
        cmocka_unit_test(test_what_cannot_be_proven_is_not_started),
        cmocka_unit_test(test_a_key_for_messages_signs_its_challenge),
        cmocka_unit_test(test_a_key_that_cannot_sign_is_read_back_afresh),
        cmocka_unit_test(test_a_signature_that_fails_under_the_recorded_key),
        cmocka_unit_test(test_a_host_verifies_by_its_own_library),
        cmocka_unit_test(test_a_station_verifies_what_a_finished_device_signs),
        cmocka_unit_test(test_an_old_failure_is_not_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
