/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each slot of real configurations can do, in each lock state. Abilities are letters: D signs digests, I internal
 * sign, E ECDH, G generate, C import in clear, S import encrypted, P gives its public key, H holds a public key for
 * Verify, W write in clear, R read in clear, L lock, M HMAC, A AES, K MAC over the chip's own challenge.
 */
#include "chip/words.h"

#include "test/support/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* NULL: none. */
static const char *words_of(enum chip_rule rule)
{
    struct error err = {.slot_rule = (uint8_t)rule};

    chip_words_for_rule(&err);
    return err.cause;
}

static const struct {
    char letter;
    enum chip_ability ability;
} letters[] = {
    {'D', CHIP_CAN_SIGN_DIGEST}, {'I', CHIP_CAN_SIGN_INTERNAL}, {'E', CHIP_CAN_ECDH},
    {'G', CHIP_CAN_GENERATE},    {'C', CHIP_CAN_IMPORT_CLEAR},  {'S', CHIP_CAN_IMPORT_SECRET},
    {'P', CHIP_CAN_GIVE_PUBLIC}, {'H', CHIP_CAN_HOLD_PUBLIC},   {'W', CHIP_CAN_WRITE_CLEAR},
    {'R', CHIP_CAN_READ_CLEAR},  {'L', CHIP_CAN_LOCK},          {'M', CHIP_CAN_HMAC},
    {'A', CHIP_CAN_AES},         {'K', CHIP_CAN_MAC},
};
#define LETTERS (sizeof(letters) / sizeof(letters[0]))

static uint32_t abilities_of(const char *text)
{
    uint32_t abilities = 0;

    for (; *text != '\0'; text++)
        for (size_t i = 0; i < LETTERS; i++)
            if (letters[i].letter == *text)
                abilities |= (uint32_t)letters[i].ability;
    return abilities;
}

static void text_of(uint32_t abilities, char text[static LETTERS + 1])
{
    for (size_t i = 0; i < LETTERS; i++)
        if ((abilities & (uint32_t)letters[i].ability) != 0)
            *text++ = letters[i].letter;
    *text = '\0';
}

enum locks { AS_IS, OPEN, FILLING, LOCKED };

static void set_locks(struct chip_config *config, enum locks locks)
{
    if (locks == AS_IS)
        return;
    config->zone[86] = locks == LOCKED ? 0x00 : 0x55;
    config->zone[87] = locks == OPEN ? 0x55 : 0x00;
}

static const struct {
    const char *dump;
    enum locks locks;
    const char *slots[CHIP_SLOTS];
} rows[] = {
    {"608b-tngtls",
     AS_IS,
     {"DEP", "IP", "DEGPL", "DEGPL", "DEGPL", "R", "WLK", "MK", "WRL", "WA", "R", "HR", "R", "MK", "MK", "MK"}},
    {"608a-tngtls",
     AS_IS,
     {"DEP", "IP", "DEGPL", "DEGPL", "DEGPL", "LA", "WLK", "", "WRL", "WA", "R", "HR", "R", "HWRL", "WR", "HWRL"}},
    {"608b-tflxtls",
     AS_IS,
     {"DEP", "IP", "DEGPL", "DEGPL", "DEGPL", "LA", "WLK", "", "WRL", "WA", "WRL", "HWRL", "WRL", "HWRL", "WR",
      "HWRL"}},
    {"608-tflxtls-grisp-template",
     AS_IS,
     {"DEP", "IP", "DEGPL", "DEGPL", "DEGPL", "LA", "WLK", "", "WRL", "WA", "WRL", "HWRL", "WRL", "HWRL", "WR",
      "HWRL"}},

    {"608b-blank-rev6003", AS_IS, {"", "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""}},
    {"608b-blank-rev6003",
     FILLING,
     {"DGCSPL", "DGCSPL", "DGCSPL", "W", "W", "W", "W", "W", "WL", "WL", "WL", "WL", "WL", "WL", "WL", "W"}},
    {"608b-blank-rev6003",
     LOCKED,
     {"DIGPL", "DIEGPL", "DIEGPL", "MK", "MK", "MK", "", "MK", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL", "MK"}},
    {"608b-default-locked",
     AS_IS,
     {"DIGPL", "DIEGPL", "DIEGPL", "MK", "MK", "MK", "", "MK", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL", "MK"}},
    {"508a-blank-1",
     LOCKED,
     {"DIGPL", "DIEGPL", "DIEGPL", "MK", "MK", "MK", "", "MK", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL", "MK"}},

    {"608b-trustcustom-kit",
     AS_IS,
     {"DIPL", "DIPL", "DIPL", "DIPL", "DIPL", "DIPL", "DIPL", "DIPL", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL",
      "WRL"}},
    {"508a-mbed-dev-template",
     LOCKED,
     {"DIEGP", "DIEGP", "DIEGP", "DIEGP", "DIEGP", "DIEGP", "DIEGP", "", "WR", "HWR", "HWR", "HWR", "HWR", "HWR", "HWR",
      "DIEGP"}},
    {"508a-mbed-readme-device",
     AS_IS,
     {"DIGP", "DIGP", "DIGP", "DIGP", "DIGP", "DIGP", "DIGP", "DIGP", "WR", "HWR", "HWR", "HWR", "HWR", "HWR", "HWR",
      "MK"}},
    {"608-cryptoauthlib-test",
     AS_IS,
     {"DIEGPL", "MK", "DIEGP", "MK", "WLMK", "WRL", "", "DIGSPL", "MK", "MK", "WRL", "HWRL", "WRL", "WRL", "WRL",
      "HWRL"}},
    {"508a-cryptoauthlib-test",
     AS_IS,
     {"DIEGPL", "MK", "DIEGP", "MK", "WLMK", "MK", "", "DIGSPL", "MK", "MK", "WRL", "HWRL", "WRL", "WRL", "WRL",
      "HWRL"}},
    {"608-cryptoauthlib-pkcs11",
     AS_IS,
     {"DIEGPL", "MK", "DIEGP", "DIEGP", "WLK", "MK", "WL", "IGPL", "WRL", "LMK", "WRL", "HWRL", "WRL", "WRL", "WRL",
      "HWRL"}},
    {"508a-zerotouch-template",
     LOCKED,
     {"DIEGPL", "MK", "DIEGP", "DIEGP", "WLK", "MK", "WL", "IGPL", "WRL", "LMK", "WRL", "HWRL", "WRL", "WRL", "WRL",
      "HWRL"}},
    {"508a-arduino-tls",
     LOCKED,
     {"DIGPL", "DIEGPL", "DIEGPL", "DIEGPL", "DIEGPL", "MK", "", "MK", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL", "WRL",
      "MK"}},
    {"508a-nerveskey-template",
     FILLING,
     {"DGCSPL", "W", "W", "W", "W", "W", "W", "W", "WL", "WL", "WL", "HWL", "WL", "WL", "WL", "WL"}},
    {"508a-nerveskey-template",
     LOCKED,
     {"DIEGPL", "WR", "WR", "WR", "WR", "WR", "WR", "WR", "WRL", "WRL", "RL", "HRL", "RL", "RL", "WRL", "WRL"}},
    {"608a-coldcard", LOCKED, {"WRL", "K", "L", "L", "L", "R", "R", "L", "", "", "", "R", "WRL", "L", "", "WRL"}},
    {"508a-nitrokey-u2f",
     AS_IS,
     {"DIGSP", "WLMK", "DIGSP", "WLMK", "DIGSP", "LMK", "DIGSP", "LMK", "WRL", "LMK", "DIGSP", "LMK", "DIGSP", "LMK",
      "DIGSP", "DIGSPL"}},
    {"608a-riot-example",
     LOCKED,
     {"DIEGP", "DIEGP", "DIEGP", "DIEGP", "W", "W", "DIEGP", "", "WR", "HWR", "HWR", "HWR", "HWR", "HWR", "WR", "WR"}},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chip_config config = dump_load(rows[i].dump);

        set_locks(&config, rows[i].locks);
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
            uint32_t can = chip_slot_can(&config, slot);

            if (can != abilities_of(rows[i].slots[slot])) {
                char text[LETTERS + 1];

                text_of(can, text);
                fail_msg("%s, locks %d, slot %u: %s, not %s", rows[i].dump, (int)rows[i].locks, slot, text,
                         rows[i].slots[slot]);
            }
        }
    }
}

/* why_not() is silent exactly where can() lists the ability, for all dumps, slots, abilities and lock states. */
static void test_why_not_agrees_with_can(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int locks = AS_IS; locks <= LOCKED; locks++)
            for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
                for (size_t l = 0; l < LETTERS; l++) {
                    struct chip_config config = dump_load(rows[i].dump);
                    enum error_reason reason = ERROR_NONE;
                    enum chip_rule why_not;

                    set_locks(&config, (enum locks)locks);
                    why_not = chip_slot_why_not(&config, slot, letters[l].ability, &reason);
                    assert_int_equal(why_not == CHIP_RULE_NONE,
                                     (chip_slot_can(&config, slot) & (uint32_t)letters[l].ability) != 0);
                    assert_int_equal(why_not == CHIP_RULE_NONE, reason == ERROR_NONE);
                }
}

/* Each rule by itself: a slot that can do it, and the one change that forbids it. */
static const struct {
    char ability;
    enum locks locks;
    uint8_t slot;
    bool slot_locked;
    uint16_t slot_config, key_config;
    enum error_reason reason; /* ERROR_NONE: it can */
    const char *words;        /* in the text */
} whys[] = {
    {'D', OPEN, 0, false, 0x2081, 0x0033, ERROR_CONFIG_UNLOCKED, "config zone"},
    {'D', LOCKED, 0, false, 0x2081, 0x0033, ERROR_NONE, NULL},
    {'D', LOCKED, 0, false, 0x2081, 0x0032, ERROR_SLOT_POLICY, "(Private)"},
    {'D', LOCKED, 0, false, 0x2081, 0x003F, ERROR_SLOT_POLICY, "(KeyType)"},
    {'D', LOCKED, 0, false, 0x2001, 0x0033, ERROR_SLOT_POLICY, "(IsSecret)"},
    {'D', LOCKED, 0, false, 0x2082, 0x0033, ERROR_SLOT_POLICY, "(external Sign)"},
    {'D', LOCKED, 0, false, 0x2081, 0x00B3, ERROR_SLOT_POLICY, "(ReqAuth)"},
    {'D', LOCKED, 0, true, 0x2081, 0x0033, ERROR_NONE, NULL},
    {'D', LOCKED, 0, false, 0x2081, 0x0073, ERROR_NONE, NULL},
    {'D', FILLING, 0, false, 0x2081, 0x0033, ERROR_NONE, NULL},
    {'D', FILLING, 0, false, 0x2080, 0x0033, ERROR_SLOT_POLICY, "(external Sign)"},
    {'I', LOCKED, 0, false, 0x2082, 0x0033, ERROR_NONE, NULL},
    {'I', LOCKED, 0, false, 0x2081, 0x0033, ERROR_SLOT_POLICY, "(internal Sign)"},
    {'I', FILLING, 0, false, 0x2082, 0x0033, ERROR_DATA_UNLOCKED, "internal Sign"},
    {'E', LOCKED, 0, false, 0x2084, 0x0033, ERROR_NONE, NULL},
    {'E', LOCKED, 0, false, 0x2083, 0x0033, ERROR_SLOT_POLICY, "(ECDH)"},
    {'E', FILLING, 0, false, 0x2084, 0x0033, ERROR_DATA_UNLOCKED, "ECDH"},
    {'G', LOCKED, 15, false, 0x2080, 0x0013, ERROR_NONE, NULL},
    {'G', LOCKED, 15, false, 0x0080, 0x0013, ERROR_SLOT_POLICY, "bit 13"},
    {'G', LOCKED, 15, true, 0x2080, 0x0013, ERROR_SLOT_LOCKED, "SlotLocked"},
    {'G', LOCKED, 15, false, 0x2080, 0x0093, ERROR_SLOT_POLICY, "(ReqAuth)"},
    {'G', FILLING, 15, false, 0x0080, 0x0013, ERROR_NONE, NULL},
    {'G', FILLING, 15, true, 0x0080, 0x0013, ERROR_SLOT_LOCKED, "SlotLocked"},
    {'G', FILLING, 15, false, 0x0000, 0x0013, ERROR_SLOT_POLICY, "(IsSecret)"},
    {'G', FILLING, 15, false, 0x0080, 0x0093, ERROR_NONE, NULL},
    {'C', FILLING, 3, false, 0x0080, 0x0011, ERROR_NONE, NULL},
    {'C', LOCKED, 3, false, 0x4080, 0x0011, ERROR_DATA_LOCKED, "PrivWrite in clear"},
    {'C', LOCKED, 3, false, 0x4080, 0x0010, ERROR_SLOT_POLICY, "(Private)"},
    {'C', FILLING, 3, true, 0x0080, 0x0011, ERROR_SLOT_LOCKED, "SlotLocked"},
    {'S', FILLING, 3, false, 0x0080, 0x0011, ERROR_NONE, NULL},
    {'S', LOCKED, 3, false, 0x4080, 0x0011, ERROR_NONE, NULL},
    {'S', LOCKED, 3, false, 0x2080, 0x0011, ERROR_SLOT_POLICY, "bit 14"},
    {'S', LOCKED, 3, true, 0x4080, 0x0011, ERROR_SLOT_LOCKED, "SlotLocked"},
    {'P', LOCKED, 3, false, 0x0080, 0x0013, ERROR_NONE, NULL},
    {'P', LOCKED, 3, false, 0x0080, 0x0011, ERROR_SLOT_POLICY, "(PubInfo)"},
    {'P', FILLING, 3, false, 0x0080, 0x0013, ERROR_NONE, NULL},
    {'P', FILLING, 3, false, 0x0080, 0x0011, ERROR_SLOT_POLICY, "(PubInfo)"},
    {'M', LOCKED, 3, false, 0x8080, 0x003C, ERROR_NONE, NULL},
    {'M', LOCKED, 3, true, 0x8080, 0x003C, ERROR_NONE, NULL},
    {'M', FILLING, 3, false, 0x8080, 0x003C, ERROR_DATA_UNLOCKED, "HMAC"},
    {'M', LOCKED, 3, false, 0x8080, 0x0038, ERROR_SLOT_POLICY, "(KeyType)"},
    {'M', LOCKED, 3, false, 0x8080, 0x003D, ERROR_SLOT_POLICY, "(Private)"},
    {'M', LOCKED, 3, false, 0x8000, 0x003C, ERROR_SLOT_POLICY, "(IsSecret)"},
    {'M', LOCKED, 3, false, 0x8090, 0x003C, ERROR_SLOT_POLICY, "(NoMac)"},
    {'M', LOCKED, 3, false, 0x8080, 0x007C, ERROR_SLOT_POLICY, "(ReqRandom)"},
    {'M', LOCKED, 3, false, 0x8080, 0x00BC, ERROR_SLOT_POLICY, "(ReqAuth)"},
    {'M', LOCKED, 3, false, 0x8080, 0x103C, ERROR_SLOT_POLICY, "latch is not set"},
    {'M', LOCKED, 3, false, 0x8090, 0x103C, ERROR_SLOT_POLICY, "(NoMac)"},
    {'A', LOCKED, 3, false, 0x8080, 0x0038, ERROR_NONE, NULL},
    {'A', LOCKED, 3, false, 0x8090, 0x0078, ERROR_NONE, NULL},
    {'A', FILLING, 3, false, 0x8080, 0x0038, ERROR_DATA_UNLOCKED, "AES"},
    {'A', LOCKED, 3, false, 0x8080, 0x003C, ERROR_SLOT_POLICY, "(KeyType)"},
    {'A', LOCKED, 3, false, 0x8080, 0x0039, ERROR_SLOT_POLICY, "(Private)"},
    {'A', LOCKED, 3, false, 0x8000, 0x0038, ERROR_SLOT_POLICY, "(IsSecret)"},
    {'A', LOCKED, 3, false, 0x8080, 0x00B8, ERROR_SLOT_POLICY, "(ReqAuth)"},
    {'A', LOCKED, 3, false, 0x8080, 0x1038, ERROR_SLOT_POLICY, "latch is not set"},
    {'P', FILLING, 3, false, 0x0080, 0x0093, ERROR_SLOT_POLICY, "(ReqAuth)"},
    {'P', LOCKED, 3, false, 0x0080, 0x0093, ERROR_SLOT_POLICY, "(ReqAuth)"},
    {'H', LOCKED, 8, false, 0x8F0F, 0x0010, ERROR_NONE, NULL},
    {'H', LOCKED, 7, false, 0x8F0F, 0x0010, ERROR_SLOT_POLICY, "8 to 15"},
    {'H', LOCKED, 15, false, 0x8F0F, 0x001C, ERROR_SLOT_POLICY, "(KeyType)"},
    {'H', LOCKED, 15, false, 0x8F8F, 0x0011, ERROR_SLOT_POLICY, "(Private)"},
    {'H', LOCKED, 15, false, 0x1F0D, 0x0012, ERROR_SLOT_POLICY, "validated"},
    {'H', LOCKED, 15, false, 0x0F0F, 0x0050, ERROR_SLOT_POLICY, "(ReqRandom)"},
    {'H', LOCKED, 15, false, 0x0F0F, 0x0090, ERROR_SLOT_POLICY, "(ReqAuth)"},
    {'H', FILLING, 15, false, 0x0F0F, 0x0010, ERROR_NONE, NULL},
    {'W', LOCKED, 9, false, 0x0F8F, 0x001C, ERROR_NONE, NULL},
    {'W', LOCKED, 9, false, 0x1F8F, 0x001C, ERROR_NONE, NULL},
    {'W', LOCKED, 9, false, 0x2F8F, 0x001C, ERROR_SLOT_POLICY, "bits 15-12"},
    {'W', LOCKED, 9, false, 0x8F8F, 0x001C, ERROR_SLOT_POLICY, "bits 15-12"},
    {'W', LOCKED, 9, false, 0x4F8F, 0x001C, ERROR_SLOT_POLICY, "encrypted"},
    {'W', LOCKED, 9, true, 0x0F8F, 0x001C, ERROR_SLOT_LOCKED, "SlotLocked"},
    {'W', LOCKED, 9, false, 0x0F8F, 0x001D, ERROR_SLOT_POLICY, "(Private)"},
    {'W', FILLING, 9, false, 0x8F8F, 0x001C, ERROR_NONE, NULL},
    {'W', FILLING, 9, true, 0x0F8F, 0x001C, ERROR_SLOT_LOCKED, "SlotLocked"},
    {'R', LOCKED, 9, false, 0x8F0F, 0x001C, ERROR_NONE, NULL},
    {'R', LOCKED, 9, true, 0x8F0F, 0x001C, ERROR_NONE, NULL},
    {'R', LOCKED, 9, false, 0x8F8F, 0x001C, ERROR_SLOT_POLICY, "(IsSecret)"},
    {'R', LOCKED, 9, false, 0x8FC4, 0x001C, ERROR_SLOT_POLICY, "(EncryptRead)"},
    {'R', LOCKED, 9, false, 0x8F0F, 0x0011, ERROR_SLOT_POLICY, "(Private)"},
    {'R', FILLING, 9, false, 0x8F0F, 0x001C, ERROR_DATA_UNLOCKED, "read"},
    {'L', FILLING, 9, false, 0x8F0F, 0x003C, ERROR_NONE, NULL},
    {'L', LOCKED, 9, false, 0x8F0F, 0x003C, ERROR_NONE, NULL},
    {'L', LOCKED, 9, false, 0x8F0F, 0x001C, ERROR_SLOT_POLICY, "(Lockable)"},
    {'L', LOCKED, 9, true, 0x8F0F, 0x003C, ERROR_SLOT_LOCKED, "already"},
    {'L', OPEN, 9, false, 0x8F0F, 0x003C, ERROR_CONFIG_UNLOCKED, "config zone"},
};

static void test_whys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
        const char ability[2] = {whys[i].ability, '\0'};
        struct chip_config config = {.zone = {0}};
        enum error_reason reason = ERROR_NONE;
        size_t slot = whys[i].slot;
        const char *text;

        set_locks(&config, whys[i].locks);
        memset(config.zone + 88, 0xFF, 2);
        config.zone[13] = 1; /* AES_Enable */
        if (whys[i].slot_locked)
            config.zone[88 + slot / 8] = (uint8_t)~(1u << slot % 8);
        config.zone[20 + 2 * slot] = (uint8_t)(whys[i].slot_config & 0xFF);
        config.zone[21 + 2 * slot] = (uint8_t)(whys[i].slot_config >> 8);
        config.zone[96 + 2 * slot] = (uint8_t)(whys[i].key_config & 0xFF);
        config.zone[97 + 2 * slot] = (uint8_t)(whys[i].key_config >> 8);
        text = words_of(chip_slot_why_not(&config, whys[i].slot, (enum chip_ability)abilities_of(ability), &reason));
        if (reason != whys[i].reason || (text == NULL) != (whys[i].words == NULL))
            fail_msg("row %zu (%s): %s, %s", i, ability, error_reason_name(reason), text != NULL ? text : "it can");
        if (text != NULL && strstr(text, whys[i].words) == NULL)
            fail_msg("row %zu (%s): \"%s\" does not say \"%s\"", i, ability, text, whys[i].words);
    }
}

/* A part without AES: AES_Enable is 0. */
static void test_no_aes(void **state)
{
    struct chip_config config = dump_load("608b-tngtls");
    enum error_reason reason = ERROR_NONE;

    (void)state;
    chip_set_slot_policy(&config, 9, 0x8F8F, 0x0018);
    config.zone[13] |= 1;
    assert_int_equal(chip_slot_can(&config, 9) & CHIP_CAN_AES, CHIP_CAN_AES);
    config.zone[13] &= 0xFE;
    assert_int_equal(chip_slot_can(&config, 9) & CHIP_CAN_AES, 0);
    assert_int_equal(chip_slot_why_not(&config, 9, CHIP_CAN_AES, &reason), CHIP_RULE_NO_AES);
    assert_int_equal(reason, ERROR_SLOT_POLICY);
}

static void test_slot_16(void **state)
{
    struct chip_config config = dump_load("608b-tngtls");
    enum error_reason reason = ERROR_NONE;

    (void)state;
    assert_int_equal(chip_slot_can(&config, 16), 0);
    assert_int_equal(chip_slot_can(&config, 255), 0);
    assert_int_equal(chip_slot_why_not(&config, 16, CHIP_CAN_GENERATE, &reason), CHIP_RULE_NO_SLOT);
    assert_int_equal(reason, ERROR_USAGE);
}

/* Each rule has words of its own, but for the two that say the same of private and of public keys; put into an error
 * only where it has none. */
static void test_words(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_null(words_of(CHIP_RULE_NONE));
    assert_null(words_of(CHIP_RULE_COUNT));
    for (int a = CHIP_RULE_NONE + 1; a < CHIP_RULE_COUNT; a++) {
        assert_non_null(words_of((enum chip_rule)a));
        for (int b = CHIP_RULE_NONE + 1; b < a; b++)
            if (a != CHIP_RULE_PUBLIC_NOT_P256 || b != CHIP_RULE_NOT_P256)
                assert_string_not_equal(words_of((enum chip_rule)a), words_of((enum chip_rule)b));
    }
    chip_words_for_rule(&err);
    assert_null(err.cause);
    error_set_slot_rule(&err, ERROR_SLOT_POLICY, CHIP_RULE_NO_ECDH, "next");
    error_set_slot_rule(&err, ERROR_SLOT_LOCKED, CHIP_RULE_SLOT_LOCKED, NULL);
    chip_words_for_rule(&err);
    assert_int_equal(err.reason, ERROR_SLOT_POLICY);
    assert_string_equal(err.cause, words_of(CHIP_RULE_NO_ECDH));
    assert_string_equal(err.next, "next");
    err.cause = "another";
    chip_words_for_rule(&err);
    assert_string_equal(err.cause, "another");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),    cmocka_unit_test(test_why_not_agrees_with_can),
        cmocka_unit_test(test_whys),    cmocka_unit_test(test_no_aes),
        cmocka_unit_test(test_slot_16), cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
