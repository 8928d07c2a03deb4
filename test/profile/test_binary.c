/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form: golden bytes and digests that may never change, and no field that is left out of it. */
#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "base/hex.h"
#include "profile/text/text.h"

static uint8_t buffer[PROFILE_BINARY_MAX];
static uint8_t again[PROFILE_BINARY_MAX];

/* Everything that is in the form, once, all values different. */
static const char golden_text[] = "imprint: 1\n"
                                  "name: golden\n"
                                  "chip:\n"
                                  "  parts: [ATECC508A, ATECC608B]\n"
                                  "  configuration: as-delivered\n"
                                  "  write-keys:\n"
                                  "    - {slot: 6, file: six}\n"
                                  "    - {slot: 4, file: four.hex}\n"
                                  "keys:\n"
                                  "  - name: one\n"
                                  "    id: 0x12345678\n"
                                  "    method: import\n"
                                  "    slot: 2\n"
                                  "    type: ecc-key-pair(secp-r1)\n"
                                  "    bits: 256\n"
                                  "    algorithm: ecdsa(sha-256)\n"
                                  "    usage: [sign-hash]\n"
                                  "    replace: unclaimed\n"
                                  "    lock-slot: true\n"
                                  "    file: k.pem\n"
                                  "  - name: two\n"
                                  "    id: 18\n"
                                  "    method: generate\n"
                                  "    slot: 3\n"
                                  "    type: ecc-key-pair(secp-r1)\n"
                                  "    bits: 256\n"
                                  "    algorithm: ecdsa(any-hash)\n"
                                  "    usage: [sign-message, verify-hash, derive]\n";

/* Written by hand from docs/reference/profile.md. Key type 0x7112; algorithms 0x06000609, 0x060006ff. */
static const char golden_hex[] = "49505246 01 05 00 00 00 02 02" /* IPRF, version, parts, ... counts */
                                 "06 676F6C64656E"               /* golden */
                                 "78563412 02 02 1271 0001 09060006 00140000 01 01"
                                 "03 6F6E65 05 6B2E70656D" /* one, k.pem */
                                 "12000000 01 03 1271 0001 FF060006 006C0000 00 00"
                                 "03 74776F 00"           /* two, no file */
                                 "04 08 666F75722E686578" /* slot 4, four.hex */
                                 "06 03 736978";          /* slot 6, six */

static void read_text(const char *text, struct profile *profile)
{
    struct profile_complaint complaint;

    if (!profile_read_text(text, strlen(text), profile, &complaint))
        fail_msg("%u:%u: %s", complaint.line, complaint.column, complaint.message);
}

static struct bytes encode(const struct profile *profile)
{
    struct bytes_out out = {.data = buffer, .cap = sizeof(buffer)};

    assert_true(profile_encode(profile, &out));
    return bytes_written(&out);
}

static void test_golden_bytes(void **state)
{
    static struct profile profile;
    uint8_t expected[256];
    struct bytes_out out = {.data = expected, .cap = sizeof(expected)};
    struct bytes encoded;

    (void)state;
    assert_true(hex_decode(golden_hex, strlen(golden_hex), &out, NULL));
    read_text(golden_text, &profile);
    encoded = encode(&profile);
    assert_int_equal(encoded.len, out.len);
    assert_memory_equal(encoded.data, expected, out.len);
}

/* The same keys, the second with a request: version 2, and a text more for each. */
static const char golden_csr_hex[] = "49505246 02 05 00 00 00 02 02"
                                     "06 676F6C64656E"
                                     "78563412 02 02 1271 0001 09060006 00140000 01 01"
                                     "03 6F6E65 05 6B2E70656D 00"
                                     "12000000 01 03 1271 0001 FF060006 00140000 00 00"
                                     "03 74776F 00 0B 434E3D7B73657269616C7D" /* CN={serial} */
                                     "04 08 666F75722E686578"
                                     "06 03 736978";

static void test_golden_bytes_with_request(void **state)
{
    static struct profile profile;
    uint8_t expected[256];
    struct bytes_out out = {.data = expected, .cap = sizeof(expected)};
    struct bytes encoded;

    (void)state;
    assert_true(hex_decode(golden_csr_hex, strlen(golden_csr_hex), &out, NULL));
    read_text(golden_text, &profile);
    strcpy(profile.keys[1].csr_subject, "CN={serial}");
    profile.keys[1].usage = PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE;
    encoded = encode(&profile);
    assert_int_equal(encoded.len, out.len);
    assert_memory_equal(encoded.data, expected, out.len);
}

/* Version 3: what the profile says of the maker and of rehearsals after its name, and a subject for each key. */
static const char golden_supply_hex[] = "49505246 03 05 00 00 00 02 02"
                                        "06 676F6C64656E 02 01 09"
                                        "78563412 02 02 1271 0001 09060006 00140000 01 01"
                                        "03 6F6E65 05 6B2E70656D 00"
                                        "12000000 01 03 1271 0001 FF060006 006C0000 00 00"
                                        "03 74776F 00 00"
                                        "04 08 666F75722E686578"
                                        "06 03 736978";

static void test_golden_bytes_with_supply(void **state)
{
    static struct profile profile;
    uint8_t expected[256];
    struct bytes_out out = {.data = expected, .cap = sizeof(expected)};
    struct bytes encoded;

    (void)state;
    assert_true(hex_decode(golden_supply_hex, strlen(golden_supply_hex), &out, NULL));
    read_text(golden_text, &profile);
    profile.genuine = PROFILE_GENUINE_REQUIRED;
    profile.rehearsal = PROFILE_REHEARSAL_ALLOWED;
    profile.mark_slot = 9;
    encoded = encode(&profile);
    assert_int_equal(encoded.len, out.len);
    assert_memory_equal(encoded.data, expected, out.len);
}

static const struct subject_row {
    const char *subject, *text;
} subject_rows[] = {
    {"CN=board", "CN=board"},
    {"CN={serial}", "CN=0123000000000000EE"},
    {"CN={serial},serialNumber={serial},O=x", "CN=0123000000000000EE,serialNumber=0123000000000000EE,O=x"},
    {"CN={serial:lower}", "CN=0123000000000000ee"},
    {"CN={serial:lower}{serial}", "CN=0123000000000000ee0123000000000000EE"},
    {"CN=}", "CN=}"},
};

static const char *const no_placeholders[] = {"CN={seria}",  "CN={serial",   "CN={{serial}}",
                                              "CN={Serial}", "CN={serial:}", "{"};

static void test_subjects(void **state)
{
    static const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0, 0, 0, 0, 0, 0, 0xee};
    char text[PROFILE_SUBJECT_TEXT_MAX];
    static char pattern[PROFILE_SUBJECT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(subject_rows) / sizeof(subject_rows[0]); i++) {
        assert_true(profile_fill_subject(subject_rows[i].subject, serial, text, NULL));
        assert_string_equal(text, subject_rows[i].text);
    }
    for (size_t i = 0; i < sizeof no_placeholders / sizeof no_placeholders[0]; i++) {
        assert_false(profile_fill_subject(no_placeholders[i], serial, text, NULL));
        assert_string_equal(text, "");
    }
    for (int i = 0; i < 15; i++)
        strcat(pattern, "{serial}");
    assert_false(profile_fill_subject(pattern, serial, text, NULL)); /* 270 */
    assert_string_equal(text, "");
    pattern[14 * 8] = '\0'; /* 252 */
    assert_true(profile_fill_subject(pattern, serial, text, NULL));
}

/* These go into every device's record: a change here is a new version of the format. */
static const struct digest_row {
    const char *file, *digest;
} digest_rows[] = {
    {"mbed-factory-example", "C07887A7F42D4EB6875DBD2FBD3C67524AB28DD13073B293A8B91E6DC4A65D27"},
    {"blank-three-ways", "2FA6B4D827B48FC9308DAB5D10ABD206D2D7B75CFA5EBB59BD1E41ACD1566E1E"},
    {"trust-flex-generate", "955A4A98C24E19C2049CCE7906BDAD2B6B94845E9B3440F32DC7DB699E59DABC"},
};

static void test_golden_digests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(digest_rows) / sizeof(digest_rows[0]); i++) {
        static struct profile profile;
        struct profile_complaint complaint;
        uint8_t digest[PROFILE_DIGEST_BYTES];
        uint8_t checked[PROFILE_DIGEST_BYTES];
        char text[HEX_SIZE(PROFILE_DIGEST_BYTES)];
        char path[512];
        struct bytes encoded;

        (void)snprintf(path, sizeof(path), "%s/%s.yaml", IMPRINT_TEST_PROFILES, digest_rows[i].file);
        assert_true(profile_read_file(path, &profile, &complaint));
        assert_true(profile_digest(&profile, digest));
        encoded = encode(&profile);
        SHA256(encoded.data, encoded.len, checked);
        assert_memory_equal(digest, checked, sizeof(digest));
        hex_encode(bytes_of(digest, sizeof(digest)), text);
        assert_string_equal(text, digest_rows[i].digest);
    }
}

/* Where each field that the form has begins in the structure, and a bit of it that counts. Lines are not in the form.
 */
#define KEY(field) offsetof(struct profile, keys[1].field)
static const struct field_row {
    size_t at;
    uint8_t bit;
} fields[] = {
    {offsetof(struct profile, name), 1},
    {offsetof(struct profile, parts), 1 << CHIP_PART_ATECC608A},
    {offsetof(struct profile, configuration), 1},
    {offsetof(struct profile, genuine), 1},
    {offsetof(struct profile, listed), 1},
    {offsetof(struct profile, rehearsal), 1},
    {offsetof(struct profile, i2c_address), 1},
    {offsetof(struct profile, lock_config), 1},
    {offsetof(struct profile, lock_data), 1},
    {offsetof(struct profile, mark_slot), 1},
    {offsetof(struct profile, key_count), 1},
    {offsetof(struct profile, write_key_count), 1},
    {offsetof(struct profile, write_keys[1].slot), 1},
    {offsetof(struct profile, write_keys[1].source), 1},
    {KEY(name), 1},
    {KEY(id), 1},
    {KEY(method), 1},
    {KEY(slot), 1},
    {KEY(type), 1},
    {KEY(bits), 1},
    {KEY(algorithm), 1},
    {KEY(usage), 1},
    {KEY(replace), 1},
    {KEY(lock_slot), 1},
    {KEY(source), 1},
    {KEY(csr_subject), 1},
};

/* Profiles that differ in one field have different forms, so the digest tells them apart. */
static void test_each_field_counts(void **state)
{
    static struct profile profile, other;
    struct bytes encoded;

    (void)state;
    read_text(golden_text, &profile);
    profile.key_count++;       /* so that one less is a profile, too */
    profile.write_key_count++; /* likewise */
    encoded = encode(&profile);
    memcpy(again, encoded.data, encoded.len);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        other = profile;
        ((uint8_t *)&other)[fields[i].at] ^= fields[i].bit;
        if (bytes_equal(bytes_of(again, encoded.len), encode(&other)))
            fail_msg("field %zu of the table is not in the form", i);
    }
}

static void test_every_capacity(void **state)
{
    static struct profile profile;
    size_t len;

    (void)state;
    read_text(golden_text, &profile);
    len = encode(&profile).len;
    for (size_t cap = 0; cap < len; cap++) {
        uint8_t *exact = malloc(cap + 3);
        struct bytes_out out = {.data = exact, .cap = cap + 3, .len = 3};

        assert_non_null(exact);
        assert_false(profile_encode(&profile, &out));
        assert_int_equal(out.len, 3);
        free(exact);
    }
}

/* Structures that have no form: refused, and the output is as it was. */
static void test_not_encodable(void **state)
{
    static struct profile good;
    static struct profile profile;
    struct bytes_out out = {.data = buffer, .cap = sizeof(buffer)};
    uint8_t digest[PROFILE_DIGEST_BYTES];

    (void)state;
    read_text(golden_text, &good);
    profile = good;
    profile.key_count = PROFILE_KEYS_MAX + 1;
    assert_false(profile_encode(&profile, &out));
    profile = good;
    profile.write_key_count = CHIP_SLOTS + 1;
    assert_false(profile_encode(&profile, &out));
    profile = good;
    memset(profile.name, 'a', sizeof(profile.name));
    assert_false(profile_encode(&profile, &out));
    profile = good;
    memset(profile.keys[1].name, 'a', sizeof(profile.keys[1].name));
    assert_false(profile_encode(&profile, &out));
    profile = good;
    memset(profile.keys[0].source, 'a', sizeof(profile.keys[0].source));
    assert_false(profile_encode(&profile, &out));
    profile = good;
    memset(profile.write_keys[1].source, 'a', sizeof(profile.write_keys[1].source));
    assert_false(profile_encode(&profile, &out));
    assert_false(profile_digest(&profile, digest));
    assert_int_equal(out.len, 0);
}

/* The line is where an entry stands, not what it says. */
static void test_lines_do_not_count(void **state)
{
    static struct profile profile;
    uint8_t before[PROFILE_DIGEST_BYTES];
    uint8_t after[PROFILE_DIGEST_BYTES];

    (void)state;
    read_text(golden_text, &profile);
    assert_true(profile_digest(&profile, before));
    profile.keys[0].line += 7;
    assert_true(profile_digest(&profile, after));
    assert_memory_equal(before, after, sizeof(before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_bytes_with_request),
        cmocka_unit_test(test_golden_bytes_with_supply),
        cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_golden_bytes),
        cmocka_unit_test(test_golden_digests),
        cmocka_unit_test(test_each_field_counts),
        cmocka_unit_test(test_every_capacity),
        cmocka_unit_test(test_not_encodable),
        cmocka_unit_test(test_lines_do_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
