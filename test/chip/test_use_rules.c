/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules about uses against a chip that is asked: each bit of SlotConfig and KeyConfig is flipped in every slot, and
 * what chip_slot_can() lists must work on the virtual chip. Once the data zone is locked, what it does not list must
 * fail. The latch, ReqAuth and LimitedUse are among the bits.
 */
#include "chip/config.h"
#include "chip/operations.h"
#include "chip/operations_aes.h"
#include "chip/operations_agreement.h"
#include "chip/operations_device.h"
#include "chip/operations_hmac.h"
#include "chip/operations_mac.h"
#include "chip/words.h"
#include "test/support/world.h"
#include "test/support/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PART CHIP_PART_ATECC608B
#define LATCH_BIT 12

/* All slots of a part have this policy, but for one bit. */
struct policy {
    const char *name;
    uint16_t slot_config, key_config;
};
static const struct policy private_keys = {"private keys", 0x2085, 0x0033};
static const struct policy public_keys = {"public keys", 0x0F0F, 0x0030};
static const struct policy secrets = {"secrets", 0x808F, 0x003C};
static const struct policy aes_keys = {"AES keys", 0x808F, 0x0038};

/* A point on the curve: the generator of P-256 (FIPS 186-5, appendix), which is the public key of the private key 1. */
static const uint8_t generator[64] = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63,
                                      0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1,
                                      0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
                                      0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
                                      0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static enum chip_status ask_sign(struct chip *chip, uint8_t slot)
{
    static const uint8_t digest[32] = {1, 2, 3};
    uint8_t signature[64];

    return chip_sign_digest(chip, PART, slot, digest, signature, NULL);
}

static enum chip_status ask_ecdh(struct chip *chip, uint8_t slot)
{
    uint8_t secret[32];

    return chip_ecdh(chip, PART, slot, generator, secret, NULL);
}

static enum chip_status ask_public(struct chip *chip, uint8_t slot)
{
    uint8_t key[64];

    return chip_read_public_key(chip, slot, key, NULL);
}

static enum chip_status ask_generate(struct chip *chip, uint8_t slot)
{
    uint8_t key[64];

    return chip_generate_key(chip, slot, key, NULL);
}

/* A wrong signature: a chip that compares it has used the key. */
static enum chip_status ask_verify(struct chip *chip, uint8_t slot)
{
    static const uint8_t digest[32] = {1, 2, 3};
    uint8_t signature[64];
    enum chip_status status;

    memset(signature, 0x11, sizeof signature);
    status = chip_verify_stored(chip, PART, slot, digest, signature, NULL);
    return status == CHIP_MISCOMPARE ? CHIP_OK : status;
}

static enum chip_status ask_hmac(struct chip *chip, uint8_t slot)
{
    uint8_t mac[32];

    return chip_hmac_sha256(chip, PART, slot, BYTES_NONE, mac, NULL);
}

static enum chip_status ask_mac(struct chip *chip, uint8_t slot)
{
    static const uint8_t num_in[CHIP_NUM_IN_BYTES] = {1, 2, 3};
    uint8_t challenge[CHIP_TEMPKEY_BYTES], mac[CHIP_DIGEST_BYTES];

    return chip_mac_of_slot(chip, slot, num_in, challenge, mac, NULL);
}

static enum chip_status ask_aes(struct chip *chip, uint8_t slot)
{
    uint8_t block[CHIP_AES_BYTES] = {0};

    return chip_aes_encrypt(chip, slot, 0, block, block, NULL);
}

/* Bits of a policy, as they are flipped: SlotConfig from 0, KeyConfig from 16. */
#define IS_SECRET (1u << 7)
#define KEY_TYPE (7u << 18)

/*
 * `own`: of slots of another kind than this, the chip may do more. `stricter`: bits after whose flip the rules forbid
 * what the chip does. Of a slot that anybody can read, or that is for another kind of key, the chip would compute an
 * HMAC, or an AES block.
 */
static const struct question {
    const char *name;
    enum chip_ability ability;
    enum chip_status (*ask)(struct chip *chip, uint8_t slot);
    const struct policy *own;
    uint32_t stricter;
} questions[] = {
    {"show its public key", CHIP_CAN_GIVE_PUBLIC, ask_public, NULL, 0},
    {"sign", CHIP_CAN_SIGN_DIGEST, ask_sign, NULL, 0},
    {"agree", CHIP_CAN_ECDH, ask_ecdh, NULL, 0},
    {"verify", CHIP_CAN_HOLD_PUBLIC, ask_verify, NULL, 0},
    {"compute an HMAC", CHIP_CAN_HMAC, ask_hmac, &secrets, IS_SECRET | KEY_TYPE},
    {"compute a MAC", CHIP_CAN_MAC, ask_mac, &secrets, IS_SECRET | KEY_TYPE},
    {"run AES", CHIP_CAN_AES, ask_aes, &aes_keys, IS_SECRET},
    {"generate", CHIP_CAN_GENERATE, ask_generate, NULL, 0},
};
#define QUESTIONS (sizeof questions / sizeof questions[0])

/* A new part whose config zone is locked. */
static void make_part(struct world *world, const struct policy *policy, unsigned flipped)
{
    struct chip_config config = dump_load("608b-blank-rev6003");
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config.zone};

    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        chip_set_slot_policy(&config, slot, (uint16_t)(policy->slot_config ^ (flipped < 16 ? 1u << flipped : 0)),
                             (uint16_t)(policy->key_config ^ (flipped >= 16 ? 1u << (flipped - 16) : 0)));
    config.zone[13] |= 1; /* AES_Enable */
    chip_config_mark_locked(&config);
    world_open_chip(world, &making);
    virtual_set_times(world->part, VIRTUAL_TIMES_NONE);
}

static void fill_slots(struct chip *chip)
{
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        if (ask_generate(chip, slot) != CHIP_OK && slot >= 8)
            (void)chip_write_public_key(chip, slot, generator, NULL);
}

/* The symmetric questions' answers are exact for slots of their own kind: the chip also computes with other secrets. */
static bool is_exact(const struct policy *policy, const struct question *question, unsigned flipped)
{
    return question->own == NULL ||
           (policy == question->own && (flipped >= 32 || (question->stricter & 1u << flipped) == 0));
}

/* `exactly`: what is not listed must fail; while the data zone is unlocked, chips allow more than the rules. */
static void compare(struct chip *chip, const struct policy *policy, unsigned flipped, bool exactly)
{
    struct chip_config config;

    assert_int_equal(chip_read_config(chip, &config, NULL), CHIP_OK);
    for (size_t q = 0; q < QUESTIONS; q++)
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
            const bool can = (chip_slot_can(&config, slot) & (uint32_t)questions[q].ability) != 0;
            const bool exact = exactly && is_exact(policy, &questions[q], flipped);
            const bool does = can || exact ? questions[q].ask(chip, slot) == CHIP_OK : can;

            if (can != does)
                fail_msg("%s, bit %u of %s flipped, data zone %s, slot %u: the rules say it %s %s, the chip differs",
                         policy->name, flipped % 16, flipped < 16 ? "SlotConfig" : "KeyConfig",
                         exactly ? "locked" : "unlocked", slot, can ? "can" : "cannot", questions[q].name);
        }
}

static void check_all_bits(const struct policy *policy)
{
    for (unsigned flipped = 0; flipped < 32; flipped++) {
        struct world world;

        make_part(&world, policy, flipped);
        fill_slots(&world.chip);
        compare(&world.chip, policy, flipped, false);
        assert_int_equal(chip_lock_data(&world.chip, false, 0, NULL), CHIP_OK);
        compare(&world.chip, policy, flipped, true);
        world_remove(&world);
    }
}

static void private_keys_bit_by_bit(void **state)
{
    (void)state;
    check_all_bits(&private_keys);
}

static void public_keys_bit_by_bit(void **state)
{
    (void)state;
    check_all_bits(&public_keys);
}

static void secrets_bit_by_bit(void **state)
{
    (void)state;
    check_all_bits(&secrets);
}

static void aes_keys_bit_by_bit(void **state)
{
    (void)state;
    check_all_bits(&aes_keys);
}

/* The latch's rule in words, and that it forbids use but neither making nor showing the key. */
static void latch_is_named(void **state)
{
    (void)state;
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
        struct chip_config config = dump_load("608b-tflxtls");
        enum error_reason reason = ERROR_NONE;
        struct error err = {.reason = ERROR_NONE};

        chip_set_slot_policy(&config, slot, private_keys.slot_config,
                             private_keys.key_config | (uint16_t)(1u << LATCH_BIT));
        assert_true(chip_slot_needs_latch(&config, slot));
        assert_int_equal(chip_slot_why_not(&config, slot, CHIP_CAN_SIGN_DIGEST, &reason), CHIP_RULE_LATCH);
        assert_int_equal(reason, ERROR_SLOT_POLICY);
        assert_int_equal(chip_slot_why_not(&config, slot, CHIP_CAN_GENERATE | CHIP_CAN_GIVE_PUBLIC, &reason),
                         CHIP_RULE_NONE);
        error_set_slot_rule(&err, reason, CHIP_RULE_LATCH, NULL);
        chip_words_for_rule(&err);
        assert_non_null(strstr(err.cause, "PersistentDisable"));
        assert_non_null(strstr(err.cause, "latch is not set"));
    }
}

/* An encrypted import uses the key in the WriteKey slot, so that its latch and ReqAuth bits count. */
static void write_keys_rules(void **state)
{
    static const struct {
        uint16_t key_config;
        enum chip_rule rule;
    } rows[] = {
        {0x001C, CHIP_RULE_NONE},
        {0x005C, CHIP_RULE_NONE},
        {0x009C, CHIP_RULE_WRITE_KEY_AUTH},
        {0x101C, CHIP_RULE_WRITE_KEY_LATCH},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
            const uint8_t write_key = (uint8_t)((slot + 5) % CHIP_SLOTS);
            struct chip_config config = dump_load("608b-tflxtls");
            enum error_reason reason = ERROR_NONE;

            chip_set_slot_policy(&config, slot, (uint16_t)(0x4081 | write_key << 8), 0x0013);
            chip_set_slot_policy(&config, write_key, 0x8F8F, rows[i].key_config);
            assert_int_equal(chip_slot_why_not(&config, slot, CHIP_CAN_IMPORT_SECRET, &reason), rows[i].rule);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_keys_bit_by_bit), cmocka_unit_test(public_keys_bit_by_bit),
        cmocka_unit_test(secrets_bit_by_bit),      cmocka_unit_test(aes_keys_bit_by_bit),
        cmocka_unit_test(latch_is_named),          cmocka_unit_test(write_keys_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
