/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/issued.h"

#include <string.h>

#include <gnutls/abstract.h>

#include "base/error_format.h"

#define OID_MAX 128
#define SERIAL_VALUE_MAX 20 /* RFC 5280, 4.1.2.2 */
#define CLOCK_TOLERANCE_S (5 * 60)

static bool refuse(const char *cause, struct error *err)
{
    error_set(err, ERROR_ISSUER_ANSWER, cause, NULL);
    return false;
}

/* --- key and subject --- */

static bool same_data(const gnutls_datum_t *a, const gnutls_datum_t *b)
{
    return bytes_equal(bytes_of(a->data, a->size), bytes_of(b->data, b->size));
}

bool issued_has_key(gnutls_x509_crt_t certificate, gnutls_x509_crq_t request)
{
    gnutls_pubkey_t found = NULL, asked = NULL;
    gnutls_datum_t found_der = {.data = NULL}, asked_der = {.data = NULL};
    bool same = gnutls_pubkey_init(&found) == GNUTLS_E_SUCCESS && gnutls_pubkey_init(&asked) == GNUTLS_E_SUCCESS &&
                gnutls_pubkey_import_x509(found, certificate, 0) == GNUTLS_E_SUCCESS &&
                gnutls_pubkey_import_x509_crq(asked, request, 0) == GNUTLS_E_SUCCESS &&
                gnutls_pubkey_export2(found, GNUTLS_X509_FMT_DER, &found_der) == GNUTLS_E_SUCCESS &&
                gnutls_pubkey_export2(asked, GNUTLS_X509_FMT_DER, &asked_der) == GNUTLS_E_SUCCESS &&
                same_data(&found_der, &asked_der);

    gnutls_free(found_der.data);
    gnutls_free(asked_der.data);
    gnutls_pubkey_deinit(found);
    gnutls_pubkey_deinit(asked);
    return same;
}

/* By their text, for an issuer may choose another string type. */
static bool has_subject(gnutls_x509_crt_t certificate, gnutls_x509_crq_t request, struct error *err)
{
    gnutls_datum_t found = {.data = NULL}, asked = {.data = NULL};
    bool ok = gnutls_x509_crt_get_dn3(certificate, &found, 0) == GNUTLS_E_SUCCESS &&
              gnutls_x509_crq_get_dn3(request, &asked, 0) == GNUTLS_E_SUCCESS;

    if (ok && !same_data(&found, &asked))
        ok = refuse(error_keep_format(err, "the certificate has another subject: \"%s\", asked for was \"%s\"",
                                      (const char *)found.data, (const char *)asked.data),
                    err);
    else if (!ok)
        ok = refuse("the certificate's subject cannot be read", err);
    gnutls_free(found.data);
    gnutls_free(asked.data);
    return ok;
}

/* --- serial number, signature, dates --- */

static bool has_good_serial(gnutls_x509_crt_t certificate, struct error *err)
{
    uint8_t serial[64];
    size_t len = sizeof serial;

    if (gnutls_x509_crt_get_serial(certificate, serial, &len) < 0 || len == 0 || (serial[0] & 0x80) != 0 ||
        len - (serial[0] == 0) > SERIAL_VALUE_MAX || bytes_all(bytes_of(serial, len), 0))
        return refuse("the certificate's serial number is not positive, or is longer than 20 bytes", err);
    return true;
}

static bool is_signed(gnutls_x509_crt_t certificate, const struct chain *chain, struct error *err)
{
    gnutls_x509_trust_list_t anchors = NULL;
    unsigned status = GNUTLS_CERT_INVALID;

    if (gnutls_x509_trust_list_init(&anchors, 0) == GNUTLS_E_SUCCESS &&
        gnutls_x509_trust_list_add_cas(anchors, &chain->certificates[0], 1, 0) == 1 &&
        gnutls_x509_trust_list_verify_crt2(anchors, &certificate, 1, NULL, 0, GNUTLS_VERIFY_DISABLE_TIME_CHECKS,
                                           &status, NULL) < 0)
        status = GNUTLS_CERT_INVALID;
    gnutls_x509_trust_list_deinit(anchors, 0);
    return status == 0 || refuse("the certificate is not signed by the issuer's certificate", err);
}

static bool is_current(gnutls_x509_crt_t certificate, time_t now, struct error *err)
{
    if (now + CLOCK_TOLERANCE_S < gnutls_x509_crt_get_activation_time(certificate))
        return refuse("the certificate is not valid yet, by this station's clock", err);
    if (now > gnutls_x509_crt_get_expiration_time(certificate))
        return refuse("the certificate has expired already, by this station's clock", err);
    return true;
}

/* --- extensions --- */

/* What an issuer may add unasked: it identifies keys, restricts the use, or tells where to ask (RFC 5280, 4.2). */
static const char *const usual_extensions[] = {
    "2.5.29.35",         /* authorityKeyIdentifier */
    "2.5.29.14",         /* subjectKeyIdentifier */
    "2.5.29.19",         /* basicConstraints; looked at below */
    "2.5.29.15",         /* keyUsage; likewise */
    "2.5.29.37",         /* extKeyUsage */
    "2.5.29.31",         /* cRLDistributionPoints */
    "2.5.29.32",         /* certificatePolicies */
    "1.3.6.1.5.5.7.1.1", /* authorityInfoAccess */
};

static bool is_usual(const char *oid)
{
    for (size_t i = 0; i < sizeof usual_extensions / sizeof usual_extensions[0]; i++)
        if (strcmp(usual_extensions[i], oid) == 0)
            return true;
    return false;
}

/* Whether the request asks for this extension with this content. */
static bool is_asked(gnutls_x509_crq_t request, const char *oid, const gnutls_datum_t *content)
{
    char found[OID_MAX];
    size_t size = sizeof found;

    for (unsigned i = 0; gnutls_x509_crq_get_extension_info(request, i, found, &size, NULL) == GNUTLS_E_SUCCESS; i++) {
        gnutls_datum_t asked = {.data = NULL};
        const bool same = strcmp(found, oid) == 0 &&
                          gnutls_x509_crq_get_extension_data2(request, i, &asked) == GNUTLS_E_SUCCESS &&
                          same_data(&asked, content);

        gnutls_free(asked.data);
        if (same)
            return true;
        size = sizeof found;
    }
    return false;
}

static bool has_asked_extensions(gnutls_x509_crt_t certificate, gnutls_x509_crq_t request, struct error *err)
{
    char oid[OID_MAX];
    size_t size = sizeof oid;

    for (unsigned i = 0; gnutls_x509_crt_get_extension_info(certificate, i, oid, &size, NULL) == GNUTLS_E_SUCCESS;
         i++) {
        gnutls_datum_t content = {.data = NULL};
        const bool ok =
            is_usual(oid) || (gnutls_x509_crt_get_extension_data2(certificate, i, &content) == GNUTLS_E_SUCCESS &&
                              is_asked(request, oid, &content));

        gnutls_free(content.data);
        if (!ok)
            return refuse(error_keep_format(err, "the certificate has an extension that was not asked for: %s", oid),
                          err);
        size = sizeof oid;
    }
    return true;
}

static bool is_no_ca(gnutls_x509_crt_t certificate, struct error *err)
{
    unsigned ca = 0, usage = 0;
    int path = 0;

    if (gnutls_x509_crt_get_basic_constraints(certificate, NULL, &ca, &path) >= 0 && ca != 0)
        return refuse("the certificate is a certificate authority's (CA:TRUE)", err);
    if (gnutls_x509_crt_get_key_usage(certificate, &usage, NULL) >= 0 &&
        ((usage & (GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)) != 0 ||
         (usage & GNUTLS_KEY_DIGITAL_SIGNATURE) == 0))
        return refuse("the certificate's keyUsage is not a device's (digitalSignature, and no signing of certificates)",
                      err);
    return true;
}

bool issued_check(gnutls_x509_crt_t certificate, gnutls_x509_crq_t request, const struct chain *chain, time_t now,
                  struct error *err)
{
    return has_subject(certificate, request, err) && is_signed(certificate, chain, err) &&
           is_current(certificate, now, err) && has_good_serial(certificate, err) && is_no_ca(certificate, err) &&
           has_asked_extensions(certificate, request, err);
}
