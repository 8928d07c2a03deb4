/* SPDX-License-Identifier: Apache-2.0 */
#include "station/certificate_request.h"

#include "cert/check_request.h"
#include "cert/der.h"
#include "cert/form.h"
#include "station/certificate_files.h"
#include "station/input.h"

/* ---- the extensions that are asked for ---- */

/* The template does not depend on the issuer's name or the dates where extensions are concerned. */
static bool build_tbs(const struct certificate_wanted *wanted, struct bytes_out *tbs, struct error *err)
{
    static const struct cert_dates any = {.year = 2026, .month = 1, .day = 1};
    const struct cert_subject subject = {.public_key = wanted->point + 1, .chip_serial = wanted->serial};
    struct cert_compressed compressed = {.dates = any, .serial_source = CERT_SERIAL_KEY_HASH};
    struct cert_form form;

    compressed.dates.years = profile_certificate_years(wanted->certificate);
    if (!profile_certificate_form(wanted->certificate, NULL, &compressed.dates, &form, err))
        return false;
    if (cert_build_tbs(&form.form, &compressed, &subject, tbs))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the request's extensions cannot be built", NULL);
    return false;
}

/* The list of extensions in a TBSCertificate; empty where there is none. */
static struct bytes find_list(struct bytes tbs)
{
    struct bytes content, whole, outer, list;

    if (!der_take(&tbs, DER_SEQUENCE, &content))
        return BYTES_NONE;
    while (der_take_any(&content, &whole))
        if (der_take(&whole, DER_CONTEXT_3, &outer) && der_take(&outer, DER_SEQUENCE, &list))
            return list;
    return BYTES_NONE;
}

static bool is_authority_key(struct bytes extension)
{
    static const uint8_t id[] = {0x55, 0x1d, 35}; /* id-ce-authorityKeyIdentifier: the issuer's to write */
    struct bytes content, found;

    return der_take(&extension, DER_SEQUENCE, &content) && der_take(&content, DER_OID, &found) &&
           bytes_equal(found, bytes_of(id, sizeof id));
}

static bool put_list(struct bytes list, struct bytes_out *asked)
{
    struct bytes whole;

    while (der_take_any(&list, &whole))
        if (!is_authority_key(whole) && !bytes_append(asked, whole))
            return false;
    return true;
}

/* SEQUENCE { extensionRequest, SET { SEQUENCE OF Extension } }; nothing where none is asked for. */
static bool put_attribute(struct bytes asked, struct bytes_out *attributes)
{
    static const uint8_t extension_request[] = {DER_OID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14};
    const size_t list = der_header_size(asked.len) + asked.len, set = der_header_size(list) + list;

    return asked.len == 0 || (der_put_header(attributes, DER_SEQUENCE, sizeof extension_request + set) &&
                              bytes_append(attributes, bytes_of(extension_request, sizeof extension_request)) &&
                              der_put_header(attributes, DER_SET, list) && der_put(attributes, DER_SEQUENCE, asked));
}

static bool make_attributes(const struct certificate_wanted *wanted, struct bytes_out *attributes, struct error *err)
{
    uint8_t tbs_room[CERT_TBS_MAX], room[CERT_REQUEST_ATTRIBUTES_MAX];
    struct bytes_out tbs = {.data = tbs_room, .cap = sizeof tbs_room}, asked = {.data = room, .cap = sizeof room};

    if (!build_tbs(wanted, &tbs, err))
        return false;
    if (put_list(find_list(bytes_written(&tbs)), &asked) && put_attribute(bytes_written(&asked), attributes))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the request's extensions are too long", NULL);
    return false;
}

/* ---- the request ---- */

/* Whether the request has these attributes and no others. */
static bool has_attributes(struct bytes der, struct bytes attributes)
{
    struct bytes outer, info, version, subject, key, found;

    return der_take(&der, DER_SEQUENCE, &outer) && der_take(&outer, DER_SEQUENCE, &info) &&
           der_take_any(&info, &version) && der_take_any(&info, &subject) && der_take_any(&info, &key) &&
           der_take(&info, DER_CONTEXT_0, &found) && info.len == 0 && bytes_equal(found, attributes);
}

bool certificate_request_load(const struct certificate_wanted *wanted, const char *path, struct bytes_out *der)
{
    uint8_t room[CERT_REQUEST_ATTRIBUTES_MAX];
    struct bytes_out attributes = {.data = room, .cap = sizeof room};
    struct error ignored = {.reason = ERROR_NONE}; /* then there is none */
    char subject[PROFILE_SUBJECT_TEXT_MAX];
    struct bytes found;
    struct input input;
    bool ok;

    if (!make_attributes(wanted, &attributes, &ignored) ||
        !profile_certificate_subject(wanted->certificate, wanted->serial, subject, &ignored) ||
        !input_read(&input, path, CERT_REQUEST_WITH_MAX, &ignored))
        return false;
    found = bytes_of(input.data, input.len);
    ok = cert_check_request(found, wanted->point, subject, &ignored) &&
         has_attributes(found, bytes_written(&attributes)) && bytes_append(der, found);
    input_release(&input);
    return ok;
}

bool certificate_request_make(const struct certificate_wanted *wanted, psa_key_id_t key_id,
                              const struct certificate_signer *signer, const char *path, struct bytes_out *der,
                              struct error *err)
{
    uint8_t room[CERT_REQUEST_ATTRIBUTES_MAX];
    struct bytes_out attributes = {.data = room, .cap = sizeof room};
    char subject[PROFILE_SUBJECT_TEXT_MAX];

    return make_attributes(wanted, &attributes, err) &&
           profile_certificate_subject(wanted->certificate, wanted->serial, subject, err) &&
           signer->sign(signer->context, key_id, subject, bytes_written(&attributes), der, err) &&
           cert_check_request(bytes_written(der), wanted->point, subject, err) &&
           certificate_files_keep(path, bytes_written(der), err);
}
