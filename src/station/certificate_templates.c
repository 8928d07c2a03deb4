/* SPDX-License-Identifier: Apache-2.0 */
#include "station/certificate_templates.h"

#include <string.h>

#include "cert/form.h"
#include "profile/certificate.h"
#include "profile/text/table.h"
#include "station/issuers_file.h"

/*
 * The years in which a certificate may begin. Of two that begin in different years the templates differ only by how the
 * end is written, which changes once: for the year 2050 (RFC 5280, 4.1.2.5.1).
 */
#define FIRST_YEAR 2020
#define LAST_YEAR 2049
#define FORMS_MAX 2

/* One certificate of the profile, with its issuer's. */
struct work {
    FILE *stream;
    const char *name;
    size_t index; /* of the certificate */
    const struct profile_certificate *certificate;
    struct cert_parts issuer;
    struct cert_form forms[FORMS_MAX];
    size_t form_count;
};

/* ---- the templates ---- */

static bool has_form(const struct work *work, const struct cert_form *form)
{
    for (size_t i = 0; i < work->form_count; i++)
        if (memcmp(work->forms[i].form.places, form->form.places, sizeof form->form.places) == 0)
            return true;
    return false;
}

/* Made in its place: a form must not be copied. */
static bool make_forms(struct work *work, struct error *err)
{
    const uint8_t years = profile_certificate_years(work->certificate);
    bool ok = true;

    for (unsigned year = FIRST_YEAR; year <= LAST_YEAR && ok && work->form_count < FORMS_MAX; year++) {
        const struct cert_dates dates = {.year = (uint16_t)year, .month = 1, .day = 1, .years = years};
        struct cert_form *form = &work->forms[work->form_count];

        ok = profile_certificate_form(work->certificate, &work->issuer, &dates, form, err);
        if (ok && !has_form(work, form))
            work->form_count++;
    }
    return ok;
}

/* ---- printing ---- */

static void print_places(FILE *stream, const struct cert_template *form)
{
    static const char *const names[CERT_FIELD_COUNT] = {
        [CERT_SERIAL] = "CERT_SERIAL",
        [CERT_NOT_BEFORE] = "CERT_NOT_BEFORE",
        [CERT_NOT_AFTER] = "CERT_NOT_AFTER",
        [CERT_PUBLIC_KEY] = "CERT_PUBLIC_KEY",
        [CERT_SIGNER_ID] = "CERT_SIGNER_ID",
        [CERT_SUBJECT_KEY] = "CERT_SUBJECT_KEY",
        [CERT_AUTHORITY_KEY] = "CERT_AUTHORITY_KEY",
        [CERT_CHIP_SERIAL] = "CERT_CHIP_SERIAL",
        [CERT_EUI] = "CERT_EUI",
        [CERT_CHIP_SERIAL_AGAIN] = "CERT_CHIP_SERIAL_AGAIN",
        [CERT_CHIP_SERIAL_LOWER] = "CERT_CHIP_SERIAL_LOWER",
        [CERT_CHIP_SERIAL_LOWER_AGAIN] = "CERT_CHIP_SERIAL_LOWER_AGAIN",
        [CERT_CHIP_SERIAL_RAW] = "CERT_CHIP_SERIAL_RAW",
    };

    for (size_t i = 0; i < CERT_FIELD_COUNT; i++)
        if (form->places[i].len != 0)
            fprintf(stream, "            [%s] = {%u, %u},\n", names[i], form->places[i].at, form->places[i].len);
}

/* An image that cannot make the key identifier would call each certificate another one: it is not to be built. */
static void print_hash(const struct work *work)
{
    const struct cert_place *places = work->forms[0].form.places;

    if (places[CERT_SUBJECT_KEY].len != 0 || places[CERT_AUTHORITY_KEY].len != 0)
        fprintf(
            work->stream,
            "#if !defined(PSA_WANT_ALG_SHA_1)\n"
            "#error \"certificate %s has a key identifier, which needs PSA_WANT_ALG_SHA_1 in the image's Mbed TLS\"\n"
            "#endif\n",
            work->certificate->name);
}

static void print_forms(const struct work *work)
{
    print_hash(work);
    for (size_t i = 0; i < work->form_count; i++) {
        const struct cert_template *form = &work->forms[i].form;

        fprintf(work->stream, "static const uint8_t %s_tbs_%zu_%zu[] = {\n", work->name, work->index, i);
        profile_table_print_bytes(work->stream, "    ", bytes_of(form->tbs, form->tbs_len));
        fputs("};\n", work->stream);
    }
    fprintf(work->stream, "static const struct cert_template %s_templates_%zu[] = {\n", work->name, work->index);
    for (size_t i = 0; i < work->form_count; i++) {
        const struct cert_template *form = &work->forms[i].form;

        fprintf(work->stream,
                "    {\n        .tbs = %s_tbs_%zu_%zu,\n        .tbs_len = sizeof %s_tbs_%zu_%zu,\n"
                "        .template_id = %u,\n        .chain_id = %u,\n        .serial_source = 0x%x,\n"
                "        .places = {\n",
                work->name, work->index, i, work->name, work->index, i, form->template_id, form->chain_id,
                (unsigned)form->serial_source);
        print_places(work->stream, form);
        fputs("        },\n    },\n", work->stream);
    }
    fprintf(work->stream, "};\nstatic const uint8_t %s_issuer_%zu[] = {\n", work->name, work->index);
    profile_table_print_bytes(work->stream, "    ", bytes_of(work->issuer.public_key, CERT_KEY_BYTES));
    fputs("};\n\n", work->stream);
}

static void print_row(FILE *stream, const char *name, const struct profile *profile, size_t index, size_t form_count)
{
    const struct profile_certificate *certificate = &profile->certificates[index];

    fprintf(stream,
            "    {\n        .key_id = %u,\n        .slot = %u,\n        .issuer_key = %s_issuer_%zu,\n"
            "        .templates = %s_templates_%zu,\n        .template_count = %zu,\n    },\n",
            (unsigned)profile->keys[profile_certificate_key(profile, certificate)].id, certificate->slot, name, index,
            name, index, form_count);
}

/* ---- the whole ---- */

static bool print_templates(struct work *work, const struct station_config *config, struct error *err)
{
    struct issuer *issuer = NULL;
    bool ok = issuers_file_open_certificates(config, work->certificate->issuer, &issuer, err);

    if (ok && !cert_read_issuer_parts(issuer_certificate(issuer), &work->issuer)) {
        error_set(err, ERROR_ISSUER_INVALID, "the issuer's certificate is not on P-256",
                  "choose an issuer with a key on P-256");
        ok = false;
    }
    ok = ok && make_forms(work, err);
    if (ok)
        print_forms(work);
    else
        error_with_subject(err, work->certificate->issuer);
    issuer_close(issuer);
    return ok;
}

static bool refuse(struct error *err)
{
    error_set(err, ERROR_PROFILE_CONFLICT, "no certificate of this profile is kept in a slot of the chip",
              "name a slot for a certificate; one with a psa-id is had by psa_export_key()");
    return false;
}

/* The templates of all certificates; `counts[i]` gets how many the i-th has, 0: it is not in a slot. */
static bool print_all(FILE *stream, const struct station_config *config, const struct profile *profile,
                      const char *name, size_t counts[static PROFILE_CERTIFICATES_MAX], struct error *err)
{
    bool ok = true, any = false;

    for (size_t i = 0; i < profile->certificate_count && ok; i++) {
        struct work work = {.stream = stream, .name = name, .index = i, .certificate = &profile->certificates[i]};

        if (work.certificate->slot == 0)
            continue;
        any = true;
        ok = print_templates(&work, config, err);
        counts[i] = work.form_count;
    }
    return ok && (any || refuse(err));
}

bool certificate_templates_print(FILE *stream, const struct station_config *config, const struct profile *profile,
                                 const char *name, struct error *err)
{
    size_t counts[PROFILE_CERTIFICATES_MAX] = {0};

    fprintf(stream,
            "/*\n * What the certificates of profile %s are put together from, with the 72 bytes that a chip keeps of "
            "each.\n"
            " * Made by: imprint compile --certificates. Do not edit it: compile the profile again.\n */\n"
            "#include <psa/crypto.h>\n\n#include \"cert/slot_source.h\"\n\n",
            profile->name);
    if (!print_all(stream, config, profile, name, counts, err))
        return false;
    fprintf(stream,
            "extern const struct cert_slot_source %s[];\nextern const size_t %s_count;\n"
            "const struct cert_slot_source %s[] = {\n",
            name, name, name);
    for (size_t i = 0; i < profile->certificate_count; i++)
        if (counts[i] != 0)
            print_row(stream, name, profile, i, counts[i]);
    fprintf(stream, "};\nconst size_t %s_count = sizeof %s / sizeof %s[0];\n", name, name, name);
    return true;
}
