/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/request.h"

#include <stdio.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "cert/algorithm.h"
#include "cert/der.h"
#include "issuer/datum.h"

#define INTEGER_ZERO 3 /* bytes of the version */

/* GnuTLS takes text with white space, and refuses anything else that is not base64. */
static bool decode(struct bytes text, struct signer_request *request)
{
    const gnutls_datum_t data = datum_of(text);
    gnutls_datum_t der = {.data = NULL};
    bool ok = text.len != 0 && gnutls_base64_decode2(&data, &der) == GNUTLS_E_SUCCESS && der.size != 0 &&
              der.size <= sizeof request->der;

    if (ok) {
        memcpy(request->der, der.data, der.size);
        request->len = der.size;
    }
    gnutls_free(der.data);
    return ok;
}

/*
 * CertificationRequest ::= SEQUENCE { CertificationRequestInfo ::= SEQUENCE { version, subject, key, attributes },
 * algorithm, signature }: finds subject and key, the latter with tag and length.
 */
static bool find_parts(struct signer_request *request, struct bytes *key)
{
    static const uint8_t version_0[INTEGER_ZERO] = {DER_INTEGER, 1, 0};
    struct bytes der = bytes_of(request->der, request->len), whole, info, version;

    if (!der_take(&der, DER_SEQUENCE, &whole) || der.len != 0 || !der_take(&whole, DER_SEQUENCE, &info))
        return false;
    return der_take_any(&info, &version) && bytes_equal(version, bytes_of(version_0, sizeof version_0)) &&
           der_take_any(&info, &request->subject) && request->subject.data[0] == DER_SEQUENCE &&
           der_take_any(&info, key) && key->data[0] == DER_SEQUENCE;
}

static bool take_point(struct signer_request *request, struct bytes key)
{
    if (key.len != sizeof cert_spki_head + P256_POINT_BYTES ||
        memcmp(key.data, cert_spki_head, sizeof cert_spki_head) != 0 ||
        key.data[sizeof cert_spki_head] != P256_UNCOMPRESSED)
        return false;
    memcpy(request->point, key.data + sizeof cert_spki_head, P256_POINT_BYTES);
    return true;
}

/* Whatever else is wrong: a request must be one for GnuTLS, too, whose reading of its signature counts. */
static enum signer_request_fault verify(struct signer_request *request, struct bytes key)
{
    const gnutls_datum_t der = datum_of(bytes_of(request->der, request->len));
    enum signer_request_fault fault = SIGNER_REQUEST_GOOD;
    gnutls_x509_crq_t read = NULL;

    if (gnutls_x509_crq_init(&read) != GNUTLS_E_SUCCESS)
        return SIGNER_REQUEST_UNREADABLE;
    if (gnutls_x509_crq_import(read, &der, GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS)
        fault = SIGNER_REQUEST_UNREADABLE;
    else if (!take_point(request, key) ||
             gnutls_x509_crq_get_signature_algorithm(read) != (int)GNUTLS_SIGN_ECDSA_SHA256)
        fault = SIGNER_REQUEST_OTHER_KEY;
    else if (gnutls_x509_crq_verify(read, 0) != GNUTLS_E_SUCCESS)
        fault = SIGNER_REQUEST_UNSIGNED;
    gnutls_x509_crq_deinit(read);
    return fault;
}

enum signer_request_fault signer_request_read(struct bytes text, struct signer_request *request)
{
    struct bytes key;

    request->len = 0;
    request->subject = BYTES_NONE;
    if (!decode(text, request) || !find_parts(request, &key))
        return SIGNER_REQUEST_UNREADABLE;
    return verify(request, key);
}

void signer_request_name_text(struct bytes name, char text[static SIGNER_NAME_TEXT_MAX])
{
    const gnutls_datum_t der = datum_of(name);
    gnutls_datum_t found = {.data = NULL};

    /* In the order of the DER, as imprint writes subjects. */
    if (name.len != 0 && gnutls_x509_rdn_get2(&der, &found, GNUTLS_X509_DN_FLAG_COMPAT) == GNUTLS_E_SUCCESS)
        (void)snprintf(text, SIGNER_NAME_TEXT_MAX, "%.*s", (int)found.size, (const char *)found.data);
    else
        (void)snprintf(text, SIGNER_NAME_TEXT_MAX, "?");
    gnutls_free(found.data);
}
