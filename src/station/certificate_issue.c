/* SPDX-License-Identifier: Apache-2.0 */
#include "station/certificate_issue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mbedtls/pem.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "cert/check_certificate.h"
#include "cert/parts.h"
#include "crypto/hash.h"
#include "profile/words.h"
#include "station/file.h"
#include "station/folder.h"
#include "station/input.h"
#include "station/issuers_file.h"
#include "station/value.h"

#define FILE_MAX ((size_t)64 * 1024) /* of NAME.crt: the certificate, and a chain of ISSUER_CHAIN_MAX above it */
#define PEM_HEAD "-----BEGIN CERTIFICATE-----\n"
#define PEM_FOOT "-----END CERTIFICATE-----\n"

/* Our own signers have no ID of Microchip's: "FFFF" (DS20006367A, 2.6). */
static const uint8_t signer_id[2] = {0xff, 0xff};

/* What a certificate is made for. */
struct request {
    const struct profile_certificate *certificate;
    const uint8_t *serial;    /* of the chip */
    const uint8_t *point;     /* 04 | X | Y */
    struct cert_parts issuer; /* points into the issuer's certificate */
    struct cert_dates dates;
    struct cert_form form;
};

/* ---- building ---- */

static struct cert_subject subject_of(const struct request *request)
{
    return (struct cert_subject){
        .public_key = request->point + 1, .issuer_key = request->issuer.public_key, .chip_serial = request->serial};
}

static bool make_form(struct request *request, struct error *err)
{
    if (profile_certificate_form(request->certificate, &request->issuer, &request->dates, &request->form, err))
        return true;
    error_doing(err, "build the certificate");
    return false;
}

static bool build_tbs(const struct request *request, struct bytes_out *tbs, struct error *err)
{
    const struct cert_subject subject = subject_of(request);
    struct cert_compressed compressed = {.dates = request->dates, .serial_source = CERT_SERIAL_KEY_HASH};

    memcpy(compressed.signer_id, signer_id, sizeof compressed.signer_id);
    if (cert_build_tbs(&request->form.form, &compressed, &subject, tbs))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the certificate cannot be built", NULL);
    return false;
}

/* ---- checking ---- */

/* The first part in which a certificate differs from the one that was asked for; NULL: none of these. */
static const char *find_difference(const struct cert_parts *found, const struct cert_parts *wanted)
{
    if (memcmp(found->public_key, wanted->public_key, CERT_KEY_BYTES) != 0)
        return "it is for another key";
    if (!bytes_equal(found->subject, wanted->subject))
        return "its subject is another";
    if (!bytes_equal(found->issuer, wanted->issuer))
        return "its issuer's name is another";
    if (strcmp(found->not_before, wanted->not_before) != 0 || strcmp(found->not_after, wanted->not_after) != 0)
        return "its validity is another";
    if (!bytes_equal(found->serial, wanted->serial))
        return "its serial number is another";
    return "its extensions are others";
}

/* Why cert_compress() has not found the certificate to be what was asked for. */
static const char *explain(const struct request *request, const struct cert_parts *found)
{
    uint8_t room[CERT_MAX];
    struct bytes_out der = {.data = room, .cap = sizeof room};
    const struct cert_subject subject = subject_of(request);
    struct cert_compressed compressed = {.dates = request->dates, .serial_source = CERT_SERIAL_KEY_HASH};
    struct cert_parts wanted;

    memcpy(compressed.signature, found->signature, sizeof compressed.signature);
    if (!cert_rebuild(&request->form.form, &compressed, &subject, &der) ||
        !cert_read_parts(bytes_written(&der), &wanted))
        return "it cannot be built again";
    return find_difference(found, &wanted);
}

/* The dates that the certificate of this profile has if it begins when this one does. */
static bool read_dates(struct request *request, const char *not_before)
{
    return cert_dates_from(not_before, profile_certificate_years(request->certificate), &request->dates);
}

static bool compress_signer(const struct profile_certificate *certificate, struct certificate_issued *issued,
                            const struct cert_parts *issuer, struct error *err)
{
    struct cert_compressed compressed = {.signer_id = {signer_id[0], signer_id[1]}};
    const struct cert_subject subject = {.public_key = issuer->public_key, .issuer_key = issuer->public_key};
    struct cert_form form;

    if (certificate->signer_slot == 0 ||
        (cert_dates_of(issuer, &compressed.dates) && cert_form_of_signer(issuer, &form) &&
         cert_compress(&form.form, bytes_of(issued->issuer, issued->issuer_len), &subject, &compressed,
                       issued->signer)))
        return true;
    error_set(err, ERROR_ISSUER_INVALID,
              "the issuer's certificate cannot be put together again from 72 bytes: it does not begin with a full hour "
              "and last whole years, or its serial number is not the hash of its key and dates",
              "leave signer-slot out of the profile");
    error_with_subject(err, "signer-slot");
    return false;
}

/*
 * Checks the certificate in `issued` with its issuer's, and compresses it. False with the reason `otherwise`, or why
 * the issuer cannot have issued it.
 */
static bool check(struct request *request, struct certificate_issued *issued, enum error_reason otherwise,
                  struct error *err)
{
    const struct bytes der = bytes_of(issued->der, issued->len);
    struct cert_compressed compressed = {.version = 0};
    uint8_t issuer_point[P256_POINT_BYTES] = {P256_UNCOMPRESSED};
    const char *difference = "it is no certificate for a P-256 key";
    struct cert_subject subject;
    struct cert_parts parts;

    if (!cert_read_parts(bytes_of(issued->issuer, issued->issuer_len), &request->issuer) ||
        !cert_read_parts(der, &parts) || !read_dates(request, parts.not_before))
        goto refuse;
    if (!make_form(request, err))
        return false;
    subject = subject_of(request);
    compressed.dates = request->dates;
    memcpy(compressed.signer_id, signer_id, sizeof compressed.signer_id);
    memcpy(issuer_point + 1, request->issuer.public_key, CERT_KEY_BYTES);
    if (!cert_compress(&request->form.form, der, &subject, &compressed, issued->compressed)) {
        difference = explain(request, &parts);
        goto refuse;
    }
    difference = "its signature is not its issuer's";
    if (cert_check_issued(der, issuer_point))
        return compress_signer(request->certificate, issued, &request->issuer, err);
refuse:
    error_set(err, otherwise, NULL, NULL);
    err->cause = error_keep_format(err, "the certificate is not what the profile asks for: %s", difference);
    return false;
}

/* ---- the files ---- */

static bool path_of(const struct certificate_issue *issue, const struct request *request, const char *ending,
                    char path[static PATH_MAX], struct error *err)
{
    char name[PROFILE_NAME_MAX + 8];

    snprintf(name, sizeof name, "%s.%s", request->certificate->name, ending);
    return folder_of_device(issue->config, request->serial, name, path, err);
}

/* Takes the next certificate of a PEM text. False where there is none. */
static bool take_pem(const char **text, uint8_t *der, size_t cap, size_t *len)
{
    mbedtls_pem_context context;
    size_t used = 0, found = 0;
    const unsigned char *content;
    bool ok;

    mbedtls_pem_init(&context);
    ok = mbedtls_pem_read_buffer(&context, "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
                                 (const unsigned char *)*text, NULL, 0, &used) == 0;
    content = mbedtls_pem_get_buffer(&context, &found);
    ok = ok && found <= cap;
    if (ok) {
        memcpy(der, content, found);
        *len = found;
        *text += used;
    }
    mbedtls_pem_free(&context);
    return ok;
}

/* Reads NAME.crt. True with `issued->len` 0 where there is none. */
static bool load(struct request *request, struct certificate_issued *issued, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct input input;
    const char *at;
    bool ok;

    if (!input_read(&input, issued->path, FILE_MAX, &failure)) {
        if (failure.system_errno == ENOENT || failure.system_errno == ENOTDIR)
            return true;
        error_pass(err, &failure);
        return false;
    }
    at = (const char *)input.data;
    ok = take_pem(&at, issued->der, sizeof issued->der, &issued->len) &&
         take_pem(&at, issued->issuer, sizeof issued->issuer, &issued->issuer_len);
    input_release(&input);
    if (!ok)
        error_set(err, ERROR_CERTIFICATE_DIFFERS, "the file does not hold a certificate and its issuer's", NULL);
    ok = ok && check(request, issued, ERROR_CERTIFICATE_DIFFERS, err);
    if (ok)
        return true;
    issued->len = 0;
    error_doing(err, "confirm the device's certificate");
    error_replace_subject(err, issued->path);
    return false;
}

static bool append_pem(struct bytes_out *text, struct bytes der)
{
    size_t len = 0;

    if (mbedtls_pem_write_buffer(PEM_HEAD, PEM_FOOT, der.data, der.len, text->data + text->len, text->cap - text->len,
                                 &len) != 0)
        return false;
    text->len += len - 1; /* without its NUL */
    return true;
}

/* Writes NAME.crt: the certificate, then the chain of its issuer. */
static bool store(const struct certificate_issued *issued, const struct issuer *issuer, struct error *err)
{
    struct bytes_out text = {.data = malloc(FILE_MAX), .cap = FILE_MAX};
    bool ok = text.data != NULL && append_pem(&text, bytes_of(issued->der, issued->len));
    struct bytes above;

    for (size_t i = 0; ok && (above = issuer_chain(issuer, i)).len != 0; i++)
        ok = append_pem(&text, above);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "the certificate cannot be written as PEM", NULL);
    ok = ok && file_replace(issued->path, bytes_written(&text), 0600, ERROR_RECORD_FAILED, err);
    free(text.data);
    return ok;
}

/* ---- issuing ---- */

/* UTC as the digits of a certificate's time. */
static bool read_clock(char now[static CERT_TIME_DIGITS + 1])
{
    const time_t seconds = time(NULL);
    struct tm tm;

    return gmtime_r(&seconds, &tm) != NULL &&
           strftime(now, CERT_TIME_DIGITS + 1, "%Y%m%d%H%M%S", &tm) == CERT_TIME_DIGITS;
}

/* Neither begins nor ends a certificate outside its issuer's time, unless the profile allows the end. */
static bool check_time(const struct request *request, const char *now, struct error *err)
{
    char not_before[CERT_TIME_DIGITS + 1], not_after[CERT_TIME_DIGITS + 1];

    cert_dates_text(&request->dates, profile_certificate_last_day(request->certificate), not_before, not_after);
    if (strcmp(now, request->issuer.not_before) < 0 || strcmp(now, request->issuer.not_after) > 0) {
        error_set(err, ERROR_ISSUER_INVALID, "this station's clock is outside the validity of the issuer's certificate",
                  "set the clock: date -u shows it; or renew the issuer's certificate");
        return false;
    }
    if (strcmp(not_after, now) < 0) {
        error_set(err, ERROR_PROFILE_CONFLICT, "the certificate would have ended already", "correct `valid`");
        return false;
    }
    if (strcmp(not_after, request->issuer.not_after) <= 0 || request->certificate->outlives_issuer)
        return true;
    error_set(err, ERROR_ISSUER_INVALID, "the certificate would end after its issuer's, and then be worth nothing",
              "shorten `valid`, use an issuer that lasts longer, or write outlives-issuer: true in the profile");
    return false;
}

/* A request of an earlier run that got no answer is asked again, as it was, if it is for the same certificate. */
static bool is_pending(struct request *request, const char *path, struct bytes_out *tbs)
{
    struct error ignored = {.reason = ERROR_NONE};
    const struct cert_dates now = request->dates;
    struct input input;
    char digits[CERT_TIME_DIGITS + 1] = "20";
    const struct cert_place *place = &request->form.form.places[CERT_NOT_BEFORE];
    bool same = false;

    if (!input_read(&input, path, CERT_TBS_MAX, &ignored))
        return false;
    if (input.len == tbs->len && place->len < sizeof digits) {
        memcpy(digits + (CERT_TIME_DIGITS + 1 - place->len), input.data + place->at, place->len - 1u);
        tbs->len = 0;
        same = read_dates(request, digits) && make_form(request, &ignored) && build_tbs(request, tbs, &ignored) &&
               bytes_equal(bytes_written(tbs), bytes_of(input.data, input.len));
    }
    input_release(&input);
    if (same)
        return true;
    request->dates = now;
    return false;
}

/* What the issuer is to sign, kept before it is asked. */
static bool prepare(const struct certificate_issue *issue, struct request *request, struct bytes_out *tbs,
                    struct error *err)
{
    char now[CERT_TIME_DIGITS + 1], path[PATH_MAX], folder[PATH_MAX];

    if (!read_clock(now) || !cert_dates_from(now, profile_certificate_years(request->certificate), &request->dates)) {
        error_set(err, ERROR_ISSUER_INVALID, "this station has no clock that a certificate could begin with",
                  "set the clock: date -u shows it");
        return false;
    }
    if (!check_time(request, now, err) || !make_form(request, err) || !build_tbs(request, tbs, err) ||
        !path_of(issue, request, "tbs", path, err))
        return false;
    if (is_pending(request, path, tbs))
        return true;
    folder_above(path, folder);
    tbs->len = 0;
    return make_form(request, err) && build_tbs(request, tbs, err) && folder_make(folder, err) &&
           file_replace(path, bytes_written(tbs), 0600, ERROR_RECORD_FAILED, err);
}

static bool note_issuer(struct request *request, struct certificate_issued *issued, const struct issuer *issuer,
                        struct error *err)
{
    const struct bytes certificate = issuer_certificate(issuer);

    if (certificate.len <= sizeof issued->issuer) {
        memcpy(issued->issuer, certificate.data, certificate.len);
        issued->issuer_len = certificate.len;
        if (cert_read_parts(bytes_of(issued->issuer, issued->issuer_len), &request->issuer))
            return true;
    }
    error_set(err, ERROR_ISSUER_INVALID, "the issuer's certificate is longer than imprint keeps, or not on P-256",
              NULL);
    return false;
}

/* The certificate with the issuer's signature in it. */
static bool sign(struct request *request, struct certificate_issued *issued, struct issuer *issuer, struct bytes tbs,
                 struct error *err)
{
    const struct cert_subject subject = subject_of(request);
    struct cert_compressed compressed = {.dates = request->dates, .serial_source = CERT_SERIAL_KEY_HASH};
    struct bytes_out der = {.data = issued->der, .cap = sizeof issued->der};

    if (issuer_sign(issuer, tbs, compressed.signature, err) != ISSUER_DONE)
        return false;
    memcpy(compressed.signer_id, signer_id, sizeof compressed.signer_id);
    if (!cert_rebuild(&request->form.form, &compressed, &subject, &der)) {
        error_set(err, ERROR_UNEXPECTED, "the certificate cannot be put together", NULL);
        return false;
    }
    issued->len = der.len;
    return true;
}

static bool issue_one(const struct certificate_issue *issue, struct request *request, struct certificate_issued *issued,
                      struct error *err)
{
    uint8_t room[CERT_TBS_MAX];
    struct bytes_out tbs = {.data = room, .cap = sizeof room};
    struct issuer *issuer = NULL;
    bool ok = issuers_file_open(issue->config, request->certificate->issuer, &issue->prompt, &issuer, err);

    ok = ok && rehearsal_check_issuer(issue->rehearsal, issuer_certificate(issuer), err);
    if (ok && !issuer_signs(issuer)) {
        error_set(err, ERROR_ISSUER_INVALID, "this issuer builds certificates itself, and imprint cannot ask it yet",
                  "name an issuer with a key file or a token");
        ok = false;
    }
    ok = ok && note_issuer(request, issued, issuer, err) && prepare(issue, request, &tbs, err) &&
         sign(request, issued, issuer, bytes_written(&tbs), err) && check(request, issued, ERROR_ISSUER_ANSWER, err) &&
         store(issued, issuer, err);
    issuer_close(issuer);
    issued->is_new = ok;
    if (ok)
        return true;
    issued->len = 0;
    error_doing(err, "issue the certificate");
    error_with_subject(err, request->certificate->issuer);
    return false;
}

/* ---- for the engine ---- */

static bool get(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                const uint8_t point[static P256_POINT_BYTES], bool may_issue, struct bytes *der, struct error *err)
{
    struct certificate_issue *issue = context;
    struct certificate_issued *issued = &issue->certificates[index];
    struct request request = {.certificate = &issue->profile->certificates[index], .serial = serial, .point = point};
    bool ok = path_of(issue, &request, "crt", issued->path, err) && load(&request, issued, err);

    if (ok && issued->len != 0)
        ok = rehearsal_check_issuer(issue->rehearsal, bytes_of(issued->issuer, issued->issuer_len), err);
    else if (ok && may_issue)
        ok = issue_one(issue, &request, issued, err);
    *der = bytes_of(issued->der, issued->len);
    return ok;
}

bool certificate_issue_kept_key(const struct certificate_issue *issue, size_t index,
                                const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t point[static P256_POINT_BYTES])
{
    const struct request request = {.certificate = &issue->profile->certificates[index], .serial = serial};
    struct error ignored = {.reason = ERROR_NONE};
    char path[PATH_MAX];
    uint8_t der[CERT_MAX];
    struct cert_parts parts;
    struct input input;
    const char *at;
    size_t len = 0;
    bool ok;

    if (!path_of(issue, &request, "crt", path, &ignored) || !input_read(&input, path, FILE_MAX, &ignored))
        return false;
    at = (const char *)input.data;
    ok = take_pem(&at, der, sizeof der, &len) && cert_read_parts(bytes_of(der, len), &parts);
    if (ok) {
        point[0] = P256_UNCOMPRESSED;
        memcpy(point + 1, parts.public_key, CERT_KEY_BYTES);
    }
    input_release(&input);
    return ok;
}

/* A public key as Microchip's software looks for it: 00000000 X 00000000 Y. */
static void put_signer_key(const struct certificate_issued *issued, uint8_t content[static PROVISION_CERTIFICATE_BYTES])
{
    struct cert_parts issuer;

    memset(content, 0, PROVISION_CERTIFICATE_BYTES);
    if (!cert_read_parts(bytes_of(issued->issuer, issued->issuer_len), &issuer))
        return;
    memcpy(content + 4, issuer.public_key, P256_BYTES);
    memcpy(content + 8 + P256_BYTES, issuer.public_key + P256_BYTES, P256_BYTES);
}

static bool get_slot(void *context, uint8_t slot, uint8_t content[static PROVISION_CERTIFICATE_BYTES])
{
    const struct certificate_issue *issue = context;

    for (size_t i = 0; i < issue->profile->certificate_count; i++) {
        const struct profile_certificate *certificate = &issue->profile->certificates[i];
        const struct certificate_issued *issued = &issue->certificates[i];

        if (issued->len == 0)
            continue;
        if (slot == certificate->slot)
            memcpy(content, issued->compressed, PROVISION_CERTIFICATE_BYTES);
        else if (slot == certificate->signer_slot)
            memcpy(content, issued->signer, PROVISION_CERTIFICATE_BYTES);
        else if (slot == certificate->signer_key_slot)
            put_signer_key(issued, content);
        else
            continue;
        return true;
    }
    return false;
}

struct provision_certificates certificate_issue_functions(struct certificate_issue *issue)
{
    return (struct provision_certificates){.context = issue, .get = get, .slot = get_slot};
}

bool certificate_issue_has(const struct certificate_issue *issue, size_t index)
{
    return issue->certificates[index].len != 0;
}

/* ---- for the record ---- */

/* "2026-07-04T12:00:00Z" of the digits. */
static json_t *time_value(const char *digits)
{
    return json_sprintf("%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", digits, digits + 4, digits + 6, digits + 8, digits + 10,
                        digits + 12);
}

/* Where it is kept beside the record. */
static void add_places(json_t *object, const struct profile_certificate *certificate)
{
    const struct {
        const char *name;
        uint8_t slot;
    } slots[] = {{"slot", certificate->slot},
                 {"signer_key_slot", certificate->signer_key_slot},
                 {"signer_slot", certificate->signer_slot}};

    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i].slot != 0)
            json_object_set_new(object, slots[i].name, json_integer(slots[i].slot));
    if (certificate->psa_id != 0)
        json_object_set_new(object, "psa_id", json_integer(certificate->psa_id));
}

static json_t *object_of(const struct certificate_issue *issue, size_t index, const uint8_t *serial)
{
    const struct profile_certificate *certificate = &issue->profile->certificates[index];
    const struct certificate_issued *issued = &issue->certificates[index];
    const struct bytes der = bytes_of(issued->der, issued->len);
    const size_t key = profile_certificate_key(issue->profile, certificate);
    uint8_t hash[CRYPTO_SHA256_BYTES] = {0};
    char subject[PROFILE_SUBJECT_TEXT_MAX];
    struct error ignored = {.reason = ERROR_NONE};
    struct cert_parts parts;
    json_t *object;

    if (!cert_read_parts(der, &parts) || !crypto_sha256(&der, 1, hash) ||
        !profile_certificate_subject(certificate, serial, subject, &ignored))
        return NULL;
    object = json_pack("{s:s, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", certificate->name, "key_id",
                       (json_int_t)issue->profile->keys[key].id, "issuer", certificate->issuer, "kind",
                       profile_word_of(profile_words_kind, (uint32_t)certificate->kind), "subject", value_text(subject),
                       "serial_number", value_hex(parts.serial), "not_before", time_value(parts.not_before),
                       "not_after", time_value(parts.not_after), "sha256", value_hex(bytes_of(hash, sizeof hash)),
                       "certificate", value_hex(der), "file", json_sprintf("%s.crt", certificate->name));
    add_places(object, certificate);
    return object;
}

json_t *certificate_issue_record(const struct certificate_issue *issue, const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    json_t *list = json_array();

    for (size_t i = 0; i < issue->profile->certificate_count; i++)
        if (certificate_issue_has(issue, i))
            json_array_append_new(list, object_of(issue, i, serial));
    return list;
}
