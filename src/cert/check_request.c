/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/x509_csr.h>

#include "cert/request.h"

static bool refuse(const char *cause, struct error *err)
{
    error_set(err, ERROR_PROOF_FAILED, cause,
              "do not send this request to a certificate authority; run the same command again");
    return false;
}

/* True when the signature over the whole request verifies with the key in it. */
static bool is_signed(mbedtls_x509_csr *csr)
{
    uint8_t hash[PSA_HASH_LENGTH(PSA_ALG_SHA_256)];
    size_t len = 0;

    return csr->MBEDTLS_PRIVATE(sig_md) == MBEDTLS_MD_SHA256 &&
           psa_hash_compute(PSA_ALG_SHA_256, csr->cri.p, csr->cri.len, hash, sizeof hash, &len) == PSA_SUCCESS &&
           mbedtls_pk_verify(&csr->pk, MBEDTLS_MD_SHA256, hash, len, csr->MBEDTLS_PRIVATE(sig).p,
                             csr->MBEDTLS_PRIVATE(sig).len) == 0;
}

/* A SubjectPublicKeyInfo of P-256 ends with the point. */
static bool has_key(const mbedtls_x509_csr *csr, const uint8_t point[static P256_POINT_BYTES])
{
    uint8_t info[128];
    int len = mbedtls_pk_write_pubkey_der(&csr->pk, info, sizeof info);

    return len > P256_POINT_BYTES && bytes_equal(bytes_of(info + sizeof info - P256_POINT_BYTES, P256_POINT_BYTES),
                                                 bytes_of(point, P256_POINT_BYTES));
}

static bool same_piece(const mbedtls_asn1_buf *a, const mbedtls_asn1_buf *b)
{
    return bytes_equal(bytes_of(a->p, a->len), bytes_of(b->p, b->len));
}

/* mbedtls_x509_string_to_names() returns the parts of a name in reverse order. */
static bool has_subject(const mbedtls_x509_csr *csr, const char *subject)
{
    mbedtls_asn1_named_data *names = NULL;
    const mbedtls_asn1_named_data *found = &csr->subject;
    size_t count = 0;
    bool same = mbedtls_x509_string_to_names(&names, subject) == 0;

    for (const mbedtls_asn1_named_data *name = names; name != NULL; name = name->next)
        count++;
    for (; same && count > 0 && found != NULL; found = found->next) {
        const mbedtls_asn1_named_data *wanted = names;

        for (size_t skip = --count; skip > 0; skip--)
            wanted = wanted->next;
        same = same_piece(&wanted->oid, &found->oid) && same_piece(&wanted->val, &found->val);
    }
    mbedtls_asn1_free_named_data_list(&names);
    return same && count == 0 && found == NULL;
}

bool cert_check_request(struct bytes der, const uint8_t point[static P256_POINT_BYTES], const char *subject,
                        struct error *err)
{
    mbedtls_x509_csr csr;
    bool ok;

    mbedtls_x509_csr_init(&csr);
    if (mbedtls_x509_csr_parse_der(&csr, der.data, der.len) != 0)
        ok = refuse("not a certificate request", err);
    else if (!is_signed(&csr))
        ok = refuse("the certificate request is not signed by the key in it", err);
    else if (!has_key(&csr, point))
        ok = refuse("the certificate request is for another key", err);
    else
        ok = has_subject(&csr, subject) || refuse("the certificate request has another subject", err);
    mbedtls_x509_csr_free(&csr);
    if (!ok)
        error_doing(err, "check the certificate request");
    return ok;
}
