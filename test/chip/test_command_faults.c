/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that are not repeatable, under each fault that leaves the host without a reply: sent once, and what they do
 * to the part done once or not at all. What they may change says so to the guard.
 */
#include "chip/operations_agreement.h"
#include "chip/operations_device.h"
#include "chip/operations_mac.h"
#include "chip/operations_registers.h"
#include "chip/operations_signature.h"

#include "test/chip/full.h"
#include "test/chip/p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNTED_SLOT 0
#define PART CHIP_PART_ATECC608B

static const uint8_t num_in[CHIP_NUM_IN_BYTES] = {1};

/* What a command was to do, as the part shows it: 0 before, 1 after once. */
struct job {
    const char *name;
    void (*prepare)(struct full *full);
    enum chip_status (*run)(struct full *full);
    uint32_t (*times_done)(struct full *full);
};

static uint8_t peer[64];

static void prepare_nothing(struct full *full)
{
    (void)full;
}

static void prepare_nonce(struct full *full)
{
    uint8_t rand_out[32];

    assert_int_equal(chip_nonce_random(full->chip, CHIP_NONCE_UPDATE_SEED, num_in, rand_out, NULL), CHIP_OK);
}

static enum chip_status run_count(struct full *full)
{
    uint32_t value;

    return chip_count(full->chip, 1, &value, NULL);
}

static uint32_t counted(struct full *full)
{
    uint32_t value = 99;

    assert_int_equal(chip_read_counter(full->chip, 1, &value, NULL), CHIP_OK);
    return value;
}

static uint32_t uses(struct full *full)
{
    uint32_t value = 99;

    assert_int_equal(chip_read_counter(full->chip, 0, &value, NULL), CHIP_OK);
    return value;
}

/* Whether slot `slot`, readable in clear, changed. */
static uint32_t changed(struct full *full, uint8_t slot)
{
    uint8_t now[32];

    assert_int_equal(chip_read_slot_block(full->chip, slot, 0, now, NULL), CHIP_OK);
    return memcmp(now, full->secrets[slot], 32) != 0;
}

/* A slot's key, seen through a MAC: rolled on once or not at all. */
static uint32_t rolled(struct full *full)
{
    static const uint8_t challenge[32] = {3};
    struct chip_tempkey tempkey;
    uint8_t mac[32];
    uint8_t expected[32];
    uint8_t key[32];

    chip_tempkey_load(&tempkey, bytes_of(full->secrets[8], 32));
    memcpy(key, full->secrets[9], 32);
    assert_int_equal(chip_compute_mac(full->chip, 0, 9, challenge, mac, NULL), CHIP_OK);
    for (uint32_t times = 0; times < 3; times++) {
        assert_true(chip_mac_response(0, 9, key, challenge, NULL, full->serial, expected));
        if (memcmp(mac, expected, 32) == 0)
            return times;
        assert_true(chip_mac_derive(CHIP_MAC_FROM_HOST, 9, key, tempkey.value, full->serial, key));
    }
    return 99;
}

static void prepare_fixed(struct full *full)
{
    assert_int_equal(chip_nonce_load(full->chip, CHIP_REGISTER_TEMPKEY, bytes_of(full->secrets[8], 32), NULL), CHIP_OK);
}

static enum chip_status run_derive(struct full *full)
{
    return chip_derive_key(full->chip, CHIP_MAC_FROM_HOST, 9, NULL, NULL);
}

static enum chip_status run_kdf(struct full *full)
{
    const struct chip_kdf kdf = {
        .algorithm = CHIP_KDF_HKDF,
        .source = CHIP_KDF_FROM_SLOT,
        .source_slot = 12,
        .target = CHIP_KDF_TO_SLOT,
        .target_slot = 12,
        .message = bytes_of("roll", 4),
        .message_in = CHIP_KDF_MESSAGE_HERE,
    };

    return chip_kdf(full->chip, &kdf, NULL, NULL, NULL);
}

static uint32_t changed_12(struct full *full)
{
    return changed(full, 12);
}

static enum chip_status run_kdf_from_register(struct full *full)
{
    const struct chip_kdf kdf = {
        .algorithm = CHIP_KDF_HKDF,
        .source = CHIP_KDF_FROM_TEMPKEY,
        .target = CHIP_KDF_TO_SLOT,
        .target_slot = 13,
        .message = bytes_of("roll", 4),
        .message_in = CHIP_KDF_MESSAGE_HERE,
    };

    return chip_kdf(full->chip, &kdf, NULL, NULL, NULL);
}

static uint32_t changed_13(struct full *full)
{
    return changed(full, 13);
}

static void prepare_ephemeral(struct full *full)
{
    uint8_t own[64];

    assert_int_equal(chip_generate_ephemeral(full->chip, own, NULL), CHIP_OK);
}

static enum chip_status run_ephemeral(struct full *full)
{
    return chip_ecdh_ephemeral_to_slot(full->chip, 13, peer, NULL);
}

static enum chip_status run_create(struct full *full)
{
    uint8_t public_key[64];

    return chip_genkey_create_digest(full->chip, 2, public_key, NULL);
}

static uint32_t created(struct full *full)
{
    uint8_t public_key[64];

    assert_int_equal(chip_read_public_key(full->chip, 2, public_key, NULL), CHIP_OK);
    return memcmp(public_key, full->public_keys[2], 64) != 0;
}

static enum chip_status run_sign(struct full *full)
{
    uint8_t signature[64];

    return chip_sign_tempkey(full->chip, COUNTED_SLOT, signature, NULL);
}

static enum chip_status run_ecdh(struct full *full)
{
    return chip_ecdh_to_slot(full->chip, PART, COUNTED_SLOT, peer, NULL);
}

static const struct job jobs[] = {
    {"Counter", prepare_nothing, run_count, counted},
    {"DeriveKey", prepare_fixed, run_derive, rolled},
    {"KDF from slot to slot", prepare_nothing, run_kdf, changed_12},
    {"KDF from TempKey to slot", prepare_fixed, run_kdf_from_register, changed_13},
    {"ECDH with TempKey to slot", prepare_ephemeral, run_ephemeral, changed_13},
    {"GenKey with digest", prepare_nonce, run_create, created},
    {"Sign with a counted key", prepare_nonce, run_sign, uses},
    {"ECDH with a counted key", prepare_nothing, run_ecdh, uses},
};

/* What the part did when the reply did not come. */
static const struct {
    const char *kind;
    bool done;
} faults[] = {
    {"lost", true}, {"badcrc", true}, {"garbage", true}, {"watchdog", true}, {"reset", false}, {"brownout", true},
};

static void begin(struct full *full)
{
    static const struct full_change changes[] = {FULL_NO_COUNT_MATCH};
    static const uint8_t scalar[32] = {0x31, 0x32};

    full_init(full, FULL_608, changes, 1);
    p256_public_of(scalar, peer);
}

static void test_not_repeated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
        for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++) {
            struct full full;
            enum chip_status status;
            uint32_t sent;
            uint32_t done;

            begin(&full);
            jobs[i].prepare(&full);
            full_arm(&full, faults[f].kind, 1);
            sent = full.chip->counters.commands;
            status = jobs[i].run(&full);
            sent = full.chip->counters.commands - sent;
            done = jobs[i].times_done(&full);
            if ((status != CHIP_REPLY_LOST && status != CHIP_RESET) || sent != 1 || done != (faults[f].done ? 1u : 0u))
                fail_msg("%s, %s: status %d, sent %u times, done %u times", jobs[i].name, faults[f].kind, (int)status,
                         (unsigned)sent, (unsigned)done);
            full_release(&full);
        }
}

/* Damaged on the way in, or not acknowledged: the part did nothing, and a second sending is right. */
static void test_repeated_where_nothing_ran(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct full full;

        begin(&full);
        jobs[i].prepare(&full);
        full_arm(&full, "flip", 1);
        assert_int_equal(jobs[i].run(&full), CHIP_OK);
        assert_int_equal(full.chip->counters.resends, 1);
        assert_int_equal(jobs[i].times_done(&full), 1);
        full_release(&full);
    }
}

static bool refuse(void *context, const struct chip_command *command, uint8_t param1, uint16_t param2)
{
    (void)context;
    (void)command;
    (void)param1;
    (void)param2;
    return false;
}

/* Who only looks does none of it: nothing is sent, and the part's memory stays as it is. */
static void test_guarded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct full full;
        uint8_t digest[32];
        uint8_t after[32];

        begin(&full);
        jobs[i].prepare(&full);
        virtual_digest(full.board.part, digest);
        full.chip->guard.allow = refuse;
        if (jobs[i].run(&full) != CHIP_BAD_ARGUMENT)
            fail_msg("%s passes the guard", jobs[i].name);
        virtual_digest(full.board.part, after);
        assert_memory_equal(digest, after, 32);
        full_release(&full);
    }
}

/* A counted key in a sequence of our own: one use, one count, whatever happens, and no second try that costs another.
 */
static void test_counted_sign(void **state)
{
    static const char *const kinds[] = {"lost", "badcrc", "reset", "brownout"};
    const uint8_t digest[32] = {0x42};
    uint8_t signature[64];

    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct full full;
        enum chip_status status;

        begin(&full);
        full_arm(&full, kinds[k], 2);
        status = chip_sign_digest(full.chip, PART, COUNTED_SLOT, digest, signature, NULL);
        assert_int_equal(status, CHIP_REPLY_LOST);
        assert_true(uses(&full) <= 1);
        assert_int_equal(chip_sign_digest(full.chip, PART, COUNTED_SLOT, digest, signature, NULL), CHIP_OK);
        assert_true(p256_verifies(full.public_keys[COUNTED_SLOT], digest, signature));
        full_release(&full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_repeated),
        cmocka_unit_test(test_repeated_where_nothing_ran),
        cmocka_unit_test(test_guarded),
        cmocka_unit_test(test_counted_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
