/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuers whose key is in a token, on SoftHSM2: what opens and signs, how often it logs in, and what is refused before
 * a device depends on it. The token is made for this test, in a folder of its own.
 */
#include "issuer/issuer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <dlfcn.h>

#include "test/issuer/pkcs11_spy.h"
#include "test/support/ca_files.h"
#include "test/support/scratch.h"

#define CKR_DEVICE_ERROR 0x30ul
#define CKR_FUNCTION_FAILED 0x06ul
#define CKR_SESSION_HANDLE_INVALID 0xb3ul
#define PATH_SIZE (SCRATCH_PATH_MAX + 32)

static char folder[SCRATCH_PATH_MAX];
static char certificate[PATH_SIZE], other_certificate[PATH_SIZE], pin_file[PATH_SIZE], wrong_pin_file[PATH_SIZE];
static EVP_PKEY *signer_key;
static struct pkcs11_spy *spy;

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
    char command[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static void put_text(char path[static PATH_SIZE], const char *name, const char *text, mode_t mode)
{
    (void)snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    file_store(path, bytes_of(text, strlen(text)));
    assert_int_equal(chmod(path, mode), 0);
}

/* Puts a key into the token; `more` are options of softhsm2-util. */
static void import_key(EVP_PKEY *key, const char *label, const char *id, const char *more)
{
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/import.key", folder);
    ca_write_key(path, key, CA_PKCS8, NULL);
    run("softhsm2-util --import %s --token line --label %s --id %s --pin 1234 --force %s >%s/said 2>&1", path, label,
        id, more, folder);
    (void)unlink(path);
}

static void import_new(const char *kind, const char *label, const char *id)
{
    EVP_PKEY *key = ca_make_key(kind);

    import_key(key, label, id, "");
    EVP_PKEY_free(key);
}

static void write_root(char path[static PATH_SIZE], const char *name, EVP_PKEY *key)
{
    X509 *const chain[] = {
        ca_make_certificate(&(struct ca_wish){.subject = "TEST root", .key = key, .key_usage = "keyCertSign"})};

    (void)snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    ca_write_certificates(path, chain, 1);
    X509_free(chain[0]);
}

static void make_token(void)
{
    char configuration[PATH_SIZE], text[2 * PATH_SIZE];

    (void)snprintf(text, sizeof text,
                   "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", folder);
    put_text(configuration, "softhsm2.conf", text, 0600);
    assert_int_equal(setenv("SOFTHSM2_CONF", configuration, 1), 0);
    run("mkdir %s/tokens && softhsm2-util --init-token --free --label line --pin 1234 --so-pin 5678 >%s/said 2>&1",
        folder, folder);
}

static int begin(void **state)
{
    EVP_PKEY *other = ca_make_key("P-256");
    void *module;

    (void)state;
    scratch_make(folder);
    signer_key = ca_make_key("P-256");
    write_root(certificate, "ca.pem", signer_key);
    write_root(other_certificate, "other.pem", other);
    put_text(pin_file, "pin", "1234\n", 0600);
    put_text(wrong_pin_file, "wrong", "4321\n", 0600);
    make_token();
    import_key(signer_key, "signer", "01", "");
    import_key(signer_key, "bare", "02", "--no-public-key");
    import_key(signer_key, "twin", "03", "");
    import_new("P-256", "twin", "04");
    import_new("P-384", "p384", "05");
    import_new("RSA", "rsa", "06");
    EVP_PKEY_free(other);
    module = dlopen(IMPRINT_SPY, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(module);
    spy = dlsym(module, "pkcs11_spy");
    assert_non_null(spy);
    return 0;
}

static int end(void **state)
{
    (void)state;
    EVP_PKEY_free(signer_key);
    scratch_remove(folder);
    return 0;
}

static const struct row {
    const char *name, *uri;   /* FOLDER in it: the test's folder */
    const char *pin;          /* "file", "wrong": that file; else what a person types; NULL: nobody there */
    const char *module;       /* NULL: the spy */
    bool no_module;           /* none is named */
    bool other;               /* with the certificate of another CA */
    bool last_try;            /* the token says so */
    unsigned logins;          /* exactly */
    enum error_reason reason; /* ERROR_NONE: it opens */
    const char *cause;
} rows[] = {
    {.name = "label", .uri = "pkcs11:token=line;object=signer", .pin = "file", .logins = 1},
    {.name = "id", .uri = "pkcs11:token=line;id=%01", .pin = "file", .logins = 1},
    {.name = "type", .uri = "pkcs11:token=line;object=signer;type=private", .pin = "file", .logins = 1},
    {.name = "no public key object", .uri = "pkcs11:token=line;object=bare", .pin = "file", .logins = 1},
    {.name = "one of two by id", .uri = "pkcs11:token=line;object=twin;id=%03", .pin = "file", .logins = 1},
    {.name = "typed", .uri = "pkcs11:token=line;object=signer", .pin = "1234", .logins = 1},
    {.name = "pin-source", .uri = "pkcs11:token=line;object=signer?pin-source=FOLDER/pin", .logins = 1},
    {.name = "pin-source file:", .uri = "pkcs11:token=line;object=signer?pin-source=file:FOLDER/pin", .logins = 1},
    {.name = "pin-source file:///", .uri = "pkcs11:token=line;object=signer?pin-source=file://FOLDER/pin", .logins = 1},
    {.name = "module-path",
     .uri = "pkcs11:token=line;object=signer?module-path=" IMPRINT_SPY,
     .pin = "file",
     .no_module = true,
     .logins = 1},

    {.name = "wrong PIN",
     .uri = "pkcs11:token=line;object=signer",
     .pin = "wrong",
     .logins = 1,
     .reason = ERROR_ISSUER_LOGIN,
     .cause = "refuses the PIN (it was tried once)"},
    {.name = "wrong PIN typed",
     .uri = "pkcs11:token=line;object=signer",
     .pin = "0000",
     .logins = 1,
     .reason = ERROR_ISSUER_LOGIN,
     .cause = "refuses the PIN (it was tried once)"},
    {.name = "wrong PIN, pin-source",
     .uri = "pkcs11:token=line;object=signer?pin-source=FOLDER/wrong",
     .logins = 1,
     .reason = ERROR_ISSUER_LOGIN,
     .cause = "refuses the PIN (it was tried once)"},
    {.name = "nobody knows the PIN",
     .uri = "pkcs11:token=line;object=signer",
     .reason = ERROR_ISSUER_LOGIN,
     .cause = "the PIN of token line is needed"},
    {.name = "last try",
     .uri = "pkcs11:token=line;object=signer",
     .pin = "file",
     .last_try = true,
     .reason = ERROR_ISSUER_LOGIN,
     .cause = "one more wrong PIN locks the token"},
    {.name = "pin-source missing",
     .uri = "pkcs11:token=line;object=signer?pin-source=FOLDER/none",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "cannot be opened"},
    {.name = "PIN named twice",
     .uri = "pkcs11:token=line;object=signer?pin-source=FOLDER/pin",
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "the file with the PIN is named twice"},
    {.name = "pin-value",
     .uri = "pkcs11:token=line;object=signer?pin-value=1234",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "has a PIN in it"},
    {.name = "pin-source of a command",
     .uri = "pkcs11:token=line;object=signer?pin-source=%7Ccat",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "not an absolute path"},
    {.name = "pin-source on a host",
     .uri = "pkcs11:token=line;object=signer?pin-source=file://host/pin",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "not an absolute path"},
    {.name = "relative pin-source",
     .uri = "pkcs11:token=line;object=signer?pin-source=pin",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "not an absolute path"},

    {.name = "two keys of one label",
     .uri = "pkcs11:token=line;object=twin",
     .pin = "file",
     .logins = 1,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "matches 2 private keys"},
    {.name = "the other of two",
     .uri = "pkcs11:token=line;object=twin;id=%04",
     .pin = "file",
     .logins = 1,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "does not belong to its certificate"},
    {.name = "another CA's certificate",
     .uri = "pkcs11:token=line;object=signer",
     .pin = "file",
     .other = true,
     .logins = 1,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "does not belong to its certificate"},
    {.name = "P-384",
     .uri = "pkcs11:token=line;object=p384",
     .pin = "file",
     .logins = 1,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "does not belong to its certificate"},
    {.name = "RSA",
     .uri = "pkcs11:token=line;object=rsa",
     .pin = "file",
     .logins = 1,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "not on the curve P-256"},
    {.name = "no such token",
     .uri = "pkcs11:token=elsewhere;object=signer",
     .pin = "file",
     .reason = ERROR_ISSUER_AWAY,
     .cause = "the token is not there"},
    {.name = "no such key",
     .uri = "pkcs11:token=line;object=nobody",
     .pin = "file",
     .logins = 1,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "the token has no such private key"},
    {.name = "no token named",
     .uri = "pkcs11:object=signer",
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "names no token"},
    {.name = "no key named",
     .uri = "pkcs11:token=line",
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "names no key"},
    {.name = "a public key",
     .uri = "pkcs11:token=line;object=signer;type=public",
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "other than a private key"},
    {.name = "slot-id",
     .uri = "pkcs11:token=line;object=signer;slot-id=0",
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "slot-id and module-name are not used"},
    {.name = "unknown attribute",
     .uri = "pkcs11:token=line;object=signer;colour=red",
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "attribute that is not known"},
    {.name = "another scheme",
     .uri = "file:token=line",
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "not a PKCS#11 URI"},
    {.name = "bad escape",
     .uri = "pkcs11:token=line;object=%zz",
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "not a PKCS#11 URI"},
    {.name = "empty", .uri = "", .pin = "file", .reason = ERROR_ISSUER_INVALID, .cause = "not a PKCS#11 URI"},
    {.name = "no module",
     .uri = "pkcs11:token=line;object=signer",
     .pin = "file",
     .no_module = true,
     .reason = ERROR_ISSUER_INVALID,
     .cause = "no PKCS#11 module is named"},
    {.name = "module named twice",
     .uri = "pkcs11:token=line;object=signer?module-path=" IMPRINT_SPY,
     .pin = "file",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "the PKCS#11 module is named twice"},
    {.name = "module missing",
     .uri = "pkcs11:token=line;object=signer",
     .pin = "file",
     .module = "/nonexistent.so",
     .reason = ERROR_ISSUER_INVALID,
     .cause = "cannot be loaded"},
};

/* A prompt's context could be written; this one is not. */
static void *person_of(const struct row *row)
{
    void *context;

    memcpy((void *)&context, (const void *)&row, sizeof context);
    return context;
}

static bool person_types(void *context, const char *what, struct bytes_out *secret, struct error *err)
{
    const char *text = ((const struct row *)context)->pin;

    (void)err;
    assert_string_equal(what, "the PIN of token line");
    return bytes_append(secret, bytes_of(text, strlen(text)));
}

/* The URI with the test's folder in it. */
static void put_uri(const char *uri, char text[static 512])
{
    const char *at = strstr(uri, "FOLDER");

    if (at == NULL)
        (void)snprintf(text, 512, "%s", uri);
    else
        (void)snprintf(text, 512, "%.*s%s%s", (int)(at - uri), uri, folder, at + strlen("FOLDER"));
}

static struct issuer_config config_of(const struct row *row, const char *uri)
{
    struct issuer_config config = {.name = "line",
                                   .kind = ISSUER_PKCS11,
                                   .certificate = row->other ? other_certificate : certificate,
                                   .uri = uri,
                                   .module = row->module != NULL ? row->module : IMPRINT_SPY};

    if (row->no_module)
        config.module = NULL;
    if (row->pin != NULL && strcmp(row->pin, "file") == 0)
        config.pin_file = pin_file;
    else if (row->pin != NULL && strcmp(row->pin, "wrong") == 0)
        config.pin_file = wrong_pin_file;
    else if (row->pin != NULL)
        config.prompt = (struct issuer_prompt){.context = person_of(row), .ask = person_types};
    return config;
}

/* libcrypto's word on r | s. */
static void expect_signs(struct issuer *issuer)
{
    uint8_t message[300], signature[P256_SIGNATURE_BYTES];
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    fill_content(message, sizeof message, 5);
    assert_true(issuer_signs(issuer));
    assert_int_equal(issuer_sign(issuer, bytes_of(message, sizeof message), signature, &err), ISSUER_DONE);
    assert_true(ca_verifies(signer_key, bytes_of(message, sizeof message), signature));
}

static void test_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        char uri[512], room[ERROR_ROOM];
        struct issuer_config config = config_of(row, uri);
        struct error err = ERROR_IN(room);
        struct issuer *issuer;
        bool ok;

        put_uri(row->uri, uri);
        *spy = (struct pkcs11_spy){.last_try = row->last_try};
        ok = issuer_open(&config, &issuer, &err);
        if (err.reason != row->reason || ok != (row->reason == ERROR_NONE) || spy->logins != row->logins ||
            (row->cause != NULL && (err.cause == NULL || strstr(err.cause, row->cause) == NULL)))
            fail_msg("%s: %s, %s, %u logins", row->name, error_reason_name(err.reason), err.cause, spy->logins);
        if (ok)
            expect_signs(issuer);
        assert_true(spy->logins == row->logins); /* signing does not log in again */
        assert_true(ok == (issuer != NULL));
        issuer_close(issuer);
    }
}

static struct issuer *open_signer(void)
{
    const struct row usual = {.pin = "file"};
    const struct issuer_config config = config_of(&usual, "pkcs11:token=line;object=signer");
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuer *issuer;

    *spy = (struct pkcs11_spy){.logins = 0};
    if (!issuer_open(&config, &issuer, &err))
        fail_msg("%s", err.cause);
    return issuer;
}

/* A token that is busy or broken for a while: the run says so, and works again afterwards. */
static void test_a_token_that_does_not_sign(void **state)
{
    static const unsigned long failures[] = {CKR_DEVICE_ERROR, CKR_FUNCTION_FAILED};
    struct issuer *issuer = open_signer();

    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        uint8_t signature[P256_SIGNATURE_BYTES];

        spy->sign_fails = failures[i];
        assert_int_equal(issuer_sign(issuer, bytes_of("tbs", 3), signature, &err), ISSUER_REFUSED);
        assert_int_equal(err.reason, ERROR_ISSUER_AWAY);
        assert_non_null(strstr(err.cause, "does not sign"));
        assert_string_equal(err.subject, "line");
        spy->sign_fails = 0;
        expect_signs(issuer);
    }
    assert_int_equal(spy->logins, 1);
    issuer_close(issuer);
}

static void test_a_token_that_is_removed(void **state)
{
    struct issuer *issuer = open_signer();
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    uint8_t signature[P256_SIGNATURE_BYTES];

    (void)state;
    expect_signs(issuer);
    spy->removed = 1;
    assert_int_equal(issuer_sign(issuer, bytes_of("tbs", 3), signature, &err), ISSUER_REFUSED);
    assert_int_equal(err.reason, ERROR_ISSUER_AWAY);
    assert_int_equal(spy->logins, 1);
    /* Still away: nothing to log in to. */
    err = (struct error)ERROR_IN(room);
    assert_int_equal(issuer_sign(issuer, bytes_of("tbs", 3), signature, &err), ISSUER_REFUSED);
    assert_int_equal(err.reason, ERROR_ISSUER_AWAY);
    assert_int_equal(spy->logins, 1);
    /* Back, without its sessions: one login, and no more for the next signatures. */
    spy->removed = 0;
    expect_signs(issuer);
    assert_int_equal(spy->logins, 2);
    expect_signs(issuer);
    assert_int_equal(spy->logins, 2);
    issuer_close(issuer);
}

/* Back with another PIN: tried once, and never again. */
static void test_a_token_that_comes_back_locked(void **state)
{
    struct issuer *issuer = open_signer();
    uint8_t signature[P256_SIGNATURE_BYTES];
    char room[ERROR_ROOM];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct error err = ERROR_IN(room);

        spy->removed = i == 0;
        spy->other_pin = 1;
        assert_int_equal(issuer_sign(issuer, bytes_of("tbs", 3), signature, &err), ISSUER_REFUSED);
        assert_int_equal(err.reason, i == 0 ? ERROR_ISSUER_AWAY : ERROR_ISSUER_LOGIN);
        assert_int_equal(spy->logins, i == 0 ? 1 : 2);
    }
    issuer_close(issuer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_a_token_that_does_not_sign),
        cmocka_unit_test(test_a_token_that_is_removed),
        cmocka_unit_test(test_a_token_that_comes_back_locked),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
