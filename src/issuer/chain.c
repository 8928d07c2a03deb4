/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/chain.h"

#include <string.h>

#include "base/error_format.h"
#include "issuer/datum.h"
#include "issuer/input_file.h"
#include "issuer/issuer.h"

#define CHAIN_FILE_MAX ((size_t)64 * 1024)

static bool refuse(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_ISSUER_INVALID, cause, next);
    return false;
}

/* --- reading --- */

/* The certificates of a PEM text. Their order is not judged here. */
static bool import_text(struct chain *chain, const struct input_file *file, struct error *err)
{
    const gnutls_datum_t text = {file->data, (unsigned)file->len};
    int status = gnutls_x509_crt_list_import2(&chain->certificates, &chain->count, &text, GNUTLS_X509_FMT_PEM, 0);

    if (status < 0) {
        chain->certificates = NULL;
        chain->count = 0;
        return refuse("the file holds no certificate in PEM",
                      "convert it: openssl x509 -inform DER -in FILE -out FILE.pem", err);
    }
    if (chain->count > ISSUER_CHAIN_MAX)
        return refuse(
            error_keep_format(err, "the file holds %u certificates (limit %d)", chain->count, ISSUER_CHAIN_MAX),
            "name a file with the issuer's certificate and those above it", err);
    for (unsigned i = 0; i < chain->count; i++) {
        status = gnutls_x509_crt_export2(chain->certificates[i], GNUTLS_X509_FMT_DER, &chain->der[i]);
        if (status < 0)
            return refuse(error_keep_format(err, "GnuTLS: %s", gnutls_strerror(status)), NULL, err);
    }
    return true;
}

/* --- what the CA's own certificate must be --- */

/* A CA's certificate says so (RFC 5280, 4.2.1.9), and its key may sign certificates (4.2.1.3). */
static bool is_ca(gnutls_x509_crt_t certificate, struct error *err)
{
    unsigned ca = 0, usage = 0;
    int path = 0;

    if (gnutls_x509_crt_get_basic_constraints(certificate, NULL, &ca, &path) < 0 || ca == 0)
        return refuse("the certificate is not a certificate authority's (no basicConstraints CA:TRUE)",
                      "name the issuer's own certificate, first in the file", err);
    if (gnutls_x509_crt_get_key_usage(certificate, &usage, NULL) >= 0 && (usage & GNUTLS_KEY_KEY_CERT_SIGN) == 0)
        return refuse("the certificate's key may not sign certificates (no keyCertSign in its keyUsage)",
                      "name the issuer's own certificate, first in the file", err);
    return true;
}

/* Who signs data needs no basicConstraints; a keyUsage that is there must allow it (RFC 5280, 4.2.1.3). */
static bool may_sign_data(gnutls_x509_crt_t certificate, struct error *err)
{
    unsigned usage = 0;

    if (gnutls_x509_crt_get_key_usage(certificate, &usage, NULL) >= 0 && (usage & GNUTLS_KEY_DIGITAL_SIGNATURE) == 0)
        return refuse("the certificate's key may not sign manifests (no digitalSignature in its keyUsage)",
                      "name an issuer that signs manifests: docs/guide/manifests.md", err);
    return true;
}

static bool fits_purpose(const struct chain *chain, struct error *err)
{
    return chain->purpose == ISSUER_FOR_MANIFESTS ? may_sign_data(chain->certificates[0], err)
                                                  : is_ca(chain->certificates[0], err);
}

/* "RSA, 2048 bits", "EC/ECDSA on SECP384R1", "EdDSA (Ed25519)": in GnuTLS's words. */
static bool refuse_key(gnutls_pubkey_t key, struct error *err)
{
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    unsigned bits = 0;
    const int algorithm = key != NULL ? gnutls_pubkey_get_pk_algorithm(key, &bits) : GNUTLS_PK_UNKNOWN;
    const char *name = gnutls_pk_get_name((gnutls_pk_algorithm_t)algorithm);
    const char *cause;

    if (algorithm == GNUTLS_PK_ECDSA && gnutls_pubkey_export_ecc_raw(key, &curve, NULL, NULL) >= 0)
        cause = error_keep_format(err, "the certificate's key is %s on %s, not on the curve P-256", name,
                                  gnutls_ecc_curve_get_name(curve));
    else if (algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS)
        cause = error_keep_format(err, "the certificate's key is %s, %u bits, not on the curve P-256", name, bits);
    else
        cause = error_keep_format(err, "the certificate's key is %s, not on the curve P-256", name);
    return refuse(cause,
                  "use an issuer with a P-256 key: a chip's certificate is signed with no other. Those above it "
                  "may have any key",
                  err);
}

static bool read_key(struct chain *chain, struct error *err)
{
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    gnutls_datum_t x = {.data = NULL}, y = {.data = NULL};
    bool ok = gnutls_pubkey_init(&chain->key) == GNUTLS_E_SUCCESS &&
              gnutls_pubkey_import_x509(chain->key, chain->certificates[0], 0) == GNUTLS_E_SUCCESS &&
              gnutls_pubkey_export_ecc_raw(chain->key, &curve, &x, &y) == GNUTLS_E_SUCCESS &&
              curve == GNUTLS_ECC_CURVE_SECP256R1;

    gnutls_free(x.data);
    gnutls_free(y.data);
    return ok || refuse_key(chain->key, err);
}

static const char *date_text(int64_t time, char text[static 32])
{
    const time_t seconds = (time_t)time;
    struct tm date;

    if (gmtime_r(&seconds, &date) == NULL || strftime(text, 32, "%Y-%m-%d %H:%M:%S UTC", &date) == 0)
        return "?";
    return text;
}

bool chain_is_current(const struct chain *chain, time_t now, struct error *err)
{
    char end[32], here[32];

    if ((int64_t)now < chain->not_before)
        return refuse(error_keep_format(err, "the issuer's certificate begins at %s, and this station's clock says %s",
                                        date_text(chain->not_before, end), date_text(now, here)),
                      "set the clock; see it with: date -u", err);
    if ((int64_t)now > chain->not_after)
        return refuse(error_keep_format(err, "the issuer's certificate ended at %s, and this station's clock says %s",
                                        date_text(chain->not_after, end), date_text(now, here)),
                      "check the clock (date -u); if it is right, use an issuer whose certificate is valid", err);
    return true;
}

/* --- the certificates above it --- */

static bool refuse_link(unsigned status, struct error *err)
{
    gnutls_datum_t text = {.data = NULL};

    (void)gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
    refuse(error_keep_format(err, "the certificates in the file are not a chain, each signed by the next: %s",
                             text.data != NULL ? (const char *)text.data : "no reason given"),
           "put the issuer's certificate first, then the one that signed it, up to the root", err);
    gnutls_free(text.data);
    return false;
}

/* Verifies all but the last by the last one. A lone certificate has nothing to verify it. */
static bool is_linked(const struct chain *chain, struct error *err)
{
    gnutls_x509_trust_list_t anchors = NULL;
    unsigned status = GNUTLS_CERT_INVALID;
    const unsigned last = chain->count - 1;

    if (last == 0)
        return true;
    if (gnutls_x509_trust_list_init(&anchors, 0) == GNUTLS_E_SUCCESS &&
        gnutls_x509_trust_list_add_cas(anchors, &chain->certificates[last], 1, 0) == 1 &&
        gnutls_x509_trust_list_verify_crt2(anchors, chain->certificates, last, NULL, 0, 0, &status, NULL) < 0)
        status = GNUTLS_CERT_INVALID;
    gnutls_x509_trust_list_deinit(anchors, 0);
    return status == 0 || refuse_link(status, err);
}

/* GnuTLS finds a path whatever the order in the file is; a reader of the file relies on the order. */
static bool is_sorted(const struct chain *chain, struct error *err)
{
    for (unsigned i = 0; i + 1 < chain->count; i++)
        if (gnutls_x509_crt_check_issuer(chain->certificates[i], chain->certificates[i + 1]) == 0)
            return refuse_link(GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_INVALID, err);
    return true;
}

static bool check(struct chain *chain, time_t now, struct error *err)
{
    chain->not_before = gnutls_x509_crt_get_activation_time(chain->certificates[0]);
    chain->not_after = gnutls_x509_crt_get_expiration_time(chain->certificates[0]);
    if (gnutls_x509_crt_get_dn3(chain->certificates[0], &chain->subject, 0) < 0)
        return refuse("the subject of the certificate cannot be read", NULL, err);
    return fits_purpose(chain, err) && read_key(chain, err) && chain_is_current(chain, now, err) &&
           is_sorted(chain, err) && is_linked(chain, err);
}

bool chain_read(struct chain *chain, const char *path, time_t now, struct error *err)
{
    struct input_file file;
    bool ok = input_file_read_for_issuer(&file, path, CHAIN_FILE_MAX, INPUT_FILE_TRUSTED, err) &&
              import_text(chain, &file, err) && check(chain, now, err);

    input_file_release(&file);
    if (!ok) {
        error_doing(err, "read the issuer's certificate");
        error_with_subject(err, path);
    }
    return ok;
}

/* Through their DER: GnuTLS cannot copy a certificate. gnutls_free() is to free the list, so GnuTLS must make it. */
bool chain_take(struct chain *chain, const gnutls_x509_crt_t *certificates, unsigned count, time_t now,
                struct error *err)
{
    chain->certificates = (gnutls_x509_crt_t *)gnutls_calloc(count, sizeof *chain->certificates);
    if (chain->certificates == NULL)
        return refuse("out of memory", NULL, err);
    for (; chain->count < count; chain->count++) {
        gnutls_datum_t *der = &chain->der[chain->count];
        gnutls_x509_crt_t *copy = &chain->certificates[chain->count];

        if (gnutls_x509_crt_export2(certificates[chain->count], GNUTLS_X509_FMT_DER, der) < 0 ||
            gnutls_x509_crt_init(copy) < 0)
            return refuse("out of memory", NULL, err);
        if (gnutls_x509_crt_import(*copy, der, GNUTLS_X509_FMT_DER) < 0) {
            gnutls_x509_crt_deinit(*copy);
            return refuse("a CA certificate cannot be read", NULL, err);
        }
    }
    if (check(chain, now, err))
        return true;
    error_doing(err, "check the issuer's certificate");
    return false;
}

void chain_release(struct chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++)
        gnutls_x509_crt_deinit(chain->certificates[i]);
    gnutls_free((void *)chain->certificates);
    for (unsigned i = 0; i < ISSUER_CHAIN_MAX; i++)
        gnutls_free(chain->der[i].data);
    gnutls_free(chain->subject.data);
    gnutls_pubkey_deinit(chain->key);
    *chain = (struct chain){.count = 0};
}

bool issuer_read_common_name(struct bytes certificate, char *name, size_t size)
{
    const gnutls_datum_t der = datum_of(certificate);
    gnutls_x509_crt_t read = NULL;
    bool ok;

    if (gnutls_x509_crt_init(&read) < 0)
        return false;
    ok = gnutls_x509_crt_import(read, &der, GNUTLS_X509_FMT_DER) >= 0 &&
         gnutls_x509_crt_get_dn_by_oid(read, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) >= 0;
    gnutls_x509_crt_deinit(read);
    return ok;
}
