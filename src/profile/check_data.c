/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/check_data.h"

#include <string.h>

#include "profile/data.h"
#include "profile/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One rule, as those of profile/check.c. */
struct datum_rule {
    const char *field;
    enum error_reason reason;
    bool (*broken)(const struct profile *profile, const struct profile_datum *datum);
    const char *cause, *next;
};

/* ---- values ---- */

static bool value_name(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return !profile_name_valid(datum->name);
}

static bool value_type(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return profile_word_of(profile_words_datum, (uint32_t)datum->type) == NULL;
}

static bool value_slot(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return datum->slot >= CHIP_SLOTS;
}

static bool value_id(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return datum->id != 0 && (datum->id < PSA_KEY_ID_USER_MIN || datum->id > PSA_KEY_ID_USER_MAX);
}

static bool value_algorithm(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return datum->algorithm != 0 && profile_word_of(profile_words_secret, datum->algorithm) == NULL;
}

static bool value_write_key(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return datum->write_key >= CHIP_SLOTS && datum->write_key != PROFILE_SLOT_ANY;
}

static bool value_replace(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return profile_word_of(profile_words_replace, (uint32_t)datum->replace) == NULL;
}

static bool value_form(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    if (profile_datum_is_io_key(datum))
        return datum->form != 0;
    return datum->form != PROFILE_DATUM_FILE && datum->form != PROFILE_DATUM_TEXT && datum->form != PROFILE_DATUM_HEX;
}

static bool value_source(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    if (memchr(datum->source, '\0', PROFILE_SOURCE_MAX) == NULL ||
        (datum->source[0] == '\0') != profile_datum_is_io_key(datum))
        return true;
    for (const char *at = datum->source; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return true;
    return false;
}

static const struct datum_rule value_rules[] = {
    {"name", ERROR_PROFILE_SCHEMA, value_name, "not a valid name",
     "a letter, then letters, digits, - and _, at most 63 characters"},
    {"type", ERROR_PROFILE_SCHEMA, value_type, "not a known type", "bytes, hmac, aes, derive or io-protection"},
    {"slot", ERROR_PROFILE_SCHEMA, value_slot, "not a slot of the chip", "a slot from 0 to 15"},
    {"id", ERROR_PROFILE_SCHEMA, value_id, "not a key id that an application may use", "a number from 1 to 0x3fffffff"},
    {"algorithm", ERROR_PROFILE_SCHEMA, value_algorithm, "not an algorithm for a secret of the chip",
     "the words of the profile format"},
    {"write-key", ERROR_PROFILE_SCHEMA, value_write_key, "not a slot of the chip", "a slot from 0 to 15"},
    {"replace", ERROR_PROFILE_SCHEMA, value_replace, "not a known rule", "never or unclaimed"},
    {"name", ERROR_PROFILE_SCHEMA, value_form, "the entry needs one content, and io-protection none",
     "one of file, text and hex; imprint itself makes the key of io-protection"},
    {"name", ERROR_PROFILE_SCHEMA, value_source, "the content is empty, too long or has control characters",
     "1 to 255 bytes, no control characters; a file for more"},
};

/* ---- contradictions ---- */

static bool conflict_secret_literal(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return profile_datum_is_key(datum) && datum->form != PROFILE_DATUM_FILE;
}

static bool conflict_id_missing(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return profile_datum_is_key(datum) != (datum->id != 0);
}

static bool is_for(const struct profile_datum *datum)
{
    switch (datum->type) {
    case PROFILE_DATUM_HMAC:
        return datum->algorithm == PSA_ALG_HMAC(PSA_ALG_SHA_256);
    case PROFILE_DATUM_DERIVE:
        return datum->algorithm == PSA_ALG_HKDF(PSA_ALG_SHA_256);
    case PROFILE_DATUM_AES:
        return PSA_ALG_IS_CIPHER(datum->algorithm) || PSA_ALG_IS_AEAD(datum->algorithm);
    case PROFILE_DATUM_IO_KEY:
    case PROFILE_DATUM_BYTES:
    default:
        return datum->algorithm == 0;
    }
}

static bool conflict_algorithm(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return !is_for(datum);
}

static bool conflict_no_aes(const struct profile *profile, const struct profile_datum *datum)
{
    return datum->type == PROFILE_DATUM_AES && (profile->parts & 1u << CHIP_PART_ATECC508A) != 0;
}

static bool conflict_no_io_key(const struct profile *profile, const struct profile_datum *datum)
{
    return profile_datum_is_io_key(datum) && (profile->parts & 1u << CHIP_PART_ATECC508A) != 0;
}

static bool conflict_lock_type(const struct profile *profile, const struct profile_datum *datum)
{
    (void)profile;
    return datum->lock_slot && !profile_datum_is_io_key(datum);
}

static bool conflict_lock_fixed(const struct profile *profile, const struct profile_datum *datum)
{
    return datum->lock_slot && profile->configuration == PROFILE_POLICY;
}

static bool conflict_unlocked(const struct profile *profile, const struct profile_datum *datum)
{
    (void)datum;
    return profile_starts_blank(profile) && !profile->lock_data;
}

static bool conflict_write_key_policy(const struct profile *profile, const struct profile_datum *datum)
{
    return datum->write_key != PROFILE_SLOT_ANY && (!profile_writes_config(profile) || !profile_datum_is_key(datum));
}

/* GenDig takes the first 32 bytes of a slot: chip-commands, GenDig. */
static bool conflict_write_key_none(const struct profile *profile, const struct profile_datum *datum)
{
    if (datum->write_key == PROFILE_SLOT_ANY)
        return false;
    for (size_t i = 0; i < profile->data_count; i++)
        if (profile->data[i].slot == datum->write_key && profile_datum_is_key(&profile->data[i]) &&
            profile->data[i].type != PROFILE_DATUM_AES)
            return false;
    return true;
}

/* A secret of a part that imprint configures is fixed unless another secret encrypts what takes its place. */
static bool conflict_fixed(const struct profile *profile, const struct profile_datum *datum)
{
    return profile->configuration == PROFILE_POLICY && profile_datum_is_secret(datum) &&
           (datum->replace != PROFILE_REPLACE_NEVER) != (datum->write_key != PROFILE_SLOT_ANY);
}

/*
 * Beside a key that may do ECDH: the chip can put the result into the odd slot of the pair, whatever that slot's own
 * policy (chip_slot_takes_secret()). There it would overwrite the IO protection key, be read, or be the key of an HMAC
 * that anybody asks for.
 */
static bool conflict_takes_secret(const struct profile *profile, const struct profile_datum *datum)
{
    if (profile->configuration != PROFILE_POLICY || !profile_has_io_key(profile) || (datum->slot & 1) == 0)
        return false;
    for (size_t i = 0; i < profile->key_count; i++)
        if (profile->keys[i].slot + 1 == datum->slot && (profile->keys[i].usage & PSA_KEY_USAGE_DERIVE) != 0)
            return true;
    return false;
}

/* The configuration that imprint makes gives what KDF derives only encrypted, and no call of imprint's decrypts it. */
static bool conflict_derived_inside(const struct profile *profile, const struct profile_datum *datum)
{
    return profile->configuration == PROFILE_POLICY && datum->type == PROFILE_DATUM_DERIVE &&
           profile_has_io_key(profile);
}

/* Its serial number may be any; every one is as long. */
static bool conflict_content(const struct profile *profile, const struct profile_datum *datum)
{
    static const uint8_t any_serial[CHIP_SERIAL_BYTES];
    uint8_t content[PROFILE_DATUM_MOST];
    struct bytes_out out = {.data = content, .cap = sizeof content};
    struct error err = {.reason = ERROR_NONE};
    char name[PROFILE_SUBJECT_TEXT_MAX];

    (void)profile;
    if (profile_datum_is_io_key(datum))
        return false;
    if (datum->form == PROFILE_DATUM_FILE)
        return !profile_fill_subject(datum->source, any_serial, name, &err);
    return !profile_datum_literal(datum, any_serial, &out, &err);
}

static const struct datum_rule conflict_rules[] = {
    {"type", ERROR_PROFILE_CONFLICT, conflict_secret_literal, "a secret is never in the profile itself",
     "file: the name of a file that only the station's users can read"},
    {"id", ERROR_PROFILE_CONFLICT, conflict_id_missing,
     "a secret is a key of PSA and has a key id; io-protection and other data have none",
     "id: 1 to 0x3fffffff with hmac, aes or derive, and no other id"},
    {"algorithm", ERROR_PROFILE_CONFLICT, conflict_algorithm, "not an algorithm for this type",
     "hmac(sha-256) for hmac, a mode such as gcm for aes, hkdf(sha-256) for derive, none for the others"},
    {"type", ERROR_PROFILE_CONFLICT, conflict_no_aes, "an ATECC508A has no AES", "parts without it, or another type"},
    {"type", ERROR_PROFILE_CONFLICT, conflict_no_io_key, "an ATECC508A has no IO protection key",
     "parts without it, or no io-protection entry"},
    {"lock-slot", ERROR_PROFILE_CONFLICT, conflict_lock_type, "only the slot of io-protection is locked",
     "no lock-slot with another type"},
    {"lock-slot", ERROR_PROFILE_CONFLICT, conflict_lock_fixed,
     "a part that imprint configures never accepts another IO protection key after the data lock", "no lock-slot"},
    {"slot", ERROR_PROFILE_CONFLICT, conflict_unlocked,
     "what a slot holds can only be proven after the data zone is locked", "lock: [config, data]"},
    {"write-key", ERROR_PROFILE_CONFLICT, conflict_write_key_policy,
     "write-key says how the slot of hmac, aes or derive is configured, which imprint does with policy or bytes alone",
     "no write-key; chip.write-keys for a part that is configured already"},
    {"write-key", ERROR_PROFILE_CONFLICT, conflict_write_key_none, "no other secret of 32 bytes is in that slot",
     "the slot of an entry with type: hmac or derive"},
    {"replace", ERROR_PROFILE_CONFLICT, conflict_fixed,
     "a secret can be written again only with write-key, and with write-key it can be",
     "replace: unclaimed and write-key together, or neither"},
    {"type", ERROR_PROFILE_CONFLICT, conflict_derived_inside,
     "with io-protection the chip gives what its KDF derives only encrypted, with a key that your code does not get",
     "type: hmac, with which your code can compute HKDF, or no io-protection entry"},
    {"slot", ERROR_PROFILE_CONFLICT, conflict_takes_secret,
     "the slot before it permits ECDH, and the chip can put the secret into this slot, where the IO protection key does "
     "not protect it",
     "an even slot, or one after a slot whose key has no derive"},
    {"name", ERROR_PROFILE_CONFLICT, conflict_content,
     "its content has an unknown placeholder, is not hex digits, or is longer than its slot",
     "{serial} or {serial:lower}; 36 bytes in slots 0 to 7, 416 in slot 8, 72 in slots 9 to 15"},
};

static bool find(const struct datum_rule *rules, size_t count, const struct profile *profile,
                 struct profile_conflict *conflict)
{
    for (size_t d = 0; d < profile->data_count; d++) {
        for (size_t i = 0; i < count; i++) {
            if (!rules[i].broken(profile, &profile->data[d]))
                continue;
            *conflict = (struct profile_conflict){
                .place = PROFILE_AT_DATUM,
                .index = d,
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

/* ---- what no two may share ---- */

static bool report(struct profile_conflict *conflict, size_t index, const char *field, enum profile_place other,
                   size_t other_index)
{
    *conflict = (struct profile_conflict){
        .place = PROFILE_AT_DATUM,
        .index = index,
        .field = field,
        .other = other,
        .other_index = other_index,
        .reason = ERROR_PROFILE_CONFLICT,
        .cause = "another entry of the profile has the same",
        .next = "a value of its own",
    };
    return true;
}

static bool find_pair(const struct profile *profile, struct profile_conflict *conflict)
{
    /* A board may have room for one: the second bound is for the compiler. */
    for (size_t later = 1; later < profile->data_count && later < PROFILE_DATA_MAX; later++) {
        for (size_t earlier = 0; earlier < later; earlier++) {
            const struct profile_datum *a = &profile->data[earlier], *b = &profile->data[later];

            if (strncmp(a->name, b->name, PROFILE_NAME_MAX) == 0)
                return report(conflict, later, "name", PROFILE_AT_DATUM, earlier);
            if (a->slot == b->slot)
                return report(conflict, later, "slot", PROFILE_AT_DATUM, earlier);
            if (profile_datum_is_io_key(a) && profile_datum_is_io_key(b))
                return report(conflict, later, "type", PROFILE_AT_DATUM, earlier);
            if (a->id != 0 && a->id == b->id)
                return report(conflict, later, "id", PROFILE_AT_DATUM, earlier);
        }
    }
    return false;
}

static bool find_key(const struct profile *profile, struct profile_conflict *conflict)
{
    for (size_t d = 0; d < profile->data_count; d++) {
        for (size_t k = 0; k < profile->key_count; k++) {
            if (profile->keys[k].slot == profile->data[d].slot)
                return report(conflict, d, "slot", PROFILE_AT_KEY, k);
            if (profile->keys[k].id == profile->data[d].id)
                return report(conflict, d, "id", PROFILE_AT_KEY, k);
        }
    }
    return false;
}

static bool find_certificate(const struct profile *profile, struct profile_conflict *conflict)
{
    for (size_t d = 0; d < profile->data_count; d++) {
        for (size_t c = 0; c < profile->certificate_count; c++) {
            const struct profile_certificate *certificate = &profile->certificates[c];
            const uint8_t slot = profile->data[d].slot;

            if (slot != 0 &&
                (certificate->slot == slot || certificate->signer_key_slot == slot || certificate->signer_slot == slot))
                return report(conflict, d, "slot", PROFILE_AT_CERTIFICATE, c);
            if (profile->data[d].id != 0 && certificate->psa_id == profile->data[d].id)
                return report(conflict, d, "id", PROFILE_AT_CERTIFICATE, c);
        }
    }
    return false;
}

static bool find_chip(const struct profile *profile, struct profile_conflict *conflict)
{
    for (size_t d = 0; d < profile->data_count; d++) {
        const uint8_t slot = profile->data[d].slot;

        for (size_t i = 0; i < profile->write_key_count; i++)
            if (profile->write_keys[i].slot == slot)
                return report(conflict, d, "slot", PROFILE_AT_WRITE_KEY, i);
        if (profile->mark_slot != 0 && profile->mark_slot == slot) {
            (void)report(conflict, d, "slot", PROFILE_AT_TOP, 0);
            conflict->cause = "the slot is the mark's";
            return true;
        }
    }
    return false;
}

bool profile_find_datum_value(const struct profile *profile, struct profile_conflict *conflict)
{
    if (profile->data_count > PROFILE_DATA_MAX) {
        *conflict = (struct profile_conflict){.place = PROFILE_AT_TOP,
                                              .field = "data",
                                              .reason = ERROR_PROFILE_SCHEMA,
                                              .cause = "too many entries",
                                              .next = "16 at most: a chip has 16 slots"};
        return true;
    }
    return find(value_rules, COUNT(value_rules), profile, conflict);
}

bool profile_find_datum_conflict(const struct profile *profile, struct profile_conflict *conflict)
{
    return find(conflict_rules, COUNT(conflict_rules), profile, conflict) || find_pair(profile, conflict) ||
           find_key(profile, conflict) || find_certificate(profile, conflict) || find_chip(profile, conflict);
}
