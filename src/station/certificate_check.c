/* SPDX-License-Identifier: Apache-2.0 */
#include "station/certificate_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error_format.h"
#include "cert/check_certificate.h"
#include "cert/der.h"

#define DAY_S ((int64_t)24 * 60 * 60)
#define NEVER "99991231235959" /* RFC 5280, 4.1.2.5 */

/* Our own signers have no ID of Microchip's: "FFFF" (DS20006367A, 2.6). */
static const uint8_t signer_id[2] = {0xff, 0xff};

/* ---- building ---- */

static struct cert_subject subject_of(const struct certificate_wanted *wanted)
{
    return (struct cert_subject){
        .public_key = wanted->point + 1, .issuer_key = wanted->issuer.public_key, .chip_serial = wanted->serial};
}

static struct cert_compressed compressed_of(const struct certificate_wanted *wanted)
{
    return (struct cert_compressed){
        .dates = wanted->dates, .signer_id = {signer_id[0], signer_id[1]}, .serial_source = CERT_SERIAL_KEY_HASH};
}

bool certificate_check_make_form(struct certificate_wanted *wanted, struct error *err)
{
    if (profile_certificate_form(wanted->certificate, &wanted->issuer, &wanted->dates, &wanted->form, err))
        return true;
    error_doing(err, "build the certificate");
    return false;
}

bool certificate_check_build_tbs(const struct certificate_wanted *wanted, struct bytes_out *tbs, struct error *err)
{
    const struct cert_subject subject = subject_of(wanted);
    const struct cert_compressed compressed = compressed_of(wanted);

    if (cert_build_tbs(&wanted->form.form, &compressed, &subject, tbs))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the certificate cannot be built", NULL);
    return false;
}

bool certificate_check_build(const struct certificate_wanted *wanted,
                             const uint8_t signature[static P256_SIGNATURE_BYTES], struct bytes_out *der,
                             struct error *err)
{
    const struct cert_subject subject = subject_of(wanted);
    struct cert_compressed compressed = compressed_of(wanted);

    memcpy(compressed.signature, signature, sizeof compressed.signature);
    if (cert_rebuild(&wanted->form.form, &compressed, &subject, der))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the certificate cannot be put together", NULL);
    return false;
}

bool certificate_check_read_dates(struct certificate_wanted *wanted, const char *not_before)
{
    return cert_dates_from(not_before, profile_certificate_years(wanted->certificate), &wanted->dates);
}

/* ---- names ---- */

typedef bool is_same(struct bytes a, struct bytes b);

/* Whether two lists have elements with this tag alone, and each two of them are the same. */
static bool is_same_list(struct bytes a, struct bytes b, enum der_tag tag, is_same *same)
{
    struct bytes in_a, in_b;

    while (a.len > 0)
        if (!der_take(&a, tag, &in_a) || !der_take(&b, tag, &in_b) || !same(in_a, in_b))
            return false;
    return b.len == 0;
}

static bool is_text(uint8_t tag)
{
    return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING;
}

/* AttributeTypeAndValue. Each string type that names have writes the same characters as the same bytes. */
static bool is_same_attribute(struct bytes a, struct bytes b)
{
    struct bytes type_a, type_b, value_a, value_b;

    return der_take(&a, DER_OID, &type_a) && der_take(&b, DER_OID, &type_b) && bytes_equal(type_a, type_b) &&
           der_take_any(&a, &value_a) && der_take_any(&b, &value_b) && a.len == 0 && b.len == 0 &&
           (value_a.data[0] == value_b.data[0] || (is_text(value_a.data[0]) && is_text(value_b.data[0]))) &&
           bytes_equal(bytes_of(value_a.data + 1, value_a.len - 1), bytes_of(value_b.data + 1, value_b.len - 1));
}

static bool is_same_part(struct bytes a, struct bytes b)
{
    return is_same_list(a, b, DER_SEQUENCE, is_same_attribute);
}

/* Whether two names are the same but for the string types: an issuer may choose another one. */
static bool is_same_name(struct bytes a, struct bytes b)
{
    struct bytes in_a, in_b;

    return der_take(&a, DER_SEQUENCE, &in_a) && der_take(&b, DER_SEQUENCE, &in_b) &&
           is_same_list(in_a, in_b, DER_SET, is_same_part);
}

/* ---- extensions ---- */

struct extension {
    struct bytes id, value; /* contents of the OBJECT IDENTIFIER and of the OCTET STRING */
};

static bool take_extension(struct bytes *list, struct extension *extension)
{
    struct bytes whole, critical;

    if (!der_take(list, DER_SEQUENCE, &whole) || !der_take(&whole, DER_OID, &extension->id))
        return false;
    (void)der_take(&whole, DER_BOOLEAN, &critical);
    return der_take(&whole, DER_OCTET_STRING, &extension->value);
}

static bool find_extension(struct bytes list, struct bytes id, struct extension *extension)
{
    while (take_extension(&list, extension))
        if (bytes_equal(extension->id, id))
            return true;
    return false;
}

/* Extensions of a profile's certificate, id-ce 2.5.29 and one number (RFC 5280, 4.2.1), and what is said of each. */
static const struct {
    uint8_t number;
    bool is_issuers; /* how a key is identified is for the issuer to say */
    const char *difference;
} extensions[] = {
    {14, true, NULL},
    {35, true, NULL},
    {15, false, "its extensions are others: keyUsage is missing or another"},
    {17, false, "its extensions are others: subjectAltName is missing or another"},
    {19, false, "its extensions are others: basicConstraints is missing or another"},
    {37, false, "its extensions are others: extKeyUsage is missing or another"},
};

/* AuthorityKeyIdentifier, if it is there, names the issuer's key. */
static bool names_issuer(const struct cert_parts *found, const struct cert_parts *issuer)
{
    static const uint8_t id[] = {0x55, 0x1d, 35};
    uint8_t key_id[CERT_KEY_ID_BYTES];
    struct extension authority;
    struct bytes content, named;

    if (!find_extension(found->extensions, bytes_of(id, sizeof id), &authority) ||
        !der_take(&authority.value, DER_SEQUENCE, &content) || !der_take(&content, DER_CONTEXT_0_PRIMITIVE, &named))
        return true;
    return cert_key_id_of(issuer, key_id) && bytes_equal(named, bytes_of(key_id, sizeof key_id));
}

/* The first extension that the profile asks for and that is not there like that; NULL: none. */
static const char *find_extension_difference(const struct cert_parts *found, const struct cert_parts *wanted)
{
    struct bytes list = wanted->extensions;
    struct extension asked, there;

    while (take_extension(&list, &asked)) {
        for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
            if (extensions[i].is_issuers || asked.id.data[asked.id.len - 1] != extensions[i].number)
                continue;
            if (!find_extension(found->extensions, asked.id, &there) || !bytes_equal(there.value, asked.value))
                return extensions[i].difference;
        }
    }
    return NULL;
}

/* ---- validity ---- */

static int number_of(const char *digits, size_t count)
{
    int number = 0;

    for (size_t i = 0; i < count; i++)
        number = 10 * number + (digits[i] - '0');
    return number;
}

/* Seconds since 1970 of a certificate's time ("YYYYMMDDHHMMSS", UTC, as cert_read_parts() gives it), `years` later. */
static int64_t seconds_of(const char *digits, int years)
{
    struct tm tm = {
        .tm_year = number_of(digits, 4) + years - 1900,
        .tm_mon = number_of(digits + 4, 2) - 1,
        .tm_mday = number_of(digits + 6, 2),
        .tm_hour = number_of(digits + 8, 2),
        .tm_min = number_of(digits + 10, 2),
        .tm_sec = number_of(digits + 12, 2),
    };

    return timegm(&tm);
}

/*
 * Whether it lasts as long as the profile asks. No request can ask for it, and issuers count in their own way: a year
 * as 365 days (one day off for each leap day, at most one in four years), the end a second before, the beginning hours
 * back, for devices whose clocks are slow. More than these days is another validity, however long it lasts.
 */
static bool lasts_as_asked(const struct certificate_wanted *wanted, const struct cert_parts *found)
{
    const uint32_t last_day = profile_certificate_last_day(wanted->certificate);
    const int years = profile_certificate_years(wanted->certificate);
    const int64_t off = seconds_of(found->not_after, 0) - seconds_of(found->not_before, years);
    char day[16];

    if (last_day != 0) {
        snprintf(day, sizeof day, "%08u", (unsigned)last_day);
        return strncmp(found->not_after, day, 8) == 0;
    }
    if (years == 0)
        return strcmp(found->not_after, NEVER) == 0;
    return llabs(off) <= DAY_S * (1 + (years + 3) / 4);
}

/* ---- the whole ---- */

/* Positive, and at most 20 bytes (RFC 5280, 4.1.2.2). */
static bool has_good_serial(const struct cert_parts *found)
{
    const bool has_zero = found->serial.len > 1 && found->serial.data[0] == 0;

    return found->serial.len != 0 && (found->serial.data[0] & 0x80) == 0 && !bytes_all(found->serial, 0) &&
           found->serial.len - (has_zero ? 1 : 0) <= 20;
}

/* The first part that is not as the profile asks, whoever issued it; NULL: none. `wanted_parts`: what we would issue.
 */
static const char *find_difference(const struct certificate_wanted *wanted, const struct cert_parts *found,
                                   const struct cert_parts *wanted_parts)
{
    if (memcmp(found->public_key, wanted_parts->public_key, CERT_KEY_BYTES) != 0)
        return "it is for another key";
    if (!is_same_name(found->subject, wanted_parts->subject))
        return "its subject is another";
    if (!bytes_equal(found->issuer, wanted_parts->issuer))
        return "its issuer's name is another";
    if (!lasts_as_asked(wanted, found))
        return "its validity is another";
    if (strcmp(found->not_after, wanted->issuer.not_after) > 0 && !wanted->certificate->outlives_issuer)
        return "it ends after its issuer's, and the profile does not say outlives-issuer";
    if (!has_good_serial(found))
        return "its serial number is not positive, or longer than 20 bytes";
    if (found->is_ca)
        return "it is a certificate authority's";
    if (!names_issuer(found, &wanted->issuer))
        return "its extensions are others: authorityKeyIdentifier names another key";
    return find_extension_difference(found, wanted_parts);
}

/* Which part the 72 bytes cannot give again, of a certificate that is as the profile asks. */
static const char *find_uncompressed(const struct cert_parts *found, const struct cert_parts *wanted_parts)
{
    if (strcmp(found->not_before, wanted_parts->not_before) != 0 ||
        strcmp(found->not_after, wanted_parts->not_after) != 0)
        return "validity: it does not begin with a full hour and last whole years";
    if (!bytes_equal(found->serial, wanted_parts->serial))
        return "serial number: it is not the hash of its key and dates";
    if (!bytes_equal(found->subject, wanted_parts->subject))
        return "subject: its strings are of another type";
    return "extensions: there are more, or they are in another order";
}

/* The 72 bytes of the certificate. False: they do not give it again. */
static bool compress(const struct certificate_wanted *wanted, struct certificate_issued *issued)
{
    const struct cert_subject subject = subject_of(wanted);
    struct cert_compressed compressed = compressed_of(wanted);

    return cert_compress(&wanted->form.form, bytes_of(issued->der, issued->len), &subject, &compressed,
                         issued->compressed);
}

static bool compress_signer(const struct profile_certificate *certificate, struct certificate_issued *issued,
                            const struct cert_parts *issuer, struct error *err)
{
    struct cert_compressed compressed = {.signer_id = {signer_id[0], signer_id[1]}};
    const struct cert_subject subject = {.public_key = issuer->public_key, .issuer_key = issuer->public_key};
    struct cert_parts own;
    struct cert_form form;

    if (certificate->signer_slot == 0 ||
        (cert_dates_of(issuer, &compressed.dates) && cert_form_of_signer(issuer, &form) &&
         cert_compress(&form.form, bytes_of(issued->issuer, issued->issuer_len), &subject, &compressed,
                       issued->signer)))
        return true;
    error_set(
        err, ERROR_ISSUER_INVALID,
        cert_read_parts(bytes_of(issued->issuer, issued->issuer_len), &own)
            ? "the issuer's certificate cannot be put together again from 72 bytes: it does not begin with a full "
              "hour and last whole years, or its serial number or key identifier is not the hash that they give"
            : "the issuer's certificate cannot be put together again from 72 bytes: it is not itself signed by "
              "ECDSA on P-256 with SHA-256",
        "leave signer-slot out of the profile");
    error_with_subject(err, "signer-slot");
    return false;
}

bool certificate_check_signer(const struct profile_certificate *certificate, struct certificate_issued *issued,
                              struct error *err)
{
    struct cert_parts issuer;

    if (cert_read_issuer_parts(bytes_of(issued->issuer, issued->issuer_len), &issuer))
        return compress_signer(certificate, issued, &issuer, err);
    error_set(err, ERROR_ISSUER_INVALID, "the issuer's certificate cannot be read", NULL);
    return false;
}

static bool refuse(enum error_reason reason, const char *difference, struct error *err)
{
    error_set(err, reason, NULL, NULL);
    err->cause = error_keep_format(err, "the certificate is not what the profile asks for: %s", difference);
    return false;
}

static bool refuse_slot(enum error_reason reason, const char *part, struct error *err)
{
    error_set(
        err, reason, NULL,
        "write psa-id in place of the slots into the profile, which keeps it whole; or name an issuer of kind file "
        "or pkcs11, whose certificates imprint builds for the slot");
    err->cause = error_keep_format(err, "the certificate does not fit into the 72 bytes of a slot: %s", part);
    return false;
}

bool certificate_check(struct certificate_wanted *wanted, struct certificate_issued *issued,
                       enum error_reason otherwise, struct error *err)
{
    const struct bytes der = bytes_of(issued->der, issued->len);
    uint8_t room[CERT_MAX], issuer_point[P256_POINT_BYTES] = {P256_UNCOMPRESSED};
    struct bytes_out rebuilt = {.data = room, .cap = sizeof room};
    struct cert_parts found, wanted_parts;
    const char *difference;

    if (!cert_read_issuer_parts(bytes_of(issued->issuer, issued->issuer_len), &wanted->issuer) ||
        !cert_read_parts(der, &found) || !certificate_check_read_dates(wanted, found.not_before))
        return refuse(otherwise, "it is no certificate of X.509 version 3 for a P-256 key, signed with SHA-256", err);
    if (!certificate_check_make_form(wanted, err) || !certificate_check_build(wanted, found.signature, &rebuilt, err))
        return false;
    if (!cert_read_parts(bytes_written(&rebuilt), &wanted_parts))
        return refuse(otherwise, "it cannot be built again", err);
    memcpy(issuer_point + 1, wanted->issuer.public_key, CERT_KEY_BYTES);
    difference = find_difference(wanted, &found, &wanted_parts);
    if (difference == NULL && !cert_check_issued(der, issuer_point))
        difference = "its signature is not its issuer's";
    if (difference != NULL)
        return refuse(otherwise, difference, err);
    if (!profile_certificate_in_chip(wanted->certificate))
        return true;
    return compress(wanted, issued) ? compress_signer(wanted->certificate, issued, &wanted->issuer, err)
                                    : refuse_slot(otherwise, find_uncompressed(&found, &wanted_parts), err);
}
