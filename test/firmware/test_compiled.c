/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that `imprint compile --c` has made, compiled: they say what the text says, have its digest, and carry the
 * public keys of its files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "profile/compiled.h"
#include "profile/text/table.h"
#include "profile/text/text.h"

extern const struct profile_compiled board_profile, blank_profile, many_profile, certificates_profile, bytes_profile,
    io_key_profile, flex_io_key_profile;

static const struct row {
    const struct profile_compiled *compiled;
    const char *text;
    bool armed;
    size_t public_keys;
} rows[] = {
    {&board_profile, "profiles/board-factory.yaml", true, 0},
    {&blank_profile, "test/data/profiles/board-blank.yaml", true, 1},
    {&many_profile, "test/data/profiles/board-many.yaml", false, 2},
    {&certificates_profile, "test/data/profiles/certificates.yaml", false, 0},
    {&bytes_profile, "test/data/profiles/board-bytes.yaml", false, 0},
    {&io_key_profile, "profiles/blank-io-protection.yaml", true, 0},
    {&flex_io_key_profile, "test/data/profiles/trust-flex-io-protection.yaml", true, 0},
};

static void read_text(const struct row *row, struct profile *profile)
{
    struct profile_complaint complaint;
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", IMPRINT_TEST_ROOT, row->text);
    if (!profile_read_file(path, profile, &complaint))
        fail_msg("%s: %s", path, complaint.message);
}

static void test_says_what_the_text_says(void **state)
{
    static struct profile profile;
    static uint8_t from_text[PROFILE_BINARY_MAX], from_table[PROFILE_BINARY_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct bytes_out text = {.data = from_text, .cap = sizeof from_text};
        struct bytes_out table = {.data = from_table, .cap = sizeof from_table};
        uint8_t digest[PROFILE_DIGEST_BYTES];

        read_text(row, &profile);
        assert_true(profile_encode(&profile, &text));
        assert_true(profile_encode(&row->compiled->profile, &table));
        assert_true(bytes_equal(bytes_written(&text), bytes_written(&table)));
        assert_true(profile_digest(&profile, digest));
        assert_memory_equal(digest, row->compiled->digest, sizeof digest);
        assert_true(profile_check(&row->compiled->profile, NULL));
        assert_int_equal(row->compiled->armed, row->armed);
        assert_false(row->compiled->run_at_start);
        assert_int_equal(row->compiled->public_key_count, row->public_keys);
    }
}

/* The file of the key that `public_key` is for, read by libcrypto. */
static void expect_file(const struct row *row, const struct profile_public_key *public_key)
{
    static struct profile profile;
    const struct profile_key *key = NULL;
    char path[512];
    uint8_t point[65];
    size_t len = 0;
    EVP_PKEY *pkey;
    FILE *file;

    read_text(row, &profile);
    for (size_t i = 0; i < profile.key_count; i++)
        if (profile.keys[i].id == public_key->id)
            key = &profile.keys[i];
    assert_non_null(key);
    (void)snprintf(path, sizeof path, "%s/%.*s/%s", IMPRINT_TEST_ROOT, (int)(strrchr(row->text, '/') - row->text),
                   row->text, key->source);
    file = fopen(path, "r");
    assert_non_null(file);
    pkey = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    (void)fclose(file);
    assert_int_equal(EVP_PKEY_get_octet_string_param(pkey, "pub", point, sizeof point, &len), 1);
    EVP_PKEY_free(pkey);
    assert_int_equal(len, sizeof point);
    assert_memory_equal(point, public_key->point, sizeof point);
}

static void test_carries_public_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < rows[i].compiled->public_key_count; k++)
            expect_file(&rows[i], &rows[i].compiled->public_keys[k]);
}

static void test_the_same_each_time(void **state)
{
    const char *const steps[] = {"provision_step_one", "provision_step_two", NULL};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *first = NULL, *second = NULL;
        size_t first_len = 0, second_len = 0;
        FILE *stream = open_memstream(&first, &first_len);

        profile_table_print(stream, rows[i].compiled, "a", steps);
        assert_int_equal(fclose(stream), 0);
        stream = open_memstream(&second, &second_len);
        profile_table_print(stream, rows[i].compiled, "a", steps);
        assert_int_equal(fclose(stream), 0);
        assert_string_equal(first, second);
        assert_non_null(
            strstr(first, "a_steps[] = {\n    &provision_step_one,\n    &provision_step_two,\n    NULL,\n"));
        free(first);
        free(second);
    }
}

static const struct {
    const char *name;
    bool good;
} names[] = {
    {"a", true},       {"factory_profile", true},
    {"A9_", true},     {"", false},
    {"9a", false},     {"_a", false},
    {"a-b", false},    {"a b", false},
    {"int", false},    {"true", false},
    {"a.b", false},    {"\xc3\xa4", false},
    {"struct", false}, {"structure", true},
    {"a;", false},
};

static void test_names(void **state)
{
    char longest[65];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (profile_table_name_valid(names[i].name) != names[i].good)
            fail_msg("'%s'", names[i].name);
    memset(longest, 'a', sizeof longest);
    longest[64] = '\0';
    assert_false(profile_table_name_valid(longest));
    longest[63] = '\0';
    assert_true(profile_table_name_valid(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_what_the_text_says),
        cmocka_unit_test(test_carries_public_keys),
        cmocka_unit_test(test_the_same_each_time),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
