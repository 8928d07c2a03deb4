/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary form: golden bytes and digests that may never change, decoding undoes encoding and the other way round,
 * and nothing that is not such a form gets through.
 */
#include "profile/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "base/hex.h"
#include "profile/text/text.h"
#include "profile/words.h"

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
    static struct profile profile, decoded;
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
    assert_true(profile_decode(encoded, &decoded, NULL));
    assert_string_equal(decoded.keys[0].csr_subject, "");
    assert_string_equal(decoded.keys[1].csr_subject, "CN={serial}");
}

/* Version 2 is for profiles that need it: else a profile would have two forms and two digests. */
static void test_version_without_need(void **state)
{
    static struct profile decoded;
    struct error err = {.reason = ERROR_NONE};
    uint8_t form[256];
    struct bytes_out out = {.data = form, .cap = sizeof(form)};
    static const char hex[] = "49505246 02 05 00 00 00 01 00 06 676F6C64656E"
                              "12000000 01 03 1271 0001 FF060006 00140000 00 00 03 74776F 00 00";

    (void)state;
    assert_true(hex_decode(hex, strlen(hex), &out, NULL));
    assert_false(profile_decode(bytes_written(&out), &decoded, &err));
    assert_int_equal(err.reason, ERROR_PROFILE_SYNTAX);
    form[4] = PROFILE_BINARY_VERSION;
    assert_true(profile_decode(bytes_of(form, out.len - 1), &decoded, NULL));
}

static const struct subject_row {
    const char *subject, *text;
} subject_rows[] = {
    {"CN=board", "CN=board"},
    {"CN={serial}", "CN=0123000000000000EE"},
    {"CN={serial},serialNumber={serial},O=x", "CN=0123000000000000EE,serialNumber=0123000000000000EE,O=x"},
    {"CN={seria},O={serial", "CN={seria},O={serial"},
    {"CN={{serial}}", "CN={0123000000000000EE}"},
};

static void test_subjects(void **state)
{
    static const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23, 0, 0, 0, 0, 0, 0, 0xee};
    char text[PROFILE_SUBJECT_TEXT_MAX];
    static struct profile_key key;

    (void)state;
    for (size_t i = 0; i < sizeof(subject_rows) / sizeof(subject_rows[0]); i++) {
        strcpy(key.csr_subject, subject_rows[i].subject);
        assert_true(profile_csr_subject(&key, serial, text));
        assert_string_equal(text, subject_rows[i].text);
    }
    memset(key.csr_subject, 0, sizeof(key.csr_subject));
    for (int i = 0; i < 15; i++)
        strcat(key.csr_subject, "{serial}");
    assert_false(profile_csr_subject(&key, serial, text)); /* 270 */
    assert_string_equal(text, "");
    key.csr_subject[14 * 8] = '\0'; /* 252 */
    assert_true(profile_csr_subject(&key, serial, text));
}

/* These go into every device's record: a change here is a new version of the format. */
static const struct digest_row {
    const char *file, *digest;
} digest_rows[] = {
    {"mbed-factory-example", "8CB267FD928945CD1FEBB8FD25F6A756055F77AFE82D03A69B8765870E91D29B"},
    {"blank-three-ways", "C825E35D5E62865BFE98E96F28A9213A0E0707FE4FAD892D827CDFA8954FEB92"},
    {"trust-flex-generate", "B8514DF82D596C0D9DCE7525E87A616EAF947E0B0B86F48D5321B609306A8059"},
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

/* A small generator of its own, so that a failing run can be repeated on any machine. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static uint32_t random_word(uint32_t *seed, const struct profile_word *words)
{
    size_t count = 1;

    while (words[count].word != NULL)
        count++;
    return words[next_random(seed) % count].value;
}

static void random_source(uint32_t *seed, char source[static PROFILE_SOURCE_MAX])
{
    size_t len = 1 + next_random(seed) % (PROFILE_SOURCE_MAX - 1);

    for (size_t i = 0; i < len; i++)
        source[i] = (char)(0x20 + next_random(seed) % 0x5f);
}

/* Any profile; most break a rule, many do not. */
static void random_profile(uint32_t *seed, struct profile *profile)
{
    bool delivered = next_random(seed) % 2 == 0;

    memset(profile, 0, sizeof(*profile));
    (void)snprintf(profile->name, sizeof(profile->name), "p%u", (unsigned)next_random(seed));
    profile->parts = (uint8_t)random_word(seed, profile_words_part);
    profile->configuration = delivered ? PROFILE_AS_DELIVERED : PROFILE_POLICY;
    profile->lock_config = !delivered;
    profile->lock_data = !delivered && next_random(seed) % 2 == 0;
    if (!delivered)
        profile->i2c_address = (uint8_t)(0x08 + next_random(seed) % 0x70);
    profile->key_count = next_random(seed) % 4;
    for (size_t i = 0; i < profile->key_count; i++) {
        struct profile_key *key = &profile->keys[i];

        (void)snprintf(key->name, sizeof(key->name), "k%zu-%u", i, (unsigned)next_random(seed));
        key->id = 1 + next_random(seed) % 0x3fffffff;
        key->method = (enum profile_method)random_word(seed, profile_words_method);
        key->slot = (uint8_t)(next_random(seed) % 17);
        if (key->slot == 16)
            key->slot = PROFILE_SLOT_ANY;
        key->type = (psa_key_type_t)random_word(seed, profile_words_type);
        key->bits = 256;
        key->algorithm = random_word(seed, profile_words_algorithm);
        key->usage = random_word(seed, profile_words_usage);
        key->usage = profile_usage_extended(key->usage | random_word(seed, profile_words_usage));
        key->replace = (enum profile_replace)random_word(seed, profile_words_replace);
        key->lock_slot = next_random(seed) % 4 == 0;
        if (key->method == PROFILE_IMPORT)
            random_source(seed, key->source);
    }
    if (delivered && next_random(seed) % 2 == 0) {
        profile->write_key_count = 1;
        profile->write_keys[0].slot = (uint8_t)(next_random(seed) % 16);
        random_source(seed, profile->write_keys[0].source);
    }
}

static void test_round_trips(void **state)
{
    uint32_t seed = 20240607;
    size_t good = 0;

    (void)state;
    for (size_t run = 0; run < 40000; run++) {
        static struct profile profile;
        static struct profile decoded;
        struct bytes encoded;
        struct error err = {0};
        bool checked;

        random_profile(&seed, &profile);
        checked = profile_check(&profile, NULL);
        encoded = encode(&profile);
        if (profile_decode(encoded, &decoded, &err) != checked)
            fail_msg("run %zu: decoding and checking disagree: %s", run, err.cause);
        if (!checked)
            continue;
        good++;
        assert_memory_equal(&decoded, &profile, sizeof(profile));
    }
    assert_true(good > 2000);
}

/* One byte turned into every other: refused, or another profile whose form this is. Never the same profile. */
static void test_every_byte_changed(void **state)
{
    static struct profile profile;
    static struct profile decoded;
    struct bytes encoded;
    size_t accepted = 0;

    (void)state;
    read_text(golden_text, &profile);
    encoded = encode(&profile);
    for (size_t at = 0; at < encoded.len; at++) {
        const uint8_t original = buffer[at];

        for (unsigned value = 0; value <= UINT8_MAX; value++) {
            struct error err = {0};
            struct bytes_out out = {.data = again, .cap = sizeof(again)};

            buffer[at] = (uint8_t)value;
            if (!profile_decode(encoded, &decoded, &err)) {
                assert_int_not_equal(err.reason, ERROR_NONE);
                assert_non_null(err.cause);
                assert_true(err.found <= encoded.len);
                continue;
            }
            accepted++;
            assert_true(profile_encode(&decoded, &out));
            assert_true(bytes_equal(bytes_written(&out), encoded));
        }
        buffer[at] = original;
    }
    assert_true(accepted > encoded.len); /* more than the unchanged one at each place */
}

static void test_every_length(void **state)
{
    static struct profile profile;
    static struct profile decoded;
    struct bytes encoded;

    (void)state;
    read_text(golden_text, &profile);
    encoded = encode(&profile);
    for (size_t len = 0; len < encoded.len; len++) {
        struct error err = {0};
        uint8_t *exact = malloc(len + 1); /* so that the sanitizer sees a byte read behind the end */

        assert_non_null(exact);
        memcpy(exact + 1, encoded.data, len);
        assert_false(profile_decode(bytes_of(exact + 1, len), &decoded, &err));
        assert_int_equal(err.reason, ERROR_PROFILE_SYNTAX);
        assert_true(err.found <= len);
        free(exact);
    }
    assert_false(profile_decode(BYTES_NONE, &decoded, NULL));
    assert_true(profile_decode(encoded, &decoded, NULL));
    buffer[encoded.len] = 0;
    assert_false(profile_decode(bytes_of(buffer, encoded.len + 1), &decoded, NULL));
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

/* Random bytes, most of them with a good header so that they get further. */
static void test_random_bytes(void **state)
{
    /* One part, as delivered, one key, named "a". */
    static const uint8_t header[] = {'I', 'P', 'R', 'F', 1, 2, 0, 0, 0, 1, 0, 1, 'a'};
    uint32_t seed = 4711;

    (void)state;
    for (size_t run = 0; run < 200000; run++) {
        static struct profile decoded;
        uint8_t noise[200];
        size_t len = next_random(&seed) % sizeof(noise);

        for (size_t i = 0; i < len; i++)
            noise[i] = (uint8_t)next_random(&seed);
        if (run % 8 != 0 && len >= 13) {
            memcpy(noise, header, sizeof(header));
        }
        if (profile_decode(bytes_of(noise, len), &decoded, NULL)) {
            struct bytes_out out = {.data = again, .cap = sizeof(again)};

            assert_true(profile_encode(&decoded, &out));
            assert_true(bytes_equal(bytes_written(&out), bytes_of(noise, len)));
        }
    }
}

static void test_not_canonical(void **state)
{
    static struct profile profile;
    static struct profile decoded;
    struct bytes encoded;
    struct error err = {0};

    (void)state;
    read_text(golden_text, &profile);
    encoded = encode(&profile);
    /* The write keys in the other order: what the text allows, the form does not. */
    memcpy(again, buffer, encoded.len);
    memcpy(again + encoded.len - 15, buffer + encoded.len - 5, 5);
    memcpy(again + encoded.len - 10, buffer + encoded.len - 15, 10);
    assert_false(profile_decode(bytes_of(again, encoded.len), &decoded, &err));
    assert_int_equal(err.reason, ERROR_PROFILE_SYNTAX);
    assert_int_equal(err.found, encoded.len - 10);
    /* Two write keys for one slot: out of order, too. */
    error_clear(&err);
    memcpy(again, buffer, encoded.len);
    again[encoded.len - 5] = 4;
    assert_false(profile_decode(bytes_of(again, encoded.len), &decoded, &err));
    assert_int_equal(err.reason, ERROR_PROFILE_SYNTAX);
    /* A name of 64 leaves no room for its end. */
    error_clear(&err);
    memcpy(again, buffer, 11);
    again[11] = PROFILE_NAME_MAX;
    memset(again + 12, 'a', PROFILE_NAME_MAX);
    memcpy(again + 12 + PROFILE_NAME_MAX, buffer + 18, encoded.len - 18);
    assert_false(profile_decode(bytes_of(again, encoded.len - 6 + PROFILE_NAME_MAX), &decoded, &err));
    assert_int_equal(err.reason, ERROR_PROFILE_SYNTAX);
    error_clear(&err);
    again[11] = PROFILE_NAME_MAX - 1;
    memmove(again + 11 + PROFILE_NAME_MAX, again + 12 + PROFILE_NAME_MAX, encoded.len - 18);
    assert_true(profile_decode(bytes_of(again, encoded.len - 7 + PROFILE_NAME_MAX), &decoded, &err));
    assert_int_equal(strlen(decoded.name), PROFILE_NAME_MAX - 1);
    /* Usage without what PSA adds: decoded, then refused by the rules. */
    error_clear(&err);
    memcpy(again, buffer, encoded.len);
    assert_int_equal(again[33], 0x14);
    again[33] = 0x10;
    assert_false(profile_decode(bytes_of(again, encoded.len), &decoded, &err));
    assert_int_equal(err.reason, ERROR_PROFILE_SCHEMA);
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
        cmocka_unit_test(test_version_without_need),
        cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_golden_bytes),
        cmocka_unit_test(test_golden_digests),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_every_capacity),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_not_canonical),
        cmocka_unit_test(test_not_encodable),
        cmocka_unit_test(test_lines_do_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
