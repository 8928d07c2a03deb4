/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/request.h"

#include <string.h>

#include <mbedtls/psa_util.h>
#include <mbedtls/x509_csr.h>

static bool not_a_name(const char *subject, struct error *err)
{
    error_set(err, ERROR_USAGE, "not a distinguished name",
              "write TYPE=VALUE parts, as in \"CN=board 1,O=Example,C=DE\", and a comma inside a value as \\,");
    error_with_subject(err, subject);
    return false;
}

bool cert_check_subject(const char *subject, struct error *err)
{
    mbedtls_x509write_csr csr;
    bool ok;

    mbedtls_x509write_csr_init(&csr);
    ok = mbedtls_x509write_csr_set_subject_name(&csr, subject) == 0 || not_a_name(subject, err);
    mbedtls_x509write_csr_free(&csr);
    return ok;
}

bool cert_make_request(psa_key_id_t key, const char *subject, struct bytes_out *der, struct error *err)
{
    mbedtls_x509write_csr csr;
    mbedtls_pk_context pk;
    bool ok = false;
    int len;

    der->len = 0;
    mbedtls_x509write_csr_init(&csr);
    mbedtls_pk_init(&pk);
    if (mbedtls_x509write_csr_set_subject_name(&csr, subject) != 0) {
        (void)not_a_name(subject, err);
        goto out;
    }
    if (mbedtls_pk_setup_opaque(&pk, key) != 0) {
        error_set(err, ERROR_KEY_ATTRIBUTES, "Mbed TLS cannot sign a certificate request with this kind of key", NULL);
        error_with_key(err, key);
        goto out;
    }
    mbedtls_x509write_csr_set_key(&csr, &pk);
    mbedtls_x509write_csr_set_md_alg(&csr, MBEDTLS_MD_SHA256);
    len = mbedtls_x509write_csr_der(&csr, der->data, der->cap, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    if (len <= 0)
        goto out;
    /* Mbed TLS writes it to the end of the buffer. */
    memmove(der->data, der->data + der->cap - (size_t)len, (size_t)len);
    der->len = (size_t)len;
    ok = true;
out:
    mbedtls_pk_free(&pk);
    mbedtls_x509write_csr_free(&csr);
    if (!ok)
        error_doing(err, "make the certificate request");
    return ok;
}
