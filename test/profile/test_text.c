/* SPDX-License-Identifier: Apache-2.0 */
/* Good profiles: every field arrives, absent ones get their defaults, and other ways of writing the same are the same.
 */
#include "profile/text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/text/complain.h"
#include "profile/text/schema.h"

#define PAIR PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
#define PUBLIC PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)
#define SIGNS (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)
#define VERIFIES (PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE)

static const struct profile *read_good(const char *text)
{
    static struct profile profile;
    struct profile_complaint complaint;

    if (!profile_read_text(text, strlen(text), &profile, &complaint))
        fail_msg("%u:%u: %s (%s)", complaint.line, complaint.column, complaint.message, complaint.expected);
    assert_int_equal(complaint.reason, ERROR_NONE);
    assert_string_equal(complaint.message, "");
    return &profile;
}

static void test_every_field(void **state)
{
    const struct profile *profile = read_good("# a comment\n"
                                              "imprint: 1\n"
                                              "name: all_of-it9\n"
                                              "chip:\n"
                                              "  parts: [ATECC608B, ATECC508A]\n"
                                              "  configuration: policy\n"
                                              "  i2c-address: 0x35\n"
                                              "  lock: [data, config] # in any order\n"
                                              "keys:\n"
                                              "  - name: first\n"
                                              "    id: 0x3fffffff\n"
                                              "    method: generate\n"
                                              "    slot: 3\n"
                                              "    type: ecc-key-pair(secp-r1)\n"
                                              "    bits: 256\n"
                                              "    algorithm: ecdsa(sha-384)\n"
                                              "    usage: [sign-message, derive, verify-hash]\n"
                                              "    replace: unclaimed\n"
                                              "    lock-slot: true\n"
                                              "  - name: second\n"
                                              "    id: 1\n"
                                              "    method: import\n"
                                              "    slot: 0xF\n"
                                              "    type: ecc-public-key(secp-r1)\n"
                                              "    bits: 0x100\n"
                                              "    algorithm: ecdsa(any-hash)\n"
                                              "    usage: [verify-message, export]\n"
                                              "    file: \"sub folder/\xc3\xa4.pem\"\n");

    (void)state;
    assert_string_equal(profile->name, "all_of-it9");
    assert_int_equal(profile->parts, 1u << CHIP_PART_ATECC608B | 1u << CHIP_PART_ATECC508A);
    assert_int_equal(profile->configuration, PROFILE_POLICY);
    assert_int_equal(profile->i2c_address, 0x35);
    assert_true(profile->lock_config && profile->lock_data);
    assert_int_equal(profile->write_key_count, 0);
    assert_int_equal(profile->key_count, 2);

    assert_string_equal(profile->keys[0].name, "first");
    assert_int_equal(profile->keys[0].id, 0x3fffffff);
    assert_int_equal(profile->keys[0].method, PROFILE_GENERATE);
    assert_int_equal(profile->keys[0].slot, 3);
    assert_int_equal(profile->keys[0].type, PAIR);
    assert_int_equal(profile->keys[0].bits, 256);
    assert_int_equal(profile->keys[0].algorithm, PSA_ALG_ECDSA(PSA_ALG_SHA_384));
    assert_int_equal(profile->keys[0].usage, PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_DERIVE | VERIFIES);
    assert_int_equal(profile->keys[0].replace, PROFILE_REPLACE_UNCLAIMED);
    assert_true(profile->keys[0].lock_slot);
    assert_string_equal(profile->keys[0].source, "");
    assert_int_equal(profile->keys[0].line, 10);

    assert_string_equal(profile->keys[1].name, "second");
    assert_int_equal(profile->keys[1].id, 1);
    assert_int_equal(profile->keys[1].method, PROFILE_IMPORT);
    assert_int_equal(profile->keys[1].slot, 15);
    assert_int_equal(profile->keys[1].type, PUBLIC);
    assert_int_equal(profile->keys[1].algorithm, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    assert_int_equal(profile->keys[1].usage, PSA_KEY_USAGE_VERIFY_MESSAGE | PSA_KEY_USAGE_EXPORT);
    assert_int_equal(profile->keys[1].replace, PROFILE_REPLACE_NEVER);
    assert_false(profile->keys[1].lock_slot);
    assert_string_equal(profile->keys[1].source, "sub folder/\xc3\xa4.pem");
    assert_int_equal(profile->keys[1].line, 20);
}

static void test_defaults(void **state)
{
    const struct profile *profile = read_good("imprint: 1\n"
                                              "name: a\n"
                                              "chip: {parts: [ATECC608A], configuration: trust-and-go}\n"
                                              "keys:\n"
                                              "  - {name: b, id: 16, method: generate, type: ecc-key-pair(secp-r1),\n"
                                              "     bits: 256, algorithm: ecdsa(sha-256), usage: [sign-hash]}\n"
                                              "  - {name: c, id: 17, method: generate, type: ecc-key-pair(secp-r1),\n"
                                              "     bits: 256, algorithm: ecdsa(sha-256), usage: [sign-hash],\n"
                                              "     csr-subject: \"CN={serial},O=\\\\\\\"x\\\\\\\"\"}\n");

    (void)state;
    assert_int_equal(profile->configuration, PROFILE_TRUST_AND_GO);
    assert_int_equal(profile->i2c_address, 0);
    assert_false(profile->lock_config || profile->lock_data);
    assert_int_equal(profile->keys[0].slot, PROFILE_SLOT_ANY);
    assert_int_equal(profile->keys[0].replace, PROFILE_REPLACE_NEVER);
    assert_false(profile->keys[0].lock_slot);
    assert_int_equal(profile->keys[0].usage, SIGNS);
    assert_int_equal(profile->keys[0].line, 5);
    assert_string_equal(profile->keys[0].csr_subject, "");
    assert_string_equal(profile->keys[1].csr_subject, "CN={serial},O=\\\"x\\\"");
}

/* The same device in other clothes: the same profile but for lines, and the same digest. */
static void test_other_clothes(void **state)
{
    static const char *const texts[] = {
        "imprint: 1\nname: a\nchip:\n  parts: [ATECC608A, ATECC608B]\n  configuration: as-delivered\n  write-keys:\n"
        "  - {slot: 4, file: x}\n  - {slot: 6, file: y}\n"
        "keys:\n- {name: b, id: 16, method: import, type: ecc-key-pair(secp-r1), bits: 256, algorithm: "
        "ecdsa(sha-256), usage: [sign-hash], file: k}\n",
        /* JSON, a byte order mark, other orders, other notations, what is implied spelled out */
        "\xef\xbb\xbf{\"keys\": [{\"usage\": [\"sign-message\", \"sign-hash\"], \"file\": \"k\", \"algorithm\": "
        "\"ecdsa(sha-256)\", \"bits\": 256, \"type\": \"ecc-key-pair(secp-r1)\", \"method\": \"import\", \"id\": "
        "0x10, \"name\": \"b\", \"replace\": \"never\", \"lock-slot\": false}], \"chip\": {\"write-keys\": "
        "[{\"file\": \"y\", \"slot\": 6}, {\"file\": \"x\", \"slot\": 4}], \"configuration\": \"as-delivered\", "
        "\"parts\": [\"ATECC608B\", \"ATECC608A\"]}, \"name\": \"a\", \"imprint\": 1}",
        /* carriage returns, document marks, comments */
        "%YAML 1.1\r\n---\r\nimprint: 1 # one\r\nname: 'a'\r\nchip:\r\n  configuration: as-delivered\r\n"
        "  parts:\r\n  - ATECC608A\r\n  - ATECC608B\r\n  write-keys:\r\n  - slot: 4\r\n    file: x\r\n  - slot: 0x6\r\n"
        "    file: y\r\nkeys:\r\n- name: b\r\n  id: 16\r\n  method: import\r\n  type: ecc-key-pair(secp-r1)\r\n"
        "  bits: 256\r\n  algorithm: ecdsa(sha-256)\r\n  usage:\r\n  - sign-hash\r\n  file: k\r\n...\r\n",
    };
    uint8_t first[PROFILE_DIGEST_BYTES];
    uint8_t digest[PROFILE_DIGEST_BYTES];

    (void)state;
    assert_true(profile_digest(read_good(texts[0]), first));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct profile *profile = read_good(texts[i]);

        assert_int_equal(profile->write_keys[0].slot, 4);
        assert_string_equal(profile->write_keys[0].source, "x");
        assert_int_equal(profile->write_keys[1].slot, 6);
        assert_string_equal(profile->write_keys[1].source, "y");
        assert_true(profile_digest(profile, digest));
        assert_memory_equal(digest, first, sizeof(digest));
    }
}

/* As many of everything as there may be, and as long. */
static void test_largest(void **state)
{
    static char text[PROFILE_TEXT_MAX];
    static uint8_t encoded[PROFILE_BINARY_MAX];
    struct bytes_out out = {.data = encoded, .cap = sizeof(encoded)};
    char longest[PROFILE_SOURCE_MAX];
    size_t len = 0;
    const struct profile *profile;

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    len += (size_t)snprintf(text + len, sizeof(text) - len,
                            "imprint: 1\nname: %.63s\nchip:\n  parts: [ATECC508A, ATECC608A, ATECC608B]\n"
                            "  configuration: as-delivered\n  write-keys:\n",
                            longest);
    for (int i = 15; i >= 0; i--)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "  - {slot: %d, file: %s}\n", i, longest);
    len += (size_t)snprintf(text + len, sizeof(text) - len, "keys:\n");
    for (int i = 0; i < 16; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "- {name: %.61s%02d, id: %d, method: import, type: ecc-key-pair(secp-r1), bits: 256, "
                                "algorithm: ecdsa(any-hash), usage: [sign-hash, sign-message, verify-hash, "
                                "verify-message], replace: unclaimed, file: %s}\n",
                                longest, i, 0x3ffffff0 + i, longest);
    profile = read_good(text);
    assert_int_equal(profile->key_count, 16);
    assert_int_equal(profile->write_key_count, 16);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(profile->write_keys[i].slot, i);
    assert_true(profile_encode(profile, &out));
    assert_true(out.len > 9000);
}

/* A text as long as is allowed is read, one byte more is not; a great many values are refused. */
static void test_size_limits(void **state)
{
    static char text[PROFILE_TEXT_MAX + 1];
    static struct profile profile;
    struct profile_complaint complaint;
    static const char start[] =
        "imprint: 1\nname: a\nchip: {parts: [ATECC608A], configuration: as-delivered}\nkeys: []\n#";

    (void)state;
    memset(text, ' ', sizeof(text));
    for (size_t i = 0; i + 1 < sizeof(start); i++)
        text[i] = start[i];
    assert_true(profile_read_text(text, PROFILE_TEXT_MAX, &profile, &complaint));
    assert_int_equal(profile.key_count, 0);
    assert_false(profile_read_text(text, PROFILE_TEXT_MAX + 1, &profile, &complaint));
    assert_int_equal(complaint.reason, ERROR_INPUT_FILE);
    assert_int_equal(complaint.line, 0);

    for (size_t i = 0; i < PROFILE_TEXT_MAX; i++)
        text[i] = i == 0 ? '[' : i % 2 == 1 ? 'a' : ',';
    assert_false(profile_read_text(text, PROFILE_TEXT_MAX, &profile, &complaint));
    assert_int_equal(complaint.reason, ERROR_PROFILE_SYNTAX);
    assert_string_equal(complaint.message, "more values than a file can have");

    memset(text, '[', sizeof(text));
    assert_false(profile_read_text(text, PROFILE_TEXT_MAX, &profile, &complaint));
    assert_string_equal(complaint.message, "nested too deep");
    memset(text, '{', sizeof(text));
    assert_false(profile_read_text(text, PROFILE_TEXT_MAX, &profile, &complaint));
    memset(text, 'a', sizeof(text));
    assert_false(profile_read_text(text, PROFILE_TEXT_MAX, &profile, &complaint));
    assert_false(profile_read_text("", 0, &profile, &complaint));
}

static char *load_docs(void)
{
    static char docs[64 * 1024];
    FILE *file = fopen(IMPRINT_TEST_DOCS "/reference/profile.md", "r");
    size_t len = 0;

    assert_non_null(file);
    if (file != NULL) {
        len = fread(docs, 1, sizeof(docs) - 1, file);
        (void)fclose(file);
    }
    docs[len] = '\0';
    return docs;
}

/* Looks for each field's row of the documented table, and its example; returns how many fields with fields of their own
 * there are. */
static size_t expect_documented(const char *prefix, const struct schema_field *fields)
{
    const char *docs = load_docs();
    size_t nested = 0;

    for (const struct schema_field *field = fields; field->key != NULL; field++) {
        char row[128];

        (void)snprintf(row, sizeof(row), "\n| `%s%s` | %s |", prefix, field->key, field->required ? "yes" : "no");
        if (strstr(docs, row) == NULL)
            fail_msg("not in docs/reference/profile.md: %s", row + 1);
        if (field->example == NULL || strncmp(field->example, field->key, strlen(field->key)) != 0 ||
            field->example[strlen(field->key)] != ':')
            fail_msg("%s%s has no example", prefix, field->key);
        for (const struct profile_word *word = field->words; word != NULL && word->word != NULL; word++) {
            (void)snprintf(row, sizeof(row), "`%s`", word->word);
            if (strstr(docs, row) == NULL)
                fail_msg("not in docs/reference/profile.md: %s", row);
        }
        nested += field->fields != NULL;
    }
    return nested;
}

static const struct schema_field *fields_of(const struct schema_field *fields, const char *key)
{
    for (; fields->key != NULL; fields++)
        if (strcmp(fields->key, key) == 0)
            return fields->fields;
    fail_msg("no %s in the schema", key);
    return fields;
}

/* The documented table and the schema name the same keys and words. */
static void test_docs_list_every_field(void **state)
{
    const struct schema_field *chip = fields_of(schema_root, "chip");

    (void)state;
    assert_int_equal(expect_documented("", schema_root), 4);
    assert_int_equal(expect_documented("chip.", chip), 1);
    assert_int_equal(expect_documented("chip.write-keys[].", fields_of(chip, "write-keys")), 0);
    assert_int_equal(expect_documented("keys[].", fields_of(schema_root, "keys")), 0);
    assert_int_equal(expect_documented("certificates[].", fields_of(schema_root, "certificates")), 0);
    assert_int_equal(expect_documented("data[].", fields_of(schema_root, "data")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field),   cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_other_clothes), cmocka_unit_test(test_largest),
        cmocka_unit_test(test_size_limits),   cmocka_unit_test(test_docs_list_every_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
