/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IO protection key: made, stored, written, proven, locked; one key whatever moment the run was stopped; and ECDH
 * through PSA with it. What the chip holds is read past the bus, and secrets are computed by libcrypto.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chip/command.h"
#include "chip/operations.h"
#include "chip/operations_agreement.h"
#include "chip/sequence.h"
#include "chip/tempkey.h"
#include "crypto/secret.h"
#include "provision/steps/datum.h"
#include "psa/agreement.h"
#include "psa/io_key.h"
#include "psa/records.h"
#include "psa/scrap.h"
#include "test/provision/bench.h"
#include "test/support/p256.h"
#include "virtual/chip/model.h"
#include "virtual/chip/policy.h"

#define SLOT 6
#define KEY_LINES(slot)                                                                                                \
    "keys:\n"                                                                                                          \
    "  - name: session\n"                                                                                              \
    "    id: 16\n"                                                                                                     \
    "    method: generate\n"                                                                                           \
    "    slot: " slot "\n"                                                                                             \
    "    type: ecc-key-pair(secp-r1)\n"                                                                                \
    "    bits: 256\n"                                                                                                  \
    "    algorithm: ecdsa(any-hash)\n"                                                                                 \
    "    usage: [sign-hash, derive]\n"
#define IO_LINES "data:\n  - name: bus\n    type: io-protection\n    slot: 6\n"

/* imprint configures a blank part, so that the key is written before the data lock. */
static const char blank[] = "imprint: 1\nname: blank\nchip:\n  parts: [ATECC608B]\n  configuration: policy\n"
                            "  lock: [config, data]\n" KEY_LINES("0") IO_LINES;

/* A part that is locked: its slot is always writable, and holds something. */
static const char flex[] =
    "imprint: 1\nname: flex\nchip:\n  parts: [ATECC608B]\n  configuration: trust-flex\n" KEY_LINES(
        "2") "    replace: unclaimed\n" IO_LINES "    replace: unclaimed\n    lock-slot: true\n";

static const struct {
    const char *yaml;
    enum virtual_part part;
} devices[] = {{blank, VIRTUAL_BLANK}, {flex, VIRTUAL_TRUST_FLEX}};
#define DEVICES (sizeof devices / sizeof devices[0])

static int proven;

static bool get_nothing(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        struct bytes_out *out, struct error *err)
{
    (void)context;
    (void)index;
    (void)serial;
    (void)out;
    error_set(err, ERROR_INPUT_FILE, "nobody has this key", NULL);
    return false;
}

static void count_proof(void *context, size_t index, const struct provision_datum_evidence *evidence)
{
    (void)context;
    (void)index;
    (void)evidence;
    proven++;
}

static const struct provision_contents contents = {
    .get = get_nothing, .proven = count_proof, .block = provision_datum_block};

static void power_on(struct bench *bench)
{
    bench_power_on(bench);
    bench->provision.contents = &contents;
    error_clear(&bench->err);
    proven = 0;
}

static void open_device(struct bench *bench, size_t device)
{
    bench_open(bench, devices[device].part, devices[device].yaml);
    bench_power_off(bench);
    power_on(bench);
}

static void restart(struct bench *bench)
{
    bench_power_off(bench);
    power_on(bench);
}

static enum io_key_found stored(const struct bench *bench, uint8_t key[static IO_KEY_BYTES])
{
    return io_key_read(&bench->world.storage, bench->plan.serial, key, NULL);
}

static void expect_same_key(const struct bench *bench)
{
    uint8_t key[IO_KEY_BYTES];

    assert_int_equal(stored(bench, key), IO_KEY_FOUND);
    assert_memory_equal(virtual_slot_bytes(&bench->world.part->memory, SLOT), key, sizeof key);
    assert_false(bytes_all(bytes_of(key, sizeof key), key[0]));
}

#define AGREES 32

/* The product's own id of the key: a profile's `derive` configures the slot alone (docs/reference/psa-keys.md). */
static void register_for_agreement(struct bench *bench)
{
    psa_key_attributes_t attributes = world_key_pair(AGREES, bench->evidence.keys[0].slot);

    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    world_expect(&bench->world, world_register_key(&attributes), PSA_SUCCESS);
}

/* As the product does, which gives no IO protection key. */
static psa_status_t agree(const struct bench *bench, bool *right)
{
    uint8_t scalar[32], peer[P256_POINT_BYTES], secret[P256_BYTES], expected[P256_BYTES];
    size_t len = 0;
    psa_status_t status;

    p256_make_key(scalar, peer);
    status = imprint_key_agreement(PSA_ALG_ECDH, AGREES, peer, sizeof peer, secret, sizeof secret, &len);
    p256_agree(scalar, bench->evidence.keys[0].public_key + 1, expected);
    *right = status == PSA_SUCCESS && len == sizeof secret && memcmp(secret, expected, len) == 0;
    return status;
}

static void expect_agreement(const struct bench *bench)
{
    bool right = false;

    world_expect(&bench->world, agree(bench, &right), PSA_SUCCESS);
    assert_true(right);
}

static void test_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        struct bench bench;

        open_device(&bench, i);
        bench_expect(&bench, PROVISION_OK, bench_run(&bench));
        assert_int_equal(proven, 1);
        expect_same_key(&bench);
        assert_int_equal(chip_slot_is_locked(&bench.evidence.config, SLOT), devices[i].part == VIRTUAL_TRUST_FLEX);
        register_for_agreement(&bench);
        expect_agreement(&bench);

        restart(&bench);
        bench_expect(&bench, PROVISION_OK, bench_run(&bench));
        assert_int_equal(bench.evidence.changes, 0);
        assert_int_equal(proven, 1);
        restart(&bench);
        expect_agreement(&bench);
        bench_close(&bench);
    }
}

/* The chip of the blank part itself gives nothing in clear, whatever software asks it. */
static void test_clear_is_refused_by_the_chip(void **state)
{
    struct bench bench;
    uint8_t scalar[32], peer[P256_POINT_BYTES], secret[CHIP_SECRET_BYTES];

    (void)state;
    open_device(&bench, 0);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    p256_make_key(scalar, peer);
    assert_int_equal(chip_ecdh(&bench.world.chip, bench.plan.part, 0, peer + 1, secret, NULL), CHIP_EXECUTION);
    bench_close(&bench);
}

#define ECDH_TO_TEMPKEY 0x08
#define AES_ENCRYPT 0x00
#define TEMPKEY 0xffff

/* Not prevented, which the guide says: the secret stays inside, and who has the chip computes with it. */
static void test_a_lifted_chip_computes_with_the_secret(void **state)
{
    static const uint8_t text[CRYPTO_AES_BYTES] = "of their choice";
    struct bench bench;
    uint8_t scalar[32], peer[P256_POINT_BYTES], secret[P256_BYTES], expected[CRYPTO_AES_BYTES], got[CRYPTO_AES_BYTES];
    struct bytes_out out = {.data = got, .cap = sizeof got};

    (void)state;
    open_device(&bench, 0);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    p256_make_key(scalar, peer);
    p256_agree(scalar, bench.evidence.keys[0].public_key + 1, secret);
    assert_int_equal(chip_execute(&bench.world.chip, &chip_command_ecdh, ECDH_TO_TEMPKEY, 0,
                                  bytes_of(peer + 1, CHIP_PUBLIC_KEY_BYTES), NULL, NULL),
                     CHIP_OK);
    assert_int_equal(chip_execute(&bench.world.chip, &chip_command_aes, AES_ENCRYPT, TEMPKEY,
                                  bytes_of(text, sizeof text), &out, NULL),
                     CHIP_OK);
    assert_true(crypto_aes128_encrypt(secret, text, expected));
    assert_memory_equal(got, expected, sizeof got);
    bench_close(&bench);
}

/*
 * What the device's software gets with the key in slot 0 after a stopped run: the right secret, or none. The IO
 * protection key may be made and not yet be in the chip. A locked part had a key before, and always agrees.
 */
static void expect_right_or_refused(struct bench *bench, bool must_agree)
{
    uint8_t scalar[32], peer[P256_POINT_BYTES], public_key[64], secret[P256_BYTES], expected[P256_BYTES];
    psa_status_t status;

    p256_make_key(scalar, peer);
    status = driver_agree(&bench->world.driver, 0, bytes_of(peer, sizeof peer), secret);
    if (status != PSA_SUCCESS) {
        assert_false(must_agree);
        assert_int_not_equal(bench->world.driver.last_error.reason, ERROR_NONE);
        return;
    }
    assert_true(world_slot_public(&bench->world, 0, public_key));
    p256_agree(scalar, public_key, expected);
    assert_memory_equal(secret, expected, sizeof secret);
}

/* Stopped before each step, then run again: the key is the one that was made first, and it is whole. */
static void test_stopped_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        bool finished = false;

        for (int stop = 1; !finished; stop++) {
            struct bench bench;
            uint8_t before[IO_KEY_BYTES], after[IO_KEY_BYTES];

            open_device(&bench, i);
            bench.stop_before_step = stop;
            finished = bench_run(&bench) == PROVISION_OK;
            assert_int_equal(stored(&bench, before), IO_KEY_FOUND); /* it is the first thing that is made */
            restart(&bench);
            expect_right_or_refused(&bench, devices[i].part == VIRTUAL_TRUST_FLEX);
            bench.stop_before_step = -1;
            bench_expect(&bench, PROVISION_OK, bench_run(&bench));
            assert_int_equal(stored(&bench, after), IO_KEY_FOUND);
            assert_memory_equal(before, after, sizeof before);
            expect_same_key(&bench);
            assert_int_equal(io_key_read_proven(&bench.world.storage, bench.plan.serial, after, NULL), IO_KEY_FOUND);
            restart(&bench);
            expect_right_or_refused(&bench, true);
            bench_close(&bench);
        }
    }
}

static void lose_store(struct bench *bench)
{
    assert_int_equal(bench->world.storage.operations->remove(bench->world.storage.context, IO_KEY_UID), STORAGE_OK);
}

/* Where the chip can get no other key, that is said, and nothing is written. */
static void test_store_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        struct bench bench;
        uint8_t key[IO_KEY_BYTES];
        bool right;

        open_device(&bench, i);
        bench_expect(&bench, PROVISION_OK, bench_run(&bench));
        register_for_agreement(&bench);
        lose_store(&bench);
        restart(&bench);
        bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
        assert_int_equal(bench.err.reason, ERROR_DONE_ELSEWHERE);
        assert_non_null(strstr(bench.err.cause, "not in this key store"));
        assert_int_equal(bench.err.slot, SLOT);
        assert_int_equal(stored(&bench, key), IO_KEY_ABSENT);
        /* Of a TrustFLEX part the secrets are then in clear again, which its configuration allows. */
        assert_int_equal(agree(&bench, &right),
                         devices[i].part == VIRTUAL_BLANK ? PSA_ERROR_NOT_PERMITTED : PSA_SUCCESS);
        bench_close(&bench);
    }
}

/* A slot that is still writable gets another key, if what it holds may be lost, and that is armed. */
static void test_store_is_lost_before_the_lock(void **state)
{
    struct bench bench;

    (void)state;
    open_device(&bench, 1);
    bench.profile.data[0].lock_slot = false;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    lose_store(&bench);
    restart(&bench);
    bench.is_armed = false;
    bench_expect(&bench, PROVISION_NOT_ARMED, bench_run(&bench));
    restart(&bench);
    bench.is_armed = true;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    expect_same_key(&bench);

    lose_store(&bench);
    restart(&bench);
    bench.profile.data[0].replace = PROFILE_REPLACE_NEVER;
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_SLOT_FILLED);
    bench_close(&bench);
}

/* Somebody on the bus writes a key of his own into the slot after the proof. */
static void test_another_key_in_the_slot(void **state)
{
    static const uint8_t hostile[32] = {0x66};
    struct bench bench;

    (void)state;
    open_device(&bench, 1);
    bench.profile.data[0].lock_slot = false;
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    assert_int_equal(chip_write_slot_block(&bench.world.chip, SLOT, 0, hostile, NULL), CHIP_OK);
    restart(&bench);
    assert_int_equal(provision_observe(&bench.provision, &bench.plan, &bench.err), PROVISION_OK);
    assert_int_equal(bench.plan.changes_left, 1);
    bench.profile.data[0].replace = PROFILE_REPLACE_NEVER;
    restart(&bench);
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_SLOT_FILLED);
    bench_close(&bench);
}

static void test_key_of_another_chip(void **state)
{
    static const uint8_t other_serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 9, 9, 9, 9, 9, 9, 0xee},
                         key[IO_KEY_BYTES] = {7};
    struct bench bench;

    (void)state;
    open_device(&bench, 0);
    assert_true(io_key_write(&bench.world.storage, other_serial, key, NULL));
    bench_expect(&bench, PROVISION_WRONG, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_FOREIGN_KEY);
    assert_non_null(strstr(bench.err.cause, "of another chip"));
    bench_close(&bench);
}

static enum storage_status full_store(enum store_call call, uint64_t uid)
{
    return call == STORE_SET && uid == IO_KEY_UID ? STORAGE_FULL : STORAGE_OK;
}

/* Found before the chip is changed. */
static void test_store_is_full(void **state)
{
    struct store_front front;
    struct bench bench;

    (void)state;
    open_device(&bench, 0);
    store_front_put(&front, &bench.world.storage, full_store);
    bench_expect(&bench, PROVISION_STORAGE, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_STORAGE_FULL);
    assert_int_equal(bench.evidence.changes, 0);
    bench_close(&bench);
}

/* ---- where ECDH can put its result ---- */

/* Two keys that agree on secrets; slot 3 of a blank part can be read, encrypted with the FF of slot 4. */
static const char two_keys[] =
    "imprint: 1\nname: two\nchip:\n  parts: [ATECC608B]\n  configuration: policy\n  lock: [config, data]\n" KEY_LINES(
        "0") "  - {name: other, id: 17, method: generate, slot: 2, type: ecc-key-pair(secp-r1), bits: 256,\n"
             "     algorithm: ecdsa(any-hash), usage: [sign-hash, derive]}\n" IO_LINES;

/* As somebody on the bus reads a slot who knows what its ReadKey slot was filled with. */
static bool read_encrypted(struct bench *bench, uint8_t slot, uint8_t out[static 32])
{
    const uint8_t read_key = chip_slot_policy(&bench->evidence.config, slot).read_key;
    static const uint8_t num_in[CHIP_NUM_IN_BYTES], nothing[4];
    uint8_t filled[32], rand_out[32], tempkey[CHIP_TEMPKEY_BYTES];
    struct chip *chip = &bench->world.chip;

    memset(filled, 0xff, sizeof filled);
    if (chip_execute_exact(chip, &chip_command_nonce_seeding, 0, 0, bytes_of(num_in, sizeof num_in), rand_out,
                           sizeof rand_out, NULL) != CHIP_OK ||
        chip_execute(chip, &chip_command_gendig, 2, read_key, bytes_of(nothing, sizeof nothing), NULL, NULL) !=
            CHIP_OK ||
        chip_read_slot_block(chip, slot, 0, out, NULL) != CHIP_OK)
        return false;
    assert_true(chip_tempkey_nonce(tempkey, 0, rand_out, num_in));
    assert_true(chip_tempkey_gendig(tempkey, read_key, filled, bench->plan.serial));
    for (size_t i = 0; i < sizeof tempkey; i++)
        out[i] ^= tempkey[i];
    return true;
}

static void expect_unread(struct bench *bench, uint8_t slot, const uint8_t secret[static 32])
{
    for (uint8_t at = 0; at < CHIP_SLOTS; at++) {
        uint8_t found[32];

        if (chip_read_slot_block(&bench->world.chip, at, 0, found, NULL) == CHIP_OK)
            assert_memory_not_equal(found, secret, sizeof found);
        if (read_encrypted(bench, at, found) && memcmp(found, secret, sizeof found) == 0)
            fail_msg("the secret of slot %u is read in slot %u", slot, at);
    }
}

/* Whatever mode is asked for with each key that may do ECDH: no secret in an answer, and none in a slot that is read.
 */
static void test_no_secret_is_read(void **state)
{
    static const uint8_t modes[] = {0x00, 0x04, 0x08, 0x0c, 0x0e};
    uint8_t scalar[32], peer[P256_POINT_BYTES], secret[P256_BYTES];
    bool stored_one = false;
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, two_keys);
    bench_power_off(&bench);
    power_on(&bench);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    p256_make_key(scalar, peer);
    for (size_t key = 0; key < 2; key++) {
        const uint8_t slot = bench.evidence.keys[key].slot;

        p256_agree(scalar, bench.evidence.keys[key].public_key + 1, secret);
        for (size_t i = 0; i < sizeof modes; i++) {
            uint8_t answer[64] = {0};
            struct bytes_out out = {.data = answer, .cap = sizeof answer};

            (void)chip_execute(&bench.world.chip, &chip_command_ecdh, modes[i], slot,
                               bytes_of(peer + 1, CHIP_PUBLIC_KEY_BYTES), &out, NULL);
            assert_memory_not_equal(answer, secret, sizeof secret);
            stored_one = stored_one ||
                         memcmp(virtual_slot_bytes(&bench.world.part->memory, slot | 1u), secret, sizeof secret) == 0;
            expect_unread(&bench, slot, secret);
        }
    }
    assert_true(stored_one); /* the chip does what is guarded against here */
    expect_same_key(&bench);
    bench_close(&bench);
}

/* ---- what changes in the middle of a run ---- */

static bool forgets;

static enum storage_status forgetful_store(enum store_call call, uint64_t uid)
{
    return forgets && call == STORE_GET && uid == IO_KEY_UID ? STORAGE_ABSENT : STORAGE_OK;
}

static bool forget_before_write(void *context, const struct provision_plan *plan, const struct provision_step *step,
                                bool finished)
{
    (void)context;
    (void)plan;
    forgets = forgets || (!finished && strcmp(step->kind->name, "write-data") == 0);
    return true;
}

/* FF in place of a key that is gone would be locked in. */
static void test_store_forgets(void **state)
{
    struct store_front front;
    struct bench bench;

    (void)state;
    open_device(&bench, 0);
    forgets = false;
    store_front_put(&front, &bench.world.storage, forgetful_store);
    bench.provision.callbacks.progress = forget_before_write;
    bench_expect(&bench, PROVISION_STORAGE, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_STORAGE_FAILED);
    assert_non_null(strstr(bench.err.cause, "not in the key store any more"));
    assert_int_equal(bench.err.slot, SLOT);
    assert_false(virtual_data_locked(bench.world.part));

    forgets = false;
    restart(&bench);
    bench_expect(&bench, PROVISION_OK, bench_run(&bench));
    expect_same_key(&bench);
    bench_close(&bench);
}

static bool write_before_lock(void *context, const struct provision_plan *plan, const struct provision_step *step)
{
    static const uint8_t hostile[32] = {0x66};
    struct bench *bench = context;

    (void)plan;
    if (strcmp(step->kind->name, "lock-io-key") == 0)
        assert_int_equal(chip_write_slot_block(&bench->world.chip, SLOT, 0, hostile, NULL), CHIP_OK);
    return true;
}

/* While a person reads the consequences. The part is lost, and that is said. */
static void test_another_key_before_the_lock(void **state)
{
    struct bench bench;

    (void)state;
    open_device(&bench, 1);
    bench.provision.callbacks.before_lock = write_before_lock;
    bench_expect(&bench, PROVISION_REFUSED, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_PROOF_FAILED);
    assert_non_null(strstr(bench.err.cause, "between its proof and its lock"));
    assert_int_equal(bench.err.slot, SLOT);
    bench_close(&bench);
}

/* ---- a note about a torn write ---- */

#define KEPT_SLOT 10
static const char written_again[] =
    "imprint: 1\nname: again\nchip:\n  parts: [ATECC608B]\n  configuration: policy\n  lock: [config, data]\nkeys: []\n"
    "data:\n  - {name: writer, type: hmac, slot: 9, id: 32, algorithm: hmac(sha-256), file: w.hex}\n"
    "  - {name: kept, type: hmac, slot: 10, id: 33, algorithm: hmac(sha-256), file: k.hex, write-key: 9,\n"
    "     replace: unclaimed}\n";

static bool get_given(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                      struct bytes_out *out, struct error *err)
{
    uint8_t secret[PROFILE_SECRET_BYTES];

    (void)context;
    (void)serial;
    (void)err;
    memset(secret, 0x51 + (int)index, sizeof secret);
    return bytes_append(out, bytes_of(secret, sizeof secret));
}

static const struct provision_contents given = {
    .get = get_given, .proven = count_proof, .block = provision_datum_block};

static int first_registration(const struct provision_plan *plan)
{
    int at = 0;

    while (strcmp(plan->steps[at].kind->name, "register-secret") != 0)
        at++;
    return at;
}

/* The slot holds what it should, and is to be written once more: that needs the secret in its WriteKey slot. */
static void test_noted_without_write_key(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, VIRTUAL_BLANK, written_again);
    bench.provision.contents = &given;
    bench_expect(&bench, PROVISION_OK, provision_observe(&bench.provision, &bench.plan, &bench.err));
    bench.stop_before_step = first_registration(&bench.plan);
    bench_restart(&bench);
    bench.provision.contents = &given;
    bench_expect(&bench, PROVISION_INTERRUPTED, bench_run(&bench));
    assert_int_equal(scrap_set(&bench.world.storage, driver_scrap_uid(KEPT_SLOT), false), STORAGE_OK);

    bench.stop_before_step = -1;
    bench_restart(&bench);
    bench.provision.contents = &given;
    error_clear(&bench.err);
    bench_expect(&bench, PROVISION_INPUT, bench_run(&bench));
    assert_int_equal(bench.err.reason, ERROR_WRITE_KEY_MISSING);
    assert_int_equal(bench.err.slot, KEPT_SLOT);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_clear_is_refused_by_the_chip),
        cmocka_unit_test(test_a_lifted_chip_computes_with_the_secret),
        cmocka_unit_test(test_stopped_anywhere),
        cmocka_unit_test(test_store_is_lost),
        cmocka_unit_test(test_store_is_lost_before_the_lock),
        cmocka_unit_test(test_another_key_in_the_slot),
        cmocka_unit_test(test_key_of_another_chip),
        cmocka_unit_test(test_store_is_full),
        cmocka_unit_test(test_no_secret_is_read),
        cmocka_unit_test(test_store_forgets),
        cmocka_unit_test(test_another_key_before_the_lock),
        cmocka_unit_test(test_noted_without_write_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
