/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config zone that a profile asks for: named configurations against prints of real parts, derived ones against
 * words written down by hand from the data sheet's tables, and against what chip/ says such a slot can do.
 */
#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

#define PAIR PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
#define PUBLIC PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)
#define SIGNS (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)
#define VERIFIES (PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE)

static const char *const dumps[] = {
    "508a-blank-1",         "508a-blank-2",        "608a-blank-rev6001",         "608a-blank-rev6002",
    "608b-blank-rev6003",   "608a-default-locked", "608b-default-locked",        "608a-tngtls",
    "608b-tngtls",          "608b-tflxtls",        "608-tflxtls-grisp-template", "608-tflxtls-tool-template",
    "608b-trustcustom-kit",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct chip_config load(const char *name)
{
    struct chip_config config = {.zone = {0}};
    struct bytes_out out = {.data = config.zone, .cap = sizeof(config.zone)};
    char path[512];
    char line[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/configs/%s.hex", IMPRINT_TEST_DATA, name);
    file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
        return config;
    }
    while (fgets(line, sizeof(line), file) != NULL)
        if (line[0] != '#')
            assert_true(hex_decode(line, strlen(line), &out, NULL));
    (void)fclose(file);
    assert_int_equal(out.len, CHIP_CONFIG_BYTES);
    return config;
}

static struct profile profile_of(enum profile_configuration configuration)
{
    return (struct profile){
        .name = "test",
        .parts = 1u << CHIP_PART_ATECC608A | 1u << CHIP_PART_ATECC608B,
        .configuration = configuration,
    };
}

/* Which real parts have which named configuration; the first byte that differs, or -1. */
static const struct named_row {
    enum profile_configuration configuration;
    const char *dump;
    int difference;
} named_rows[] = {
    {PROFILE_FACTORY_DEFAULT, "508a-blank-1", -1},
    {PROFILE_FACTORY_DEFAULT, "508a-blank-2", -1},
    {PROFILE_FACTORY_DEFAULT, "608a-blank-rev6001", -1},
    {PROFILE_FACTORY_DEFAULT, "608a-blank-rev6002", -1},
    {PROFILE_FACTORY_DEFAULT, "608b-blank-rev6003", -1},
    {PROFILE_FACTORY_DEFAULT, "608a-default-locked", -1},
    {PROFILE_FACTORY_DEFAULT, "608b-default-locked", -1},
    {PROFILE_FACTORY_DEFAULT, "608b-trustcustom-kit", 21}, /* slot 0: 83 0F */
    {PROFILE_FACTORY_DEFAULT, "608b-tngtls", 16},
    {PROFILE_TRUST_AND_GO, "608b-tngtls", -1},
    {PROFILE_TRUST_AND_GO, "608a-tngtls", -1},
    {PROFILE_TRUST_AND_GO, "608b-tflxtls", 16},
    {PROFILE_TRUST_AND_GO, "608b-blank-rev6003", 16},
    {PROFILE_TRUST_FLEX, "608b-tflxtls", -1},
    {PROFILE_TRUST_FLEX, "608-tflxtls-grisp-template", -1},
    {PROFILE_TRUST_FLEX, "608-tflxtls-tool-template", 16}, /* address 6A; and slot 5 is C6 46 */
    {PROFILE_TRUST_FLEX, "608a-tngtls", 16},
    {PROFILE_TRUST_FLEX, "608a-blank-rev6002", 16},
};

static void test_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(named_rows); i++) {
        const struct named_row *row = &named_rows[i];
        const struct profile profile = profile_of(row->configuration);
        const struct chip_config now = load(row->dump);
        struct chip_config wanted;
        struct error err = {0};
        int difference;

        assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
        difference = chip_config_compare_policy(chip_config_part(&now), &now, &wanted);
        if (difference != row->difference)
            fail_msg("%s as configuration %d: differs at %d, not %d", row->dump, (int)row->configuration, difference,
                     row->difference);
    }
}

/* Whatever is wanted: identity, counters and locks are the part's own, and wanting again changes nothing. */
static void test_keeps_what_is_not_policy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(dumps); i++) {
        for (int c = PROFILE_AS_DELIVERED; c <= PROFILE_POLICY; c++) {
            const struct profile profile = profile_of((enum profile_configuration)c);
            const struct chip_config now = load(dumps[i]);
            const enum chip_part part = chip_config_part(&now);
            struct chip_config wanted;
            struct chip_config again;
            struct chip_config in_place = now;

            assert_true(profile_wanted_config(&profile, &now, &wanted, NULL));
            for (uint8_t at = 0; at < CHIP_CONFIG_BYTES; at++)
                if (c == PROFILE_AS_DELIVERED || !chip_config_byte_is_policy(part, at))
                    assert_int_equal(wanted.zone[at], now.zone[at]);
            assert_true(profile_wanted_config(&profile, &wanted, &again, NULL));
            assert_memory_equal(again.zone, wanted.zone, CHIP_CONFIG_BYTES);
            assert_true(profile_wanted_config(&profile, &in_place, &in_place, NULL));
            assert_memory_equal(in_place.zone, wanted.zone, CHIP_CONFIG_BYTES);
        }
    }
}

static int differs(enum profile_configuration configuration, const struct chip_config *now)
{
    const struct profile profile = profile_of(configuration);
    struct chip_config wanted;

    assert_true(profile_wanted_config(&profile, now, &wanted, NULL));
    return chip_config_compare_policy(chip_config_part(now), now, &wanted);
}

/* Every single policy byte counts: a part in which one bit of it is turned is refused. */
static void test_one_bit_is_found(void **state)
{
    static const struct {
        enum profile_configuration configuration;
        const char *dump;
    } parts[] = {
        {PROFILE_FACTORY_DEFAULT, "608a-blank-rev6002"},
        {PROFILE_FACTORY_DEFAULT, "508a-blank-1"},
        {PROFILE_TRUST_AND_GO, "608b-tngtls"},
        {PROFILE_TRUST_AND_GO, "608a-tngtls"},
        {PROFILE_TRUST_FLEX, "608b-tflxtls"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct chip_config now = load(parts[i].dump);
        const enum chip_part part = chip_config_part(&now);

        for (uint8_t at = 0; at < CHIP_CONFIG_BYTES; at++) {
            if (!chip_config_byte_is_policy(part, at))
                continue;
            for (unsigned bit = 0; bit < 8; bit++) {
                /* Two of TrustFLEX's options are one bit away: SecureBoot 07 F7 and slot 0 with the latch. */
                bool option =
                    parts[i].configuration == PROFILE_TRUST_FLEX && ((at == 70 && bit == 2) || (at == 97 && bit == 4));

                now.zone[at] = (uint8_t)(now.zone[at] ^ 1u << bit);
                assert_int_equal(differs(parts[i].configuration, &now), option ? -1 : at);
                now.zone[at] = (uint8_t)(now.zone[at] ^ 1u << bit);
            }
        }
    }
}

/* The two Trust&GO variants are whole parts: a mixture is neither. */
static void test_variants_do_not_mix(void **state)
{
    struct chip_config mixed = load("608b-tngtls");
    const struct chip_config older = load("608a-tngtls");

    (void)state;
    memcpy(mixed.zone + 20 + 2 * 5, older.zone + 20 + 2 * 5, 2);
    memcpy(mixed.zone + 96 + 2 * 5, older.zone + 96 + 2 * 5, 2);
    assert_int_equal(differs(PROFILE_TRUST_AND_GO, &mixed), 30);
    /* The other way round the older one is the nearer. */
    mixed = older;
    mixed.zone[70] = 0x00;
    assert_int_equal(differs(PROFILE_TRUST_AND_GO, &mixed), 70);
}

/* What Microchip's DS40002138A lets a buyer of TrustFLEX choose, slot by slot. */
static const struct option_row {
    uint8_t slot, slot_config[2], key_config[2];
} option_rows[] = {
    {0, {0x85, 0x00}, {0x53, 0x10}},  {2, {0x85, 0x00}, {0x53, 0x00}},  {3, {0x85, 0x00}, {0x53, 0x00}},
    {4, {0x85, 0x00}, {0x53, 0x00}},  {5, {0x8F, 0x86}, {0x18, 0x00}},  {6, {0x8F, 0x8F}, {0x5C, 0x00}},
    {8, {0x0F, 0x8F}, {0x1C, 0x00}},  {10, {0x0F, 0x8F}, {0x1C, 0x00}}, {11, {0x0F, 0x8F}, {0x10, 0x00}},
    {12, {0x0F, 0x8F}, {0x1C, 0x00}}, {13, {0x0F, 0x8F}, {0x10, 0x00}}, {15, {0x0F, 0x8F}, {0x10, 0x00}},
};

static void test_trust_flex_options(void **state)
{
    struct chip_config all = load("608b-tflxtls");

    (void)state;
    for (size_t i = 0; i < COUNT(option_rows); i++) {
        const struct option_row *row = &option_rows[i];
        struct chip_config now = load("608b-tflxtls");
        struct chip_config half = now;

        memcpy(now.zone + 20 + 2 * row->slot, row->slot_config, 2);
        memcpy(now.zone + 96 + 2 * row->slot, row->key_config, 2);
        assert_int_equal(differs(PROFILE_TRUST_FLEX, &now), -1);
        memcpy(all.zone + 20 + 2 * row->slot, row->slot_config, 2);
        memcpy(all.zone + 96 + 2 * row->slot, row->key_config, 2);
        /* KeyConfig alone is no option. Slot 0's SlotConfig is the same with and without it. */
        if (row->slot == 0)
            continue;
        memcpy(half.zone + 96 + 2 * row->slot, row->key_config, 2);
        assert_int_equal(differs(PROFILE_TRUST_FLEX, &half), 96 + 2 * row->slot);
    }
    all.zone[70] = 0x07;
    assert_int_equal(differs(PROFILE_TRUST_FLEX, &all), -1);
    /* And none of it is Trust&GO. */
    all.zone[16] = 0x6A;
    assert_true(differs(PROFILE_TRUST_AND_GO, &all) >= 0);
}

/* From a key entry to its slot's words, bytes in the order they lie in the zone; and what such a slot can do. */
static const struct derive_row {
    const char *name;
    struct profile_key key;
    uint8_t slot_config[2], key_config[2];
    uint32_t can; /* both zones locked */
} derive_rows[] = {
    {"private, made once",
     {.method = PROFILE_GENERATE, .slot = 0, .type = PAIR, .usage = SIGNS},
     {0x81, 0x00},
     {0x13, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC},
    {"private, verifying too: by its public key, no bit of the slot",
     {.method = PROFILE_GENERATE, .slot = 7, .type = PAIR, .usage = SIGNS | VERIFIES},
     {0x81, 0x00},
     {0x13, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC},
    {"private, signs messages only",
     {.method = PROFILE_GENERATE, .slot = 3, .type = PAIR, .usage = PSA_KEY_USAGE_SIGN_MESSAGE},
     {0x81, 0x00},
     {0x13, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC},
    {"private, may be made anew",
     {.method = PROFILE_GENERATE, .slot = 1, .type = PAIR, .usage = SIGNS, .replace = PROFILE_REPLACE_UNCLAIMED},
     {0x81, 0x20},
     {0x13, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC | CHIP_CAN_GENERATE},
    {"private, with ECDH",
     {.method = PROFILE_GENERATE, .slot = 2, .type = PAIR, .usage = SIGNS | PSA_KEY_USAGE_DERIVE},
     {0x85, 0x00},
     {0x13, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC | CHIP_CAN_ECDH},
    {"private, with ECDH, may be made anew",
     {.method = PROFILE_GENERATE,
      .slot = 4,
      .type = PAIR,
      .usage = SIGNS | PSA_KEY_USAGE_DERIVE,
      .replace = PROFILE_REPLACE_UNCLAIMED},
     {0x85, 0x20},
     {0x13, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC | CHIP_CAN_ECDH | CHIP_CAN_GENERATE},
    {"private, to be locked",
     {.method = PROFILE_GENERATE, .slot = 5, .type = PAIR, .usage = SIGNS, .lock_slot = true},
     {0x81, 0x00},
     {0x33, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC | CHIP_CAN_LOCK},
    {"private, to be locked, so never made anew",
     {.method = PROFILE_GENERATE,
      .slot = 5,
      .type = PAIR,
      .usage = SIGNS,
      .lock_slot = true,
      .replace = PROFILE_REPLACE_UNCLAIMED},
     {0x81, 0x00},
     {0x33, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC | CHIP_CAN_LOCK},
    {"private, imported: before the data lock only, whatever replace says",
     {.method = PROFILE_IMPORT,
      .slot = 6,
      .type = PAIR,
      .usage = SIGNS,
      .source = "k.pem",
      .replace = PROFILE_REPLACE_UNCLAIMED},
     {0x81, 0x00},
     {0x13, 0x00},
     CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC},
    {"public, fixed",
     {.method = PROFILE_IMPORT, .slot = 9, .type = PUBLIC, .usage = VERIFIES, .source = "k.pem"},
     {0x0F, 0x8F},
     {0x10, 0x00},
     CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR},
    {"public, fixed, to be locked",
     {.method = PROFILE_IMPORT, .slot = 8, .type = PUBLIC, .usage = VERIFIES, .source = "k.pem", .lock_slot = true},
     {0x0F, 0x8F},
     {0x30, 0x00},
     CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR | CHIP_CAN_LOCK},
    {"public, replaceable",
     {.method = PROFILE_IMPORT,
      .slot = 15,
      .type = PUBLIC,
      .usage = VERIFIES,
      .source = "k.pem",
      .replace = PROFILE_REPLACE_UNCLAIMED},
     {0x0F, 0x0F},
     {0x30, 0x00},
     CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR | CHIP_CAN_WRITE_CLEAR | CHIP_CAN_LOCK},
    {"public, replaceable until it is locked",
     {.method = PROFILE_IMPORT,
      .slot = 14,
      .type = PUBLIC,
      .usage = VERIFIES,
      .source = "k.pem",
      .replace = PROFILE_REPLACE_UNCLAIMED,
      .lock_slot = true},
     {0x0F, 0x0F},
     {0x30, 0x00},
     CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR | CHIP_CAN_WRITE_CLEAR | CHIP_CAN_LOCK},
};

static struct profile profile_with(const struct profile_key *key)
{
    struct profile profile = profile_of(PROFILE_POLICY);

    profile.lock_config = profile.lock_data = true;
    profile.key_count = 1;
    profile.keys[0] = *key;
    strcpy(profile.keys[0].name, "key");
    profile.keys[0].id = 16;
    profile.keys[0].bits = 256;
    profile.keys[0].algorithm = PSA_ALG_ECDSA(PSA_ALG_ANY_HASH);
    return profile;
}

static void test_derived_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(derive_rows); i++) {
        const struct derive_row *row = &derive_rows[i];
        const struct profile profile = profile_with(&row->key);
        struct chip_config now = load("608b-blank-rev6003");
        struct chip_config expected = now;
        struct chip_config wanted;
        struct error err = {0};

        memcpy(expected.zone + 20 + 2 * row->key.slot, row->slot_config, 2);
        memcpy(expected.zone + 96 + 2 * row->key.slot, row->key_config, 2);
        if (!profile_wanted_config(&profile, &now, &wanted, &err))
            fail_msg("%s: %s", row->name, err.cause);
        if (memcmp(wanted.zone, expected.zone, CHIP_CONFIG_BYTES) != 0)
            fail_msg("%s: SlotConfig %02X %02X, KeyConfig %02X %02X", row->name, wanted.zone[20 + 2 * row->key.slot],
                     wanted.zone[21 + 2 * row->key.slot], wanted.zone[96 + 2 * row->key.slot],
                     wanted.zone[97 + 2 * row->key.slot]);
        wanted.zone[86] = wanted.zone[87] = 0x00;
        if (chip_slot_can(&wanted, row->key.slot) != row->can)
            fail_msg("%s: can 0x%x, not 0x%x", row->name, (unsigned)chip_slot_can(&wanted, row->key.slot),
                     (unsigned)row->can);
    }
}

/* Between the locks, where the engine puts keys in, every derived slot takes its key. */
static void test_derived_slots_take_their_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(derive_rows); i++) {
        const struct profile profile = profile_with(&derive_rows[i].key);
        const struct profile_key *key = &profile.keys[0];
        struct chip_config wanted = load("608a-blank-rev6002");
        uint32_t needed = key->method == PROFILE_GENERATE ? CHIP_CAN_GENERATE
                          : key->type == PAIR             ? CHIP_CAN_IMPORT_CLEAR
                                                          : CHIP_CAN_WRITE_CLEAR;

        assert_true(profile_wanted_config(&profile, &wanted, &wanted, NULL));
        wanted.zone[87] = 0x00;
        if ((chip_slot_can(&wanted, key->slot) & needed) != needed)
            fail_msg("%s", derive_rows[i].name);
    }
}

/* A whole part, byte for byte: three keys, another address, and the rest as a blank part has it. */
static void test_derived_zone(void **state)
{
    static const uint8_t expected[] = {
        0x6E, 0x00, 0x00, 0x00, 0x81, 0x00, 0x81, 0x20, 0x8F, 0x20, 0xC4, 0x8F, 0x8F, 0x8F, 0x8F, 0x8F, 0x9F, 0x8F,
        0xAF, 0x8F, 0x00, 0x00, 0x0F, 0x8F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xAF, 0x8F,
    };
    static const uint8_t expected_key_config[] = {
        0x13, 0x00, 0x13, 0x00, 0x33, 0x00, 0x1C, 0x00, 0x1C, 0x00, 0x1C, 0x00, 0x1C, 0x00, 0x1C, 0x00,
        0x3C, 0x00, 0x10, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x1C, 0x00,
    };
    struct profile profile = profile_with(&derive_rows[0].key);
    const struct chip_config now = load("608b-trustcustom-kit"); /* any other policy before */
    struct chip_config wanted;

    (void)state;
    profile.i2c_address = 0x37;
    profile.key_count = 3;
    profile.keys[1] = profile_with(&derive_rows[3].key).keys[0];
    profile.keys[2] = profile_with(&derive_rows[9].key).keys[0];
    strcpy(profile.keys[1].name, "second");
    strcpy(profile.keys[2].name, "third");
    profile.keys[1].id = 17;
    profile.keys[2].id = 18;
    assert_true(profile_wanted_config(&profile, &now, &wanted, NULL));
    assert_memory_equal(wanted.zone + 16, expected, sizeof(expected));
    assert_memory_equal(wanted.zone + 96, expected_key_config, sizeof(expected_key_config));
    assert_memory_equal(wanted.zone, now.zone, 16);
    assert_memory_equal(wanted.zone + 52, now.zone + 52, 16); /* counters */
    assert_memory_equal(wanted.zone + 84, now.zone + 84, 6);  /* UserExtra, locks */
    for (size_t at = 68; at < 84; at++)
        assert_int_equal(wanted.zone[at], 0x00);
    for (size_t at = 90; at < 96; at++)
        assert_int_equal(wanted.zone[at], 0x00);
}

static void test_address(void **state)
{
    struct profile profile = profile_with(&derive_rows[0].key);
    struct chip_config now = load("608b-blank-rev6003");
    struct chip_config wanted;
    struct error err = {0};

    (void)state;
    now.zone[16] = 0xB0;
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err)); /* none given: as it is */
    assert_int_equal(wanted.zone[16], 0xB0);
    profile.i2c_address = 0x08;
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
    assert_int_equal(wanted.zone[16], 0x10);
    assert_int_equal(chip_config_i2c_address(&wanted), 0x08);
    profile.i2c_address = 0x77;
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
    assert_int_equal(wanted.zone[16], 0xEE);

    /* A single-wire part has other things in that byte. */
    now.zone[14] = (uint8_t)(now.zone[14] & ~1u);
    assert_false(profile_wanted_config(&profile, &now, &wanted, &err));
    assert_int_equal(err.reason, ERROR_PROFILE_CONFLICT);
    assert_non_null(err.next);
    profile.i2c_address = 0;
    assert_true(profile_wanted_config(&profile, &now, &wanted, NULL));
    assert_int_equal(wanted.zone[16], 0xB0);
    for (enum profile_configuration named = PROFILE_FACTORY_DEFAULT; named <= PROFILE_TRUST_FLEX; named++) {
        profile = profile_of(named);
        assert_true(profile_wanted_config(&profile, &now, &wanted, NULL));
        assert_int_equal(wanted.zone[16], 0xB0);
    }
}

/* On a 508A byte 18 is OTPmode, and 68-83 count the uses of key 15. */
static void test_policy_on_a_508a(void **state)
{
    struct profile profile = profile_with(&derive_rows[0].key);
    struct chip_config now = load("508a-blank-1");
    struct chip_config wanted;

    (void)state;
    profile.parts = 1u << CHIP_PART_ATECC508A;
    now.zone[18] = 0xAA;
    now.zone[68] = 0x7F;
    assert_true(profile_wanted_config(&profile, &now, &wanted, NULL));
    assert_int_equal(wanted.zone[18], 0x55);
    assert_int_equal(wanted.zone[68], 0x7F);
    assert_int_equal(wanted.zone[83], 0xFF);
    assert_int_equal(wanted.zone[20], 0x81);
}

/* ECDH is the slot's matter: asked of every configuration, since PSA does not ask. */
static void test_derive_needs_a_slot_that_can(void **state)
{
    struct profile profile = profile_with(&derive_rows[4].key);
    const struct chip_config now = load("608b-tngtls");
    struct chip_config wanted;
    char room[64];
    struct error err = ERROR_IN(room);

    (void)state;
    profile.configuration = PROFILE_AS_DELIVERED;
    profile.lock_config = profile.lock_data = false;
    profile.keys[0].slot = 2; /* 85 20 */
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
    profile.configuration = PROFILE_TRUST_AND_GO;
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
    for (uint8_t slot = 1; slot < CHIP_SLOTS; slot = (uint8_t)(slot == 1 ? 5 : slot + 1)) {
        profile.keys[0].slot = slot; /* 82 00, then no private keys */
        error_clear(&err);
        assert_false(profile_wanted_config(&profile, &now, &wanted, &err));
        assert_int_equal(err.reason, ERROR_PROFILE_CONFLICT);
        assert_int_equal(err.slot, slot);
        assert_int_equal(err.key_id, 16);
        assert_string_equal(err.subject, "key");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_keeps_what_is_not_policy),
        cmocka_unit_test(test_one_bit_is_found),
        cmocka_unit_test(test_variants_do_not_mix),
        cmocka_unit_test(test_trust_flex_options),
        cmocka_unit_test(test_derived_words),
        cmocka_unit_test(test_derived_slots_take_their_keys),
        cmocka_unit_test(test_derived_zone),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_policy_on_a_508a),
        cmocka_unit_test(test_derive_needs_a_slot_that_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
