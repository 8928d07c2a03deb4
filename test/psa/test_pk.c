/* SPDX-License-Identifier: Apache-2.0 */
/* Using chip keys through Mbed TLS's PK and X.509. What they make is verified by libcrypto. */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_csr.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define SIGNING_KEY 16

static struct world world;

/* Trust&GO: the maker's key in slot 0 as key id 16. */
static int begin(void **state)
{
    (void)state;
    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    world_expect(&world, world_register(SIGNING_KEY, 0), PSA_SUCCESS);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_remove(&world);
    return 0;
}

static void export_point(uint8_t point[static 65])
{
    size_t len;

    world_expect(&world, psa_export_public_key(SIGNING_KEY, point, 65, &len), PSA_SUCCESS);
    assert_int_equal(len, 65);
}

static EVP_PKEY *read_public_pem(const unsigned char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

    BIO_free(bio);
    return key;
}

static int no_random(void *context, unsigned char *out, size_t len)
{
    (void)context;
    return psa_generate_random(out, len) == PSA_SUCCESS ? 0 : -1;
}

static void pk_signs_and_gives_pem(void **state)
{
    static const unsigned char message[] = "signed through PK";
    unsigned char pem[300], hash[48], der[80];
    uint8_t point[65], exported[65];
    mbedtls_pk_context pk;
    size_t len = 0;

    (void)state;
    mbedtls_pk_init(&pk);
    assert_int_equal(mbedtls_pk_setup_opaque(&pk, SIGNING_KEY), 0);
    assert_int_equal(mbedtls_pk_get_bitlen(&pk), 256);
    assert_int_equal(mbedtls_pk_write_pubkey_pem(&pk, pem, sizeof pem), 0);
    EVP_PKEY *key = read_public_pem(pem);
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", exported, sizeof exported, &len), 1);
    export_point(point);
    assert_memory_equal(exported, point, sizeof point);

    assert_int_equal(EVP_Q_digest(NULL, "SHA384", NULL, message, sizeof message, hash, NULL), 1);
    assert_int_equal(mbedtls_pk_sign(&pk, MBEDTLS_MD_SHA384, hash, sizeof hash, der, sizeof der, &len, no_random, NULL),
                     0);
    EVP_MD_CTX *check = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(check, NULL, EVP_sha384(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(check, der, len, message, sizeof message), 1);
    EVP_MD_CTX_free(check);
    EVP_PKEY_free(key);
    assert_int_equal(mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA384, hash, sizeof hash, der, len), 0);
    mbedtls_pk_free(&pk);
    world_prove(&world, SIGNING_KEY, point);
}

static void csr_verifies(void **state)
{
    unsigned char pem[1000];
    mbedtls_pk_context pk;
    mbedtls_x509write_csr csr;

    (void)state;
    mbedtls_pk_init(&pk);
    mbedtls_x509write_csr_init(&csr);
    assert_int_equal(mbedtls_pk_setup_opaque(&pk, SIGNING_KEY), 0);
    mbedtls_x509write_csr_set_md_alg(&csr, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&csr, &pk);
    assert_int_equal(mbedtls_x509write_csr_set_subject_name(&csr, "O=Example,CN=board 1"), 0);
    assert_int_equal(mbedtls_x509write_csr_pem(&csr, pem, sizeof pem, no_random, NULL), 0);
    mbedtls_x509write_csr_free(&csr);
    mbedtls_pk_free(&pk);

    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    assert_non_null(request);
    assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
    X509_REQ_free(request);
    BIO_free(bio);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pk_signs_and_gives_pem, begin, end),
        cmocka_unit_test_setup_teardown(csr_verifies, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
