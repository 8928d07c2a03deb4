/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint_key_agreement(): secrets by libcrypto, in clear and with the IO protection key; every status that of
 * psa_raw_key_agreement() with a software key of the same attributes.
 */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/order.h"
#include "chip/operations.h"
#include "chip/uses.h"
#include "psa/io_key.h"
#include "test/support/p256.h"
#include "virtual/chip/virtual_invasive.h"

#define KEY 0x11
#define SLOT 3
#define IO_SLOT 10
#define CHIP_OPTIONS 90 /* where they lie in the config zone */
#define LOCK_CONFIG 87
#define SLOT_CONFIG 20
#define KEY_CONFIG 96
#define IO_KEY_IN_10 0xa002u /* enabled, in slot 10 */
#define ENCRYPTED 0x0100u
#define INSIDE 0x0200u
#define INVALID 0x0300u
#define AGREES 0x2085 /* SlotConfig: IsSecret, external Sign, ECDH, GenKey */
#define TO_SLOT 0x0008
#define LIMITED 0x0020
#define PAIR 0x0013

static const uint8_t io_key[32] = {0x10, 0x32, 0x54, 0x76, 0x98};
static struct world world;
static enum world_store_kind store_kind; /* of begin() */
static uint8_t scalar[32], peer[P256_POINT_BYTES];

static psa_key_attributes_t agreeing(psa_key_id_t id, int slot)
{
    psa_key_attributes_t attributes = world_key_pair(id, slot);

    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    return attributes;
}

/* A blank part with a key that agrees in SLOT, by `slot_config`, and the IO protection key in IO_SLOT. */
static void begin(uint16_t options, uint16_t slot_config, const uint8_t *given_io_key)
{
    const psa_key_attributes_t attributes = agreeing(KEY, SLOT);
    uint8_t config[VIRTUAL_CONFIG_BYTES];

    world_make(&world, WORLD_BLANK);
    world_power_on(&world);
    virtual_peek_config(world.part, config);
    world_power_off(&world);
    config[LOCK_CONFIG] = 0;
    store16_le(config + CHIP_OPTIONS, options);
    store16_le(config + SLOT_CONFIG + 2 * SLOT, slot_config);
    store16_le(config + KEY_CONFIG + 2 * SLOT, PAIR);
    world_replace_part(&world, &(struct virtual_making){.part = VIRTUAL_FROM_CONFIG, .config = config});
    world_power_on(&world);
    assert_int_equal(chip_write_slot_block(&world.chip, IO_SLOT, 0, io_key, NULL), CHIP_OK);
    assert_int_equal(chip_generate_key(&world.chip, SLOT, peer, NULL), CHIP_OK);
    assert_int_equal(chip_lock_data(&world.chip, false, 0, NULL), CHIP_OK);
    world_power_off(&world);
    world.settings.io_key = given_io_key;
    if (store_kind != WORLD_STORE_FILE)
        world_use_store(&world, store_kind);
    world_start(&world);
    world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
    p256_make_key(scalar, peer);
}

static psa_status_t agree(psa_key_id_t id, uint8_t secret[static P256_BYTES])
{
    size_t len = 99;
    const psa_status_t status = imprint_key_agreement(PSA_ALG_ECDH, id, peer, sizeof peer, secret, P256_BYTES, &len);

    assert_int_equal(len, status == PSA_SUCCESS ? P256_BYTES : 0);
    return status;
}

static void expect_agreement(psa_key_id_t id, uint8_t slot)
{
    uint8_t public_key[64], expected[P256_BYTES], secret[P256_BYTES];

    p256_make_key(scalar, peer);
    assert_true(world_slot_public(&world, slot, public_key));
    p256_agree(scalar, public_key, expected);
    world_expect(&world, agree(id, secret), PSA_SUCCESS);
    assert_memory_equal(secret, expected, sizeof secret);
}

static void own_serial(uint8_t serial[static CHIP_SERIAL_BYTES])
{
    uint8_t config[VIRTUAL_CONFIG_BYTES];

    virtual_peek_config(world.part, config);
    memcpy(serial, config, 4);
    memcpy(serial + 4, config + 8, 5);
}

/* As a finished run of `imprint provision` leaves it. */
static void store_proven(const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t key[static IO_KEY_BYTES])
{
    assert_true(io_key_write(&world.storage, serial, key, NULL));
    assert_true(io_key_note_proven(&world.storage, serial, NULL));
}

static void expect_refused(psa_status_t status, enum error_reason reason, const char *words)
{
    uint8_t secret[P256_BYTES];

    memset(secret, 0xa5, sizeof secret);
    world_expect_reason(&world, agree(KEY, secret), status, reason);
    assert_true(bytes_all(bytes_of(secret, sizeof secret), 0));
    if (strstr(imprint_psa_reason(status), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", imprint_psa_reason(status), words);
}

/* --- secrets ----------------------------------------------------------------------------------------------------- */

static void agrees_in_clear(void **state)
{
    (void)state;
    begin(0, AGREES, NULL);
    for (int i = 0; i < 10; i++)
        expect_agreement(KEY, SLOT);
    world_restart(&world);
    expect_agreement(KEY, SLOT);
    world_remove(&world);
}

/* Made by PSA, with signing: one key id for both, or one for each. */
static void agrees_with_a_new_key(void **state)
{
    psa_key_attributes_t attributes = agreeing(KEY, 0);
    psa_key_id_t id = 0;

    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
    expect_agreement(KEY, 0);
    attributes = world_key_pair(KEY + 1, 2);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_DERIVE);
    psa_set_key_enrollment_algorithm(&attributes, PSA_ALG_ECDH);
    world_expect(&world, psa_generate_key(&attributes, &id), PSA_SUCCESS);
    expect_agreement(id, 2);
    world_prove_key(&world, id);
    world_restart(&world);
    expect_agreement(id, 2);
    if (world_is_opaque)
        expect_agreement(0x7fff0000, 0);
    world_remove(&world);
}

/* With the key, secrets are never in clear on the bus, whether or not the chip would give them so. */
static void agrees_encrypted(void **state)
{
    static const uint16_t options[] = {IO_KEY_IN_10, IO_KEY_IN_10 | ENCRYPTED};
    static const uint8_t wrong_key[32] = {1};
    uint8_t public_key[64], expected[P256_BYTES], secret[P256_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        begin(options[i], AGREES, io_key);
        expect_agreement(KEY, SLOT);
        expect_agreement(KEY, SLOT);

        /* Nothing tells a wrong key but the secret; so it was used. */
        world.driver.settings.io_key = wrong_key;
        assert_true(world_slot_public(&world, SLOT, public_key));
        p256_agree(scalar, public_key, expected);
        world_expect(&world, agree(KEY, secret), PSA_SUCCESS);
        assert_memory_not_equal(secret, expected, sizeof secret);
        world_remove(&world);
    }
    /* A chip that has none gives secrets in clear. */
    begin(0, AGREES, io_key);
    expect_agreement(KEY, SLOT);
    world_remove(&world);
}

/* The key in the store is found without being given, after each start, and a given one counts before it. */
static void agrees_with_the_key_in_the_store(void **state)
{
    static const uint16_t options[] = {IO_KEY_IN_10, IO_KEY_IN_10 | ENCRYPTED};
    static const uint8_t wrong_key[32] = {1};
    uint8_t serial[CHIP_SERIAL_BYTES], public_key[64], expected[P256_BYTES], secret[P256_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        begin(options[i], AGREES, NULL);
        own_serial(serial);
        store_proven(serial, io_key);
        for (int start = 0; start < 2; start++) {
            expect_agreement(KEY, SLOT);
            world_restart(&world);
        }
        /* It was used: with another one in the store the secret is another. */
        store_proven(serial, wrong_key);
        assert_true(world_slot_public(&world, SLOT, public_key));
        p256_agree(scalar, public_key, expected);
        world_expect(&world, agree(KEY, secret), PSA_SUCCESS);
        assert_memory_not_equal(secret, expected, sizeof secret);
        world.driver.settings.io_key = io_key;
        expect_agreement(KEY, SLOT);
        world_remove(&world);
    }
}

/* The same on a board's flash, where the record is a few bytes in a log. */
static void finds_the_key_in_every_store(void **state)
{
    uint8_t serial[CHIP_SERIAL_BYTES];

    (void)state;
    for (store_kind = WORLD_STORE_FILE; store_kind < WORLD_STORE_KINDS; store_kind++) {
        begin(IO_KEY_IN_10 | ENCRYPTED, AGREES, NULL);
        expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY, "is not in the store");
        own_serial(serial);
        store_proven(serial, io_key);
        if (store_kind != WORLD_STORE_MEMORY)
            world_restart(&world);
        expect_agreement(KEY, SLOT);
        world_remove(&world);
    }
    store_kind = WORLD_STORE_FILE;
}

/* A chip on another board: whose store has nothing, or the key of another chip. */
static void refuses_a_chip_of_another_board(void **state)
{
    static const uint8_t other_serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 9, 9, 9, 9, 9, 9, 0xee};
    uint8_t serial[CHIP_SERIAL_BYTES];

    (void)state;
    begin(IO_KEY_IN_10 | ENCRYPTED, AGREES, NULL);
    own_serial(serial);
    expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY, "is not in the store");
    store_proven(other_serial, io_key);
    expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_FOREIGN_KEY, "of another chip");
    store_proven(serial, io_key);
    expect_agreement(KEY, SLOT);
    world_remove(&world);
}

/* Nor where the chip, or somebody on the bus, says that it gives secrets in clear, or uses no such key. */
static void never_in_clear_beside_a_stored_key(void **state)
{
    static const uint8_t other_serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 9, 9, 9, 9, 9, 9, 0xee};
    static const uint16_t options[] = {IO_KEY_IN_10, 0};
    uint8_t serial[CHIP_SERIAL_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        for (int is_given = 0; is_given < 2; is_given++) {
            begin(options[i], AGREES, is_given != 0 ? io_key : NULL);
            own_serial(serial);
            store_proven(other_serial, io_key);
            if (is_given == 0 || options[i] == 0)
                expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_FOREIGN_KEY, "of another chip");
            store_proven(serial, io_key);
            if (options[i] == 0)
                expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_WRONG_CONFIGURATION, "none is in use");
            else
                expect_agreement(KEY, SLOT);
            assert_int_equal(world.storage.operations->remove(world.storage.context, IO_KEY_UID), STORAGE_OK);
            expect_agreement(KEY, SLOT);
            world_remove(&world);
        }
}

/* A key that was made, and that the chip may not have: as before the run, and never a wrong secret. */
static void a_key_counts_once_it_is_proven(void **state)
{
    static const uint8_t not_in_the_chip[IO_KEY_BYTES] = {1};
    static const uint16_t options[] = {0, IO_KEY_IN_10, IO_KEY_IN_10 | ENCRYPTED};
    uint8_t serial[CHIP_SERIAL_BYTES], key[IO_KEY_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        begin(options[i], AGREES, NULL);
        own_serial(serial);
        assert_false(io_key_note_proven(&world.storage, serial, NULL)); /* there is none */
        assert_true(io_key_write(&world.storage, serial, not_in_the_chip, NULL));
        if ((options[i] & ENCRYPTED) != 0)
            expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY, "not proven");
        else
            expect_agreement(KEY, SLOT);
        assert_int_equal(io_key_read_proven(&world.storage, serial, key, NULL), IO_KEY_UNPROVEN);
        assert_true(bytes_all(bytes_of(key, sizeof key), 0));
        assert_int_equal(io_key_read(&world.storage, serial, key, NULL), IO_KEY_FOUND);
        assert_memory_equal(key, not_in_the_chip, sizeof key);
        store_proven(serial, io_key);
        if (options[i] != 0)
            expect_agreement(KEY, SLOT);
        world_remove(&world);
    }
}

static enum storage_status damaged_io_key(enum store_call call, uint64_t uid)
{
    return call == STORE_GET && uid == IO_KEY_UID ? STORAGE_CORRUPT : STORAGE_OK;
}

static enum storage_status dead_medium(enum store_call call, uint64_t uid)
{
    return call == STORE_GET && uid == IO_KEY_UID ? STORAGE_FAILED : STORAGE_OK;
}

/* A record that cannot be read never makes a secret cross the bus in clear, though the chip would give it so. */
static void refuses_when_the_record_cannot_be_read(void **state)
{
    static const uint8_t later[IO_KEY_RECORD_BYTES] = {2}, no_state[IO_KEY_RECORD_BYTES] = {1, 2};
    struct store_front front;

    (void)state;
    begin(IO_KEY_IN_10, AGREES, NULL);
    assert_int_equal(world.storage.operations->set(world.storage.context, IO_KEY_UID, 0, bytes_of(later, sizeof later)),
                     STORAGE_OK);
    expect_refused(PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT, "IO protection key");
    assert_int_equal(world.storage.operations->set(world.storage.context, IO_KEY_UID, 0, bytes_of(later, 47)),
                     STORAGE_OK);
    expect_refused(PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT, "IO protection key");
    assert_int_equal(
        world.storage.operations->set(world.storage.context, IO_KEY_UID, 0, bytes_of(no_state, sizeof no_state)),
        STORAGE_OK);
    expect_refused(PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT, "IO protection key");
    store_front_put(&front, &world.storage, damaged_io_key);
    expect_refused(PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT, "IO protection key");
    front.judge = dead_medium;
    expect_refused(PSA_ERROR_STORAGE_FAILURE, ERROR_STORAGE_FAILED, "cannot be read");
    world_remove(&world);
}

/* --- what the chip's configuration forbids ----------------------------------------------------------------------- */

static void refuses_what_the_options_forbid(void **state)
{
    (void)state;
    begin(IO_KEY_IN_10 | ENCRYPTED, AGREES, NULL);
    expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY, "IO protection key was not given");
    world_remove(&world);
    begin(ENCRYPTED, AGREES, io_key);
    expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY, "IO protection key was not given");
    world_remove(&world);
    begin(IO_KEY_IN_10 | INSIDE, AGREES, io_key);
    expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY, "keeps shared secrets inside");
    world_remove(&world);
    begin(IO_KEY_IN_10 | INVALID, AGREES, io_key);
    expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY, "keeps shared secrets inside");
    world_remove(&world);
    begin(0, AGREES | TO_SLOT, NULL);
    expect_refused(PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY, "keeps shared secrets inside");
    world_remove(&world);
}

static void refuses_a_slot_that_agrees_on_nothing(void **state)
{
    const psa_key_attributes_t attributes = agreeing(KEY, 1);

    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    world_expect_reason(&world, world_register_key(&attributes), PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY);
    world_remove(&world);
}

static void refuses_before_the_data_lock(void **state)
{
    psa_key_attributes_t attributes = agreeing(KEY, VARIED_SIGN_ECDH);
    psa_key_id_t id;

    (void)state;
    world_make(&world, WORLD_VARIED);
    world_start(&world);
    world_expect(&world, psa_generate_key(&attributes, &id), PSA_SUCCESS);
    p256_make_key(scalar, peer);
    expect_refused(PSA_ERROR_BAD_STATE, ERROR_DATA_UNLOCKED, "");
    assert_int_equal(chip_lock_data(&world.chip, false, 0, NULL), CHIP_OK);
    expect_agreement(KEY, VARIED_SIGN_ECDH);
    world_remove(&world);
}

/* --- statuses, beside the core's with a software key ------------------------------------------------------------- */

static const struct {
    const char *name;
    psa_algorithm_t policy, second;
    psa_key_usage_t usage;
    psa_algorithm_t asked;
    size_t output_size;
} calls[] = {
    {"right", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, 32},
    {"room for more", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, 40},
    {"second algorithm", PSA_ALG_ECDSA(PSA_ALG_ANY_HASH), PSA_ALG_ECDH, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, 32},
    {"31 bytes of room", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, 31},
    {"no key agreement", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDSA(PSA_ALG_SHA_256), 32},
    {"no algorithm", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_DERIVE, 0, 32},
    {"with a key derivation", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_DERIVE,
     PSA_ALG_KEY_AGREEMENT(PSA_ALG_ECDH, PSA_ALG_HKDF(PSA_ALG_SHA_256)), 32},
    {"another agreement", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_DERIVE, PSA_ALG_FFDH, 32},
    {"usage without derive", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_SIGN_HASH, PSA_ALG_ECDH, 32},
    {"policy without ECDH", PSA_ALG_ECDSA(PSA_ALG_ANY_HASH), 0, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, 32},
    {"both wrong: usage and room", PSA_ALG_ECDH, 0, PSA_KEY_USAGE_SIGN_HASH, PSA_ALG_ECDH, 31},
    {"both wrong: policy and key derivation", PSA_ALG_ECDSA(PSA_ALG_ANY_HASH), 0, PSA_KEY_USAGE_DERIVE,
     PSA_ALG_KEY_AGREEMENT(PSA_ALG_ECDH, PSA_ALG_HKDF(PSA_ALG_SHA_256)), 32},
};

static psa_key_attributes_t with_policy(psa_key_attributes_t attributes, size_t row)
{
    psa_set_key_algorithm(&attributes, calls[row].policy);
    psa_set_key_enrollment_algorithm(&attributes, calls[row].second);
    psa_set_key_usage_flags(&attributes, calls[row].usage);
    return attributes;
}

static psa_key_id_t software_key(psa_key_attributes_t attributes)
{
    psa_key_id_t id = 0;

    psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_VOLATILE);
    assert_int_equal(psa_import_key(&attributes, scalar, sizeof scalar, &id), PSA_SUCCESS);
    return id;
}

static void statuses_of_calls(void **state)
{
    uint8_t output[40];
    size_t len;

    (void)state;
    begin(0, AGREES, NULL);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const psa_key_id_t chip_key = (psa_key_id_t)(KEY + 1 + i);
        const psa_key_attributes_t attributes = with_policy(agreeing(chip_key, SLOT), i);
        world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
        const psa_key_id_t software = software_key(with_policy(agreeing(0, -1), i));
        const psa_status_t expected =
            psa_raw_key_agreement(calls[i].asked, software, peer, sizeof peer, output, calls[i].output_size, &len);
        const psa_status_t status =
            imprint_key_agreement(calls[i].asked, chip_key, peer, sizeof peer, output, calls[i].output_size, &len);
        if (status != expected)
            fail_msg("%s: %d, but psa_raw_key_agreement() %d", calls[i].name, (int)status, (int)expected);
        assert_int_equal(len, status == PSA_SUCCESS ? 32 : 0);
        assert_non_null(status == PSA_SUCCESS ? "" : imprint_psa_reason(status));
        assert_int_equal(psa_destroy_key(software), PSA_SUCCESS);
    }
    world_remove(&world);
}

static void statuses_of_other_keys(void **state)
{
    psa_key_attributes_t attributes = agreeing(0, -1);
    uint8_t secret[P256_BYTES];

    (void)state;
    begin(0, AGREES, NULL);
    assert_int_equal(agree(KEY + 9, secret), PSA_ERROR_INVALID_HANDLE);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_INVALID_HANDLE), "no key has this id");
    assert_int_equal(agree(0, secret), PSA_ERROR_INVALID_HANDLE);
    const psa_key_id_t software = software_key(attributes);
    world_expect_reason(&world, agree(software, secret), PSA_ERROR_NOT_SUPPORTED, ERROR_KEY_ATTRIBUTES);
    assert_string_equal(imprint_psa_reason(PSA_ERROR_NOT_SUPPORTED), "the key is not in the chip");
    world_stop(&world);
    assert_int_equal(agree(KEY, secret), PSA_ERROR_BAD_STATE);
    world_start(&world);
    expect_agreement(KEY, SLOT);
    world_remove(&world);
}

static void compress(void)
{
    peer[0] = (uint8_t)(2 + (peer[64] & 1));
}

static void leave_the_curve(void)
{
    peer[64] ^= 1;
}

static void leave_the_field(void)
{
    memset(peer + 1, 0xff, 32);
}

static void vanish(void)
{
    memset(peer + 1, 0, 64);
}

static void keep(void)
{
}

static const struct {
    const char *name;
    void (*change)(void);
    size_t len;
} peers[] = {
    {"compressed, with y", compress, 65},
    {"off the curve", leave_the_curve, 65},
    {"x above the prime", leave_the_field, 65},
    {"zeros", vanish, 65},
    {"one byte short", keep, 64},
    {"nothing", keep, 0},
};

/* Never seen by the chip: nothing is sent. The core has the same status for most; for some it has others. */
static void wrong_peers_never_reach_the_chip(void **state)
{
    uint8_t secret[P256_BYTES];
    size_t len;

    (void)state;
    begin(0, AGREES, NULL);
    expect_agreement(KEY, SLOT);
    const psa_key_id_t software = software_key(agreeing(0, -1));
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        p256_make_key(scalar, peer);
        peers[i].change();
        const psa_status_t expected =
            psa_raw_key_agreement(PSA_ALG_ECDH, software, peer, peers[i].len, secret, sizeof secret, &len);
        const uint32_t sent = world.chip.counters.commands;
        const psa_status_t status =
            imprint_key_agreement(PSA_ALG_ECDH, KEY, peer, peers[i].len, secret, sizeof secret, &len);
        world_expect_reason(&world, status, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE);
        if (expected != status)
            fail_msg("%s: %d, but psa_raw_key_agreement() %d", peers[i].name, (int)status, (int)expected);
        assert_int_equal(world.chip.counters.commands, sent);
        assert_true(bytes_all(bytes_of(secret, sizeof secret), 0));
    }
    world_remove(&world);
}

/* --- faults ------------------------------------------------------------------------------------------------------ */

/* Whatever is lost on the way, the secret is right or there is none. */
static void faults_give_no_wrong_secret(void **state)
{
    static const char *const kinds[] = {"lost", "reset", "badcrc", "flip", "garbage", "nack", "silent"};
    uint8_t public_key[64], expected[P256_BYTES], secret[P256_BYTES];
    unsigned good = 0;

    (void)state;
    begin(IO_KEY_IN_10 | ENCRYPTED, AGREES, io_key);
    assert_true(world_slot_public(&world, SLOT, public_key));
    p256_agree(scalar, public_key, expected);
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (unsigned group = 1; group <= 6; group++) {
            world_restart(&world);
            world_arm(&world, kinds[kind], group);
            memset(secret, 0xa5, sizeof secret);
            const psa_status_t status = agree(KEY, secret);
            good += status == PSA_SUCCESS;
            if (status == PSA_SUCCESS)
                assert_memory_equal(secret, expected, sizeof secret);
            else
                assert_true(bytes_all(bytes_of(secret, sizeof secret), 0));
        }
    assert_in_range(good, 30, 41);
    world_remove(&world);
}

static uint32_t uses(void)
{
    struct chip_config config = {.has_revision = false};

    virtual_peek_config(world.part, config.zone);
    return chip_config_counter(&config, 0);
}

/* A key that counts its uses pays at most one for each agreement, whatever is lost, and none for one that is refused.
 */
static void a_counted_key_pays_once(void **state)
{
    uint8_t secret[P256_BYTES];
    unsigned paid_for_nothing = 0;

    (void)state;
    begin(0, AGREES | LIMITED, NULL);
    p256_make_key(scalar, peer);
    for (unsigned group = 1; group <= 8; group++) {
        world_restart(&world);
        const uint32_t before = uses();
        world_arm(&world, "lost", group);
        const psa_status_t status = agree(KEY, secret);
        assert_in_range(uses() - before, status == PSA_SUCCESS, 1);
        paid_for_nothing += status != PSA_SUCCESS && uses() != before;
    }
    assert_int_equal(paid_for_nothing, 1);
    const uint32_t before = uses();
    leave_the_curve();
    world_expect(&world, agree(KEY, secret), PSA_ERROR_INVALID_ARGUMENT);
    assert_int_equal(uses(), before);
    world_remove(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_in_clear),
        cmocka_unit_test(agrees_with_a_new_key),
        cmocka_unit_test(agrees_encrypted),
        cmocka_unit_test(agrees_with_the_key_in_the_store),
        cmocka_unit_test(finds_the_key_in_every_store),
        cmocka_unit_test(refuses_a_chip_of_another_board),
        cmocka_unit_test(never_in_clear_beside_a_stored_key),
        cmocka_unit_test(a_key_counts_once_it_is_proven),
        cmocka_unit_test(refuses_when_the_record_cannot_be_read),
        cmocka_unit_test(refuses_what_the_options_forbid),
        cmocka_unit_test(refuses_a_slot_that_agrees_on_nothing),
        cmocka_unit_test(refuses_before_the_data_lock),
        cmocka_unit_test(statuses_of_calls),
        cmocka_unit_test(statuses_of_other_keys),
        cmocka_unit_test(wrong_peers_never_reach_the_chip),
        cmocka_unit_test(faults_give_no_wrong_secret),
        cmocka_unit_test(a_counted_key_pays_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
