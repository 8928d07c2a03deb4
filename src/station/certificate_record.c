/* SPDX-License-Identifier: Apache-2.0 */
#include "station/certificate_record.h"

#include <string.h>

#include "base/error_format.h"
#include "cert/parts.h"
#include "crypto/hash.h"
#include "profile/words.h"
#include "station/value.h"

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

json_t *certificate_record_value(const struct certificate_issue *issue, const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    json_t *list = json_array();

    for (size_t i = 0; i < issue->profile->certificate_count; i++)
        if (certificate_issue_has(issue, i))
            json_array_append_new(list, object_of(issue, i, serial));
    return list;
}

bool certificate_record_check_issuer(const json_t *record, const struct profile_certificate *certificate,
                                     struct bytes der, struct error *err)
{
    json_t *text = value_hex(der), *recorded;
    const char *issuer = NULL;
    size_t i;

    json_array_foreach(json_object_get(record, "certificates"), i, recorded)
    {
        if (json_equal(json_object_get(recorded, "certificate"), text))
            issuer = json_string_value(json_object_get(recorded, "issuer"));
    }
    json_decref(text);
    if (issuer == NULL || strcmp(issuer, certificate->issuer) == 0)
        return true;
    error_set(err, ERROR_CERTIFICATE_DIFFERS, NULL, NULL);
    err->cause = error_keep_format(err, "the certificate is by the issuer %s, and the profile names %s", issuer,
                                   certificate->issuer);
    error_doing(err, "confirm the device's certificate");
    return false;
}
