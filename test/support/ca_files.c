/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/ca_files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAY (24 * 60 * 60)

EVP_PKEY *ca_make_key(const char *kind)
{
    EVP_PKEY *key = strcmp(kind, "RSA") == 0      ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
                    : strncmp(kind, "ED", 2) == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, kind)
                                                  : EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);

    assert_non_null(key);
    return key;
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void set_serial(X509 *certificate)
{
    uint64_t serial = 0;

    assert_int_equal(RAND_bytes((unsigned char *)&serial, sizeof serial), 1);
    assert_int_equal(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1), 1);
}

X509 *ca_make_certificate(const struct ca_wish *wish)
{
    const bool usual = wish->from_days == 0 && wish->until_days == 0;
    X509 *certificate = X509_new();
    X509_NAME *name = X509_NAME_new();

    assert_non_null(wish->key);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    set_serial(certificate);
    assert_int_equal(
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)wish->subject, -1, -1, 0), 1);
    assert_int_equal(X509_set_subject_name(certificate, name), 1);
    assert_int_equal(
        X509_set_issuer_name(certificate, wish->issuer != NULL ? X509_get_subject_name(wish->issuer) : name), 1);
    X509_NAME_free(name);
    X509_gmtime_adj(X509_getm_notBefore(certificate), (long)(usual ? -1 : wish->from_days) * DAY);
    X509_gmtime_adj(X509_getm_notAfter(certificate), (long)(usual ? 3650 : wish->until_days) * DAY);
    assert_int_equal(X509_set_pubkey(certificate, wish->key), 1);
    if (!wish->no_constraints)
        add_extension(certificate, NID_basic_constraints, wish->no_ca ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (wish->key_usage != NULL)
        add_extension(certificate, NID_key_usage, wish->key_usage);
    assert_true(X509_sign(certificate, wish->issuer_key != NULL ? wish->issuer_key : wish->key, EVP_sha256()) > 0);
    return certificate;
}

void ca_write_certificates(const char *path, X509 *const *certificates, size_t count)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(PEM_write_X509(file, certificates[i]), 1);
    assert_int_equal(fclose(file), 0);
}

bool ca_verifies(EVP_PKEY *key, struct bytes message, const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    unsigned char *der = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int len;
    bool ok;

    assert_int_equal(ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL)), 1);
    len = i2d_ECDSA_SIG(pair, &der);
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    ok = EVP_DigestVerify(context, der, (size_t)len, message.data, message.len) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return ok;
}

/* PKCS#8 encrypted with scrypt, as `openssl pkcs8 -topk8 -scrypt` does it. */
static X509_SIG *with_scrypt(EVP_PKEY *key, const char *passphrase)
{
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
    X509_ALGOR *algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 1);
    X509_SIG *encrypted;

    assert_non_null(passphrase);
    assert_non_null(algorithm);
    encrypted = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), plain, algorithm);
    assert_non_null(encrypted);
    PKCS8_PRIV_KEY_INFO_free(plain);
    return encrypted;
}

static int write_scrypt(FILE *file, EVP_PKEY *key, bool der, const char *passphrase)
{
    X509_SIG *encrypted = with_scrypt(key, passphrase);
    int status = der ? i2d_PKCS8_fp(file, encrypted) : PEM_write_PKCS8(file, encrypted);

    X509_SIG_free(encrypted);
    return status;
}

/* "EC PRIVATE KEY", the form before PKCS#8. */
static int write_sec1(FILE *file, EVP_PKEY *key, const char *passphrase)
{
    BIO *out = BIO_new_fp(file, BIO_NOCLOSE);
    int status = PEM_write_bio_PrivateKey_traditional(out, key, passphrase != NULL ? EVP_aes_128_cbc() : NULL,
                                                      (const unsigned char *)passphrase,
                                                      passphrase != NULL ? (int)strlen(passphrase) : 0, NULL, NULL);

    BIO_free(out);
    return status;
}

static int write_form(FILE *file, EVP_PKEY *key, enum ca_key_form form, const char *passphrase)
{
    char text[512] = ""; /* OpenSSL could write it */
    const int len = snprintf(text, sizeof text, "%s", passphrase != NULL ? passphrase : "");

    switch (form) {
    case CA_PKCS8:
        return PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    case CA_PKCS8_DER:
        return i2d_PKCS8PrivateKey_fp(file, key, NULL, NULL, 0, NULL, NULL);
    case CA_SEC1:
    case CA_SEC1_ENCRYPTED:
        return write_sec1(file, key, form == CA_SEC1 ? NULL : passphrase);
    case CA_PBKDF2:
        return PEM_write_PKCS8PrivateKey(file, key, EVP_aes_256_cbc(), text, len, NULL, NULL);
    case CA_PBKDF2_DER:
        return i2d_PKCS8PrivateKey_fp(file, key, EVP_aes_256_cbc(), text, len, NULL, NULL);
    case CA_PBES1:
        return PEM_write_PKCS8PrivateKey_nid(file, key, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, text, len, NULL, NULL);
    case CA_SCRYPT:
    case CA_SCRYPT_DER:
        return write_scrypt(file, key, form == CA_SCRYPT_DER, passphrase);
    }
    return 0;
}

void ca_write_key(const char *path, EVP_PKEY *key, enum ca_key_form form, const char *passphrase)
{
    FILE *file = fopen(path, "w");
    int closed;

    assert_non_null(file);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(write_form(file, key, form, passphrase), 1);
    closed = fclose(file);
    assert_int_equal(closed, 0);
}
