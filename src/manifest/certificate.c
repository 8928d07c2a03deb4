/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/certificate.h"

#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "issuer/datum.h"

/* GnuTLS takes a certificate as issued by itself, whoever issued it, unless it is told not to. */
#define FLAGS (GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DO_NOT_ALLOW_SAME)

/* For gnutls_x509_crt_deinit(), also where it cannot be read: NULL. */
static gnutls_x509_crt_t import(struct bytes der)
{
    const gnutls_datum_t data = datum_of(der);
    gnutls_x509_crt_t certificate = NULL;

    if (der.len == 0 || gnutls_x509_crt_init(&certificate) < 0)
        return NULL;
    if (gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_DER) >= 0)
        return certificate;
    gnutls_x509_crt_deinit(certificate);
    return NULL;
}

bool certificate_read_key(struct bytes der, uint8_t point[static P256_POINT_BYTES])
{
    gnutls_x509_crt_t certificate = import(der);
    gnutls_datum_t x = {.data = NULL}, y = {.data = NULL};
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    gnutls_pubkey_t key = NULL;
    bool ok = certificate != NULL && gnutls_pubkey_init(&key) >= 0 &&
              gnutls_pubkey_import_x509(key, certificate, 0) >= 0 &&
              gnutls_pubkey_export_ecc_raw2(key, &curve, &x, &y, GNUTLS_EXPORT_FLAG_NO_LZ) >= 0 &&
              curve == GNUTLS_ECC_CURVE_SECP256R1 && x.size == P256_BYTES && y.size == P256_BYTES;

    if (ok) {
        point[0] = P256_UNCOMPRESSED;
        memcpy(point + 1, x.data, P256_BYTES);
        memcpy(point + 1 + P256_BYTES, y.data, P256_BYTES);
    }
    gnutls_free(x.data);
    gnutls_free(y.data);
    gnutls_pubkey_deinit(key);
    gnutls_x509_crt_deinit(certificate);
    return ok;
}

bool certificate_is_root(struct bytes der)
{
    gnutls_x509_crt_t certificate = import(der);
    const bool is_root = certificate != NULL && gnutls_x509_crt_check_issuer(certificate, certificate) != 0;

    gnutls_x509_crt_deinit(certificate);
    return is_root;
}

bool certificate_is_issued_by(struct bytes der, struct bytes issuer)
{
    gnutls_x509_crt_t lower = import(der), upper = import(issuer);
    unsigned status = GNUTLS_CERT_INVALID;
    bool ok =
        lower != NULL && upper != NULL && gnutls_x509_crt_verify(lower, &upper, 1, FLAGS, &status) >= 0 && status == 0;

    gnutls_x509_crt_deinit(lower);
    gnutls_x509_crt_deinit(upper);
    return ok;
}
