/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate requests: what is made verifies with libcrypto and says what was asked for; what libcrypto makes is
 * checked here; and a request that is changed in any bit, or is somebody else's, is refused.
 */
#include "cert/check_request.h"
#include "cert/name.h"
#include "cert/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "psa/its.h"
#include "storage/memory.h"

#define KEY 5

static uint8_t room[1024];
static struct storage_memory memory;
static struct storage storage;
static struct its its;
static uint8_t point[P256_POINT_BYTES];

static int begin(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;
    size_t len = 0;

    (void)state;
    storage_memory_open(&memory, room, sizeof room, &storage);
    its_mount(&its, &storage);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    psa_set_key_id(&attributes, KEY);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    assert_int_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
    assert_int_equal(psa_export_public_key(KEY, point, sizeof point, &len), PSA_SUCCESS);
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(psa_destroy_key(KEY), PSA_SUCCESS);
    mbedtls_psa_crypto_free();
    its_unmount();
    return 0;
}

static struct bytes make(const char *subject, uint8_t der[static CERT_REQUEST_MAX])
{
    struct bytes_out out = {.data = der, .cap = CERT_REQUEST_MAX};
    struct error err = {.reason = ERROR_NONE};

    if (!cert_make_request(KEY, subject, &out, &err))
        fail_msg("%s: %s", subject, err.cause != NULL ? err.cause : "no cause");
    return bytes_written(&out);
}

static const struct subject_row {
    const char *subject, *openssl; /* as X509_NAME_oneline() prints it */
} subjects[] = {
    {"CN=board 1", "/CN=board 1"},
    {"CN=board 1,O=Example Devices,C=DE", "/CN=board 1/O=Example Devices/C=DE"},
    {"CN=a\\, b,O=\\\"c\\\"", "/CN=a, b/O=\"c\""},
    {"serialNumber=0123,CN=x", "/serialNumber=0123/CN=x"},
};

static void test_openssl_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        uint8_t der[CERT_REQUEST_MAX], found[P256_POINT_BYTES];
        struct bytes made = make(subjects[i].subject, der);
        const unsigned char *at = made.data;
        X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)made.len);
        size_t len = 0;
        char text[256];

        assert_non_null(request);
        assert_ptr_equal(at, made.data + made.len);
        assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
        assert_int_equal(
            EVP_PKEY_get_octet_string_param(X509_REQ_get0_pubkey(request), "pub", found, sizeof found, &len), 1);
        assert_memory_equal(found, point, sizeof point);
        X509_NAME_oneline(X509_REQ_get_subject_name(request), text, sizeof text);
        assert_string_equal(text, subjects[i].openssl);
        X509_REQ_free(request);
        assert_true(cert_check_request(made, point, subjects[i].subject, NULL));
    }
}

static void test_other_subjects_are_refused(void **state)
{
    uint8_t der[CERT_REQUEST_MAX];
    struct bytes made = make("CN=board 1,O=Example", der);
    static const char *const others[] = {
        "CN=board 2,O=Example",
        "CN=board 1",
        "O=Example,CN=board 1",
        "CN=board 1,O=Example,C=DE",
        "O=board 1,O=Example",
        "CN=board 1,CN=Example",
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct error err = {.reason = ERROR_NONE};

        if (cert_check_request(made, point, others[i], &err))
            fail_msg("'%s' was taken", others[i]);
        assert_int_equal(err.reason, ERROR_PROOF_FAILED);
    }
}

/* Every bit counts: of what is signed, of the signature, and of the frame around both. */
static void test_every_bit_counts(void **state)
{
    uint8_t der[CERT_REQUEST_MAX], other[P256_POINT_BYTES];
    struct bytes made = make("CN=board 1,O=Example", der);

    (void)state;
    for (size_t bit = 0; bit < made.len * 8; bit++) {
        der[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (cert_check_request(made, point, "CN=board 1,O=Example", NULL))
            fail_msg("bit %zu of byte %zu makes no difference", bit % 8, bit / 8);
        der[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < made.len; len++)
        assert_false(cert_check_request(bytes_of(der, len), point, "CN=board 1,O=Example", NULL));
    memcpy(other, point, sizeof other);
    other[64] ^= 1;
    assert_false(cert_check_request(made, other, "CN=board 1,O=Example", NULL));
}

/* The same request in BER, with one byte more than the length of the whole needs: not DER, so not the same bytes. */
static void test_ber_is_refused(void **state)
{
    uint8_t der[CERT_REQUEST_MAX], ber[CERT_REQUEST_MAX + 1];
    struct bytes made = make("CN=board 1,O=Example", der);

    (void)state;
    assert_int_equal(der[1], 0x81);
    memcpy(ber, (uint8_t[]){der[0], 0x82, 0}, 3);
    memcpy(ber + 3, der + 2, made.len - 2);
    assert_true(cert_check_request(made, point, "CN=board 1,O=Example", NULL));
    assert_false(cert_check_request(bytes_of(ber, made.len + 1), point, "CN=board 1,O=Example", NULL));
}

/* One that libcrypto has made, with SHA-256 and with another hash. */
static void test_of_openssl(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    const struct {
        const EVP_MD *hash;
        bool good;
    } rows[] = {{EVP_sha256(), true}, {EVP_sha384(), false}, {EVP_sha1(), false}};

    (void)state;
    assert_non_null(key);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        X509_REQ *request = X509_REQ_new();
        uint8_t *der = NULL, found[P256_POINT_BYTES];
        size_t len = 0;
        int size;

        assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", found, sizeof found, &len), 1);
        assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
        assert_int_equal(X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
                                                    (const unsigned char *)"theirs", -1, -1, 0),
                         1);
        assert_true(X509_REQ_sign(request, key, rows[i].hash) > 0);
        size = i2d_X509_REQ(request, &der);
        assert_true(size > 0);
        assert_int_equal(cert_check_request(bytes_of(der, (size_t)size), found, "CN=theirs", NULL), rows[i].good);
        OPENSSL_free(der);
        X509_REQ_free(request);
    }
    EVP_PKEY_free(key);
}

static const char *const no_names[] = {"", "board", "=x", "CN", "CN=", "XY=board", "CN=a,,O=b", "CN=a\\", "O=a+CN=b"};

static void test_no_names(void **state)
{
    uint8_t der[CERT_REQUEST_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof no_names / sizeof no_names[0]; i++) {
        struct bytes_out out = {.data = der, .cap = sizeof der};
        struct error err = {.reason = ERROR_NONE};

        if (cert_check_subject(no_names[i], &err))
            fail_msg("'%s' was taken for a name", no_names[i]);
        assert_int_equal(err.reason, ERROR_USAGE);
        error_clear(&err);
        assert_false(cert_make_request(KEY, no_names[i], &out, &err));
        assert_int_equal(err.reason, ERROR_USAGE);
        assert_int_equal(out.len, 0);
    }
}

static void test_no_key_and_no_room(void **state)
{
    uint8_t der[CERT_REQUEST_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_false(cert_make_request(KEY + 1, "CN=a", &out, &err));
    assert_int_equal(err.reason, ERROR_KEY_ATTRIBUTES);
    for (out.cap = 0; out.cap < 150; out.cap++)
        assert_false(cert_make_request(KEY, "CN=a", &out, NULL));
}

/* The largest subjects: the longest text with the most parts of the longest types, and one long value. */
static void test_largest_subject(void **state)
{
    uint8_t der[CERT_REQUEST_MAX];
    char subject[CERT_NAME_TEXT_MAX + 1] = "";
    size_t len;

    (void)state;
    for (int i = 0; i < CERT_NAME_PARTS_MAX; i++)
        strcat(subject, i == 0 ? "DC=" : "a,DC=");
    len = strlen(subject);
    memset(subject + len, 'b', CERT_NAME_TEXT_MAX - len);
    assert_true(cert_check_request(make(subject, der), point, subject, NULL));
    memset(subject + 3, 'b', CERT_NAME_TEXT_MAX - 3);
    assert_true(cert_check_request(make(subject, der), point, subject, NULL));
}

/* What the station does not believe of a subject that is not imprint's own: libcrypto writes it as it is told. */
static const struct foreign_row {
    const char *what, *asked;
    struct {
        const char *oid;
        int type, set; /* `set` -1: in one part with the attribute before it */
        const char *value;
    } parts[3];
    bool good;
} foreign[] = {
    {"in order", "DC=a,DC=b", {{"DC", V_ASN1_IA5STRING, 0, "a"}, {"DC", V_ASN1_IA5STRING, 0, "b"}}, true},
    {"exchanged", "DC=a,DC=b", {{"DC", V_ASN1_IA5STRING, 0, "b"}, {"DC", V_ASN1_IA5STRING, 0, "a"}}, false},
    {"one missing", "DC=a,DC=b", {{"DC", V_ASN1_IA5STRING, 0, "b"}}, false},
    {"one more", "DC=a", {{"DC", V_ASN1_IA5STRING, 0, "a"}, {"DC", V_ASN1_IA5STRING, 0, "b"}}, false},
    {"two in one part", "O=a,CN=b", {{"O", V_ASN1_UTF8STRING, 0, "a"}, {"CN", V_ASN1_UTF8STRING, -1, "b"}}, false},
    {"two in one part, as DER sorts them",
     "CN=b,O=a",
     {{"O", V_ASN1_UTF8STRING, 0, "a"}, {"CN", V_ASN1_UTF8STRING, -1, "b"}},
     false},
    {"a plus in a value", "O=a\\+b", {{"O", V_ASN1_UTF8STRING, 0, "a+b"}}, true},
    {"text instead of two parts", "O=a,CN=b", {{"O", V_ASN1_UTF8STRING, 0, "a,CN=b"}}, false},
    {"a country as UTF8String", "C=DE", {{"C", V_ASN1_UTF8STRING, 0, "DE"}}, false},
    {"a country", "C=DE", {{"C", V_ASN1_PRINTABLESTRING, 0, "DE"}}, true},
    {"BMPString", "CN=ab", {{"CN", V_ASN1_BMPSTRING, 0, "ab"}}, false},
    {"hex as asked", "CN=#13016a", {{"CN", V_ASN1_PRINTABLESTRING, 0, "j"}}, true},
    {"hex of another type", "CN=#13016a", {{"CN", V_ASN1_UTF8STRING, 0, "j"}}, false},
    {"another OID", "1.3.6.1=x", {{"1.3.6.2", V_ASN1_UTF8STRING, 0, "x"}}, false},
    {"a longer value", "CN=a", {{"CN", V_ASN1_UTF8STRING, 0, "ab"}}, false},
    {"a shorter value", "CN=ab", {{"CN", V_ASN1_UTF8STRING, 0, "a"}}, false},
};

static void test_foreign_subjects(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    uint8_t found[P256_POINT_BYTES];
    size_t len = 0;

    (void)state;
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", found, sizeof found, &len), 1);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        X509_REQ *request = X509_REQ_new();
        uint8_t *der = NULL;
        int size;

        assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
        for (size_t j = 0; j < 3 && foreign[i].parts[j].oid != NULL; j++)
            assert_int_equal(X509_NAME_add_entry_by_txt(
                                 X509_REQ_get_subject_name(request), foreign[i].parts[j].oid, foreign[i].parts[j].type,
                                 (const unsigned char *)foreign[i].parts[j].value, -1, -1, foreign[i].parts[j].set),
                             1);
        assert_true(X509_REQ_sign(request, key, EVP_sha256()) > 0);
        size = i2d_X509_REQ(request, &der);
        if (cert_check_request(bytes_of(der, (size_t)size), found, foreign[i].asked, NULL) != foreign[i].good)
            fail_msg("%s: %s", foreign[i].what, foreign[i].good ? "refused" : "accepted");
        OPENSSL_free(der);
        X509_REQ_free(request);
    }
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openssl_agrees),     cmocka_unit_test(test_other_subjects_are_refused),
        cmocka_unit_test(test_every_bit_counts),   cmocka_unit_test(test_of_openssl),
        cmocka_unit_test(test_ber_is_refused),     cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_no_key_and_no_room), cmocka_unit_test(test_largest_subject),
        cmocka_unit_test(test_foreign_subjects),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
