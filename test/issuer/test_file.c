/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuers whose key is a file. Every form of key that people have opens and signs what libcrypto verifies; whatever
 * does not fit is refused when the issuer is opened, with a reason that says which part.
 */
#include "issuer/issuer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/support/ca_files.h"
#include "test/support/scratch.h"

#define PASSPHRASE "correct horse"

static char folder[SCRATCH_PATH_MAX];
static EVP_PKEY *root_key, *signer_key, *other_key, *p384_key, *rsa_key;
static X509 *root, *signer;

/* The signer's certificate, with one fault. */
static X509 *signer_with(struct ca_wish wish)
{
    wish.subject = "TEST signer";
    wish.issuer = root;
    wish.issuer_key = root_key;
    if (wish.key == NULL)
        wish.key = signer_key;
    return ca_make_certificate(&wish);
}

static int begin(void **state)
{
    (void)state;
    scratch_make(folder);
    root_key = ca_make_key("P-256");
    signer_key = ca_make_key("P-256");
    other_key = ca_make_key("P-256");
    p384_key = ca_make_key("P-384");
    rsa_key = ca_make_key("RSA");
    root = ca_make_certificate(&(struct ca_wish){.subject = "TEST root", .key = root_key});
    signer = signer_with((struct ca_wish){.key_usage = "critical,keyCertSign,cRLSign"});
    return 0;
}

static int end(void **state)
{
    (void)state;
    X509_free(signer);
    X509_free(root);
    EVP_PKEY_free(rsa_key);
    EVP_PKEY_free(p384_key);
    EVP_PKEY_free(other_key);
    EVP_PKEY_free(signer_key);
    EVP_PKEY_free(root_key);
    scratch_remove(folder);
    return 0;
}

/* Where the files of one test are. */
struct files {
    char certificate[SCRATCH_PATH_MAX + 16], key[SCRATCH_PATH_MAX + 16], passphrase[SCRATCH_PATH_MAX + 16];
};

static struct issuer_config usual(struct files *files)
{
    X509 *const chain[] = {signer, root};

    (void)snprintf(files->certificate, sizeof files->certificate, "%s/ca.pem", folder);
    (void)snprintf(files->key, sizeof files->key, "%s/ca.key", folder);
    (void)snprintf(files->passphrase, sizeof files->passphrase, "%s/ca.pass", folder);
    ca_write_certificates(files->certificate, chain, 2);
    ca_write_key(files->key, signer_key, CA_PKCS8, NULL);
    assert_int_equal(chmod(files->certificate, 0644), 0);
    (void)unlink(files->passphrase);
    file_store(files->passphrase, bytes_of(PASSPHRASE "\n", strlen(PASSPHRASE) + 1));
    (void)chmod(files->passphrase, 0600);
    return (struct issuer_config){
        .name = "line", .kind = ISSUER_FILE, .certificate = files->certificate, .key = files->key};
}

static void expect_certificate(struct bytes found, X509 *expected)
{
    unsigned char *der = NULL;
    const int len = i2d_X509(expected, &der);

    assert_int_equal(found.len, len);
    assert_memory_equal(found.data, der, found.len);
    OPENSSL_free(der);
}

static void expect_signs(struct issuer *issuer, EVP_PKEY *key)
{
    uint8_t message[300], signature[P256_SIGNATURE_BYTES];
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    fill_content(message, sizeof message, 3);
    assert_true(issuer_signs(issuer));
    assert_int_equal(issuer_sign(issuer, bytes_of(message, sizeof message), signature, &err), ISSUER_DONE);
    assert_true(ca_verifies(key, bytes_of(message, sizeof message), signature));
    signature[5] ^= 1;
    assert_false(ca_verifies(key, bytes_of(message, sizeof message), signature));
}

static const struct form_row {
    const char *name;
    enum ca_key_form form;
    const char *passphrase;
} forms[] = {
    {"PKCS#8", CA_PKCS8, NULL},
    {"PKCS#8 DER", CA_PKCS8_DER, NULL},
    {"SEC1", CA_SEC1, NULL},
    {"SEC1, encrypted", CA_SEC1_ENCRYPTED, PASSPHRASE},
    {"PKCS#8, PBKDF2", CA_PBKDF2, PASSPHRASE},
    {"PKCS#8 DER, PBKDF2", CA_PBKDF2_DER, PASSPHRASE},
    {"PKCS#8, 3DES", CA_PBES1, PASSPHRASE},
};

static void test_every_form_of_key_signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct files files = {.key = ""};
        struct issuer_config config = usual(&files);
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        struct issuer *issuer;

        ca_write_key(files.key, signer_key, forms[i].form, forms[i].passphrase);
        if (forms[i].passphrase != NULL)
            config.passphrase_file = files.passphrase;
        if (!issuer_open(&config, &issuer, &err))
            fail_msg("%s: %s", forms[i].name, err.cause);
        expect_signs(issuer, signer_key);
        issuer_close(issuer);
    }
}

static void test_the_chain_and_its_dates(void **state)
{
    struct files files = {.key = ""};
    struct issuer_config config = usual(&files);
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuer *issuer;
    int64_t not_before, not_after;
    const int64_t now = (int64_t)time(NULL);

    (void)state;
    assert_true(issuer_open(&config, &issuer, &err));
    expect_certificate(issuer_certificate(issuer), signer);
    expect_certificate(issuer_chain(issuer, 0), signer);
    expect_certificate(issuer_chain(issuer, 1), root);
    assert_int_equal(issuer_chain(issuer, 2).len, 0);
    assert_string_equal(issuer_subject(issuer), "CN=TEST signer");
    issuer_validity(issuer, &not_before, &not_after);
    assert_in_range(now - not_before, 24 * 3600 - 5, 24 * 3600 + 600);
    assert_in_range(not_after - now, INT64_C(3650) * 24 * 3600 - 600, INT64_C(3650) * 24 * 3600 + 5);
    issuer_close(issuer);
    issuer_close(NULL);
}

/* --- secrets --- */

struct person {
    const char *types;
    unsigned asked;
    char what[2 * SCRATCH_PATH_MAX];
};

static bool person_types(void *context, const char *what, struct bytes_out *secret, struct error *err)
{
    struct person *person = context;

    person->asked++;
    (void)snprintf(person->what, sizeof person->what, "%s", what);
    if (person->types == NULL) {
        error_set(err, ERROR_ISSUER_LOGIN, "nothing was typed", NULL);
        return false;
    }
    return bytes_append(secret, bytes_of(person->types, strlen(person->types)));
}

static const struct secret_row {
    const char *name;
    const char *file; /* content of the passphrase file; NULL: none is named */
    size_t file_len;  /* 0: strlen() */
    mode_t mode;
    const char *types; /* what a person types; NULL: nothing */
    bool nobody;       /* there is no person */
    unsigned asked;
    enum error_reason reason; /* ERROR_NONE: it opens */
    const char *cause;
} secrets[] = {
    {.name = "line feed", .file = PASSPHRASE "\n", .mode = 0600},
    {.name = "CR LF", .file = PASSPHRASE "\r\n", .mode = 0600},
    {.name = "no line end", .file = PASSPHRASE, .mode = 0640},
    {.name = "typed", .types = PASSPHRASE, .asked = 1},
    {.name = "wrong file",
     .file = "wrong\n",
     .mode = 0600,
     .types = PASSPHRASE,
     .reason = ERROR_ISSUER_LOGIN,
     .cause = "wrong passphrase"},
    {.name = "space kept",
     .file = PASSPHRASE " \n",
     .mode = 0600,
     .reason = ERROR_ISSUER_LOGIN,
     .cause = "wrong passphrase"},
    {.name = "wrong typed", .types = "wrong", .asked = 1, .reason = ERROR_ISSUER_LOGIN, .cause = "wrong passphrase"},
    {.name = "nothing typed", .asked = 1, .reason = ERROR_ISSUER_LOGIN, .cause = "nothing was typed"},
    {.name = "nobody there", .nobody = true, .reason = ERROR_ISSUER_LOGIN, .cause = "no file with it is named"},
    {.name = "empty", .file = "\n", .mode = 0600, .reason = ERROR_ISSUER_INVALID, .cause = "is empty"},
    {.name = "two lines",
     .file = PASSPHRASE "\n" PASSPHRASE "\n",
     .mode = 0600,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "more than one line"},
    {.name = "NUL",
     .file = PASSPHRASE "\0x",
     .file_len = sizeof PASSPHRASE + 1,
     .mode = 0600,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "more than one line"},
    {.name = "readable by all",
     .file = PASSPHRASE,
     .mode = 0604,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "every user of this machine"},
};

static void test_secrets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        const struct secret_row *row = &secrets[i];
        struct files files = {.key = ""};
        struct issuer_config config = usual(&files);
        struct person person = {.types = row->types};
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        struct issuer *issuer;
        bool ok;

        ca_write_key(files.key, signer_key, CA_PBKDF2, PASSPHRASE);
        if (row->file != NULL) {
            file_store(files.passphrase, bytes_of(row->file, row->file_len != 0 ? row->file_len : strlen(row->file)));
            assert_int_equal(chmod(files.passphrase, row->mode), 0);
            config.passphrase_file = files.passphrase;
        }
        if (!row->nobody)
            config.prompt = (struct issuer_prompt){.context = &person, .ask = person_types};
        ok = issuer_open(&config, &issuer, &err);
        if (err.reason != row->reason || ok != (row->reason == ERROR_NONE) ||
            (row->cause != NULL && (err.cause == NULL || strstr(err.cause, row->cause) == NULL)))
            fail_msg("%s: %s, %s", row->name, error_reason_name(err.reason), err.cause);
        assert_int_equal(person.asked, row->asked);
        if (row->asked != 0)
            assert_non_null(strstr(person.what, files.key));
        assert_true(ok == (issuer != NULL));
        issuer_close(issuer);
    }
}

static void test_a_long_passphrase(void **state)
{
    char text[400];
    struct files files = {.key = ""};
    struct issuer_config config = usual(&files);
    struct error err;
    struct issuer *issuer;
    char room[ERROR_ROOM];

    (void)state;
    memset(text, 'x', sizeof text);
    config.passphrase_file = files.passphrase;
    for (size_t len = 255; len <= 256; len++) {
        err = (struct error)ERROR_IN(room);
        text[len] = '\0';
        ca_write_key(files.key, signer_key, CA_PBKDF2, text);
        text[len] = 'x';
        file_store(files.passphrase, bytes_of(text, len));
        assert_true(issuer_open(&config, &issuer, &err) == (len == 255));
        assert_true((strstr(err.cause != NULL ? err.cause : "", "too long") != NULL) == (len == 256));
        issuer_close(issuer);
    }
}

/* --- what does not fit --- */

static void write_chain(const struct files *files, X509 *first, X509 *second)
{
    X509 *const chain[] = {first, second};

    ca_write_certificates(files->certificate, chain, second != NULL ? 2 : 1);
}

static void with_certificate(const struct files *files, struct ca_wish wish)
{
    X509 *certificate = signer_with(wish);

    write_chain(files, certificate, root);
    X509_free(certificate);
}

static void lone_root(const struct files *files)
{
    write_chain(files, root, NULL);
    ca_write_key(files->key, root_key, CA_PKCS8, NULL);
}

static void lone_signer(const struct files *files)
{
    write_chain(files, signer, NULL);
}

static void other_key_file(const struct files *files)
{
    ca_write_key(files->key, other_key, CA_PKCS8, NULL);
}

static void roots_key_file(const struct files *files)
{
    ca_write_key(files->key, root_key, CA_PKCS8, NULL);
}

static void ended(const struct files *files)
{
    with_certificate(files, (struct ca_wish){.from_days = -20, .until_days = -1});
}

static void not_begun(const struct files *files)
{
    with_certificate(files, (struct ca_wish){.from_days = 1, .until_days = 20});
}

static void not_a_ca(const struct files *files)
{
    with_certificate(files, (struct ca_wish){.no_ca = true});
}

static void no_constraints(const struct files *files)
{
    with_certificate(files, (struct ca_wish){.no_constraints = true});
}

static void may_not_sign(const struct files *files)
{
    with_certificate(files, (struct ca_wish){.key_usage = "critical,digitalSignature"});
}

static void p384(const struct files *files)
{
    with_certificate(files, (struct ca_wish){.key = p384_key});
    ca_write_key(files->key, p384_key, CA_PKCS8, NULL);
}

static void rsa(const struct files *files)
{
    with_certificate(files, (struct ca_wish){.key = rsa_key});
    ca_write_key(files->key, rsa_key, CA_PKCS8, NULL);
}

static void p384_key_file(const struct files *files)
{
    ca_write_key(files->key, p384_key, CA_PKCS8, NULL);
}

static void rsa_key_file(const struct files *files)
{
    ca_write_key(files->key, rsa_key, CA_PKCS8, NULL);
}

static void wrong_order(const struct files *files)
{
    write_chain(files, root, signer);
    ca_write_key(files->key, root_key, CA_PKCS8, NULL);
}

static void foreign_root(const struct files *files)
{
    X509 *foreign = ca_make_certificate(&(struct ca_wish){.subject = "TEST root", .key = other_key});

    write_chain(files, signer, foreign);
    X509_free(foreign);
}

static void old_root(const struct files *files)
{
    X509 *old = ca_make_certificate(
        &(struct ca_wish){.subject = "TEST root", .key = root_key, .from_days = -20, .until_days = -1});

    write_chain(files, signer, old);
    X509_free(old);
}

static void many(const struct files *files)
{
    X509 *chain[ISSUER_CHAIN_MAX + 1];

    for (size_t i = 0; i < ISSUER_CHAIN_MAX + 1; i++)
        chain[i] = root;
    ca_write_certificates(files->certificate, chain, ISSUER_CHAIN_MAX + 1);
}

static void no_certificate(const struct files *files)
{
    file_store(files->certificate, bytes_of("hello\n", 6));
}

static void key_as_certificate(const struct files *files)
{
    ca_write_key(files->certificate, signer_key, CA_PKCS8, NULL);
}

static void no_key(const struct files *files)
{
    file_store(files->key, bytes_of("hello\n", 6));
}

static void certificate_as_key(const struct files *files)
{
    X509 *const chain[] = {signer};

    ca_write_certificates(files->key, chain, 1);
}

static void missing_key(const struct files *files)
{
    (void)unlink(files->key);
}

static void missing_certificate(const struct files *files)
{
    (void)unlink(files->certificate);
}

static void folder_as_key(const struct files *files)
{
    (void)unlink(files->key);
    assert_int_equal(mkdir(files->key, 0700), 0);
}

static void readable_key(const struct files *files)
{
    assert_int_equal(chmod(files->key, 0604), 0);
}

static void writable_key(const struct files *files)
{
    assert_int_equal(chmod(files->key, 0602), 0);
}

static void writable_certificate(const struct files *files)
{
    assert_int_equal(chmod(files->certificate, 0646), 0);
}

static void scrypt(const struct files *files)
{
    ca_write_key(files->key, signer_key, CA_SCRYPT, PASSPHRASE);
}

static void scrypt_der(const struct files *files)
{
    ca_write_key(files->key, signer_key, CA_SCRYPT_DER, PASSPHRASE);
}

static void big_key(const struct files *files)
{
    static uint8_t zeros[65 * 1024];

    file_store(files->key, bytes_of(zeros, sizeof zeros));
}

static const struct fault_row {
    const char *name;
    void (*prepare)(const struct files *files);
    enum error_reason reason; /* ERROR_NONE: it opens */
    const char *cause;
    bool of_key; /* the subject is the key file, else the certificate's */
} faults[] = {
    {"a root alone", lone_root, ERROR_NONE, NULL, false},
    {"an intermediate alone", lone_signer, ERROR_NONE, NULL, false},
    {"another key", other_key_file, ERROR_ISSUER_INVALID, "does not belong to its certificate", true},
    {"the root's key", roots_key_file, ERROR_ISSUER_INVALID, "does not belong to its certificate", true},
    {"expired", ended, ERROR_ISSUER_INVALID, "ended at", false},
    {"not yet valid", not_begun, ERROR_ISSUER_INVALID, "begins at", false},
    {"CA:FALSE", not_a_ca, ERROR_ISSUER_INVALID, "not a certificate authority's", false},
    {"no basicConstraints", no_constraints, ERROR_ISSUER_INVALID, "not a certificate authority's", false},
    {"no keyCertSign", may_not_sign, ERROR_ISSUER_INVALID, "may not sign certificates", false},
    {"P-384", p384, ERROR_ISSUER_INVALID, "not on the curve P-256", false},
    {"RSA", rsa, ERROR_ISSUER_INVALID, "not on the curve P-256", false},
    {"P-384 key file", p384_key_file, ERROR_ISSUER_INVALID, "does not belong to its certificate", true},
    {"RSA key file", rsa_key_file, ERROR_ISSUER_INVALID, "not on the curve P-256", true},
    {"wrong order", wrong_order, ERROR_ISSUER_INVALID, "not a chain", false},
    {"foreign root", foreign_root, ERROR_ISSUER_INVALID, "not a chain", false},
    {"expired root", old_root, ERROR_ISSUER_INVALID, "not a chain", false},
    {"too many certificates", many, ERROR_ISSUER_INVALID, "9 certificates (limit 8)", false},
    {"no certificate", no_certificate, ERROR_ISSUER_INVALID, "no certificate in PEM", false},
    {"a key as certificate", key_as_certificate, ERROR_ISSUER_INVALID, "no certificate in PEM", false},
    {"certificate missing", missing_certificate, ERROR_ISSUER_INVALID, "cannot be opened", false},
    {"no key", no_key, ERROR_ISSUER_INVALID, "no private key", true},
    {"a certificate as key", certificate_as_key, ERROR_ISSUER_INVALID, "no private key", true},
    {"key missing", missing_key, ERROR_ISSUER_INVALID, "cannot be opened", true},
    {"readable by all", readable_key, ERROR_ISSUER_INVALID, "every user of this machine", true},
    {"writable by all", writable_key, ERROR_ISSUER_INVALID, "every user of this machine", true},
    {"certificate writable by all", writable_certificate, ERROR_ISSUER_INVALID, "can write this file", false},
    {"scrypt", scrypt, ERROR_ISSUER_INVALID, "encrypted with scrypt", true},
    {"scrypt, DER", scrypt_der, ERROR_ISSUER_INVALID, "encrypted with scrypt", true},
    {"too large", big_key, ERROR_ISSUER_INVALID, "too large", true},
    {"a folder", folder_as_key, ERROR_ISSUER_INVALID, "a folder, not a file", true},
};

static void test_what_does_not_fit_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const struct fault_row *row = &faults[i];
        struct files files = {.key = ""};
        struct issuer_config config = usual(&files);
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        struct issuer *issuer;
        bool ok;

        row->prepare(&files);
        ok = issuer_open(&config, &issuer, &err);
        if (err.reason != row->reason || ok != (row->reason == ERROR_NONE) ||
            (row->cause != NULL && (err.cause == NULL || strstr(err.cause, row->cause) == NULL)))
            fail_msg("%s: %s, %s", row->name, error_reason_name(err.reason), err.cause);
        if (!ok)
            assert_string_equal(err.subject, row->of_key ? files.key : files.certificate);
        assert_true(ok == (issuer != NULL));
        issuer_close(issuer);
    }
}

/* What an issuer's key must be, and what the keys above it may be. Each is named as it is. */
static const struct kind_row {
    const char *kind, *shown;
} kinds[] = {
    {"P-384", "EC/ECDSA on SECP384R1, not on the curve P-256"},
    {"P-521", "EC/ECDSA on SECP521R1, not on the curve P-256"},
    {"RSA", "RSA, 2048 bits, not on the curve P-256"},
    {"ED25519", "EdDSA (Ed25519), not on the curve P-256"},
    {"ED448", "EdDSA (Ed448), not on the curve P-256"},
};

static void test_kinds_of_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        EVP_PKEY *key = ca_make_key(kinds[i].kind);
        X509 *unfit = signer_with((struct ca_wish){.key = key});
        X509 *const chain[] = {unfit, root};
        struct files files = {.key = ""};
        struct issuer_config config = usual(&files);
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        struct issuer *issuer;

        ca_write_certificates(files.certificate, chain, 2);
        assert_false(issuer_open(&config, &issuer, &err));
        assert_int_equal(err.reason, ERROR_ISSUER_INVALID);
        if (strstr(err.cause, kinds[i].shown) == NULL)
            fail_msg("%s: %s", kinds[i].kind, err.cause);
        error_clear(&err);
        assert_false(issuer_open_certificates(&config, &issuer, &err));
        assert_int_equal(err.reason, ERROR_ISSUER_INVALID);
        X509_free(unfit);
        EVP_PKEY_free(key);
    }
}

/* A root with another key signs a signer on P-256: that issues. */
static void test_kinds_of_roots(void **state)
{
    static const char *const roots[] = {"P-384", "P-521", "RSA"};

    (void)state;
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        EVP_PKEY *key = ca_make_key(roots[i]);
        X509 *above = ca_make_certificate(&(struct ca_wish){.subject = "TEST root", .key = key});
        X509 *below = ca_make_certificate(
            &(struct ca_wish){.subject = "TEST signer", .key = signer_key, .issuer = above, .issuer_key = key});
        X509 *const chain[] = {below, above};
        struct files files = {.key = ""};
        struct issuer_config config = usual(&files);
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        struct issuer *issuer;

        ca_write_certificates(files.certificate, chain, 2);
        if (!issuer_open(&config, &issuer, &err))
            fail_msg("%s: %s", roots[i], err.cause);
        assert_true(issuer_signs(issuer));
        issuer_close(issuer);
        /* The certificates alone: no key is opened. */
        config.key = "/nowhere";
        assert_true(issuer_open_certificates(&config, &issuer, &err));
        assert_false(issuer_signs(issuer));
        assert_true(issuer_chain(issuer, 1).len != 0 && issuer_chain(issuer, 2).len == 0);
        issuer_close(issuer);
        X509_free(below);
        X509_free(above);
        EVP_PKEY_free(key);
    }
}

/* An issuer that ends while a station runs signs nothing any more. */
static void test_an_issuer_that_ends(void **state)
{
    struct files files = {.key = ""};
    struct issuer_config config = usual(&files);
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuer *issuer;
    uint8_t signature[P256_SIGNATURE_BYTES];
    bool has_signed = false;

    (void)state;
    /* It must open and sign before it ends: more seconds for a busy machine. */
    for (long seconds = 1; !has_signed && seconds < 100; seconds *= 2) {
        X509 *brief = X509_dup(signer);

        X509_gmtime_adj(X509_getm_notAfter(brief), seconds);
        assert_true(X509_sign(brief, root_key, EVP_sha256()) > 0);
        write_chain(&files, brief, root);
        X509_free(brief);
        error_clear(&err);
        if (!issuer_open(&config, &issuer, &err))
            continue;
        has_signed = issuer_sign(issuer, bytes_of("tbs", 3), signature, &err) == ISSUER_DONE;
        if (!has_signed)
            issuer_close(issuer);
    }
    assert_true(has_signed);
    for (int i = 0; i < 1000 && issuer_sign(issuer, bytes_of("tbs", 3), signature, &err) == ISSUER_DONE; i++)
        (void)nanosleep(&(struct timespec){.tv_nsec = 200 * 1000 * 1000}, NULL);
    error_clear(&err);
    assert_int_equal(issuer_sign(issuer, bytes_of("tbs", 3), signature, &err), ISSUER_REFUSED);
    assert_int_equal(err.reason, ERROR_ISSUER_INVALID);
    assert_non_null(strstr(err.cause, "ended at"));
    issuer_close(issuer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_of_key_signs),
        cmocka_unit_test(test_the_chain_and_its_dates),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_a_long_passphrase),
        cmocka_unit_test(test_an_issuer_that_ends),
        cmocka_unit_test(test_kinds_of_keys),
        cmocka_unit_test(test_kinds_of_roots),
        cmocka_unit_test(test_what_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
