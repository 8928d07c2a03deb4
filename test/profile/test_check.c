/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules for profiles that were not read from text: each row breaks one, which must be found, in its place. The text
 * reader's table (test_text_bad.c) shows the same rules to people.
 */
#include "profile/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAIR PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
#define PUBLIC PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)
#define SIGNS (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)
#define VERIFIES (PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE)

/* A generated key pair, an imported one and an imported public key on a part of our own configuration. */
static const struct profile good = {
    .name = "good",
    .parts = 1u << CHIP_PART_ATECC608A | 1u << CHIP_PART_ATECC608B,
    .configuration = PROFILE_POLICY,
    .i2c_address = 0x35,
    .lock_config = true,
    .lock_data = true,
    .key_count = 3,
    .keys = {{.name = "made",
              .id = 16,
              .method = PROFILE_GENERATE,
              .slot = 0,
              .type = PAIR,
              .bits = 256,
              .algorithm = PSA_ALG_ECDSA(PSA_ALG_ANY_HASH),
              .usage = SIGNS | VERIFIES,
              .line = 9},
             {.name = "brought",
              .id = 17,
              .method = PROFILE_IMPORT,
              .slot = 1,
              .type = PAIR,
              .bits = 256,
              .algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_256),
              .usage = SIGNS | PSA_KEY_USAGE_DERIVE,
              .source = "private.pem",
              .line = 18},
             {.name = "root",
              .id = 18,
              .method = PROFILE_IMPORT,
              .slot = 9,
              .type = PUBLIC,
              .bits = 256,
              .algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_512),
              .usage = VERIFIES,
              .lock_slot = true,
              .source = "public.pem",
              .line = 27}},
};

/* The same keys on a part as delivered, with a write key for the import. */
static void make_delivered(struct profile *profile)
{
    profile->configuration = PROFILE_AS_DELIVERED;
    profile->i2c_address = 0;
    profile->lock_config = profile->lock_data = false;
    profile->write_key_count = 2;
    profile->write_keys[0] = (struct profile_write_key){.slot = 4, .source = "a.hex"};
    profile->write_keys[1] = (struct profile_write_key){.slot = 5, .source = "b.hex"};
}

/* A value that no program should put into an enum. */
static void set_enum(void *member, int value)
{
    _Static_assert(sizeof(enum profile_method) == sizeof(int), "enums are ints here");
    memcpy(member, &value, sizeof(value));
}

/* Each breaks one rule of a copy of `good`. */
#define BREAKS(name, statement)                                                                                        \
    static void name(struct profile *profile)                                                                          \
    {                                                                                                                  \
        statement;                                                                                                     \
    }
BREAKS(name_empty, profile->name[0] = '\0')
BREAKS(name_open, memset(profile->name, 'a', PROFILE_NAME_MAX))
BREAKS(name_strange, strcpy(profile->name, "a b"))
BREAKS(no_part, profile->parts = 0)
BREAKS(unknown_part, profile->parts |= 1u << CHIP_PART_UNKNOWN)
BREAKS(later_part, profile->parts |= 0x80)
BREAKS(later_configuration, set_enum(&profile->configuration, 6))
BREAKS(later_genuine, set_enum(&profile->genuine, 3))
BREAKS(later_rehearsal, set_enum(&profile->rehearsal, 2))
BREAKS(later_listed, set_enum(&profile->listed, 3))
BREAKS(genuine_policy, profile->genuine = PROFILE_GENUINE_REPORTED)
BREAKS(address_low, profile->i2c_address = 0x07)
BREAKS(address_high, profile->i2c_address = 0x78)
BREAKS(too_many_keys, profile->key_count = PROFILE_KEYS_MAX + 1)
BREAKS(too_many_write_keys, profile->write_key_count = CHIP_SLOTS + 1)
BREAKS(key_name_digit, strcpy(profile->keys[1].name, "1a"))
BREAKS(key_name_open, memset(profile->keys[1].name, 'a', PROFILE_NAME_MAX))
BREAKS(key_id_zero, profile->keys[1].id = 0)
BREAKS(key_id_vendor, profile->keys[1].id = PSA_KEY_ID_VENDOR_MIN)
BREAKS(key_later_method, set_enum(&profile->keys[1].method, 3))
BREAKS(key_slot_16, profile->keys[1].slot = 16)
BREAKS(key_slot_254, profile->keys[1].slot = 254)
BREAKS(key_type_aes, profile->keys[1].type = PSA_KEY_TYPE_AES)
BREAKS(key_type_k1, profile->keys[1].type = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_K1))
BREAKS(key_bits_384, profile->keys[1].bits = 384)
BREAKS(key_algorithm_none, profile->keys[1].algorithm = PSA_ALG_NONE)
BREAKS(key_algorithm_deterministic, profile->keys[1].algorithm = PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256))
BREAKS(key_usage_none, profile->keys[1].usage = 0)
BREAKS(key_usage_copy, profile->keys[1].usage |= PSA_KEY_USAGE_COPY)
BREAKS(key_usage_short, profile->keys[1].usage = PSA_KEY_USAGE_SIGN_HASH)
BREAKS(key_later_replace, set_enum(&profile->keys[1].replace, 2))
BREAKS(key_source_open, memset(profile->keys[1].source, 'a', PROFILE_SOURCE_MAX))
BREAKS(key_source_control, strcpy(profile->keys[1].source, "a\nb"))
BREAKS(csr_subject_open, memset(profile->keys[0].csr_subject, '=', PROFILE_SUBJECT_MAX))
BREAKS(csr_subject_control, strcpy(profile->keys[0].csr_subject, "CN=a\tb"))
BREAKS(csr_subject_no_name, strcpy(profile->keys[0].csr_subject, "board"))
BREAKS(csr_subject_several, strcpy(profile->keys[0].csr_subject, "O=a+CN=b"))
BREAKS(csr_subject_brace, strcpy(profile->keys[0].csr_subject, "CN={Serial}"))
BREAKS(csr_subject_grows, strcpy(profile->keys[0].csr_subject,
                                 "=={serial}{serial}{serial}{serial}{serial}{serial}{serial}{serial}{serial}{serial}"
                                 "{serial}{serial}{serial}{serial}{s}"))
BREAKS(write_key_slot_16, (make_delivered(profile), profile->write_keys[1].slot = 16))
BREAKS(write_key_source_empty, (make_delivered(profile), profile->write_keys[1].source[0] = '\0'))
BREAKS(write_key_source_open,
       (make_delivered(profile), (void)memset(profile->write_keys[1].source, 'a', PROFILE_SOURCE_MAX)))
BREAKS(trust_508a, (make_delivered(profile), profile->configuration = PROFILE_TRUST_FLEX,
                    profile->parts = 1u << CHIP_PART_ATECC508A))
BREAKS(address_default, profile->configuration = PROFILE_FACTORY_DEFAULT)
BREAKS(lock_delivered, (make_delivered(profile), profile->lock_config = true))
BREAKS(lock_trust,
       (make_delivered(profile), profile->configuration = PROFILE_TRUST_AND_GO, profile->lock_config = true))
BREAKS(lock_data_first, profile->lock_config = false)
BREAKS(lock_none, profile->lock_config = profile->lock_data = false)
BREAKS(write_keys_policy,
       (profile->write_key_count = 1, profile->write_keys[0].slot = 4, profile->write_keys[0].source[0] = 'a'))
BREAKS(write_keys_unused, (make_delivered(profile), profile->key_count = 1))
BREAKS(register_anywhere,
       (make_delivered(profile), profile->keys[0].method = PROFILE_REGISTER, profile->keys[0].slot = PROFILE_SLOT_ANY))
BREAKS(register_replaces, (make_delivered(profile), profile->keys[0].method = PROFILE_REGISTER,
                           profile->keys[0].replace = PROFILE_REPLACE_UNCLAIMED))
BREAKS(register_policy, profile->keys[0].method = PROFILE_REGISTER)
BREAKS(import_nothing, profile->keys[1].source[0] = '\0')
BREAKS(generate_file, strcpy(profile->keys[0].source, "a.pem"))
BREAKS(generate_public, profile->keys[0].type = PUBLIC)
BREAKS(public_slot_7, profile->keys[2].slot = 7)
BREAKS(public_signs, profile->keys[2].usage |= SIGNS)
BREAKS(public_derives, profile->keys[2].usage |= PSA_KEY_USAGE_DERIVE)
BREAKS(public_idle, profile->keys[2].usage = PSA_KEY_USAGE_EXPORT)
BREAKS(pair_exports, profile->keys[1].usage |= PSA_KEY_USAGE_EXPORT)
BREAKS(pair_idle, profile->keys[1].usage = PSA_KEY_USAGE_DERIVE)
BREAKS(policy_anywhere, profile->keys[1].slot = PROFILE_SLOT_ANY)
BREAKS(derive_anywhere, (make_delivered(profile), profile->keys[1].slot = PROFILE_SLOT_ANY))
BREAKS(lock_anywhere, (make_delivered(profile), profile->keys[2].slot = PROFILE_SLOT_ANY))
BREAKS(policy_private_slot_8, profile->keys[1].slot = 8)
BREAKS(csr_public, strcpy(profile->keys[2].csr_subject, "CN=a"))
BREAKS(csr_unsigned,
       (strcpy(profile->keys[0].csr_subject, "CN=a"), profile->keys[0].usage = PSA_KEY_USAGE_SIGN_MESSAGE))
BREAKS(csr_other_hash,
       (strcpy(profile->keys[0].csr_subject, "CN=a"), profile->keys[0].algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_384)))
BREAKS(same_name, strcpy(profile->keys[2].name, "brought"))
BREAKS(same_id, profile->keys[2].id = 17)
BREAKS(same_slot, profile->keys[1].slot = 0)
BREAKS(write_keys_same_slot, (make_delivered(profile), profile->write_keys[1].slot = 4))
BREAKS(write_key_in_key_slot, (make_delivered(profile), profile->write_keys[1].slot = 9))

static const struct check_row {
    void (*breaks)(struct profile *profile);
    enum profile_place place;
    size_t index;
    const char *field;
    enum error_reason reason;
} rows[] = {
    {name_empty, PROFILE_AT_TOP, 0, "name", ERROR_PROFILE_SCHEMA},
    {name_open, PROFILE_AT_TOP, 0, "name", ERROR_PROFILE_SCHEMA},
    {name_strange, PROFILE_AT_TOP, 0, "name", ERROR_PROFILE_SCHEMA},
    {no_part, PROFILE_AT_CHIP, 0, "parts", ERROR_PROFILE_SCHEMA},
    {unknown_part, PROFILE_AT_CHIP, 0, "parts", ERROR_PROFILE_SCHEMA},
    {later_part, PROFILE_AT_CHIP, 0, "parts", ERROR_PROFILE_SCHEMA},
    {later_configuration, PROFILE_AT_CHIP, 0, "configuration", ERROR_PROFILE_SCHEMA},
    {later_listed, PROFILE_AT_CHIP, 0, "listed", ERROR_PROFILE_SCHEMA},
    {later_genuine, PROFILE_AT_CHIP, 0, "genuine", ERROR_PROFILE_SCHEMA},
    {later_rehearsal, PROFILE_AT_TOP, 0, "rehearsal", ERROR_PROFILE_SCHEMA},
    {genuine_policy, PROFILE_AT_CHIP, 0, "genuine", ERROR_PROFILE_CONFLICT},
    {address_low, PROFILE_AT_CHIP, 0, "i2c-address", ERROR_PROFILE_SCHEMA},
    {address_high, PROFILE_AT_CHIP, 0, "i2c-address", ERROR_PROFILE_SCHEMA},
    {too_many_keys, PROFILE_AT_TOP, 0, "keys", ERROR_PROFILE_SCHEMA},
    {too_many_write_keys, PROFILE_AT_CHIP, 0, "write-keys", ERROR_PROFILE_SCHEMA},
    {key_name_digit, PROFILE_AT_KEY, 1, "name", ERROR_PROFILE_SCHEMA},
    {key_name_open, PROFILE_AT_KEY, 1, "name", ERROR_PROFILE_SCHEMA},
    {key_id_zero, PROFILE_AT_KEY, 1, "id", ERROR_PROFILE_SCHEMA},
    {key_id_vendor, PROFILE_AT_KEY, 1, "id", ERROR_PROFILE_SCHEMA},
    {key_later_method, PROFILE_AT_KEY, 1, "method", ERROR_PROFILE_SCHEMA},
    {key_slot_16, PROFILE_AT_KEY, 1, "slot", ERROR_PROFILE_SCHEMA},
    {key_slot_254, PROFILE_AT_KEY, 1, "slot", ERROR_PROFILE_SCHEMA},
    {key_type_aes, PROFILE_AT_KEY, 1, "type", ERROR_PROFILE_SCHEMA},
    {key_type_k1, PROFILE_AT_KEY, 1, "type", ERROR_PROFILE_SCHEMA},
    {key_bits_384, PROFILE_AT_KEY, 1, "bits", ERROR_PROFILE_SCHEMA},
    {key_algorithm_none, PROFILE_AT_KEY, 1, "algorithm", ERROR_PROFILE_SCHEMA},
    {key_algorithm_deterministic, PROFILE_AT_KEY, 1, "algorithm", ERROR_PROFILE_SCHEMA},
    {key_usage_none, PROFILE_AT_KEY, 1, "usage", ERROR_PROFILE_SCHEMA},
    {key_usage_copy, PROFILE_AT_KEY, 1, "usage", ERROR_PROFILE_SCHEMA},
    {key_usage_short, PROFILE_AT_KEY, 1, "usage", ERROR_PROFILE_SCHEMA},
    {key_later_replace, PROFILE_AT_KEY, 1, "replace", ERROR_PROFILE_SCHEMA},
    {key_source_open, PROFILE_AT_KEY, 1, "file", ERROR_PROFILE_SCHEMA},
    {key_source_control, PROFILE_AT_KEY, 1, "file", ERROR_PROFILE_SCHEMA},
    {csr_subject_open, PROFILE_AT_KEY, 0, "csr-subject", ERROR_PROFILE_SCHEMA},
    {csr_subject_control, PROFILE_AT_KEY, 0, "csr-subject", ERROR_PROFILE_SCHEMA},
    {csr_subject_no_name, PROFILE_AT_KEY, 0, "csr-subject", ERROR_PROFILE_SCHEMA},
    {csr_subject_several, PROFILE_AT_KEY, 0, "csr-subject", ERROR_PROFILE_SCHEMA},
    {csr_subject_brace, PROFILE_AT_KEY, 0, "csr-subject", ERROR_PROFILE_SCHEMA},
    {csr_subject_grows, PROFILE_AT_KEY, 0, "csr-subject", ERROR_PROFILE_SCHEMA},
    {write_key_slot_16, PROFILE_AT_WRITE_KEY, 1, "slot", ERROR_PROFILE_SCHEMA},
    {write_key_source_empty, PROFILE_AT_WRITE_KEY, 1, "file", ERROR_PROFILE_SCHEMA},
    {write_key_source_open, PROFILE_AT_WRITE_KEY, 1, "file", ERROR_PROFILE_SCHEMA},
    {trust_508a, PROFILE_AT_CHIP, 0, "parts", ERROR_PROFILE_CONFLICT},
    {address_default, PROFILE_AT_CHIP, 0, "i2c-address", ERROR_PROFILE_CONFLICT},
    {lock_delivered, PROFILE_AT_CHIP, 0, "lock", ERROR_PROFILE_CONFLICT},
    {lock_trust, PROFILE_AT_CHIP, 0, "lock", ERROR_PROFILE_CONFLICT},
    {lock_data_first, PROFILE_AT_CHIP, 0, "lock", ERROR_PROFILE_CONFLICT},
    {lock_none, PROFILE_AT_CHIP, 0, "lock", ERROR_PROFILE_CONFLICT},
    {write_keys_policy, PROFILE_AT_CHIP, 0, "write-keys", ERROR_PROFILE_CONFLICT},
    {write_keys_unused, PROFILE_AT_CHIP, 0, "write-keys", ERROR_PROFILE_CONFLICT},
    {register_anywhere, PROFILE_AT_KEY, 0, "slot", ERROR_PROFILE_CONFLICT},
    {register_replaces, PROFILE_AT_KEY, 0, "replace", ERROR_PROFILE_CONFLICT},
    {register_policy, PROFILE_AT_KEY, 0, "method", ERROR_PROFILE_CONFLICT},
    {import_nothing, PROFILE_AT_KEY, 1, "file", ERROR_PROFILE_CONFLICT},
    {generate_file, PROFILE_AT_KEY, 0, "file", ERROR_PROFILE_CONFLICT},
    {generate_public, PROFILE_AT_KEY, 0, "type", ERROR_PROFILE_CONFLICT},
    {public_slot_7, PROFILE_AT_KEY, 2, "slot", ERROR_PROFILE_CONFLICT},
    {public_signs, PROFILE_AT_KEY, 2, "usage", ERROR_PROFILE_CONFLICT},
    {public_derives, PROFILE_AT_KEY, 2, "usage", ERROR_PROFILE_CONFLICT},
    {public_idle, PROFILE_AT_KEY, 2, "usage", ERROR_PROFILE_CONFLICT},
    {pair_exports, PROFILE_AT_KEY, 1, "usage", ERROR_PROFILE_CONFLICT},
    {pair_idle, PROFILE_AT_KEY, 1, "usage", ERROR_PROFILE_CONFLICT},
    {policy_anywhere, PROFILE_AT_KEY, 1, "slot", ERROR_PROFILE_CONFLICT},
    {derive_anywhere, PROFILE_AT_KEY, 1, "slot", ERROR_PROFILE_CONFLICT},
    {lock_anywhere, PROFILE_AT_KEY, 2, "slot", ERROR_PROFILE_CONFLICT},
    {policy_private_slot_8, PROFILE_AT_KEY, 1, "slot", ERROR_PROFILE_CONFLICT},
    {csr_public, PROFILE_AT_KEY, 2, "csr-subject", ERROR_PROFILE_CONFLICT},
    {csr_unsigned, PROFILE_AT_KEY, 0, "csr-subject", ERROR_PROFILE_CONFLICT},
    {csr_other_hash, PROFILE_AT_KEY, 0, "csr-subject", ERROR_PROFILE_CONFLICT},
    {same_name, PROFILE_AT_KEY, 2, "name", ERROR_PROFILE_CONFLICT},
    {same_id, PROFILE_AT_KEY, 2, "id", ERROR_PROFILE_CONFLICT},
    {same_slot, PROFILE_AT_KEY, 1, "slot", ERROR_PROFILE_CONFLICT},
    {write_keys_same_slot, PROFILE_AT_WRITE_KEY, 1, "slot", ERROR_PROFILE_CONFLICT},
    {write_key_in_key_slot, PROFILE_AT_WRITE_KEY, 1, "slot", ERROR_PROFILE_CONFLICT},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct profile profile = good;
        struct profile_conflict conflict = {0};
        struct error err = {0};

        rows[i].breaks(&profile);
        if (!profile_find_conflict(&profile, &conflict))
            fail_msg("row %zu: no conflict found", i);
        if (conflict.place != rows[i].place || conflict.index != rows[i].index ||
            strcmp(conflict.field, rows[i].field) != 0 || conflict.reason != rows[i].reason)
            fail_msg("row %zu: place %d, index %zu, field %s, reason %s: %s", i, (int)conflict.place, conflict.index,
                     conflict.field, error_reason_name(conflict.reason), conflict.cause);
        assert_true(conflict.cause != NULL && conflict.next != NULL);
        assert_false(profile_check(&profile, &err));
        assert_int_equal(err.reason, rows[i].reason);
        assert_string_equal(err.cause, conflict.cause);
        assert_false(profile_check(&profile, NULL));
    }
}

static void test_good(void **state)
{
    struct profile profile = good;
    struct error err = {0};

    (void)state;
    assert_true(profile_check(&good, &err));
    make_delivered(&profile);
    assert_true(profile_check(&profile, &err));
    profile.keys[1].usage = SIGNS;
    profile.keys[0].slot = profile.keys[1].slot = PROFILE_SLOT_ANY; /* any: not the same slot */
    assert_true(profile_check(&profile, &err));
    strcpy(profile.keys[0].csr_subject, "CN={serial},O=Example");
    strcpy(profile.keys[1].csr_subject, "O=\xc3\xa4");
    assert_true(profile_check(&profile, &err));
    profile.key_count = 0;
    profile.write_key_count = 0;
    assert_true(profile_check(&profile, &err));
    assert_int_equal(err.reason, ERROR_NONE);
}

static void test_error_names_the_key(void **state)
{
    struct profile profile = good;
    char room[64];
    struct error err = ERROR_IN(room);

    (void)state;
    same_id(&profile);
    assert_false(profile_check(&profile, &err));
    assert_string_equal(err.subject, "root");
    assert_int_equal(err.key_id, 17);
    assert_int_equal(err.line, 27);
    assert_non_null(err.next);

    /* A name that is itself wrong is not shown; the field is. */
    profile = good;
    key_name_open(&profile);
    error_clear(&err);
    assert_false(profile_check(&profile, &err));
    assert_string_equal(err.subject, "name");

    /* An earlier error stays as it is. */
    error_clear(&err);
    error_set(&err, ERROR_USAGE, "earlier", NULL);
    assert_false(profile_check(&profile, &err));
    assert_int_equal(err.reason, ERROR_USAGE);
    assert_int_equal(err.line, 0);
}

static void test_attributes(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    const psa_key_lifetime_t lifetime = 0x6001;
    struct profile_key key = good.keys[2];

    (void)state;
    profile_key_attributes(&key, lifetime, &attributes);
    assert_int_equal(psa_get_key_id(&attributes), 18);
    assert_int_equal(psa_get_key_lifetime(&attributes), lifetime);
    assert_int_equal(psa_get_key_type(&attributes), PUBLIC);
    assert_int_equal(psa_get_key_bits(&attributes), 256);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_ECDSA(PSA_ALG_SHA_512));
    assert_int_equal(psa_get_key_usage_flags(&attributes), VERIFIES);

    /* Derive is the slot's right, not PSA's; nothing is left over from the last key. */
    key = good.keys[1];
    profile_key_attributes(&key, lifetime, &attributes);
    assert_int_equal(psa_get_key_usage_flags(&attributes), SIGNS);
}

static void test_usage_extended(void **state)
{
    (void)state;
    assert_int_equal(profile_usage_extended(PSA_KEY_USAGE_SIGN_HASH), SIGNS);
    assert_int_equal(profile_usage_extended(PSA_KEY_USAGE_VERIFY_HASH), VERIFIES);
    assert_int_equal(profile_usage_extended(PSA_KEY_USAGE_SIGN_MESSAGE), PSA_KEY_USAGE_SIGN_MESSAGE);
    assert_int_equal(profile_usage_extended(0), 0);
}

static void test_names(void **state)
{
    enum profile_method method;

    (void)state;
    set_enum(&method, 77);
    assert_string_equal(profile_method_name(PROFILE_REGISTER), "register");
    assert_string_equal(profile_method_name(PROFILE_IMPORT), "import");
    assert_string_equal(profile_method_name(method), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_rules), cmocka_unit_test(test_error_names_the_key),
        cmocka_unit_test(test_attributes), cmocka_unit_test(test_names), cmocka_unit_test(test_usage_extended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
