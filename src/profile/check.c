/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/check.h"

#include <string.h>

#include "cert/name.h"
#include "profile/check_bytes.h"
#include "profile/check_certificate.h"
#include "profile/check_data.h"
#include "profile/words.h"

#define SIGNING (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)
#define VERIFYING (PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE)

static bool check_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool profile_name_valid(const char name[static PROFILE_NAME_MAX])
{
    if (memchr(name, '\0', PROFILE_NAME_MAX) == NULL || !check_is_letter(name[0]))
        return false;
    for (; *name != '\0'; name++)
        if (!check_is_letter(*name) && !(*name >= '0' && *name <= '9') && *name != '-' && *name != '_')
            return false;
    return true;
}

/* True for a text that ends within its `size` bytes and has no control characters. May be empty. */
static bool check_text_valid(const char *text, size_t size)
{
    if (memchr(text, '\0', size) == NULL)
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool check_source_valid(const char source[static PROFILE_SOURCE_MAX])
{
    return check_text_valid(source, PROFILE_SOURCE_MAX);
}

static bool check_is_pair(const struct profile_key *key)
{
    return PSA_KEY_TYPE_IS_KEY_PAIR(key->type);
}

/* Whether anything is written that the chip can demand to be encrypted. */
static bool check_imports_secret(const struct profile *profile)
{
    for (size_t i = 0; i < profile->key_count; i++)
        if (profile->keys[i].method == PROFILE_IMPORT && check_is_pair(&profile->keys[i]))
            return true;
    for (size_t i = 0; i < profile->data_count; i++)
        if (profile->data[i].type != PROFILE_DATUM_BYTES)
            return true;
    return false;
}

/*
 * The rules: one row each, checked from top to bottom. `broken` returns true when the profile breaks the rule. A row
 * may rely on the rows above it and on the tables that are checked before its own.
 */
struct top_rule {
    enum profile_place place;
    const char *field;
    enum error_reason reason;
    bool (*broken)(const struct profile *profile);
    const char *cause, *next;
};

static bool top_name(const struct profile *profile)
{
    return !profile_name_valid(profile->name);
}

static bool top_parts(const struct profile *profile)
{
    return profile->parts == 0 || (profile->parts & ~profile_words_mask(profile_words_part)) != 0;
}

static bool top_configuration(const struct profile *profile)
{
    return profile_word_of(profile_words_configuration, (uint32_t)profile->configuration) == NULL;
}

static bool top_genuine(const struct profile *profile)
{
    return profile_word_of(profile_words_genuine, (uint32_t)profile->genuine) == NULL;
}

static bool top_listed(const struct profile *profile)
{
    return profile_word_of(profile_words_listed, (uint32_t)profile->listed) == NULL;
}

static bool top_rehearsal(const struct profile *profile)
{
    return profile_word_of(profile_words_rehearsal, (uint32_t)profile->rehearsal) == NULL;
}

static bool top_address(const struct profile *profile)
{
    return profile->i2c_address != 0 &&
           (profile->i2c_address < PROFILE_I2C_ADDRESS_MIN || profile->i2c_address > PROFILE_I2C_ADDRESS_MAX);
}

static bool top_key_count(const struct profile *profile)
{
    return profile->key_count > PROFILE_KEYS_MAX;
}

static bool top_write_key_count(const struct profile *profile)
{
    return profile->write_key_count > PROFILE_WRITE_KEYS_MAX;
}

static bool top_mark_slot(const struct profile *profile)
{
    return profile->mark_slot != 0 && (profile->mark_slot < PROFILE_MARK_SLOT_MIN || profile->mark_slot >= CHIP_SLOTS);
}

static const struct top_rule value_rules[] = {
    {PROFILE_AT_TOP, "name", ERROR_PROFILE_SCHEMA, top_name, "not a valid name",
     "a letter, then letters, digits, - and _, at most 63 characters"},
    {PROFILE_AT_CHIP, "parts", ERROR_PROFILE_SCHEMA, top_parts, "no part, or an unknown part",
     "at least one of ATECC508A, ATECC608A, ATECC608B"},
    {PROFILE_AT_CHIP, "configuration", ERROR_PROFILE_SCHEMA, top_configuration, "not a known configuration",
     "as-delivered, factory-default, trust-and-go, trust-flex, policy or bytes"},
    {PROFILE_AT_CHIP, "genuine", ERROR_PROFILE_SCHEMA, top_genuine, "not a known value",
     "unchecked, reported or required"},
    {PROFILE_AT_CHIP, "listed", ERROR_PROFILE_SCHEMA, top_listed, "not a known value",
     "unchecked, reported or required"},
    {PROFILE_AT_TOP, "rehearsal", ERROR_PROFILE_SCHEMA, top_rehearsal, "not a known value", "refused or allowed"},
    {PROFILE_AT_CHIP, "i2c-address", ERROR_PROFILE_SCHEMA, top_address, "not an I2C address that a device may use",
     "a 7-bit I2C address from 0x08 to 0x77"},
    {PROFILE_AT_TOP, "keys", ERROR_PROFILE_SCHEMA, top_key_count, "too many keys", "16 at most: a chip has 16 slots"},
    {PROFILE_AT_CHIP, "write-keys", ERROR_PROFILE_SCHEMA, top_write_key_count, "too many write keys",
     "16 at most: a chip has 16 slots"},
    {PROFILE_AT_CHIP, "mark", ERROR_PROFILE_SCHEMA, top_mark_slot, "not a data slot with room for the mark",
     "a slot from 8 to 15"},
};

static bool top_trust_508a(const struct profile *profile)
{
    return (profile->configuration == PROFILE_TRUST_AND_GO || profile->configuration == PROFILE_TRUST_FLEX) &&
           (profile->parts & 1u << CHIP_PART_ATECC508A) != 0;
}

/*
 * The maker's certificates are on parts that the maker has configured. Slot 10 or 12 of any other part holds what its
 * profile puts there.
 */
static bool top_genuine_not_makers(const struct profile *profile)
{
    return profile->genuine != PROFILE_GENUINE_UNCHECKED && profile_starts_blank(profile);
}

static bool top_address_unconfigured(const struct profile *profile)
{
    return profile->i2c_address != 0 && !profile_writes_config(profile);
}

static bool top_lock_not_ours(const struct profile *profile)
{
    return (profile->lock_config || profile->lock_data) && !profile_starts_blank(profile);
}

static bool top_lock_order(const struct profile *profile)
{
    return profile->lock_data && !profile->lock_config;
}

static bool top_lock_missing(const struct profile *profile)
{
    return profile_writes_config(profile) && (profile->key_count != 0 || profile->data_count != 0) &&
           !profile->lock_config;
}

/* The mark of a part that we configure is written before the data lock and read after it. */
static bool top_mark_unreadable(const struct profile *profile)
{
    return profile->mark_slot != 0 && !profile->lock_data && profile_starts_blank(profile);
}

static bool top_mark_in_use(const struct profile *profile)
{
    bool used = false;

    for (size_t i = 0; i < profile->key_count; i++)
        used = used || profile->keys[i].slot == profile->mark_slot;
    for (size_t i = 0; i < profile->write_key_count; i++)
        used = used || profile->write_keys[i].slot == profile->mark_slot;
    return profile->mark_slot != 0 && used;
}

static bool top_mark_too_small(const struct profile *profile)
{
    return profile->mark_slot > PROFILE_MARK_SLOT_MIN && profile->key_count > PROFILE_MARK_SMALL_KEYS;
}

static bool top_write_keys_policy(const struct profile *profile)
{
    return profile->write_key_count != 0 && profile_writes_config(profile);
}

static bool top_write_keys_unused(const struct profile *profile)
{
    return profile->write_key_count != 0 && !check_imports_secret(profile);
}

static const struct top_rule top_rules[] = {
    {PROFILE_AT_CHIP, "parts", ERROR_PROFILE_CONFLICT, top_trust_508a,
     "there is no ATECC508A with a Trust&GO or TrustFLEX configuration", "ATECC608A, ATECC608B or both"},
    {PROFILE_AT_CHIP, "genuine", ERROR_PROFILE_CONFLICT, top_genuine_not_makers,
     "a part that the maker has not configured carries no certificates of the maker",
     "configuration: as-delivered, trust-and-go or trust-flex, or no genuine"},
    {PROFILE_AT_CHIP, "i2c-address", ERROR_PROFILE_CONFLICT, top_address_unconfigured,
     "the I2C address can only be set where imprint writes the configuration",
     "configuration: policy or bytes, or no i2c-address"},
    {PROFILE_AT_CHIP, "lock", ERROR_PROFILE_CONFLICT, top_lock_not_ours,
     "imprint locks only parts whose configuration it writes or knows to be unlocked",
     "configuration: policy, bytes or factory-default, or no lock"},
    {PROFILE_AT_CHIP, "lock", ERROR_PROFILE_CONFLICT, top_lock_order,
     "the data zone cannot be locked before the config zone", "[config, data]"},
    {PROFILE_AT_CHIP, "lock", ERROR_PROFILE_CONFLICT, top_lock_missing,
     "the chip creates and accepts keys only after its config zone is locked", "[config] or [config, data]"},
    {PROFILE_AT_CHIP, "write-keys", ERROR_PROFILE_CONFLICT, top_write_keys_policy,
     "on a part that imprint configures, keys are imported before the data zone is locked and need no write key",
     "no write-keys with configuration: policy or bytes"},
    {PROFILE_AT_CHIP, "write-keys", ERROR_PROFILE_CONFLICT, top_write_keys_unused,
     "write keys encrypt the import of key pairs and secrets, and this profile imports none", "no write-keys"},
    {PROFILE_AT_CHIP, "mark", ERROR_PROFILE_CONFLICT, top_mark_unreadable,
     "a mark can only be read after the data zone is locked", "lock: [config, data], or no mark"},
    {PROFILE_AT_CHIP, "mark", ERROR_PROFILE_CONFLICT, top_mark_in_use,
     "the slot of the mark is the slot of a key or of a write key", "a slot of its own for the mark"},
    {PROFILE_AT_CHIP, "mark", ERROR_PROFILE_CONFLICT, top_mark_too_small,
     "slots 9 to 15 have room for the mark of four keys only", "mark: 8, or at most four keys"},
};

struct key_rule {
    const char *field;
    enum error_reason reason;
    bool (*broken)(const struct profile *profile, const struct profile_key *key);
    const char *cause, *next;
};

static bool key_name(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return !profile_name_valid(key->name);
}

static bool key_id(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->id < PSA_KEY_ID_USER_MIN || key->id > PSA_KEY_ID_USER_MAX;
}

static bool key_method(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return profile_word_of(profile_words_method, (uint32_t)key->method) == NULL;
}

static bool key_slot(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->slot >= CHIP_SLOTS && key->slot != PROFILE_SLOT_ANY;
}

static bool key_type(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return profile_word_of(profile_words_type, key->type) == NULL;
}

static bool key_bits(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->bits != 256;
}

static bool key_algorithm(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return profile_word_of(profile_words_algorithm, key->algorithm) == NULL;
}

static bool key_usage(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->usage == 0 || (key->usage & ~profile_words_mask(profile_words_usage)) != 0;
}

psa_key_usage_t profile_usage_extended(psa_key_usage_t usage)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_usage_flags(&attributes, usage);
    return psa_get_key_usage_flags(&attributes);
}

static bool key_usage_extended(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->usage != profile_usage_extended(key->usage);
}

static bool key_replace(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return profile_word_of(profile_words_replace, (uint32_t)key->replace) == NULL;
}

static bool key_source(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return !check_source_valid(key->source);
}

static bool key_csr_text(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return !check_text_valid(key->csr_subject, PROFILE_SUBJECT_MAX);
}

static const struct key_rule key_value_rules[] = {
    {"name", ERROR_PROFILE_SCHEMA, key_name, "not a valid name",
     "a letter, then letters, digits, - and _, at most 63 characters"},
    {"id", ERROR_PROFILE_SCHEMA, key_id, "not a key id that an application may use", "a number from 1 to 0x3fffffff"},
    {"method", ERROR_PROFILE_SCHEMA, key_method, "not a known method", "register, generate or import"},
    {"slot", ERROR_PROFILE_SCHEMA, key_slot, "not a slot of the chip", "a slot from 0 to 15"},
    {"type", ERROR_PROFILE_SCHEMA, key_type, "not a type of key that the chip can hold",
     "ecc-key-pair(secp-r1) or ecc-public-key(secp-r1)"},
    {"bits", ERROR_PROFILE_SCHEMA, key_bits, "not a size that the chip can hold", "256"},
    {"algorithm", ERROR_PROFILE_SCHEMA, key_algorithm, "not an algorithm of the chip",
     "ecdsa(any-hash), ecdsa(sha-256), ecdsa(sha-384) or ecdsa(sha-512)"},
    {"usage", ERROR_PROFILE_SCHEMA, key_usage, "no usage, or an unknown usage",
     "at least one of sign-hash, sign-message, verify-hash, verify-message, derive, export"},
    {"usage", ERROR_PROFILE_SCHEMA, key_usage_extended,
     "PSA Crypto adds sign-message to sign-hash and verify-message to verify-hash",
     "both sign-hash and sign-message; both verify-hash and verify-message"},
    {"replace", ERROR_PROFILE_SCHEMA, key_replace, "not a known rule", "never or unclaimed"},
    {"file", ERROR_PROFILE_SCHEMA, key_source, "the file name is too long or has control characters",
     "255 bytes at most, no control characters"},
    {"csr-subject", ERROR_PROFILE_SCHEMA, key_csr_text, "the subject is too long or has control characters",
     "127 bytes at most, no control characters"},
};

static bool key_register_anywhere(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->method == PROFILE_REGISTER && key->slot == PROFILE_SLOT_ANY;
}

static bool key_register_replaces(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->method == PROFILE_REGISTER && key->replace != PROFILE_REPLACE_NEVER;
}

static bool key_register_policy(const struct profile *profile, const struct profile_key *key)
{
    return key->method == PROFILE_REGISTER && profile_writes_config(profile);
}

static bool key_import_without_file(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->method == PROFILE_IMPORT && key->source[0] == '\0';
}

static bool key_file_without_import(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->method != PROFILE_IMPORT && key->source[0] != '\0';
}

static bool key_generate_public(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->method == PROFILE_GENERATE && !check_is_pair(key);
}

static bool key_public_slot(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return !check_is_pair(key) && key->slot < PROFILE_PUBLIC_SLOT_MIN;
}

static bool key_public_signs(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return !check_is_pair(key) && (key->usage & (SIGNING | PSA_KEY_USAGE_DERIVE)) != 0;
}

static bool key_public_idle(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return !check_is_pair(key) && (key->usage & VERIFYING) == 0;
}

static bool key_pair_exported(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return check_is_pair(key) && (key->usage & PSA_KEY_USAGE_EXPORT) != 0;
}

static bool key_pair_idle(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return check_is_pair(key) && (key->usage & SIGNING) == 0;
}

static bool key_csr_unsigned(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->csr_subject[0] != '\0' &&
           (!check_is_pair(key) || (key->usage & PSA_KEY_USAGE_SIGN_HASH) == 0 ||
            (key->algorithm != PSA_ALG_ECDSA(PSA_ALG_ANY_HASH) && key->algorithm != PSA_ALG_ECDSA(PSA_ALG_SHA_256)));
}

static bool key_derive_anywhere(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return (key->usage & PSA_KEY_USAGE_DERIVE) != 0 && key->slot == PROFILE_SLOT_ANY;
}

static bool key_lock_anywhere(const struct profile *profile, const struct profile_key *key)
{
    (void)profile;
    return key->lock_slot && key->slot == PROFILE_SLOT_ANY;
}

static bool key_policy_anywhere(const struct profile *profile, const struct profile_key *key)
{
    return profile_writes_config(profile) && key->slot == PROFILE_SLOT_ANY;
}

static bool key_policy_private_slot(const struct profile *profile, const struct profile_key *key)
{
    return profile->configuration == PROFILE_POLICY && check_is_pair(key) && key->slot >= PROFILE_PUBLIC_SLOT_MIN;
}

static const struct key_rule key_rules[] = {
    {"slot", ERROR_PROFILE_CONFLICT, key_register_anywhere,
     "a key can only be registered in a slot that the profile names", "slot: 0 to 15"},
    {"replace", ERROR_PROFILE_CONFLICT, key_register_replaces,
     "method register uses the key that is in the slot and replaces none", "no replace with method: register"},
    {"method", ERROR_PROFILE_CONFLICT, key_register_policy,
     "a part that imprint configures holds no key yet to register", "generate or import"},
    {"file", ERROR_PROFILE_CONFLICT, key_import_without_file, "method import needs a file", "file: a PEM file"},
    {"file", ERROR_PROFILE_CONFLICT, key_file_without_import, "only method import reads a file",
     "method: import, or no file"},
    {"type", ERROR_PROFILE_CONFLICT, key_generate_public, "a public key alone cannot be generated",
     "type: ecc-key-pair(secp-r1), or method: import"},
    {"slot", ERROR_PROFILE_CONFLICT, key_public_slot, "slots 0 to 7 have no room for a public key", "slot: 8 to 15"},
    {"usage", ERROR_PROFILE_CONFLICT, key_public_signs, "a public key can neither sign nor derive",
     "a usage without sign-hash, sign-message and derive"},
    {"usage", ERROR_PROFILE_CONFLICT, key_public_idle, "a public key needs verify-hash or verify-message",
     "verify-hash or verify-message in the usage"},
    {"usage", ERROR_PROFILE_CONFLICT, key_pair_exported,
     "a private key never leaves the chip (its public key may always be exported)", "no export for a key pair"},
    {"usage", ERROR_PROFILE_CONFLICT, key_pair_idle, "a key pair must be able to sign, because a signature proves it",
     "sign-hash or sign-message in the usage"},
    {"slot", ERROR_PROFILE_CONFLICT, key_policy_anywhere,
     "imprint writes the configuration before there is a key, so each key needs a slot number", "slot: 0 to 15"},
    {"slot", ERROR_PROFILE_CONFLICT, key_derive_anywhere,
     "a key with usage derive needs a slot number, because the driver does not look for ECDH",
     "slot: 0 to 15, or no usage derive"},
    {"slot", ERROR_PROFILE_CONFLICT, key_lock_anywhere,
     "lock-slot locks a slot for ever, so the key needs a slot number", "slot: 0 to 15, or lock-slot: false"},
    {"slot", ERROR_PROFILE_CONFLICT, key_policy_private_slot,
     "on a part that imprint configures, slots 8 to 15 are for public keys, certificates and data", "slot: 0 to 7"},
    {"csr-subject", ERROR_PROFILE_CONFLICT, key_csr_unsigned,
     "a certificate request is signed by its own key with SHA-256, and this key does not permit that",
     "a key pair with usage sign-hash and algorithm ecdsa(any-hash) or ecdsa(sha-256), or no csr-subject"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool check_top(const struct top_rule *rules, size_t count, const struct profile *profile,
                      struct profile_conflict *conflict)
{
    for (size_t i = 0; i < count; i++) {
        if (!rules[i].broken(profile))
            continue;
        *conflict = (struct profile_conflict){
            .place = rules[i].place,
            .field = rules[i].field,
            .reason = rules[i].reason,
            .cause = rules[i].cause,
            .next = rules[i].next,
        };
        return true;
    }
    return false;
}

static bool check_keys(const struct key_rule *rules, size_t count, const struct profile *profile,
                       struct profile_conflict *conflict)
{
    for (size_t k = 0; k < profile->key_count; k++) {
        for (size_t i = 0; i < count; i++) {
            if (!rules[i].broken(profile, &profile->keys[k]))
                continue;
            *conflict = (struct profile_conflict){
                .place = PROFILE_AT_KEY,
                .index = k,
                .field = rules[i].field,
                .reason = rules[i].reason,
                .cause = rules[i].cause,
                .next = rules[i].next,
            };
            return true;
        }
    }
    return false;
}

/* The subjects of requests, as they will be with a serial number in them. The reader of names says what is wrong. */
static bool check_subjects(const struct profile *profile, struct profile_conflict *conflict)
{
    static const uint8_t any_serial[CHIP_SERIAL_BYTES];
    char text[PROFILE_SUBJECT_TEXT_MAX];
    uint8_t der[CERT_NAME_MAX];

    for (size_t k = 0; k < profile->key_count; k++) {
        struct bytes_out out = {.data = der, .cap = sizeof der};
        struct error err = {.reason = ERROR_NONE};
        const char *pattern = profile->keys[k].csr_subject;

        if (pattern[0] == '\0' ||
            (profile_fill_subject(pattern, any_serial, text, &err) && cert_read_name(text, &out, &err)))
            continue;
        *conflict = (struct profile_conflict){
            .place = PROFILE_AT_KEY,
            .index = k,
            .field = "csr-subject",
            .reason = ERROR_PROFILE_SCHEMA,
            .cause = err.cause,
            .next = err.next != NULL ? err.next : "a name such as CN={serial},O=Example",
        };
        return true;
    }
    return false;
}

/* What no two keys may share. */
struct pair_rule {
    const char *field;
    bool (*same)(const struct profile_key *a, const struct profile_key *b);
    const char *cause, *next;
};

static bool pair_name(const struct profile_key *a, const struct profile_key *b)
{
    return strncmp(a->name, b->name, PROFILE_NAME_MAX) == 0;
}

static bool pair_id(const struct profile_key *a, const struct profile_key *b)
{
    return a->id == b->id;
}

static bool pair_slot(const struct profile_key *a, const struct profile_key *b)
{
    return a->slot != PROFILE_SLOT_ANY && a->slot == b->slot;
}

static const struct pair_rule pair_rules[] = {
    {"name", pair_name, "another key has the same name", "a name of its own for each key"},
    {"id", pair_id, "another key has the same id", "a key id of its own for each key"},
    {"slot", pair_slot, "another key has the same slot", "a slot of its own for each key"},
};

static bool check_pairs(const struct profile *profile, struct profile_conflict *conflict)
{
    for (size_t later = 1; later < profile->key_count; later++) {
        for (size_t i = 0; i < COUNT(pair_rules); i++) {
            for (size_t earlier = 0; earlier < later; earlier++) {
                if (!pair_rules[i].same(&profile->keys[earlier], &profile->keys[later]))
                    continue;
                *conflict = (struct profile_conflict){
                    .place = PROFILE_AT_KEY,
                    .index = later,
                    .field = pair_rules[i].field,
                    .other = PROFILE_AT_KEY,
                    .other_index = earlier,
                    .reason = ERROR_PROFILE_CONFLICT,
                    .cause = pair_rules[i].cause,
                    .next = pair_rules[i].next,
                };
                return true;
            }
        }
    }
    return false;
}

/* The values of the write keys' own fields. */
static bool check_write_key_values(const struct profile *profile, struct profile_conflict *conflict)
{
    for (size_t i = 0; i < profile->write_key_count; i++) {
        const struct profile_write_key *write_key = &profile->write_keys[i];
        bool bad_slot = write_key->slot >= CHIP_SLOTS;

        if (!bad_slot && check_source_valid(write_key->source) && write_key->source[0] != '\0')
            continue;
        *conflict = (struct profile_conflict){
            .place = PROFILE_AT_WRITE_KEY,
            .index = i,
            .field = bad_slot ? "slot" : "file",
            .reason = ERROR_PROFILE_SCHEMA,
            .cause = bad_slot ? "not a slot of the chip" : "the file name is too long or has control characters",
            .next = bad_slot ? "a slot from 0 to 15" : "1 to 255 bytes, no control characters",
        };
        return true;
    }
    return false;
}

/* A slot holds one thing, so a write key shares its slot neither with another write key nor with a key. */
static bool check_write_key_slots(const struct profile *profile, struct profile_conflict *conflict)
{
    /* The second bound only tells GCC that `i` stays in the array. */
    for (size_t i = 0; i < profile->write_key_count && i < PROFILE_WRITE_KEYS_MAX; i++) {
        *conflict = (struct profile_conflict){
            .place = PROFILE_AT_WRITE_KEY,
            .index = i,
            .field = "slot",
            .reason = ERROR_PROFILE_CONFLICT,
        };
        for (size_t earlier = 0; earlier < i; earlier++) {
            if (profile->write_keys[earlier].slot != profile->write_keys[i].slot)
                continue;
            conflict->other = PROFILE_AT_WRITE_KEY;
            conflict->other_index = earlier;
            conflict->cause = "another write key has the same slot";
            conflict->next = "one secret for each slot";
            return true;
        }
        for (size_t k = 0; k < profile->key_count; k++) {
            if (profile->keys[k].slot != profile->write_keys[i].slot)
                continue;
            conflict->other = PROFILE_AT_KEY;
            conflict->other_index = k;
            conflict->cause = "a key has the same slot";
            conflict->next = "the slot that holds the write key's secret";
            return true;
        }
    }
    return false;
}

bool profile_find_conflict(const struct profile *profile, struct profile_conflict *conflict)
{
    return check_top(value_rules, COUNT(value_rules), profile, conflict) ||
           check_keys(key_value_rules, COUNT(key_value_rules), profile, conflict) ||
           check_subjects(profile, conflict) || check_write_key_values(profile, conflict) ||
           profile_find_certificate_value(profile, conflict) || profile_find_datum_value(profile, conflict) ||
           check_top(top_rules, COUNT(top_rules), profile, conflict) ||
           check_keys(key_rules, COUNT(key_rules), profile, conflict) || check_pairs(profile, conflict) ||
           check_write_key_slots(profile, conflict) || profile_find_certificate_conflict(profile, conflict) ||
           profile_find_datum_conflict(profile, conflict) || profile_find_bytes_conflict(profile, conflict);
}

bool profile_check(const struct profile *profile, struct error *err)
{
    struct profile_conflict conflict;

    if (!profile_find_conflict(profile, &conflict))
        return true;
    if (err != NULL && err->reason == ERROR_NONE) {
        error_set(err, conflict.reason, conflict.cause, conflict.next);
        error_doing(err, "check the profile");
        if (conflict.place == PROFILE_AT_KEY) {
            const struct profile_key *key = &profile->keys[conflict.index];

            error_with_key(err, key->id);
            if (profile_name_valid(key->name))
                error_with_subject(err, key->name);
            err->line = key->line;
        } else if (conflict.place == PROFILE_AT_CERTIFICATE) {
            err->line = profile->certificates[conflict.index].line;
        } else if (conflict.place == PROFILE_AT_DATUM) {
            err->line = profile->data[conflict.index].line;
        }
        error_with_subject(err, conflict.field);
    }
    return false;
}
