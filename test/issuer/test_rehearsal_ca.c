/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate authority for rehearsals: libcrypto verifies its chain, and it opens as an issuer. */
#include "issuer/rehearsal_ca.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "test/support/ca_files.h"
#include "test/support/scratch.h"

static X509 *read_certificate(BIO *text)
{
    X509 *certificate = PEM_read_bio_X509(text, NULL, NULL, NULL);

    assert_non_null(certificate);
    return certificate;
}

static void expect_end(const ASN1_TIME *time, const char *text)
{
    assert_int_equal(ASN1_STRING_length(time), strlen(text));
    assert_memory_equal(ASN1_STRING_get0_data(time), text, strlen(text));
}

/* The key identifier and the serial number, from what they are the hashes of: a chip's 72 bytes have nothing else. */
static void expect_hashes(X509 *certificate, const ASN1_INTEGER *serial)
{
    const ASN1_BIT_STRING *point = X509_get0_pubkey_bitstr(certificate);
    const ASN1_OCTET_STRING *key_id = X509_get0_subject_key_id(certificate);
    uint8_t text[64 + 4], digest[32];
    struct tm date;

    assert_int_equal(ASN1_STRING_length(point), 65);
    assert_int_equal(EVP_Q_digest(NULL, "SHA1", NULL, ASN1_STRING_get0_data(point), 65, digest, NULL), 1);
    assert_int_equal(ASN1_STRING_length(key_id), 20);
    assert_memory_equal(ASN1_STRING_get0_data(key_id), digest, 20);
    assert_int_equal(ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &date), 1);
    memcpy(text, ASN1_STRING_get0_data(point) + 1, 64);
    /* Year 5 bits, month 4, day 5, hour 5, years 5 (DS20006367A, 2.3); version 1 has two more of the year. */
    const unsigned year = (unsigned)(date.tm_year - 100);
    const unsigned packed = (year & 31) << 19 | (unsigned)(date.tm_mon + 1) << 15 | (unsigned)date.tm_mday << 10 |
                            (unsigned)date.tm_hour << 5;
    text[64] = (uint8_t)(packed >> 16);
    text[65] = (uint8_t)(packed >> 8);
    text[66] = (uint8_t)packed;
    text[67] = (uint8_t)((year & 0x60) << 1);
    assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, text, year > 31 ? 68 : 67, digest, NULL), 1);
    digest[0] = (uint8_t)((digest[0] & 0x7f) | 0x40);
    assert_memory_equal(ASN1_STRING_get0_data(serial), digest, 16);
}

static void expect_authority(X509 *certificate, const char *name, long path_length)
{
    char text[64];
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);

    X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
    assert_memory_equal(text, name, strlen(name));
    expect_end(X509_get0_notAfter(certificate), "99991231235959Z");
    assert_int_equal(X509_check_ca(certificate), 1);
    assert_int_equal(X509_get_pathlen(certificate), path_length);
    assert_int_equal(X509_get_key_usage(certificate), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(ASN1_STRING_length(serial), 16);
    assert_int_equal(ASN1_STRING_get0_data(serial)[0] & 0xc0, 0x40);
    expect_hashes(certificate, serial);
}

static void verify(X509 *root, X509 *signer)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();

    assert_int_equal(X509_STORE_add_cert(store, root), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, signer, NULL), 1);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
    if (X509_verify_cert(context) != 1)
        fail_msg("%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
}

static void test_the_chain(void **state)
{
    const time_t now = time(NULL);
    struct rehearsal_ca ca, other;
    BIO *text;
    X509 *signer, *root;
    char begin[32];
    struct tm date;

    (void)state;
    assert_true(rehearsal_ca_make(&ca, now, NULL));
    assert_true(rehearsal_ca_make(&other, now, NULL));
    assert_string_not_equal(ca.signer_key, other.signer_key);
    assert_string_not_equal(ca.chain, other.chain);
    text = BIO_new_mem_buf(ca.chain, -1);
    signer = read_certificate(text);
    root = read_certificate(text);
    expect_authority(signer, "/CN=TEST signer ", 0);
    expect_authority(root, "/CN=TEST root ", -1);
    (void)strftime(begin, sizeof begin, "%Y%m%d%H0000Z", gmtime_r(&now, &date));
    expect_end(X509_get0_notBefore(signer), begin + 2); /* UTCTime: until 2049 */
    verify(root, signer);
    X509_free(root);
    X509_free(signer);
    BIO_free(text);
}

static void test_it_opens_as_an_issuer(void **state)
{
    char folder[SCRATCH_PATH_MAX], certificate[SCRATCH_PATH_MAX + 16], key[SCRATCH_PATH_MAX + 16];
    struct issuer_config config = {.name = "rehearsal", .kind = ISSUER_FILE, .certificate = certificate, .key = key};
    uint8_t signature[P256_SIGNATURE_BYTES];
    struct rehearsal_ca ca;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuer *issuer;

    (void)state;
    scratch_make(folder);
    (void)snprintf(certificate, sizeof certificate, "%s/signer.pem", folder);
    (void)snprintf(key, sizeof key, "%s/signer.key", folder);
    assert_true(rehearsal_ca_make(&ca, time(NULL), &err));
    file_store(certificate, bytes_of(ca.chain, strlen(ca.chain)));
    file_store(key, bytes_of(ca.signer_key, strlen(ca.signer_key)));
    assert_int_equal(chmod(key, 0600), 0);
    if (!issuer_open(&config, &issuer, &err))
        fail_msg("%s", err.cause);
    assert_int_equal(issuer_sign(issuer, bytes_of("tbs", 3), signature, &err), ISSUER_DONE);
    issuer_close(issuer);
    file_store(key, bytes_of(ca.root_key, strlen(ca.root_key)));
    assert_false(issuer_open(&config, &issuer, &err));
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_chain),
        cmocka_unit_test(test_it_opens_as_an_issuer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
