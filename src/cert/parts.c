/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/parts.h"

#include <string.h>

#include "cert/algorithm.h"
#include "cert/der.h"
#include "cert/signature.h"
#include "crypto/sha1.h"

#define UTC_DIGITS 12 /* without the seconds' Z: YYMMDDHHMMSS */

/* ---- the validity ---- */

static bool are_digits(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* UTCTime is of 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
static bool take_time(struct bytes *from, struct bytes *time, char digits[static CERT_TIME_DIGITS + 1])
{
    const bool is_utc = der_take(from, DER_UTC_TIME, time);
    const size_t len = is_utc ? UTC_DIGITS : CERT_TIME_DIGITS;

    if ((!is_utc && !der_take(from, DER_GENERALIZED_TIME, time)) || time->len != len + 1 || time->data[len] != 'Z' ||
        !are_digits(bytes_of(time->data, len)))
        return false;
    memcpy(digits, time->data[0] < '5' ? "20" : "19", 2);
    memcpy(digits + CERT_TIME_DIGITS - len, time->data, len);
    digits[CERT_TIME_DIGITS] = '\0';
    return true;
}

static bool take_validity(struct bytes *from, struct cert_parts *parts)
{
    struct bytes validity;

    return der_take(from, DER_SEQUENCE, &validity) &&
           take_time(&validity, &parts->not_before_text, parts->not_before) &&
           take_time(&validity, &parts->not_after_text, parts->not_after) && validity.len == 0;
}

/* ---- the extensions ---- */

/* id-ce (2.5.29) and one number more: the identifiers of all extensions that are read here (RFC 5280, 4.2.1). */
static const uint8_t id_ce[] = {0x55, 0x1d};
enum { ID_SUBJECT_KEY = 14, ID_KEY_USAGE = 15, ID_BASIC_CONSTRAINTS = 19 };
#define KEY_CERT_SIGN 0x04 /* bit 5 of KeyUsage, in its first byte */

struct extensions {
    bool has_usage, may_sign, says_ca;
};

static bool read_constraints(struct bytes value, struct extensions *found)
{
    struct bytes constraints, ca;

    if (!der_take(&value, DER_SEQUENCE, &constraints))
        return false;
    found->says_ca = der_take(&constraints, DER_BOOLEAN, &ca) && ca.len == 1 && ca.data[0] != 0;
    return true;
}

static bool read_usage(struct bytes value, struct extensions *found)
{
    struct bytes usage;

    found->has_usage = der_take(&value, DER_BIT_STRING, &usage) && usage.len >= 2;
    found->may_sign = found->has_usage && (usage.data[1] & KEY_CERT_SIGN) != 0;
    return found->has_usage;
}

static bool take_extension(struct bytes *from, struct cert_parts *parts, struct extensions *found)
{
    struct bytes extension, id, critical, value;

    if (!der_take(from, DER_SEQUENCE, &extension) || !der_take(&extension, DER_OID, &id))
        return false;
    (void)der_take(&extension, DER_BOOLEAN, &critical); /* absent: not critical */
    if (!der_take(&extension, DER_OCTET_STRING, &value) || extension.len != 0)
        return false;
    if (id.len != sizeof id_ce + 1 || memcmp(id.data, id_ce, sizeof id_ce) != 0)
        return true;
    switch (id.data[sizeof id_ce]) {
    case ID_SUBJECT_KEY:
        return der_take(&value, DER_OCTET_STRING, &parts->key_id);
    case ID_KEY_USAGE:
        return read_usage(value, found);
    case ID_BASIC_CONSTRAINTS:
        return read_constraints(value, found);
    default:
        return true;
    }
}

static bool take_extensions(struct bytes *from, struct cert_parts *parts)
{
    struct extensions found = {.says_ca = false};
    struct bytes outer, list;

    if (from->len == 0)
        return true;
    if (!der_take(from, DER_CONTEXT_3, &outer) || !der_take(&outer, DER_SEQUENCE, &list) || outer.len != 0)
        return false;
    parts->extensions = list;
    while (list.len > 0)
        if (!take_extension(&list, parts, &found))
            return false;
    parts->is_ca = found.says_ca && (!found.has_usage || found.may_sign);
    return true;
}

/* ---- the whole ---- */

static bool take_key(struct bytes *from, struct cert_parts *parts)
{
    struct bytes spki;

    if (!der_take_any(from, &spki) || spki.len != sizeof cert_spki_head + P256_POINT_BYTES ||
        memcmp(spki.data, cert_spki_head, sizeof cert_spki_head) != 0 ||
        spki.data[sizeof cert_spki_head] != P256_UNCOMPRESSED)
        return false;
    parts->public_key = spki.data + sizeof cert_spki_head + 1;
    return true;
}

/* [0] { INTEGER 2 }: version 3. */
static bool take_version(struct bytes *from)
{
    struct bytes outer, version;

    return der_take(from, DER_CONTEXT_0, &outer) && der_take(&outer, DER_INTEGER, &version) && outer.len == 0 &&
           version.len == 1 && version.data[0] == 2;
}

/* `any`: whatever algorithm it is. */
static bool take_algorithm(struct bytes *from, bool any)
{
    struct bytes algorithm;

    return der_take_any(from, &algorithm) &&
           (any || bytes_equal(algorithm, bytes_of(cert_signature_algorithm, sizeof cert_signature_algorithm)));
}

static bool read_tbs(struct bytes tbs, bool any, struct cert_parts *parts)
{
    struct bytes content;

    return der_take(&tbs, DER_SEQUENCE, &content) && take_version(&content) &&
           der_take(&content, DER_INTEGER, &parts->serial) && take_algorithm(&content, any) &&
           der_take_any(&content, &parts->issuer) && take_validity(&content, parts) &&
           der_take_any(&content, &parts->subject) && take_key(&content, parts) && take_extensions(&content, parts) &&
           content.len == 0;
}

static bool read_whole(struct bytes der, bool any, struct cert_parts *parts, struct bytes *signature)
{
    struct bytes content;

    *parts = (struct cert_parts){.is_ca = false};
    if (!der_take(&der, DER_SEQUENCE, &content) || der.len != 0 || !der_take_any(&content, &parts->tbs) ||
        !read_tbs(parts->tbs, any, parts) || !take_algorithm(&content, any))
        return false;
    *signature = content;
    return true;
}

bool cert_read_parts(struct bytes der, struct cert_parts *parts)
{
    struct bytes signature;

    return read_whole(der, false, parts, &signature) && cert_read_signature(signature, parts->signature);
}

bool cert_read_issuer_parts(struct bytes der, struct cert_parts *parts)
{
    struct bytes signature, content;

    return read_whole(der, true, parts, &signature) && der_take(&signature, DER_BIT_STRING, &content) &&
           signature.len == 0;
}

bool cert_key_id_of(const struct cert_parts *parts, uint8_t key_id[static CERT_KEY_ID_BYTES])
{
    static const uint8_t uncompressed = P256_UNCOMPRESSED;
    const struct bytes point[] = {bytes_of(&uncompressed, 1), bytes_of(parts->public_key, CERT_KEY_BYTES)};

    if (parts->key_id.len == 0)
        return crypto_sha1(point, 2, key_id);
    if (parts->key_id.len != CERT_KEY_ID_BYTES)
        return false;
    memcpy(key_id, parts->key_id.data, CERT_KEY_ID_BYTES);
    return true;
}
