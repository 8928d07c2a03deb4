/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/check_certificate.h"

#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#define CERTIFICATE_MAX 4096 /* more than any certificate that a part can keep */
#define DER_SEQUENCE 0x30

static gnutls_sign_algorithm_t algorithm_of(const char *hash)
{
    if (strcmp(hash, CERT_CHECK_SHA_256) == 0)
        return GNUTLS_SIGN_ECDSA_SHA256;
    if (strcmp(hash, CERT_CHECK_SHA_384) == 0)
        return GNUTLS_SIGN_ECDSA_SHA384;
    if (strcmp(hash, CERT_CHECK_SHA_512) == 0)
        return GNUTLS_SIGN_ECDSA_SHA512;
    return GNUTLS_SIGN_UNKNOWN;
}

/* A new key, for gnutls_pubkey_deinit(); NULL where `point` is not on the curve. */
static gnutls_pubkey_t import_point(const uint8_t point[static P256_POINT_BYTES])
{
    uint8_t copy[P256_POINT_BYTES]; /* GnuTLS asks for memory that it could write, and does not write it */
    const gnutls_datum_t x = {copy + 1, P256_BYTES}, y = {copy + 1 + P256_BYTES, P256_BYTES};
    gnutls_pubkey_t key = NULL;

    memcpy(copy, point, sizeof copy);
    if (point[0] != P256_UNCOMPRESSED || gnutls_pubkey_init(&key) != GNUTLS_E_SUCCESS)
        return NULL;
    if (gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &x, &y) == GNUTLS_E_SUCCESS &&
        gnutls_pubkey_verify_params(key) == GNUTLS_E_SUCCESS)
        return key;
    gnutls_pubkey_deinit(key);
    return NULL;
}

bool cert_check_point(const uint8_t point[static P256_POINT_BYTES])
{
    gnutls_pubkey_t key = import_point(point);
    bool ok = key != NULL;

    gnutls_pubkey_deinit(key);
    return ok;
}

/* `signature` in DER. */
static bool verify_der(const uint8_t point[static P256_POINT_BYTES], gnutls_sign_algorithm_t algorithm,
                       const gnutls_datum_t *message, const gnutls_datum_t *signature)
{
    gnutls_pubkey_t key = import_point(point);
    bool ok = key != NULL && gnutls_pubkey_verify_data2(key, algorithm, 0, message, signature) >= 0;

    gnutls_pubkey_deinit(key);
    return ok;
}

bool cert_check_signature(const uint8_t point[static P256_POINT_BYTES], const char *hash, struct bytes message,
                          const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    uint8_t raw[P256_SIGNATURE_BYTES], text[CERTIFICATE_MAX];
    const gnutls_datum_t r = {raw, P256_BYTES}, s = {raw + P256_BYTES, P256_BYTES};
    const gnutls_datum_t data = {text, (unsigned)message.len};
    gnutls_datum_t der = {.data = NULL};
    gnutls_sign_algorithm_t algorithm = algorithm_of(hash);
    bool ok;

    if (message.len > sizeof text || algorithm == GNUTLS_SIGN_UNKNOWN)
        return false;
    memcpy(raw, signature, sizeof raw);
    memcpy(text, message.data, message.len);
    ok = gnutls_encode_rs_value(&der, &r, &s) == GNUTLS_E_SUCCESS && verify_der(point, algorithm, &data, &der);
    gnutls_free(der.data);
    return ok;
}

/* A new certificate, for gnutls_x509_crt_deinit(), and a copy of its bytes; NULL where it is none. */
static gnutls_x509_crt_t import_certificate(struct bytes der, uint8_t copy[static CERTIFICATE_MAX])
{
    const gnutls_datum_t data = {copy, (unsigned)der.len};
    gnutls_x509_crt_t certificate = NULL;

    if (der.len == 0 || der.len > CERTIFICATE_MAX || gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS)
        return NULL;
    memcpy(copy, der.data, der.len);
    if (gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS)
        return certificate;
    gnutls_x509_crt_deinit(certificate);
    return NULL;
}

/* The DER element at `at`: bytes of its header and of its content. False where it does not fit. */
static bool read_sequence(const uint8_t *der, size_t len, size_t *header, size_t *content)
{
    if (len < 4 || der[0] != DER_SEQUENCE)
        return false;
    if (der[1] < 0x80) {
        *header = 2;
        *content = der[1];
    } else if (der[1] == 0x81) {
        *header = 3;
        *content = der[2];
    } else if (der[1] == 0x82) {
        *header = 4;
        *content = (size_t)der[2] << 8 | der[3];
    } else {
        return false;
    }
    return *content <= len - *header;
}

/* What is signed in a certificate: its first element, whole. GnuTLS does not give it. */
static bool read_signed_part(uint8_t *der, size_t len, gnutls_datum_t *part)
{
    size_t outer, inner, content;

    if (!read_sequence(der, len, &outer, &content) || !read_sequence(der + outer, content, &inner, &content))
        return false;
    *part = (gnutls_datum_t){der + outer, (unsigned)(inner + content)};
    return true;
}

bool cert_check_issued(struct bytes certificate, const uint8_t issuer[static P256_POINT_BYTES])
{
    uint8_t copy[CERTIFICATE_MAX];
    char signature[256];
    gnutls_x509_crt_t parsed = import_certificate(certificate, copy);
    gnutls_datum_t part;
    size_t len = sizeof signature;
    bool ok = parsed != NULL && gnutls_x509_crt_get_signature_algorithm(parsed) == GNUTLS_SIGN_ECDSA_SHA256 &&
              gnutls_x509_crt_get_signature(parsed, signature, &len) == GNUTLS_E_SUCCESS &&
              read_signed_part(copy, certificate.len, &part) &&
              verify_der(issuer, GNUTLS_SIGN_ECDSA_SHA256, &part,
                         &(gnutls_datum_t){(unsigned char *)signature, (unsigned)len});

    if (parsed != NULL)
        gnutls_x509_crt_deinit(parsed);
    return ok;
}

bool cert_check_read_key(struct bytes certificate, uint8_t point[static P256_POINT_BYTES])
{
    uint8_t copy[CERTIFICATE_MAX];
    gnutls_x509_crt_t parsed = import_certificate(certificate, copy);
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    gnutls_datum_t x = {.data = NULL}, y = {.data = NULL};
    bool ok = parsed != NULL && gnutls_x509_crt_get_pk_ecc_raw(parsed, &curve, &x, &y) == GNUTLS_E_SUCCESS &&
              curve == GNUTLS_ECC_CURVE_SECP256R1;

    /* GnuTLS writes a leading zero where a coordinate's first bit is set, and drops zeros that are its first bytes. */
    for (int i = 0; ok && i < 2; i++) {
        const gnutls_datum_t *part = i == 0 ? &x : &y;
        const unsigned skip = part->size > P256_BYTES ? part->size - P256_BYTES : 0, used = part->size - skip;
        uint8_t *to = point + 1 + (size_t)i * P256_BYTES;

        memset(to, 0, P256_BYTES);
        memcpy(to + P256_BYTES - used, part->data + skip, used);
    }
    point[0] = P256_UNCOMPRESSED;
    gnutls_free(x.data);
    gnutls_free(y.data);
    if (parsed != NULL)
        gnutls_x509_crt_deinit(parsed);
    return ok;
}

bool cert_check_subject_has(struct bytes certificate, const char *text)
{
    uint8_t copy[CERTIFICATE_MAX];
    char name[512];
    size_t size = sizeof name;
    gnutls_x509_crt_t parsed = import_certificate(certificate, copy);
    bool ok =
        parsed != NULL && gnutls_x509_crt_get_dn(parsed, name, &size) == GNUTLS_E_SUCCESS && strstr(name, text) != NULL;

    if (parsed != NULL)
        gnutls_x509_crt_deinit(parsed);
    return ok;
}
