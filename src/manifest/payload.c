/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/payload.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "issuer/datum.h"
#include "manifest/base64url.h"
#include "manifest/certificate.h"

#define VERSION 1
#define CERTIFICATE_MAX ((size_t)4096)

static enum manifest_fault fault(enum manifest_fault found, const char *cause, struct error *err)
{
    error_set(err, ERROR_MANIFEST_REFUTED, cause, NULL);
    return found;
}

bool payload_read_serial(const json_t *value, uint8_t serial[static MANIFEST_SERIAL_BYTES])
{
    const char *text = json_string_value(value);
    struct bytes_out out = {.data = serial, .cap = MANIFEST_SERIAL_BYTES};

    return text != NULL && json_string_length(value) == 2 * (size_t)MANIFEST_SERIAL_BYTES &&
           hex_decode(text, 2 * (size_t)MANIFEST_SERIAL_BYTES, &out, NULL) && out.len == MANIFEST_SERIAL_BYTES;
}

/* A text of printing ASCII characters: these are names and dates that are shown, compared, and go into tables. */
static bool read_text(const json_t *value, char text[static MANIFEST_TEXT_SIZE])
{
    const char *found = json_string_value(value);
    const size_t len = found == NULL ? 0 : json_string_length(value);

    if (len == 0 || len >= MANIFEST_TEXT_SIZE)
        return false;
    for (size_t i = 0; i < len; i++)
        if (found[i] < ' ' || found[i] > '~')
            return false;
    memcpy(text, found, len + 1);
    return true;
}

bool manifest_read_time(const char *text, int64_t *seconds)
{
    struct tm date = {.tm_isdst = 0};
    const char *rest =
        strlen(text) < strlen("2026-01-01T00:00:00Z") ? NULL : strptime(text, "%Y-%m-%dT%H:%M:%S", &date);

    if (rest == NULL)
        return false;
    if (*rest == '.') {
        rest++;
        if (strspn(rest, "0123456789") == 0)
            return false;
        rest += strspn(rest, "0123456789");
    }
    if (strcmp(rest, "Z") != 0)
        return false;
    *seconds = (int64_t)timegm(&date);
    return true;
}

/* --- keys --- */

/* An imported point: GnuTLS does not take one that is not on the curve. */
static bool is_point(const struct manifest_key *key)
{
    const gnutls_datum_t x = datum_of(bytes_of(key->point + 1, P256_BYTES));
    const gnutls_datum_t y = datum_of(bytes_of(key->point + 1 + P256_BYTES, P256_BYTES));
    gnutls_pubkey_t point = NULL;
    bool ok = gnutls_pubkey_init(&point) >= 0 &&
              gnutls_pubkey_import_ecc_raw(point, GNUTLS_ECC_CURVE_SECP256R1, &x, &y) >= 0 &&
              gnutls_pubkey_verify_params(point) >= 0;

    gnutls_pubkey_deinit(point);
    return ok;
}

static bool is_word(const json_t *object, const char *name, const char *word)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL && strcmp(text, word) == 0;
}

static bool read_coordinate(const json_t *value, uint8_t *coordinate)
{
    const char *text = json_string_value(value);
    struct bytes_out out = {.data = coordinate, .cap = P256_BYTES};

    return text != NULL && base64url_decode(text, &out) && out.len == P256_BYTES;
}

/* The slot, as a decimal number: "0" to "15". */
static bool read_slot(const json_t *value, uint8_t *slot)
{
    const char *text = json_string_value(value);
    char *end;
    long number;

    if (text == NULL || text[0] < '0' || text[0] > '9' || (text[0] == '0' && text[1] != '\0'))
        return false;
    number = strtol(text, &end, 10);
    *slot = (uint8_t)number;
    return *end == '\0' && number < MANIFEST_KEYS_MAX;
}

static enum manifest_fault read_key(const json_t *value, struct manifest_key *key, struct error *err)
{
    if (!read_slot(json_object_get(value, "kid"), &key->slot))
        return fault(MANIFEST_FAULT_KEYS, "a key's kid is no slot from \"0\" to \"15\"", err);
    key->point[0] = P256_UNCOMPRESSED;
    if (is_word(value, "kty", "EC") && is_word(value, "crv", "P-256") &&
        read_coordinate(json_object_get(value, "x"), key->point + 1) &&
        read_coordinate(json_object_get(value, "y"), key->point + 1 + P256_BYTES) && is_point(key))
        return MANIFEST_GOOD;
    return fault(MANIFEST_FAULT_KEYS, error_keep_format(err, "the key of slot %u is no point on P-256", key->slot),
                 err);
}

/* --- the certificates of a key --- */

static bool read_certificate(const json_t *value, gnutls_x509_crt_t *certificate)
{
    const char *text = json_string_value(value);
    const gnutls_datum_t in = datum_of(bytes_of(text, json_string_length(value)));
    gnutls_datum_t der = {.data = NULL};
    bool ok = text != NULL && in.size <= CERTIFICATE_MAX * 2 && gnutls_base64_decode2(&in, &der) >= 0 &&
              der.size <= CERTIFICATE_MAX && gnutls_x509_crt_init(certificate) >= 0 &&
              gnutls_x509_crt_import(*certificate, &der, GNUTLS_X509_FMT_DER) >= 0;

    gnutls_free(der.data);
    return ok;
}

static bool is_for_key(gnutls_x509_crt_t certificate, const struct manifest_key *key)
{
    gnutls_datum_t der = {.data = NULL};
    uint8_t point[P256_POINT_BYTES];
    bool ok = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) >= 0 &&
              certificate_read_key(bytes_of(der.data, der.size), point) && memcmp(point, key->point, sizeof point) == 0;

    gnutls_free(der.data);
    return ok;
}

/* "sn0123...01", "0123...01 ATECC". */
static bool names_chip(gnutls_x509_crt_t certificate, const uint8_t serial[static MANIFEST_SERIAL_BYTES])
{
    char name[MANIFEST_NAME_SIZE], digits[HEX_SIZE(MANIFEST_SERIAL_BYTES)];
    size_t len = sizeof name;

    hex_encode(bytes_of(serial, MANIFEST_SERIAL_BYTES), digits);
    return gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len) >= 0 &&
           strcasestr(name, digits) != NULL;
}

static enum manifest_fault check_chain(const gnutls_x509_crt_t *chain, unsigned count, const struct manifest_key *key,
                                       const struct manifest_part *part, struct manifest_trust *trust,
                                       struct error *err)
{
    bool is_makers;

    if (!is_for_key(chain[0], key))
        return fault(MANIFEST_FAULT_CERTIFICATES,
                     error_keep_format(err, "the certificate of slot %u is for another key", key->slot), err);
    if (!manifest_trust_verifies(trust, chain, count, &is_makers))
        return fault(
            MANIFEST_FAULT_CERTIFICATES,
            error_keep_format(err, "the certificates of slot %u do not lead to a root that is trusted", key->slot),
            err);
    if (is_makers && !names_chip(chain[0], part->serial))
        return fault(MANIFEST_FAULT_CERTIFICATES,
                     error_keep_format(err, "the certificate of slot %u names another chip", key->slot), err);
    return MANIFEST_GOOD;
}

static enum manifest_fault read_chain(const json_t *list, const struct manifest_key *key,
                                      const struct manifest_part *part, struct manifest_trust *trust, struct error *err)
{
    gnutls_x509_crt_t chain[MANIFEST_CHAIN_MAX] = {NULL};
    const size_t count = json_array_size(list);
    enum manifest_fault found = MANIFEST_GOOD;

    if (list == NULL)
        return MANIFEST_GOOD;
    if (count == 0 || count > MANIFEST_CHAIN_MAX)
        return fault(
            MANIFEST_FAULT_CERTIFICATES,
            error_keep_format(err, "x5c of slot %u is no list of 1 to %d certificates", key->slot, MANIFEST_CHAIN_MAX),
            err);
    for (size_t i = 0; i < count && found == MANIFEST_GOOD; i++)
        if (!read_certificate(json_array_get(list, i), &chain[i]))
            found = fault(MANIFEST_FAULT_CERTIFICATES,
                          error_keep_format(err, "a certificate of slot %u cannot be read", key->slot), err);
    if (found == MANIFEST_GOOD)
        found = check_chain(chain, (unsigned)count, key, part, trust, err);
    for (size_t i = 0; i < MANIFEST_CHAIN_MAX; i++)
        gnutls_x509_crt_deinit(chain[i]);
    return found;
}

/* --- the whole --- */

static bool has_slot(const struct manifest_part *part, uint8_t slot)
{
    for (size_t i = 0; i < part->key_count; i++)
        if (part->keys[i].slot == slot)
            return true;
    return false;
}

static enum manifest_fault read_keys(const json_t *list, struct manifest_trust *trust, struct manifest_part *part,
                                     struct error *err)
{
    json_t *value;
    size_t i;

    if (json_array_size(list) == 0 || json_array_size(list) > MANIFEST_KEYS_MAX)
        return fault(MANIFEST_FAULT_KEYS, "publicKeySet has no list of 1 to 16 keys", err);
    json_array_foreach(list, i, value)
    {
        struct manifest_key key = {.slot = 0};
        enum manifest_fault found = read_key(value, &key, err);

        if (found == MANIFEST_GOOD && has_slot(part, key.slot))
            found = fault(MANIFEST_FAULT_KEYS, error_keep_format(err, "slot %u has two keys", key.slot), err);
        if (found == MANIFEST_GOOD)
            found = read_chain(json_object_get(value, "x5c"), &key, part, trust, err);
        if (found != MANIFEST_GOOD)
            return found;
        part->keys[part->key_count++] = key;
    }
    return MANIFEST_GOOD;
}

static enum manifest_fault check_time(const struct manifest_part *part, const struct manifest_signer *signer,
                                      bool any_date, struct error *err)
{
    int64_t seconds;

    if (!manifest_read_time(part->time, &seconds))
        return fault(MANIFEST_FAULT_PAYLOAD, "provisioningTimestamp is no time such as 2026-01-31T12:00:00.000Z", err);
    if (any_date || (seconds >= signer->not_before && seconds <= signer->not_after))
        return MANIFEST_GOOD;
    return fault(MANIFEST_FAULT_DATE,
                 error_keep_format(err, "it was provisioned at %s, when the certificate of its signer was not valid",
                                   part->time),
                 err);
}

enum manifest_fault payload_read(const json_t *payload, const struct manifest_signer *signer,
                                 struct manifest_trust *trust, struct manifest_part *part, struct error *err)
{
    uint8_t serial[MANIFEST_SERIAL_BYTES];
    const json_t *version = json_object_get(payload, "version");
    enum manifest_fault found;

    if (!json_is_integer(version) || json_integer_value(version) != VERSION)
        return fault(MANIFEST_FAULT_PAYLOAD, "its version is not 1, the one that imprint knows", err);
    if (!payload_read_serial(json_object_get(payload, "uniqueId"), serial))
        return fault(MANIFEST_FAULT_PAYLOAD, "uniqueId is no serial number of 18 hex digits", err);
    if (memcmp(serial, part->serial, sizeof serial) != 0)
        return fault(MANIFEST_FAULT_SERIAL, "the signed serial number is not the one in header", err);
    if (!read_text(json_object_get(payload, "model"), part->model) ||
        !read_text(json_object_get(payload, "partNumber"), part->part_number) ||
        !read_text(json_object_get(payload, "provisioningTimestamp"), part->time))
        return fault(MANIFEST_FAULT_PAYLOAD, "model, partNumber or provisioningTimestamp is missing or too long", err);
    found = check_time(part, signer, trust->any_date, err);
    if (found != MANIFEST_GOOD)
        return found;
    return read_keys(json_object_get(json_object_get(payload, "publicKeySet"), "keys"), trust, part, err);
}
