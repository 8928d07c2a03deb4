/* SPDX-License-Identifier: Apache-2.0 */
/* The config zone decoded: 24 real dumps and templates, and each field and bit by itself. */
#include "chip/config.h"

#include "base/crc16.h"
#include "base/hex.h"
#include "test/support/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What the dumps' origins say of them; the CRCs were computed with another program. */
static const struct {
    const char *name;
    enum chip_part part;
    const char *serial;
    bool config_locked, data_locked;
    uint8_t address;
    uint16_t crc;
} dumps[] = {
    {"508a-arduino-tls", CHIP_PART_ATECC508A, "012300000000000000", false, false, 0x60, 0x063E},
    {"508a-blank-1", CHIP_PART_ATECC508A, "012315033785F0A2EE", false, false, 0x60, 0x23CB},
    {"508a-blank-2", CHIP_PART_ATECC508A, "01233B7EE9F5342BEE", false, false, 0x60, 0x9CF9},
    {"508a-cryptoauthlib-test", CHIP_PART_ATECC508A, "0123000004050607EE", true, true, 0x60, 0xA050},
    {"508a-mbed-dev-template", CHIP_PART_UNKNOWN, "000000000000000000", false, false, 0x60, 0xC233},
    {"508a-mbed-readme-device", CHIP_PART_ATECC508A, "0123BACFBAD329CAEE", true, true, 0x60, 0x9D16},
    {"508a-nerveskey-template", CHIP_PART_ATECC508A, "0123000000000000EE", false, false, 0x60, 0xFAC1},
    {"508a-nitrokey-u2f", CHIP_PART_ATECC508A, "0123BCAE455B669BEE", true, true, 0x60, 0xCE2D},
    {"508a-zerotouch-template", CHIP_PART_ATECC508A, "0123000000000000EE", false, false, 0x58, 0xFD19},
    {"608-cryptoauthlib-pkcs11", CHIP_PART_ATECC608A, "0123000000000000EE", true, true, 0x60, 0x7818},
    {"608-cryptoauthlib-test", CHIP_PART_ATECC608A, "0123000004050607EE", true, true, 0x60, 0xA437},
    {"608-tflxtls-grisp-template", CHIP_PART_ATECC608A, "0123000000000000EE", true, true, 0x36, 0xB274},
    {"608-tflxtls-tool-template", CHIP_PART_ATECC608A, NULL, false, false, 0x35, 0x3893},
    {"608a-blank-rev6001", CHIP_PART_ATECC608A, NULL, false, false, 0x60, 0x0363},
    {"608a-blank-rev6002", CHIP_PART_ATECC608A, NULL, false, false, 0x60, 0x5545},
    {"608a-coldcard", CHIP_PART_ATECC608A, NULL, false, false, 0x70, 0xD774},
    {"608a-default-locked", CHIP_PART_ATECC608A, NULL, true, true, 0x60, 0x8B5D},
    {"608a-riot-example", CHIP_PART_UNKNOWN, "000000000000000000", false, false, 0x60, 0xFFC8},
    {"608a-tngtls", CHIP_PART_ATECC608A, NULL, true, true, 0x35, 0xE861},
    {"608b-blank-rev6003", CHIP_PART_ATECC608B, NULL, false, false, 0x60, 0x8443},
    {"608b-default-locked", CHIP_PART_ATECC608B, NULL, true, true, 0x60, 0xAAFE},
    {"608b-tflxtls", CHIP_PART_ATECC608B, NULL, true, true, 0x36, 0xC47F},
    {"608b-tngtls", CHIP_PART_ATECC608B, "01233FCE9912440F01", true, true, 0x35, 0x39EB},
    {"608b-trustcustom-kit", CHIP_PART_ATECC608B, NULL, true, true, 0x60, 0x5D52},
};

static void test_dumps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++) {
        struct chip_config config = dump_load(dumps[i].name);
        uint8_t serial[CHIP_SERIAL_BYTES];
        char text[HEX_SIZE(CHIP_SERIAL_BYTES)];

        chip_config_serial(&config, serial);
        hex_encode(bytes_of(serial, sizeof(serial)), text);
        if (dumps[i].serial != NULL && strcmp(text, dumps[i].serial) != 0)
            fail_msg("%s: serial %s", dumps[i].name, text);
        if (crc16_update(CRC16_START, bytes_of(config.zone, CHIP_CONFIG_BYTES)) != dumps[i].crc)
            fail_msg("%s: CRC", dumps[i].name);
        if (chip_config_part(&config) != dumps[i].part)
            fail_msg("%s: %s", dumps[i].name, chip_part_name(chip_config_part(&config)));
        if (chip_config_is_locked(&config) != dumps[i].config_locked ||
            chip_data_is_locked(&config) != dumps[i].data_locked)
            fail_msg("%s: locks", dumps[i].name);
        if (chip_config_i2c_address(&config) != dumps[i].address)
            fail_msg("%s: address 0x%02x", dumps[i].name, chip_config_i2c_address(&config));
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
            assert_false(chip_slot_policy(&config, slot).locked);
    }
}

static void test_part_names(void **state)
{
    (void)state;
    assert_string_equal(chip_part_name(CHIP_PART_ATECC508A), "ATECC508A");
    assert_string_equal(chip_part_name(CHIP_PART_ATECC608A), "ATECC608A");
    assert_string_equal(chip_part_name(CHIP_PART_ATECC608B), "ATECC608B");
    assert_string_equal(chip_part_name(CHIP_PART_UNKNOWN), "unknown part");
    assert_string_equal(chip_part_name((enum chip_part)77), "unknown part");
}

static const struct {
    const char *name;
    uint8_t revision[2];
    enum chip_part part;
} revisions[] = {
    {"508A", {0x50, 0x00}, CHIP_PART_ATECC508A},
    {"early 608A", {0x60, 0x01}, CHIP_PART_ATECC608A},
    {"608A", {0x60, 0x02}, CHIP_PART_ATECC608A},
    {"608B", {0x60, 0x03}, CHIP_PART_ATECC608B},
    {"after the 608B", {0x60, 0x04}, CHIP_PART_ATECC608B},
    {"the last", {0x60, 0xFF}, CHIP_PART_ATECC608B},
    {"108A", {0x10, 0x02}, CHIP_PART_UNKNOWN},
    {"204A", {0x00, 0x02}, CHIP_PART_UNKNOWN},
    {"nothing", {0x00, 0x00}, CHIP_PART_UNKNOWN},
    {"bus of ones", {0xFF, 0xFF}, CHIP_PART_UNKNOWN},
};

static void test_revisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
        struct chip_config config = {.zone = {0}};

        memcpy(config.zone + 6, revisions[i].revision, 2);
        if (chip_config_part(&config) != revisions[i].part)
            fail_msg("%s", revisions[i].name);
    }
}

/* Every revision of both families: used as the latest part that is known, and called new where it is. */
static void test_all_revisions(void **state)
{
    (void)state;
    for (unsigned revision = 0; revision <= 0xFF; revision++) {
        struct chip_config config = {.zone = {0}};

        config.zone[6] = 0x60;
        config.zone[7] = (uint8_t)revision;
        assert_int_equal(chip_config_part(&config), revision < 3 ? CHIP_PART_ATECC608A : CHIP_PART_ATECC608B);
        assert_int_equal(chip_config_revision_is_known(&config), revision <= 3);
        config.zone[6] = 0x50;
        assert_int_equal(chip_config_part(&config), CHIP_PART_ATECC508A);
        assert_true(chip_config_revision_is_known(&config));
        config.zone[6] = 0x10;
        assert_int_equal(chip_config_part(&config), CHIP_PART_UNKNOWN);
        assert_false(chip_config_revision_is_known(&config));
    }
}

/* Everything but 0x55 is locked. */
static void test_lock_bytes(void **state)
{
    (void)state;
    for (unsigned value = 0; value <= 0xFF; value++) {
        struct chip_config config = {.zone = {0}};

        config.zone[86] = (uint8_t)value;
        assert_int_equal(chip_data_is_locked(&config), value != 0x55);
        assert_true(chip_config_is_locked(&config));
        config.zone[86] = 0x55;
        config.zone[87] = (uint8_t)value;
        assert_int_equal(chip_config_is_locked(&config), value != 0x55);
        assert_false(chip_data_is_locked(&config));
    }
}

static const struct {
    const char *name, *dump;
    uint8_t mode, user_address, address;
} addresses[] = {
    {"byte 16", "608b-blank-rev6003", 0x00, 0x6A, 0x60},
    {"byte 85", "608b-blank-rev6003", 0x01, 0x6A, 0x35},
    {"byte 85 is 0", "608b-blank-rev6003", 0x01, 0x00, 0x60},
    {"other mode bits", "608b-blank-rev6003", 0xFE, 0x6A, 0x60},
    {"508A: byte 85 is no address", "508a-blank-1", 0x01, 0x6A, 0x60},
};

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct chip_config config = dump_load(addresses[i].dump);

        config.zone[19] = addresses[i].mode;
        config.zone[85] = addresses[i].user_address;
        if (chip_config_i2c_address(&config) != addresses[i].address)
            fail_msg("%s: 0x%02x", addresses[i].name, chip_config_i2c_address(&config));
    }
}

static void set_word(struct chip_config *config, size_t at, uint16_t word)
{
    config->zone[at] = (uint8_t)(word & 0xFF);
    config->zone[at + 1] = (uint8_t)(word >> 8);
}

/* Slots decoded field by field; words as they stand in real parts. */
static const struct {
    const char *name;
    uint16_t slot_config, key_config;
    struct chip_slot_policy policy;
} policies[] = {
    {"Trust&GO 0",
     0x0085,
     0x0053,
     {.is_private = true,
      .pub_info = true,
      .type = CHIP_KEY_P256,
      .req_random = true,
      .external_sign = true,
      .ecdh = true,
      .is_secret = true,
      .read_key = 5}},
    {"blank 2",
     0x208F,
     0x0033,
     {.is_private = true,
      .pub_info = true,
      .type = CHIP_KEY_P256,
      .lockable = true,
      .external_sign = true,
      .internal_sign = true,
      .ecdh = true,
      .ecdh_to_slot = true,
      .is_secret = true,
      .read_key = 15,
      .gen_key = true}},
    {"Nitrokey 0",
     0x7183,
     0x0013,
     {.is_private = true,
      .pub_info = true,
      .type = CHIP_KEY_P256,
      .external_sign = true,
      .internal_sign = true,
      .is_secret = true,
      .read_key = 3,
      .write_key = 1,
      .gen_key = true,
      .priv_write = true}},
    {"bit 3 without ECDH",
     0x0089,
     0x0011,
     {.is_private = true, .type = CHIP_KEY_P256, .external_sign = true, .is_secret = true, .read_key = 9}},
    {"blank 3",
     0x8FC4,
     0x001C,
     {.type = CHIP_KEY_DATA,
      .read = CHIP_READ_ENCRYPTED,
      .is_secret = true,
      .encrypt_read = true,
      .read_key = 4,
      .write_key = 15,
      .write = CHIP_WRITE_NEVER}},
    {"blank 6",
     0x8F9F,
     0x001C,
     {.type = CHIP_KEY_DATA,
      .read = CHIP_READ_NEVER,
      .is_secret = true,
      .no_mac = true,
      .read_key = 15,
      .write_key = 15,
      .write = CHIP_WRITE_NEVER}},
    {"blank 7",
     0x8FAF,
     0x001C,
     {.type = CHIP_KEY_DATA,
      .read = CHIP_READ_NEVER,
      .is_secret = true,
      .limited_use = true,
      .read_key = 15,
      .write_key = 15,
      .write = CHIP_WRITE_NEVER}},
    {"blank 8",
     0x0000,
     0x003C,
     {.type = CHIP_KEY_DATA,
      .lockable = true,
      .check_mac_copy = true,
      .read = CHIP_READ_CLEAR,
      .write = CHIP_WRITE_ALWAYS}},
    {"TrustFLEX 14",
     0x1F0D,
     0x0012,
     {.type = CHIP_KEY_P256,
      .pub_info = true,
      .read = CHIP_READ_CLEAR,
      .read_key = 13,
      .write_key = 15,
      .write = CHIP_WRITE_IF_INVALID}},
    {"encrypted and created",
     0xF4C4,
     0x001C,
     {.type = CHIP_KEY_DATA,
      .read = CHIP_READ_ENCRYPTED,
      .is_secret = true,
      .encrypt_read = true,
      .read_key = 4,
      .write_key = 4,
      .write = CHIP_WRITE_ENCRYPTED,
      .derive = CHIP_DERIVE_CREATE,
      .derive_mac = true}},
    {"roll",
     0x2F0F,
     0x003C,
     {.type = CHIP_KEY_DATA,
      .lockable = true,
      .read = CHIP_READ_CLEAR,
      .read_key = 15,
      .write_key = 15,
      .write = CHIP_WRITE_NEVER,
      .derive = CHIP_DERIVE_ROLL}},
    {"no roll of an ECC key",
     0x2F0F,
     0x0030,
     {.type = CHIP_KEY_P256,
      .lockable = true,
      .read = CHIP_READ_CLEAR,
      .read_key = 15,
      .write_key = 15,
      .write = CHIP_WRITE_NEVER}},
    {"EncryptRead without IsSecret",
     0x0F4F,
     0x0018,
     {.type = CHIP_KEY_AES,
      .read = CHIP_READ_NEVER,
      .encrypt_read = true,
      .read_key = 15,
      .write_key = 15,
      .write = CHIP_WRITE_ALWAYS}},
    {"all of KeyConfig's upper byte",
     0x8F8F,
     0x91FC,
     {.type = CHIP_KEY_DATA,
      .lockable = true,
      .req_random = true,
      .req_auth = true,
      .persistent_disable = true,
      .auth_key = 1,
      .x509_id = 2,
      .read = CHIP_READ_NEVER,
      .is_secret = true,
      .read_key = 15,
      .write_key = 15,
      .write = CHIP_WRITE_NEVER}},
    {"108A key type",
     0x0085,
     0x0003,
     {.is_private = true,
      .pub_info = true,
      .type = CHIP_KEY_RESERVED,
      .external_sign = true,
      .ecdh = true,
      .is_secret = true,
      .read_key = 5}},
};

static void check_policy(const char *name, const struct chip_slot_policy *a, const struct chip_slot_policy *b)
{
    bool same = a->is_private == b->is_private && a->pub_info == b->pub_info && a->type == b->type &&
                a->lockable == b->lockable && a->req_random == b->req_random && a->req_auth == b->req_auth &&
                a->persistent_disable == b->persistent_disable && a->auth_key == b->auth_key &&
                a->x509_id == b->x509_id;
    bool same_uses = a->external_sign == b->external_sign && a->internal_sign == b->internal_sign &&
                     a->ecdh == b->ecdh && a->ecdh_to_slot == b->ecdh_to_slot &&
                     a->check_mac_copy == b->check_mac_copy && a->is_secret == b->is_secret &&
                     a->encrypt_read == b->encrypt_read && a->no_mac == b->no_mac && a->limited_use == b->limited_use;
    bool same_rules = a->read_key == b->read_key && a->write_key == b->write_key && a->write == b->write &&
                      a->gen_key == b->gen_key && a->priv_write == b->priv_write && a->derive_mac == b->derive_mac &&
                      a->derive == b->derive;

    /* A private key is never read or written, whatever the bits say. */
    if (b->is_private)
        same_rules = a->read == CHIP_READ_NEVER && a->write == CHIP_WRITE_NEVER && a->gen_key == b->gen_key &&
                     a->priv_write == b->priv_write && a->read_key == b->read_key && a->write_key == b->write_key;
    else
        same_rules = same_rules && a->read == b->read;
    if (!same || !same_uses || !same_rules)
        fail_msg("%s: %d %d %d", name, same, same_uses, same_rules);
}

static void test_policies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++) {
            struct chip_config config = {.zone = {0}};
            struct chip_slot_policy policy;

            set_word(&config, 20 + 2 * (size_t)slot, policies[i].slot_config);
            set_word(&config, 96 + 2 * (size_t)slot, policies[i].key_config);
            set_word(&config, 88, (uint16_t)(1u << slot));
            policy = chip_slot_policy(&config, slot);
            assert_int_equal(policy.slot_config, policies[i].slot_config);
            assert_int_equal(policy.key_config, policies[i].key_config);
            assert_int_equal(policy.bytes, slot < 8 ? 36 : slot == 8 ? 416 : 72);
            assert_false(policy.locked);
            check_policy(policies[i].name, &policy, &policies[i].policy);
            set_word(&config, 88, (uint16_t)~(1u << slot));
            assert_true(chip_slot_policy(&config, slot).locked);
        }
    }
}

/* WriteConfig, all sixteen: what Write, DeriveKey, GenKey and PrivWrite make of it. */
static const struct {
    enum chip_write_rule write;
    enum chip_derive_rule derive;
    bool mac, gen_key, priv_write;
} write_configs[16] = {
    {CHIP_WRITE_ALWAYS, CHIP_DERIVE_NEVER, false, false, false},
    {CHIP_WRITE_IF_INVALID, CHIP_DERIVE_NEVER, false, false, false},
    {CHIP_WRITE_NEVER, CHIP_DERIVE_ROLL, false, true, false},
    {CHIP_WRITE_NEVER, CHIP_DERIVE_CREATE, false, true, false},
    {CHIP_WRITE_ENCRYPTED, CHIP_DERIVE_NEVER, false, false, true},
    {CHIP_WRITE_ENCRYPTED, CHIP_DERIVE_NEVER, false, false, true},
    {CHIP_WRITE_ENCRYPTED, CHIP_DERIVE_ROLL, false, true, true},
    {CHIP_WRITE_ENCRYPTED, CHIP_DERIVE_CREATE, false, true, true},
    {CHIP_WRITE_NEVER, CHIP_DERIVE_NEVER, false, false, false},
    {CHIP_WRITE_NEVER, CHIP_DERIVE_NEVER, false, false, false},
    {CHIP_WRITE_NEVER, CHIP_DERIVE_ROLL, true, true, false},
    {CHIP_WRITE_NEVER, CHIP_DERIVE_CREATE, true, true, false},
    {CHIP_WRITE_ENCRYPTED, CHIP_DERIVE_NEVER, false, false, true},
    {CHIP_WRITE_ENCRYPTED, CHIP_DERIVE_NEVER, false, false, true},
    {CHIP_WRITE_ENCRYPTED, CHIP_DERIVE_ROLL, true, true, true},
    {CHIP_WRITE_ENCRYPTED, CHIP_DERIVE_CREATE, true, true, true},
};

static void test_write_configs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        struct chip_config config = {.zone = {0}};
        struct chip_slot_policy policy;

        set_word(&config, 20, (uint16_t)(i << 12 | 0x008F));
        set_word(&config, 96, 0x001C);
        policy = chip_slot_policy(&config, 0);
        assert_int_equal(policy.write, write_configs[i].write);
        assert_int_equal(policy.derive, write_configs[i].derive);
        assert_int_equal(policy.derive_mac, write_configs[i].mac);
        assert_false(policy.gen_key || policy.priv_write);
        set_word(&config, 96, 0x0011);
        policy = chip_slot_policy(&config, 0);
        assert_int_equal(policy.gen_key, write_configs[i].gen_key);
        assert_int_equal(policy.priv_write, write_configs[i].priv_write);
        assert_int_equal(policy.derive, CHIP_DERIVE_NEVER);
    }
}

/* Each byte belongs to exactly one field, in order. */
static void test_fields_cover_the_zone(void **state)
{
    unsigned next = 0;

    (void)state;
    for (size_t i = 0; i < chip_config_field_count; i++) {
        assert_int_equal(chip_config_fields[i].offset, next);
        assert_true(chip_config_fields[i].width > 0);
        assert_non_null(chip_config_fields[i].name);
        assert_non_null(chip_config_fields[i].meaning);
        next += chip_config_fields[i].width;
    }
    assert_int_equal(next, CHIP_CONFIG_BYTES);
}

static void test_policy_bytes(void **state)
{
    (void)state;
    for (unsigned offset = 0; offset <= 0xFF; offset++) {
        bool common = (offset >= 16 && offset <= 51) || (offset >= 90 && offset <= 127);
        bool on_608 = common || (offset >= 68 && offset <= 83);

        assert_int_equal(chip_config_byte_is_policy(CHIP_PART_ATECC508A, (uint8_t)offset), common);
        assert_int_equal(chip_config_byte_is_policy(CHIP_PART_ATECC608A, (uint8_t)offset), on_608);
        assert_int_equal(chip_config_byte_is_policy(CHIP_PART_ATECC608B, (uint8_t)offset), on_608);
        assert_int_equal(chip_config_byte_is_policy(CHIP_PART_UNKNOWN, (uint8_t)offset), on_608);
    }
}

static void test_compare_policy(void **state)
{
    struct chip_config a = dump_load("608b-default-locked");
    struct chip_config b = dump_load("608a-default-locked");

    (void)state;
    assert_memory_not_equal(a.zone, b.zone, CHIP_CONFIG_BYTES);
    assert_int_equal(chip_config_compare_policy(CHIP_PART_ATECC608B, &a, &b), -1);
    b = dump_load("608b-blank-rev6003");
    assert_int_equal(chip_config_compare_policy(CHIP_PART_ATECC608B, &a, &b), -1);
    b = dump_load("608b-tngtls");
    assert_int_equal(chip_config_compare_policy(CHIP_PART_ATECC608B, &a, &b), 16);
    for (unsigned offset = 0; offset < CHIP_CONFIG_BYTES; offset++) {
        int expected = chip_config_byte_is_policy(CHIP_PART_ATECC608B, (uint8_t)offset) ? (int)offset : -1;

        b = a;
        b.zone[offset] ^= 0x80;
        assert_int_equal(chip_config_compare_policy(CHIP_PART_ATECC608B, &a, &b), expected);
    }
}

/* Each call reads or sets its own bytes and no other: offsets as in DS20005927, table 2-5, written out here again. */
static void test_fields_by_call(void **state)
{
    struct chip_config config = {.zone = {0}};
    struct chip_config untouched = {.zone = {0}};

    (void)state;
    chip_set_slot_policy(&config, 15, 0x2083, 0x0133);
    assert_memory_equal(config.zone + 50, ((const uint8_t[]){0x83, 0x20}), 2);
    assert_memory_equal(config.zone + 126, ((const uint8_t[]){0x33, 0x01}), 2);
    assert_int_equal(chip_slot_config(&config, 15), 0x2083);
    assert_int_equal(chip_key_config(&config, 15), 0x0133);
    chip_set_slot_policy(&config, 15, 0, 0);
    assert_memory_equal(&config, &untouched, sizeof(config));

    chip_config_set_secure_boot(&config, 0xF707);
    assert_memory_equal(config.zone + 70, ((const uint8_t[]){0x07, 0xF7}), 2);
    assert_int_equal(chip_config_secure_boot(&config), 0xF707);
    chip_config_set_secure_boot(&config, 0);
    chip_config_set_address_byte(&config, 0xC0);
    assert_int_equal(config.zone[16], 0xC0);
    assert_int_equal(chip_config_address_byte(&config), 0xC0);
    chip_config_set_address_byte(&config, 0);
    assert_memory_equal(&config, &untouched, sizeof(config));

    config.zone[86] = 0x55;
    config.zone[87] = 0x55;
    chip_config_mark_locked(&config);
    assert_true(chip_config_is_locked(&config));
    assert_false(chip_data_is_locked(&config));
    chip_config_mark_data_locked(&config);
    assert_true(chip_data_is_locked(&config));
    assert_memory_equal(&config, &untouched, sizeof(config));

    memcpy(config.zone + 4, ((const uint8_t[]){0x00, 0x00, 0x60, 0x03}), 4);
    assert_int_equal(chip_config_revision(&config).len, 4);
    assert_ptr_equal(chip_config_revision(&config).data, config.zone + 4);
}

/* ChipMode bits 7 to 3: 00000 is M0, 00101 M1, 01101 M2 (ATECC608A data sheet); all others count as the slowest. */
static void test_clock(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode <= UINT8_MAX; mode++) {
        struct chip_config config = {.zone = {0}};
        enum chip_clock expected = CHIP_CLOCK_M2;

        if (mode >> 3 == 0)
            expected = CHIP_CLOCK_M0;
        else if (mode >> 3 == 5)
            expected = CHIP_CLOCK_M1;
        config.zone[19] = (uint8_t)mode;
        assert_int_equal(chip_config_clock(&config), expected);
    }
}

/* Policy laid over a zone reaches the policy bytes of the part, each in its place, and nothing else. */
static void test_set_policy(void **state)
{
    static const enum chip_part parts[] = {CHIP_PART_ATECC508A, CHIP_PART_ATECC608B};
    struct chip_policy_bytes policy;

    (void)state;
    for (unsigned i = 0; i < sizeof(policy.low); i++)
        policy.low[i] = (uint8_t)(16 + i);
    for (unsigned i = 0; i < sizeof(policy.middle); i++)
        policy.middle[i] = (uint8_t)(68 + i);
    for (unsigned i = 0; i < sizeof(policy.high); i++)
        policy.high[i] = (uint8_t)(90 + i);
    for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
        struct chip_config config = {.zone = {0}};
        unsigned changed = 0;

        for (unsigned at = 0; at < CHIP_CONFIG_BYTES; at++)
            changed += chip_config_byte_is_policy(parts[p], (uint8_t)at);
        assert_int_equal(chip_config_policy_distance(&config, parts[p], &policy), changed);
        chip_config_set_policy(&config, parts[p], &policy);
        for (unsigned at = 0; at < CHIP_CONFIG_BYTES; at++)
            assert_int_equal(config.zone[at], chip_config_byte_is_policy(parts[p], (uint8_t)at) ? at : 0);
        assert_int_equal(chip_config_policy_distance(&config, parts[p], &policy), 0);
    }
}

/* The first byte that differs, the two lock bytes apart, and what the error says of it. */
static void test_compare_unlocked(void **state)
{
    struct chip_config a = {.zone = {0}};

    (void)state;
    assert_int_equal(chip_config_compare_unlocked(&a, &a), -1);
    for (int at = 0; at < CHIP_CONFIG_BYTES; at++) {
        struct chip_config b = a;
        struct error err = {.reason = ERROR_NONE};

        b.zone[at] = 0x5A;
        assert_int_equal(chip_config_compare_unlocked(&a, &b), at == 86 || at == 87 ? -1 : at);
        chip_config_note_difference(&err, at, &a, &b);
        assert_true(err.has_config_offset);
        assert_int_equal(err.config_offset, at);
        assert_int_equal(err.expected, 0);
        assert_int_equal(err.found, 0x5A);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dumps),
        cmocka_unit_test(test_part_names),
        cmocka_unit_test(test_revisions),
        cmocka_unit_test(test_all_revisions),
        cmocka_unit_test(test_lock_bytes),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_write_configs),
        cmocka_unit_test(test_fields_cover_the_zone),
        cmocka_unit_test(test_policy_bytes),
        cmocka_unit_test(test_compare_policy),
        cmocka_unit_test(test_fields_by_call),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_set_policy),
        cmocka_unit_test(test_compare_unlocked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
