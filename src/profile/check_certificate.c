/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/check_certificate.h"

#include <string.h>

#include "profile/board_number.h"
#include "profile/certificate.h"
#include "profile/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One rule, as those of profile/check.c. */
struct certificate_rule {
    const char *field;
    enum error_reason reason;
    bool (*broken)(const struct profile *profile, const struct profile_certificate *certificate);
    const char *cause, *next;
};

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool is_data_slot(uint8_t slot)
{
    return slot == 0 || (slot >= PROFILE_PUBLIC_SLOT_MIN && slot < CHIP_SLOTS);
}

/* ---- values ---- */

static bool value_name(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return !profile_name_valid(certificate->name);
}

static bool value_key(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return !profile_name_valid(certificate->key);
}

static bool value_issuer(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return !profile_name_valid(certificate->issuer);
}

static bool value_kind(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return profile_word_of(profile_words_kind, (uint32_t)certificate->kind) == NULL;
}

static bool value_extensions(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return (certificate->extensions & ~CERT_EXTENSIONS) != 0;
}

static bool value_texts(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return !is_text(certificate->subject, PROFILE_SUBJECT_MAX) || certificate->subject[0] == '\0';
}

static bool value_hardware_type(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return !is_text(certificate->hardware_type, PROFILE_OID_MAX);
}

/* Every month may have 31 days here: the certificate then ends with that month. */
static bool value_valid(const struct profile *profile, const struct profile_certificate *certificate)
{
    const uint32_t day = certificate->valid % 100, month = certificate->valid / 100 % 100;

    (void)profile;
    if (certificate->valid <= PROFILE_VALID_YEARS_MAX)
        return false;
    return certificate->valid < PROFILE_VALID_DAY_MIN || certificate->valid > PROFILE_VALID_DAY_MAX || month < 1 ||
           month > 12 || day < 1 || day > 31;
}

static bool value_slot(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return !is_data_slot(certificate->slot);
}

static bool value_signer_key_slot(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return !is_data_slot(certificate->signer_key_slot);
}

static bool value_signer_slot(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return !is_data_slot(certificate->signer_slot);
}

static bool value_replace(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return profile_word_of(profile_words_replace, (uint32_t)certificate->replace) == NULL;
}

static bool value_psa_id(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return certificate->psa_id != 0 &&
           (certificate->psa_id < PSA_KEY_ID_USER_MIN || certificate->psa_id > PSA_KEY_ID_USER_MAX);
}

static bool value_prove(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return profile_word_of(profile_words_prove, (uint32_t)certificate->prove) == NULL;
}

static bool value_connection(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return certificate->connection[0] != '\0' && !profile_name_valid(certificate->connection);
}

#define NAME_NEXT "a letter, then letters, digits, - and _, at most 63 characters"
#define SLOT_NEXT "a slot from 8 to 15: those before have no room"

static const struct certificate_rule value_rules[] = {
    {"name", ERROR_PROFILE_SCHEMA, value_name, "not a valid name", NAME_NEXT},
    {"key", ERROR_PROFILE_SCHEMA, value_key, "not a valid name", NAME_NEXT},
    {"issuer", ERROR_PROFILE_SCHEMA, value_issuer, "not a valid name", NAME_NEXT},
    {"kind", ERROR_PROFILE_SCHEMA, value_kind, "not a known kind", "tls-client, idevid, matter-dac or extensions"},
    {"extensions", ERROR_PROFILE_SCHEMA, value_extensions, "an unknown extension", "the words of the profile format"},
    {"subject", ERROR_PROFILE_SCHEMA, value_texts, "no subject, or too long", "1 to 127 bytes"},
    {"hardware-type", ERROR_PROFILE_SCHEMA, value_hardware_type, "too long",
     "an object identifier of at most 47 bytes"},
    {"valid", ERROR_PROFILE_SCHEMA, value_valid, "not a day", "never, 1 to 127 years, or a day such as 2045-12-31"},
    {"slot", ERROR_PROFILE_SCHEMA, value_slot, "not a slot with room for a certificate", SLOT_NEXT},
    {"signer-key-slot", ERROR_PROFILE_SCHEMA, value_signer_key_slot, "not a slot with room for a public key",
     SLOT_NEXT},
    {"signer-slot", ERROR_PROFILE_SCHEMA, value_signer_slot, "not a slot with room for a certificate", SLOT_NEXT},
    {"replace", ERROR_PROFILE_SCHEMA, value_replace, "not a known rule", "never or unclaimed"},
    {"psa-id", ERROR_PROFILE_SCHEMA, value_psa_id, "not a key id that an application may use",
     "a number from 1 to 0x3fffffff"},
    {"prove", ERROR_PROFILE_SCHEMA, value_prove, "not a known proof", "read-back or tls"},
    {"connection", ERROR_PROFILE_SCHEMA, value_connection, "not a valid name", NAME_NEXT},
};

/* ---- contradictions ---- */

static const struct profile_key *key_of(const struct profile *profile, const struct profile_certificate *certificate)
{
    const size_t key = profile_certificate_key(profile, certificate);

    return key < profile->key_count ? &profile->keys[key] : NULL;
}

static bool has(const struct profile_certificate *certificate, uint32_t extension)
{
    return (profile_certificate_extensions(certificate) & extension) != 0;
}

static bool conflict_key(const struct profile *profile, const struct profile_certificate *certificate)
{
    return key_of(profile, certificate) == NULL;
}

static bool conflict_key_signs(const struct profile *profile, const struct profile_certificate *certificate)
{
    const struct profile_key *key = key_of(profile, certificate);

    return !PSA_KEY_TYPE_IS_KEY_PAIR(key->type) || (key->usage & PSA_KEY_USAGE_SIGN_HASH) == 0 ||
           (key->algorithm != PSA_ALG_ECDSA(PSA_ALG_ANY_HASH) && key->algorithm != PSA_ALG_ECDSA(PSA_ALG_SHA_256));
}

static bool conflict_no_extensions(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return (certificate->kind == PROFILE_KIND_EXTENSIONS) != (certificate->extensions != 0);
}

static bool conflict_idevid_ends(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return certificate->kind == PROFILE_KIND_IDEVID && certificate->valid != PROFILE_VALID_NEVER;
}

static bool conflict_hardware_missing(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return has(certificate, CERT_HARDWARE_MODULE) != (certificate->hardware_type[0] != '\0');
}

static bool conflict_vendor(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return (certificate->kind == PROFILE_KIND_MATTER_DAC) != (certificate->vendor_id != 0);
}

static bool conflict_product(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return (certificate->kind == PROFILE_KIND_MATTER_DAC) != (certificate->product_id != 0);
}

static bool conflict_signer_alone(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return certificate->slot == 0 && (certificate->signer_slot != 0 || certificate->signer_key_slot != 0);
}

static bool conflict_signer_key(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return certificate->signer_slot != 0 && certificate->signer_key_slot == 0;
}

static bool conflict_makers(const struct profile *profile, const struct profile_certificate *certificate)
{
    return profile_certificate_in_chip(certificate) && profile->configuration == PROFILE_TRUST_AND_GO;
}

static bool conflict_unreadable(const struct profile *profile, const struct profile_certificate *certificate)
{
    return profile_certificate_in_chip(certificate) && !profile->lock_data && profile_starts_blank(profile);
}

/* Slots 10 to 12 of a part that the maker has configured hold the maker's chain. */
static bool conflict_genuine(const struct profile *profile, const struct profile_certificate *certificate)
{
    const uint8_t slots[] = {certificate->slot, certificate->signer_key_slot, certificate->signer_slot};
    bool is_lost = false;

    for (size_t i = 0; i < COUNT(slots); i++)
        is_lost = is_lost || (slots[i] >= 10 && slots[i] <= 12);
    return is_lost && profile->genuine != PROFILE_GENUINE_UNCHECKED;
}

static bool conflict_nothing_replaced(const struct profile *profile, const struct profile_certificate *certificate)
{
    return certificate->replace != PROFILE_REPLACE_NEVER &&
           (!profile_certificate_in_chip(certificate) || profile->lock_data);
}

static bool conflict_connection(const struct profile *profile, const struct profile_certificate *certificate)
{
    (void)profile;
    return (certificate->prove == PROFILE_PROVE_TLS) != (certificate->connection[0] != '\0');
}

static const struct certificate_rule conflict_rules[] = {
    {"key", ERROR_PROFILE_CONFLICT, conflict_key, "the profile has no key of this name", "the name of one of its keys"},
    {"key", ERROR_PROFILE_CONFLICT, conflict_key_signs,
     "the certificate's key signs with SHA-256, and this key does not permit that",
     "a key pair with usage sign-hash and algorithm ecdsa(any-hash) or ecdsa(sha-256)"},
    {"extensions", ERROR_PROFILE_CONFLICT, conflict_no_extensions,
     "extensions are spelled out for kind: extensions, and only there", "kind: extensions, and a list of them"},
    {"valid", ERROR_PROFILE_CONFLICT, conflict_idevid_ends, "a device identity lasts as long as its device",
     "valid: never with kind: idevid"},
    {"hardware-type", ERROR_PROFILE_CONFLICT, conflict_hardware_missing,
     "the hardware type belongs to kind: idevid and to the extension hardware-module, which need it",
     "hardware-type: an object identifier of your own, as 1.3.6.1.4.1.32473.1"},
    {"vendor-id", ERROR_PROFILE_CONFLICT, conflict_vendor, "the vendor id belongs to kind: matter-dac, which needs it",
     "vendor-id: 0x0001 to 0xffff with kind: matter-dac"},
    {"product-id", ERROR_PROFILE_CONFLICT, conflict_product,
     "the product id belongs to kind: matter-dac, which needs it",
     "product-id: 0x0001 to 0xffff with kind: matter-dac"},
    {"slot", ERROR_PROFILE_CONFLICT, conflict_signer_alone,
     "the issuer's key and certificate are kept in the chip only beside the device's certificate", "slot: 8 to 15"},
    {"signer-key-slot", ERROR_PROFILE_CONFLICT, conflict_signer_key,
     "the issuer's certificate can only be put together again with its public key", "signer-key-slot: 8 to 15"},
    {"slot", ERROR_PROFILE_CONFLICT, conflict_makers, "the certificate slots of a Trust&GO part can never be written",
     "psa-id instead of the slots, or another part"},
    {"slot", ERROR_PROFILE_CONFLICT, conflict_unreadable,
     "a certificate in the chip can only be read after the data zone is locked",
     "lock: [config, data], or psa-id instead of the slots"},
    {"slot", ERROR_PROFILE_CONFLICT, conflict_genuine,
     "slots 10 to 12 hold the maker's certificates, which genuine reads in every run",
     "other slots, psa-id, or no genuine"},
    {"replace", ERROR_PROFILE_CONFLICT, conflict_nothing_replaced, "there is no content of slots that could be lost",
     "no replace"},
    {"connection", ERROR_PROFILE_CONFLICT, conflict_connection, "the connection belongs to prove: tls, which needs it",
     "connection: a name in the station's file of connections"},
};

static bool find(const struct certificate_rule *rules, size_t count, const struct profile *profile,
                 struct profile_conflict *conflict)
{
    for (size_t c = 0; c < profile->certificate_count; c++) {
        for (size_t i = 0; i < count; i++) {
            if (!rules[i].broken(profile, &profile->certificates[c]))
                continue;
            *conflict = (struct profile_conflict){
                .place = PROFILE_AT_CERTIFICATE,
                .index = c,
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

static bool is_same_name(const char *a, const char *b)
{
    return strncmp(a, b, PROFILE_NAME_MAX) == 0;
}

/* `other`, `other_index`: the entry that this certificate contradicts. */
static bool report(struct profile_conflict *conflict, size_t index, enum profile_place other, size_t other_index,
                   const char *field, const char *cause, const char *next)
{
    *conflict = (struct profile_conflict){
        .place = PROFILE_AT_CERTIFICATE,
        .index = index,
        .field = field,
        .other = other,
        .other_index = other_index,
        .reason = ERROR_PROFILE_CONFLICT,
        .cause = cause,
        .next = next,
    };
    return true;
}

static bool find_pair(const struct profile *profile, struct profile_conflict *conflict)
{
    /* A board may have room for one: the second bound is for the compiler. */
    for (size_t later = 1; later < profile->certificate_count && later < PROFILE_CERTIFICATES_MAX; later++) {
        for (size_t earlier = 0; earlier < later; earlier++) {
            const struct profile_certificate *a = &profile->certificates[earlier], *b = &profile->certificates[later];

            if (is_same_name(a->name, b->name))
                return report(conflict, later, PROFILE_AT_CERTIFICATE, earlier, "name",
                              "another certificate has the same name", "a name of its own for each certificate");
            if (is_same_name(a->key, b->key))
                return report(conflict, later, PROFILE_AT_CERTIFICATE, earlier, "key",
                              "another certificate is for the same key", "one certificate for each key");
            if (a->psa_id != 0 && a->psa_id == b->psa_id)
                return report(conflict, later, PROFILE_AT_CERTIFICATE, earlier, "psa-id",
                              "another certificate has the same key id", "a key id of its own for each certificate");
        }
    }
    return false;
}

static bool find_psa_id(const struct profile *profile, struct profile_conflict *conflict)
{
    for (size_t c = 0; c < profile->certificate_count; c++)
        for (size_t k = 0; k < profile->key_count; k++)
            if (profile->certificates[c].psa_id == profile->keys[k].id)
                return report(conflict, c, PROFILE_AT_KEY, k, "psa-id", "a key has the same key id",
                              "a key id of its own for the certificate");
    return false;
}

/* How often the profile's certificates up to `upto`, and all of its keys, write keys and mark, take this slot. */
static unsigned takers(const struct profile *profile, uint8_t slot, size_t upto)
{
    unsigned count = profile->mark_slot == slot ? 1 : 0;

    for (size_t i = 0; i < profile->key_count; i++)
        count += profile->keys[i].slot == slot ? 1 : 0;
    for (size_t i = 0; i < profile->write_key_count; i++)
        count += profile->write_keys[i].slot == slot ? 1 : 0;
    for (size_t i = 0; i <= upto; i++) {
        const struct profile_certificate *certificate = &profile->certificates[i];

        count += (certificate->slot == slot ? 1u : 0) + (certificate->signer_key_slot == slot ? 1u : 0) +
                 (certificate->signer_slot == slot ? 1u : 0);
    }
    return count;
}

static bool find_slot(const struct profile *profile, struct profile_conflict *conflict)
{
    for (size_t c = 0; c < profile->certificate_count; c++) {
        const struct profile_certificate *certificate = &profile->certificates[c];
        const struct {
            const char *field;
            uint8_t slot;
        } fields[] = {{"slot", certificate->slot},
                      {"signer-key-slot", certificate->signer_key_slot},
                      {"signer-slot", certificate->signer_slot}};

        for (size_t i = 0; i < COUNT(fields); i++)
            if (fields[i].slot != 0 && takers(profile, fields[i].slot, c) > 1)
                return report(conflict, c, PROFILE_AT_TOP, 0, fields[i].field,
                              "the slot has another use in this profile", "a slot of its own");
    }
    return false;
}

/* A board number of the greatest length: what fits with it fits with any. */
static const char longest_board[] = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
_Static_assert(sizeof longest_board - 1 == PROFILE_BOARD_MAX, "of that length");

/* Whoever puts a certificate together again from the chip knows the chip's serial number, and no board number. */
static bool find_board_in_chip(const struct profile_certificate *certificate, struct error *err)
{
    if (!profile_certificate_in_chip(certificate) || strstr(certificate->subject, "{board}") == NULL)
        return false;
    error_set(err, ERROR_PROFILE_CONFLICT, "the compressed form in the chip cannot carry the board's number ({board})",
              "{serial} instead, or the certificate kept as PSA data: psa-id without slots");
    return true;
}

static bool makes_form(const struct profile_certificate *certificate, const struct cert_dates *dates, struct error *err)
{
    struct profile_certificate filled = *certificate;
    struct cert_form form;

    return !find_board_in_chip(certificate, err) && profile_fill_certificate_board(&filled, longest_board, err) &&
           profile_certificate_form(&filled, NULL, dates, &form, err);
}

/* What the compressed form, or any certificate, cannot carry: the maker of templates says which field is to blame. */
static bool find_form(const struct profile *profile, struct profile_conflict *conflict)
{
    static const struct cert_dates any = {.year = 2026, .month = 1, .day = 1};

    for (size_t c = 0; c < profile->certificate_count; c++) {
        const struct profile_certificate *certificate = &profile->certificates[c];
        struct cert_dates dates = any;
        struct error err = {.reason = ERROR_NONE};
        char field[16];

        err.room = field;
        err.room_size = sizeof field;
        dates.years = profile_certificate_years(certificate);
        if (makes_form(certificate, &dates, &err))
            continue;
        *conflict = (struct profile_conflict){
            .place = PROFILE_AT_CERTIFICATE,
            .index = c,
            .field = err.subject != NULL && strcmp(err.subject, "hardware-type") == 0 ? "hardware-type" : "subject",
            .reason = err.reason == ERROR_USAGE ? ERROR_PROFILE_SCHEMA : err.reason,
            .cause = err.cause,
            .next = err.next != NULL ? err.next : "a name such as O=Example,CN={serial}",
        };
        return true;
    }
    return false;
}

bool profile_find_certificate_value(const struct profile *profile, struct profile_conflict *conflict)
{
    if (profile->certificate_count > PROFILE_CERTIFICATES_MAX) {
        *conflict = (struct profile_conflict){.place = PROFILE_AT_TOP,
                                              .field = "certificates",
                                              .reason = ERROR_PROFILE_SCHEMA,
                                              .cause = "too many certificates",
                                              .next = "4 at most"};
        return true;
    }
    return find(value_rules, COUNT(value_rules), profile, conflict);
}

bool profile_find_certificate_conflict(const struct profile *profile, struct profile_conflict *conflict)
{
    return find(conflict_rules, COUNT(conflict_rules), profile, conflict) || find_pair(profile, conflict) ||
           find_psa_id(profile, conflict) || find_slot(profile, conflict) || find_form(profile, conflict);
}
