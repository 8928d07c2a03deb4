/* SPDX-License-Identifier: Apache-2.0 */
/* From KEY to a key, and what is said of one. */
#include "station/key.h"

#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "base/number.h"
#include "cert/maker.h"
#include "station/evidence.h"
#include "profile/words.h"
#include "psa/keys.h"

#define P256_BITS 256

static void no_such_key(const struct session *session, const char *text, struct error *err)
{
    error_set(err, ERROR_KEY_UNKNOWN,
              error_keep_format(err, "no key with id or name \"%s\"%s", text,
                                session->record == NULL ? "; this device has no record that names keys" : ""),
              "list the keys with: imprint keys");
}

static bool resolve(const struct session *session, const char *text, uint32_t *id, struct error *err)
{
    uint64_t number;

    if (number_parse(text, PSA_KEY_ID_USER_MIN, PSA_KEY_ID_USER_MAX, &number) == NUMBER_OK) {
        *id = (uint32_t)number;
        return true;
    }
    if (evidence_key_id(session->record, text, id))
        return true;
    no_such_key(session, text, err);
    return false;
}

bool key_find(struct session *session, const char *text, struct key *key, struct error *err)
{
    psa_status_t status;

    *key = (struct key){.attributes = psa_key_attributes_init()};
    if (!resolve(session, text, &key->id, err))
        goto failed;
    status = keys_attributes(&session->driver, key->id, false, &key->attributes, NULL, err);
    if (status == PSA_SUCCESS) {
        key->name = evidence_key_name(session->record, key->id);
        return true;
    }
    if (status == PSA_ERROR_INVALID_HANDLE || status == PSA_ERROR_DOES_NOT_EXIST) {
        error_clear(err); /* what PSA says of it does not name what was typed */
        no_such_key(session, text, err);
    }
    error_with_key(err, key->id);
    session_psa_failed(session, status, "find the key", err);
failed:
    error_doing(err, "find the key");
    error_with_serial(err, session->device.serial);
    return false;
}

bool key_register_makers(struct session *session, struct key *key, psa_key_id_t *in_memory, struct error *err)
{
    psa_key_attributes_t *attributes = &key->attributes;
    psa_status_t status;

    *key = (struct key){.attributes = psa_key_attributes_init()};
    *in_memory = PSA_KEY_ID_USER_MIN;
    psa_set_key_id(attributes, *in_memory);
    psa_set_key_lifetime(attributes, KEYS_LIFETIME);
    psa_set_key_type(attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(attributes, P256_BITS);
    psa_set_key_algorithm(attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    psa_set_key_usage_flags(attributes, PSA_KEY_USAGE_SIGN_HASH);
    status = keys_register(&session->driver, attributes, CERT_MAKER_KEY_SLOT, err);
    if (status == PSA_SUCCESS)
        return true;
    session_psa_failed(session, status, "use the maker's key in slot 0", err);
    return false;
}

bool key_read_public(struct session *session, const struct key *key, uint8_t point[static P256_POINT_BYTES],
                     struct error *err)
{
    psa_status_t status = keys_public(&session->driver, key->id, point, err);

    if (status == PSA_SUCCESS)
        return true;
    error_with_key(err, key->id);
    return session_psa_failed(session, status, "read the public key", err);
}

bool key_algorithm(const struct key *key, psa_algorithm_t *algorithm, struct error *err)
{
    psa_algorithm_t has = psa_get_key_algorithm(&key->attributes);

    *algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_256);
    if (has == *algorithm || has == PSA_ALG_ECDSA(PSA_ALG_ANY_HASH))
        return true;
    error_set(err, ERROR_KEY_ATTRIBUTES, "the key's policy does not permit ECDSA with SHA-256",
              "use a key made with algorithm ECDSA over any hash or SHA-256");
    error_with_key(err, key->id);
    return false;
}

bool key_can_sign(const struct key *key, struct error *err)
{
    bool is_private = PSA_KEY_TYPE_IS_KEY_PAIR(psa_get_key_type(&key->attributes));

    if (is_private && (psa_get_key_usage_flags(&key->attributes) & PSA_KEY_USAGE_SIGN_HASH) != 0)
        return true;
    error_set(err, ERROR_KEY_ATTRIBUTES,
              is_private ? "the key's policy does not permit signing a hash" : "only a private key can sign",
              is_private ? "use a key whose usage in the profile has sign-hash" : "use a private key: imprint keys");
    error_with_key(err, key->id);
    return false;
}

/* What a symmetric key of the chip can be beside what the words of a profile's keys say. */
static const struct profile_word symmetric_types[] = {
    {"hmac", PSA_KEY_TYPE_HMAC}, {"aes", PSA_KEY_TYPE_AES}, {"derive", PSA_KEY_TYPE_DERIVE}, {NULL, 0}};
static const struct profile_word symmetric_usages[] = {
    {"encrypt", PSA_KEY_USAGE_ENCRYPT}, {"decrypt", PSA_KEY_USAGE_DECRYPT}, {NULL, 0}};

/* The word for a value in one of two tables, or the number with so many hex digits. */
static void put_word(const struct profile_word *words, const struct profile_word *others, uint32_t value, int digits,
                     char text[static KEY_TEXT_SIZE])
{
    const char *word = profile_word_of(words, value);

    if (word == NULL)
        word = profile_word_of(others, value);
    if (word != NULL)
        snprintf(text, KEY_TEXT_SIZE, "%s", word);
    else
        snprintf(text, KEY_TEXT_SIZE, "0x%0*x", digits, (unsigned)value);
}

void key_type_text(psa_key_type_t type, char text[static KEY_TEXT_SIZE])
{
    put_word(profile_words_type, symmetric_types, type, 4, text);
}

void key_algorithm_text(psa_algorithm_t algorithm, char text[static KEY_TEXT_SIZE])
{
    put_word(profile_words_algorithm, profile_words_secret, algorithm, 8, text);
}

/* The core adds the message usage to each hash usage (psa_extend_key_usage_flags()): showing both tells nothing more.
 */
static psa_key_usage_t usage_shown(psa_key_usage_t usage)
{
    if ((usage & PSA_KEY_USAGE_SIGN_HASH) != 0)
        usage &= ~(psa_key_usage_t)PSA_KEY_USAGE_SIGN_MESSAGE;
    if ((usage & PSA_KEY_USAGE_VERIFY_HASH) != 0)
        usage &= ~(psa_key_usage_t)PSA_KEY_USAGE_VERIFY_MESSAGE;
    return usage;
}

json_t *key_usage_array(psa_key_usage_t usage)
{
    const struct profile_word *const tables[] = {profile_words_usage, symmetric_usages};
    json_t *words = json_array();

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct profile_word *word = tables[i]; word->word != NULL; word++)
            if ((usage_shown(usage) & word->value) != 0)
                json_array_append_new(words, json_string(word->word));
    return words;
}

void key_usage_text(psa_key_usage_t usage, char text[static KEY_TEXT_SIZE])
{
    json_t *words = key_usage_array(usage), *word;
    size_t i, n = 0;

    text[0] = '\0';
    json_array_foreach(words, i, word)
    {
        snprintf(text + n, KEY_TEXT_SIZE - n, "%s%s", n > 0 ? ", " : "", json_string_value(word));
        n = strlen(text);
    }
    json_decref(words);
}
