/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of `data`: read, encoded, refused with a place, and turned into the chip's configuration. */
#include "profile/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "profile/text/text.h"

static const char good[] = "imprint: 1\n"
                           "name: d\n"
                           "chip:\n"
                           "  parts: [ATECC608B]\n"
                           "  configuration: policy\n"
                           "  lock: [config, data]\n"
                           "keys: []\n"
                           "data:\n"
                           "  - name: session\n"
                           "    type: hmac\n"
                           "    slot: 9\n"
                           "    id: 32\n"
                           "    algorithm: hmac(sha-256)\n"
                           "    file: 's/{serial}.hex'\n"
                           "  - name: storage\n"
                           "    type: aes\n"
                           "    slot: 3\n"
                           "    id: 33\n"
                           "    algorithm: gcm\n"
                           "    file: a.hex\n"
                           "    write-key: 9\n"
                           "    replace: unclaimed\n"
                           "  - name: label\n"
                           "    type: bytes\n"
                           "    slot: 13\n"
                           "    text: 'm7 {serial:lower}'\n"
                           "  - name: open\n"
                           "    type: bytes\n"
                           "    slot: 0\n"
                           "    hex: '0001FF'\n"
                           "    replace: unclaimed\n";

/* `from` replaced by `to` once; NULL: as it is. */
static const char *text_with(const char *from, const char *to)
{
    static char text[2048];
    const char *at = from == NULL ? NULL : strstr(good, from);

    if (from == NULL)
        return good;
    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return text;
}

static const struct profile *read_good(void)
{
    static struct profile profile;
    struct profile_complaint complaint;

    if (!profile_read_text(good, strlen(good), &profile, &complaint))
        fail_msg("%u:%u: %s", complaint.line, complaint.column, complaint.message);
    return &profile;
}

static void test_read(void **state)
{
    const struct profile *profile = read_good();

    (void)state;
    assert_int_equal(profile->data_count, 4);
    assert_string_equal(profile->data[0].source, "s/{serial}.hex");
    assert_int_equal(profile->data[0].form, PROFILE_DATUM_FILE);
    assert_int_equal(profile->data[0].write_key, PROFILE_SLOT_ANY);
    assert_int_equal(profile->data[1].write_key, 9);
    assert_int_equal(profile->data[1].algorithm, PSA_ALG_GCM);
    assert_int_equal(profile->data[2].form, PROFILE_DATUM_TEXT);
    assert_int_equal(profile->data[2].id, 0);
    assert_int_equal(profile->data[2].line, 23);
    assert_int_equal(profile->data[3].form, PROFILE_DATUM_HEX);
}

/* Written by hand from docs/reference/profile.md: the end of the binary form, after keys and write keys. */
static const char golden_hex[] = "00 04"                            /* no certificate, four entries */
                                 "01 01 20000000 09008003 09 FF 00" /* hmac */
                                 "07 73657373696F6E 0E 732F7B73657269616C7D2E686578"
                                 "02 01 21000000 00025005 03 09 01" /* aes */
                                 "07 73746F72616765 05 612E686578"
                                 "00 02 00000000 00000000 0D FF 00" /* a text */
                                 "05 6C6162656C 11 6D37207B73657269616C3A6C6F7765727D"
                                 "00 04 00000000 00000000 00 FF 01" /* hex digits */
                                 "04 6F70656E 06 303030314646";

static void test_golden_bytes(void **state)
{
    static uint8_t encoded[PROFILE_BINARY_MAX], expected[256];
    struct bytes_out out = {.data = encoded, .cap = sizeof encoded}, tail = {.data = expected, .cap = sizeof expected};

    (void)state;
    assert_true(hex_decode(golden_hex, strlen(golden_hex), &tail, NULL));
    assert_true(profile_encode(read_good(), &out));
    assert_int_equal(encoded[4], 5);
    assert_true(out.len > tail.len);
    assert_memory_equal(encoded + out.len - tail.len, expected, tail.len);
}

static void test_config_words(void **state)
{
    static const struct {
        uint8_t slot;
        uint16_t slot_config, key_config;
    } rows[] = {{9, 0x8f8f, 0x001c}, {3, 0x498f, 0x0018}, {13, 0x8f0f, 0x001c}, {0, 0x0f0f, 0x001c}};
    struct chip_config now = {.zone = {0x01, 0x23, 0, 0, 0, 0, 0x60, 0x03}}, wanted;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_true(profile_wanted_config(read_good(), &now, &wanted, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(chip_slot_config(&wanted, rows[i].slot), rows[i].slot_config);
        assert_int_equal(chip_key_config(&wanted, rows[i].slot), rows[i].key_config);
    }
}

/* Once locked, the slots do what their contents are for, and no more. */
static void test_abilities(void **state)
{
    struct chip_config now = {.zone = {0x01, 0x23, 0, 0, 0, 0, 0x60, 0x03, [13] = 0x61, [88] = 0xff, [89] = 0xff}},
                       wanted;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_true(profile_wanted_config(read_good(), &now, &wanted, &err));
    chip_config_mark_locked(&wanted);
    chip_config_mark_data_locked(&wanted);
    assert_int_equal(chip_slot_can(&wanted, 9), CHIP_CAN_HMAC | CHIP_CAN_MAC);
    assert_int_equal(chip_slot_can(&wanted, 3), CHIP_CAN_AES);
    assert_int_equal(chip_slot_can(&wanted, 13), CHIP_CAN_READ_CLEAR);
    assert_int_equal(chip_slot_can(&wanted, 0), CHIP_CAN_READ_CLEAR | CHIP_CAN_WRITE_CLEAR);
}

/* ---- the IO protection key ---- */

#define IO_ENTRY "  - name: bus\n    type: io-protection\n    slot: 6\n"

static const struct profile *read_with_io_key(void)
{
    static struct profile profile;
    struct profile_complaint complaint;
    const char *text = text_with("data:\n", "data:\n" IO_ENTRY);

    if (!profile_read_text(text, strlen(text), &profile, &complaint))
        fail_msg("%u:%u: %s", complaint.line, complaint.column, complaint.message);
    return &profile;
}

/* Version 7: each entry has one byte more, of which the profile without such a key knows nothing. */
static void test_io_key_bytes(void **state)
{
    static const char golden[] = "00 05"                               /* no certificate, five entries */
                                 "04 00 00000000 00000000 06 FF 00 00" /* io-protection */
                                 "03 627573 00"
                                 "01 01 20000000 09008003 09 FF 00 00"; /* hmac */
    static uint8_t encoded[PROFILE_BINARY_MAX], expected[64];
    struct bytes_out out = {.data = encoded, .cap = sizeof encoded}, part = {.data = expected, .cap = sizeof expected};
    struct profile profile = *read_with_io_key();

    (void)state;
    assert_true(hex_decode(golden, strlen(golden), &part, NULL));
    assert_true(profile_encode(&profile, &out));
    assert_int_equal(encoded[4], 7);
    assert_memory_equal(encoded + 11 + 2 + 3, expected, part.len); /* header, name, what version 3 has */
    profile.data[0].lock_slot = true;
    out.len = 0;
    assert_true(profile_encode(&profile, &out));
    assert_int_equal(encoded[11 + 2 + 3 + 2 + 13], 1);
}

/* ChipOptions as Coldcard has them, and the slot as the permanent choice of a TrustFLEX part. */
static void test_io_key_config(void **state)
{
    struct chip_config now = {.zone = {0x01, 0x23, 0, 0, 0, 0, 0x60, 0x03, [13] = 0x61, [88] = 0xff, [89] = 0xff}},
                       wanted;
    struct error err = {.reason = ERROR_NONE};
    struct profile profile = *read_with_io_key();

    (void)state;
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
    assert_int_equal(wanted.zone[90] | wanted.zone[91] << 8, 0x6502);
    assert_int_equal(chip_config_io_key_slot(&wanted), 6);
    assert_int_equal(chip_config_ecdh_output(&wanted), CHIP_SECRET_ENCRYPTED);
    assert_int_equal(chip_slot_config(&wanted, 6), 0x8f8f);
    assert_int_equal(chip_key_config(&wanted, 6), 0x005c);
    chip_config_mark_locked(&wanted);
    chip_config_mark_data_locked(&wanted);
    assert_int_equal(chip_slot_can(&wanted, 6), CHIP_CAN_MAC);

    /* A part that is configured already must have its IO protection key in this slot. */
    profile.configuration = PROFILE_AS_DELIVERED;
    assert_true(profile_wanted_config(&profile, &wanted, &wanted, &err));
    profile.data[0].slot = 7;
    assert_false(profile_wanted_config(&profile, &wanted, &now, &err));
    assert_non_null(strstr(err.cause, "in another slot"));
    error_clear(&err);
    wanted.zone[90] = wanted.zone[91] = 0;
    assert_false(profile_wanted_config(&profile, &wanted, &now, &err));
    assert_non_null(strstr(err.cause, "has no IO protection key"));
    assert_int_equal(err.slot, 7);
}

#define AGREEING(slot)                                                                                                 \
    "keys:\n"                                                                                                          \
    "  - name: agrees\n"                                                                                               \
    "    id: 16\n"                                                                                                     \
    "    method: generate\n"                                                                                           \
    "    slot: " slot "\n"                                                                                             \
    "    type: ecc-key-pair(secp-r1)\n"                                                                                \
    "    bits: 256\n"                                                                                                  \
    "    algorithm: ecdsa(any-hash)\n"                                                                                 \
    "    usage: [sign-hash, derive]\n"                                                                                 \
    "data:\n"

#define CERTIFIED                                                                                                      \
    "imprint: 1\nname: certified\nchip:\n  parts: [ATECC608B]\n  configuration: policy\n  lock: [config, data]\n"      \
    "  mark: %u\n"                                                                                                     \
    "keys:\n"                                                                                                          \
    "  - {name: agrees, id: 16, method: generate, slot: %u, type: ecc-key-pair(secp-r1), bits: 256,\n"                 \
    "     algorithm: ecdsa(any-hash), usage: [sign-hash, derive]}\n"                                                   \
    "certificates:\n"                                                                                                  \
    "  - {name: client, key: agrees, issuer: factory, kind: tls-client, subject: CN=x, valid: 20,\n"                   \
    "     slot: %u, signer-slot: %u, signer-key-slot: %u}\n"                                                           \
    "data:\n"                                                                                                          \
    "  - {name: bus, type: io-protection, slot: %u}\n"

/* Where ECDH can put its result: never read, no MAC, but only where there is an IO protection key. */
static void test_where_secrets_go(void **state)
{
    static const struct {
        const char *entries;
        uint16_t slot_configs[6]; /* of slots 0 to 5 */
    } rows[] = {
        {AGREEING("0") IO_ENTRY, {0x0085, 0x8f9f, 0x2083, 0x8fc4, 0x8f8f, 0x8f8f}},
        {AGREEING("1") IO_ENTRY, {0x2083, 0x0085, 0x2083, 0x8fc4, 0x8f8f, 0x8f8f}},
        {AGREEING("2") IO_ENTRY, {0x2083, 0x2083, 0x0085, 0x8f9f, 0x8f8f, 0x8f8f}},
        {AGREEING("4") IO_ENTRY, {0x2083, 0x2083, 0x2083, 0x8fc4, 0x0085, 0x8f9f}},
        {AGREEING("4") "  - {name: bus, type: io-protection, slot: 3}\n",
         {0x2083, 0x2083, 0x2083, 0x8f8f, 0x0085, 0x8f9f}},
        {AGREEING("2") "  - {name: open, type: bytes, slot: 3, text: x}\n",
         {0x2083, 0x2087, 0x0085, 0x8f0f, 0x8f8f, 0x8f8f}},
    };
    struct chip_config now = {.zone = {0x01, 0x23, 0, 0, 0, 0, 0x60, 0x03}}, wanted;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct profile profile;
        struct profile_complaint complaint;
        char text[1024];

        (void)snprintf(text, sizeof text, "%.*s%s", (int)(strstr(good, "keys:") - good), good, rows[i].entries);
        if (!profile_read_text(text, strlen(text), &profile, &complaint))
            fail_msg("row %zu: %u:%u: %s", i, complaint.line, complaint.column, complaint.message);
        assert_true(profile_wanted_config(&profile, &now, &wanted, NULL));
        for (uint8_t slot = 0; slot < 6; slot++)
            if (chip_slot_config(&wanted, slot) != rows[i].slot_configs[slot])
                fail_msg("row %zu, slot %u: %04x", i, slot, chip_slot_config(&wanted, slot));
    }
}

/*
 * Certificates, the issuer's key and the mark keep the policy of their own slots, whichever keys may do ECDH: each of
 * the slots 8 to 15 with each of the uses.
 */
static void test_slots_of_certificates(void **state)
{
    static const uint16_t key_configs[4] = {0x001c, 0x001c, 0x001c, 0x0010};
    struct chip_config now = {.zone = {0x01, 0x23, 0, 0, 0, 0, 0x60, 0x03}}, wanted;

    (void)state;
    for (uint8_t key = 0; key < 8; key++)
        for (uint8_t at = 0; at < 8; at++) {
            static struct profile profile;
            struct profile_complaint complaint;
            char text[1024];
            const uint8_t slots[4] = {(uint8_t)(8 + at), (uint8_t)(8 + (at + 1) % 8), (uint8_t)(8 + (at + 2) % 8),
                                      (uint8_t)(8 + (at + 3) % 8)};

            (void)snprintf(text, sizeof text, CERTIFIED, slots[0], key, slots[1], slots[2], slots[3],
                           key == 6 ? 2U : 6U);
            if (!profile_read_text(text, strlen(text), &profile, &complaint))
                fail_msg("key %u, mark %u: %u:%u: %s", key, slots[0], complaint.line, complaint.column,
                         complaint.message);
            assert_true(profile_wanted_config(&profile, &now, &wanted, NULL));
            for (size_t i = 0; i < 4; i++) {
                assert_int_equal(chip_slot_config(&wanted, slots[i]), i == 0 ? 0x0f0f : 0x8f0f);
                assert_int_equal(chip_key_config(&wanted, slots[i]), key_configs[i]);
            }
        }
}

/* No configuration that is named or bought has the key where ECDH can write over it, and one that has is refused. */
static void test_io_key_beside_ecdh(void **state)
{
    struct chip_config now = {.zone = {0x01, 0x23, 0, 0, 0, 0, 0x60, 0x03, [13] = 0x61, [88] = 0xff, [89] = 0xff}},
                       wanted;
    struct error err = {.reason = ERROR_NONE};
    struct profile profile = *read_with_io_key();

    (void)state;
    profile.configuration = PROFILE_TRUST_AND_GO;
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
    profile.configuration = PROFILE_TRUST_FLEX;
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
    profile.configuration = PROFILE_AS_DELIVERED;
    profile.data[0].slot = 3;
    chip_config_protect_io(&now, 3);
    chip_set_slot_policy(&now, 3, 0x8f8f, 0x005c);
    chip_set_slot_policy(&now, 2, 0x0081, 0x0013);
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
    chip_set_slot_policy(&now, 2, 0x0085, 0x0013);
    assert_false(profile_wanted_config(&profile, &now, &wanted, &err));
    assert_int_equal(err.reason, ERROR_PROFILE_CONFLICT);
    assert_non_null(strstr(err.cause, "permits ECDH"));
    assert_int_equal(err.slot, 3);
    chip_set_slot_policy(&now, 2, 0x8f8f,
                         0x001c); /* its ReadKey is F: a slot that is no private key agrees on nothing */
    error_clear(&err);
    assert_true(profile_wanted_config(&profile, &now, &wanted, &err));
}

static void test_literal(void **state)
{
    static const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0xab, 0, 0, 0, 0, 0, 0xee};
    const struct profile *profile = read_good();
    uint8_t content[PROFILE_DATUM_MOST];
    struct bytes_out out = {.data = content, .cap = sizeof content};
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_true(profile_datum_literal(&profile->data[2], serial, &out, &err));
    assert_int_equal(out.len, 21);
    assert_memory_equal(content, "m7 0123ab0000000000ee", 21);
    out.len = 0;
    assert_true(profile_datum_literal(&profile->data[3], serial, &out, &err));
    assert_int_equal(out.len, 3);
    assert_memory_equal(content, "\x00\x01\xff", 3);
}

#define MANY "0123456789012345678901234567890123456789"
static const struct bad_row {
    const char *name, *from, *to;
    uint32_t line;
    enum error_reason reason;
    const char *message; /* it begins so */
} bad_rows[] = {
    {"no content", "    text: 'm7 {serial:lower}'\n", "", 23, ERROR_PROFILE_SCHEMA,
     "data[2].name: the entry needs one content"},
    {"two contents", "    hex: '0001FF'\n", "    hex: '0001FF'\n    text: x\n", 27, ERROR_PROFILE_SCHEMA,
     "data[3].name: the entry needs one content"},
    {"a secret in the profile", "file: a.hex", "hex: 00112233445566778899AABBCCDDEEFF", 16, ERROR_PROFILE_CONFLICT,
     "data[1].type: a secret is never in the profile itself"},
    {"a secret without id", "    id: 33\n", "", 15, ERROR_PROFILE_CONFLICT, "data[1].id: a secret is a key of PSA"},
    {"data with id", "    slot: 13\n", "    slot: 13\n    id: 99\n", 26, ERROR_PROFILE_CONFLICT,
     "data[2].id: a secret is a key of PSA"},
    {"another algorithm", "algorithm: gcm", "algorithm: hmac(sha-256)", 19, ERROR_PROFILE_CONFLICT,
     "data[1].algorithm: not an algorithm for this type"},
    {"no AES", "[ATECC608B]", "[ATECC508A]", 16, ERROR_PROFILE_CONFLICT, "data[1].type: an ATECC508A has no AES"},
    {"unlocked", "[config, data]", "[config]", 11, ERROR_PROFILE_CONFLICT,
     "data[0].slot: what a slot holds can only be proven"},
    {"fixed, yet replaceable", "    write-key: 9\n", "", 21, ERROR_PROFILE_CONFLICT,
     "data[1].replace: a secret can be written again only with write-key"},
    {"a write key that is none", "write-key: 9", "write-key: 13", 21, ERROR_PROFILE_CONFLICT,
     "data[1].write-key: no other secret of 32 bytes"},
    {"the same slot", "slot: 13", "slot: 9", 25, ERROR_PROFILE_CONFLICT,
     "data[2].slot: another entry of the profile has the same"},
    {"the same id", "id: 33", "id: 32", 18, ERROR_PROFILE_CONFLICT,
     "data[1].id: another entry of the profile has the same"},
    {"the same name", "name: open", "name: label", 27, ERROR_PROFILE_CONFLICT,
     "data[3].name: another entry of the profile has the same"},
    {"the mark's slot", "  lock: [config, data]\n", "  lock: [config, data]\n  mark: 13\n", 26, ERROR_PROFILE_CONFLICT,
     "data[2].slot: the slot is the mark's"},
    {"too long for its slot", "hex: '0001FF'", "text: " MANY, 27, ERROR_PROFILE_CONFLICT,
     "data[3].name: its content has an unknown placeholder"},
    {"no hex digits", "'0001FF'", "'0001F'", 27, ERROR_PROFILE_CONFLICT,
     "data[3].name: its content has an unknown placeholder"},
    {"an unknown placeholder", "s/{serial}.hex", "s/{board}.hex", 9, ERROR_PROFILE_CONFLICT,
     "data[0].name: its content has an unknown placeholder"},
    {"an IO protection key with content", "data:\n", "data:\n" IO_ENTRY "    text: x\n", 9, ERROR_PROFILE_SCHEMA,
     "data[0].name: the entry needs one content, and io-protection none"},
    {"an IO protection key with id", "data:\n", "data:\n" IO_ENTRY "    id: 99\n", 12, ERROR_PROFILE_CONFLICT,
     "data[0].id: a secret is a key of PSA"},
    {"an IO protection key with an algorithm", "data:\n", "data:\n" IO_ENTRY "    algorithm: hmac(sha-256)\n", 12,
     ERROR_PROFILE_CONFLICT, "data[0].algorithm: not an algorithm for this type"},
    {"an IO protection key with a write key", "data:\n", "data:\n" IO_ENTRY "    write-key: 9\n", 12,
     ERROR_PROFILE_CONFLICT, "data[0].write-key: write-key says how the slot"},
    {"an IO protection key that may be replaced", "data:\n", "data:\n" IO_ENTRY "    replace: unclaimed\n", 12,
     ERROR_PROFILE_CONFLICT, "data[0].replace: a secret can be written again only with write-key"},
    {"a slot that is fixed and locked", "data:\n", "data:\n" IO_ENTRY "    lock-slot: true\n", 12,
     ERROR_PROFILE_CONFLICT, "data[0].lock-slot: a part that imprint configures"},
    {"two IO protection keys", "data:\n", "data:\n" IO_ENTRY "  - name: b\n    type: io-protection\n    slot: 7\n", 13,
     ERROR_PROFILE_CONFLICT, "data[1].type: another entry of the profile has the same"},
    {"an IO protection key that ECDH can overwrite", "keys: []\ndata:\n",
     AGREEING("4") "  - name: bus\n    type: io-protection\n    slot: 5\n", 19, ERROR_PROFILE_CONFLICT,
     "data[0].slot: the slot before it permits ECDH"},
    {"data that ECDH can overwrite", "keys: []\ndata:\n",
     AGREEING("4") IO_ENTRY "  - {name: shown, type: bytes, slot: 5, text: x}\n", 20, ERROR_PROFILE_CONFLICT,
     "data[1].slot: the slot before it permits ECDH, and the chip can put the secret into this slot, where the IO "
     "protection key does not protect it"},
    {"a key that could put its secret into a certificate's slot", "keys: []\ndata:\n", AGREEING("8") IO_ENTRY, 11,
     ERROR_PROFILE_CONFLICT, "keys[0].slot: on a part that imprint configures, slots 8 to 15 are for public keys"},
    {"a secret to derive from beside an IO protection key", "data:\n",
     "data:\n" IO_ENTRY "  - {name: root, type: derive, slot: 10, id: 40, algorithm: hkdf(sha-256), file: r.hex}\n", 12,
     ERROR_PROFILE_CONFLICT, "data[1].type: with io-protection the chip gives what its KDF derives only encrypted"},
    {"lock-slot of other data", "    slot: 13\n", "    slot: 13\n    lock-slot: true\n", 26, ERROR_PROFILE_CONFLICT,
     "data[2].lock-slot: only the slot of io-protection is locked"},
    {"no config lock", "  lock: [config, data]\n", "", 4, ERROR_PROFILE_CONFLICT, "chip.lock: the chip creates"},
};

static void test_bad(void **state)
{
    static struct profile profile;
    struct profile_complaint complaint;

    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        const struct bad_row *row = &bad_rows[i];
        const char *text = text_with(row->from, row->to);

        if (profile_read_text(text, strlen(text), &profile, &complaint))
            fail_msg("%s: accepted", row->name);
        if (complaint.reason != row->reason || strncmp(complaint.message, row->message, strlen(row->message)) != 0 ||
            complaint.line != row->line)
            fail_msg("%s: %u:%u: %s", row->name, complaint.line, complaint.column, complaint.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_golden_bytes),
        cmocka_unit_test(test_config_words),
        cmocka_unit_test(test_abilities),
        cmocka_unit_test(test_literal),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_io_key_bytes),
        cmocka_unit_test(test_io_key_config),
        cmocka_unit_test(test_where_secrets_go),
        cmocka_unit_test(test_slots_of_certificates),
        cmocka_unit_test(test_io_key_beside_ecdh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
