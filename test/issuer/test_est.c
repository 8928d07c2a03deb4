/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuers behind EST, against a server that answers well or badly as the label says (est_server.py; openssl is its CA).
 * What opens, what is issued, and what is refused, each with its reason.
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "test/support/ca_files.h"
#include "test/support/scratch.h"

#define PATH_SIZE (SCRATCH_PATH_MAX + 32)
#define START_S 60
#define CERTIFICATE_ROOM 2048

static char folder[SCRATCH_PATH_MAX];
static char tls13[64], tls12[64], no_tls[64]; /* the server's addresses */
static FILE *server;                          /* its stdin: it serves until this ends */
static EVP_PKEY *device_key;
static uint8_t request_der[1024];
static struct bytes request;

/* --- the server and the request --- */

/* The next number of the text, as an address. */
static void put_address(char **text, char address[static 64])
{
    char *rest;
    const long port = strtol(*text, &rest, 10);

    assert_true(rest != *text && port > 0);
    (void)snprintf(address, 64, "https://127.0.0.1:%ld", port);
    *text = rest;
}

static void read_ports(void)
{
    const char *path = path_in(folder, "ports");
    char text[64] = "", *at = text;
    struct bytes_out out = {.data = (uint8_t *)text, .cap = sizeof text - 1};

    for (int i = 0; !file_exists(path) && i < START_S * 10; i++)
        (void)nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    file_load(path, &out);
    put_address(&at, tls13);
    put_address(&at, tls12);
    put_address(&at, no_tls);
}

/* A request as a chip's: a key, a name, no attributes. */
static void make_request(void)
{
    X509_REQ *made = X509_REQ_new();
    X509_NAME *name = X509_REQ_get_subject_name(made);
    unsigned char *at = request_der;

    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"board 7", -1, -1, 0),
                     1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"TEST", -1, -1, 0), 1);
    assert_int_equal(X509_REQ_set_pubkey(made, device_key), 1);
    assert_true(X509_REQ_sign(made, device_key, EVP_sha256()) > 0);
    assert_true((size_t)i2d_X509_REQ(made, NULL) <= sizeof request_der);
    request = bytes_of(request_der, (size_t)i2d_X509_REQ(made, &at));
    X509_REQ_free(made);
}

static int begin(void **state)
{
    char command[2 * SCRATCH_PATH_MAX];

    (void)state;
    scratch_make(folder);
    device_key = ca_make_key("P-256");
    make_request();
    (void)snprintf(command, sizeof command, "exec %s %s %s", IMPRINT_PYTHON, IMPRINT_EST_SERVER, folder);
    server = popen(command, "w");
    assert_non_null(server);
    read_ports();
    return 0;
}

static int end(void **state)
{
    int status = pclose(server);

    (void)state;
    assert_int_equal(status, 0);
    EVP_PKEY_free(device_key);
    scratch_remove(folder);
    return 0;
}

/* --- opening --- */

/* The names of the files of one issuer; each is in the test's folder. */
struct files {
    char server_ca[PATH_SIZE], certificate[PATH_SIZE], key[PATH_SIZE], passphrase[PATH_SIZE], ca[PATH_SIZE];
};

static struct issuer_config usual(struct files *files, const char *url, const char *label)
{
    (void)snprintf(files->server_ca, PATH_SIZE, "%s/tls-root.pem", folder);
    (void)snprintf(files->certificate, PATH_SIZE, "%s/station.pem", folder);
    (void)snprintf(files->key, PATH_SIZE, "%s/station.key", folder);
    (void)snprintf(files->passphrase, PATH_SIZE, "%s/locked.pass", folder);
    return (struct issuer_config){.name = "est",
                                  .kind = ISSUER_EST,
                                  .url = url,
                                  .label = label,
                                  .server_ca = files->server_ca,
                                  .client_certificate = files->certificate,
                                  .client_key = files->key,
                                  .timeout_s = 60};
}

static struct issuer *open_good(const char *url, const char *label)
{
    struct files files = {.key = ""};
    struct issuer_config config = usual(&files, url, label);
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuer *issuer;

    if (!issuer_open(&config, &issuer, &err))
        fail_msg("%s %s: %s, %s", url, label, error_reason_name(err.reason), err.cause);
    return issuer;
}

static X509 *load(const char *name)
{
    FILE *file = fopen(path_in(folder, name), "r");
    X509 *certificate;

    assert_non_null(file);
    certificate = PEM_read_X509(file, NULL, NULL, NULL);
    assert_non_null(certificate);
    (void)fclose(file);
    return certificate;
}

static void expect_is(struct bytes found, const char *name)
{
    X509 *expected = load(name);
    unsigned char *der = NULL;
    const int len = i2d_X509(expected, &der);

    assert_int_equal(found.len, len);
    assert_memory_equal(found.data, der, found.len);
    OPENSSL_free(der);
    X509_free(expected);
}

/* The CA's certificates come from the server, the signer's first. */
static void test_the_chain(void **state)
{
    struct issuer *issuer = open_good(tls13, NULL);

    (void)state;
    assert_false(issuer_signs(issuer));
    expect_is(issuer_certificate(issuer), "ca.pem");
    expect_is(issuer_chain(issuer, 1), "root.pem");
    assert_int_equal(issuer_chain(issuer, 2).len, 0);
    assert_string_equal(issuer_subject(issuer), "CN=TEST signer");
    assert_string_equal(issuer_wanted(issuer), "");
    issuer_close(issuer);
}

enum change {
    NOTHING,
    WITH_PATH,        /* the URL ends with the well-known path */
    WITH_SLASH,       /* and with slashes */
    TLS12,            /* TLS 1.2 alone */
    LOCKED_KEY,       /* the client key is encrypted, its passphrase in a file */
    LOCKED_KEY_WRONG, /* a wrong one */
    LOCKED_KEY_NONE,  /* none */
    WITH_CA,          /* the CA's certificate is named */
    WITH_OTHER_CA,    /* one that the server does not have */
    WITH_SECOND,      /* of two signers that the server has */
    STRANGER,         /* a client certificate of another root */
    STRANGER_TLS12,
    NO_CLIENT,     /* no client certificate */
    MIXED_CLIENT,  /* certificate and key that do not belong together */
    WRONG_ROOT,    /* the server's root is another one */
    NO_ROOT,       /* the file holds none */
    ROOT_WRITABLE, /* every user can write it */
    KEY_READABLE,  /* every user can read the client's key */
    OTHER_HOST,    /* the server's certificate is for another address */
    PLAIN_SERVER,  /* it speaks no TLS */
    CLOSED_PORT,   /* nobody listens */
    NO_SUCH_NAME,  /* the host's name cannot be resolved */
    PLAIN_URL,     /* http: */
    BAD_URL,       /* https:// alone */
    QUERY_URL,
    USER_URL,
};

static void apply(enum change change, struct files *files, struct issuer_config *config, char url[static 128])
{
    const char *const is_tls12[] = {tls13, tls12};
    char *const files_of[] = {files->certificate, files->key};

    (void)snprintf(url, 128, "%s", is_tls12[change == TLS12 || change == STRANGER_TLS12]);
    config->url = url;
    switch (change) {
    case WITH_PATH:
        strcat(url, "/.well-known/est");
        break;
    case WITH_SLASH:
        strcat(url, "/.well-known/est//");
        break;
    case LOCKED_KEY:
    case LOCKED_KEY_WRONG:
    case LOCKED_KEY_NONE:
        (void)snprintf(files->key, PATH_SIZE, "%s/locked.key", folder);
        file_store(files->passphrase, bytes_of(change == LOCKED_KEY ? "secret" : "xxxxxx", 6));
        assert_int_equal(chmod(files->passphrase, 0600), 0);
        config->passphrase_file = change == LOCKED_KEY_NONE ? NULL : files->passphrase;
        break;
    case WITH_CA:
    case WITH_OTHER_CA:
    case WITH_SECOND:
        (void)snprintf(files->ca, PATH_SIZE, "%s/%s.pem", folder,
                       change == WITH_CA       ? "chain"
                       : change == WITH_SECOND ? "second"
                                               : "other-ca");
        config->certificate = files->ca;
        break;
    case STRANGER:
    case STRANGER_TLS12:
        (void)snprintf(files_of[0], PATH_SIZE, "%s/stranger.pem", folder);
        (void)snprintf(files_of[1], PATH_SIZE, "%s/stranger.key", folder);
        break;
    case NO_CLIENT:
        config->client_certificate = config->client_key = NULL;
        break;
    case MIXED_CLIENT:
        (void)snprintf(files->key, PATH_SIZE, "%s/stranger.key", folder);
        break;
    case WRONG_ROOT:
        (void)snprintf(files->server_ca, PATH_SIZE, "%s/root.pem", folder);
        break;
    case NO_ROOT:
        (void)snprintf(files->server_ca, PATH_SIZE, "%s/ports", folder);
        break;
    case ROOT_WRITABLE:
        (void)snprintf(files->server_ca, PATH_SIZE, "%s/writable.pem", folder);
        file_store(files->server_ca, bytes_of("x", 1));
        assert_int_equal(chmod(files->server_ca, 0646), 0);
        break;
    case KEY_READABLE:
        (void)snprintf(files->key, PATH_SIZE, "%s/readable.key", folder);
        file_store(files->key, bytes_of("x", 1));
        assert_int_equal(chmod(files->key, 0644), 0);
        break;
    case OTHER_HOST:
        (void)snprintf(url, 128, "https://localhost:%s", strrchr(tls13, ':') + 1);
        break;
    case PLAIN_SERVER:
        (void)snprintf(url, 128, "%s", no_tls);
        break;
    case CLOSED_PORT:
        (void)snprintf(url, 128, "https://127.0.0.1:1");
        break;
    case NO_SUCH_NAME:
        (void)snprintf(url, 128, "https://nobody.invalid");
        break;
    case PLAIN_URL:
        (void)snprintf(url, 128, "http://127.0.0.1");
        break;
    case BAD_URL:
        (void)snprintf(url, 128, "https://");
        break;
    case QUERY_URL:
        strcat(url, "?a=b");
        break;
    case USER_URL:
        (void)snprintf(url, 128, "https://user:password@127.0.0.1");
        break;
    case NOTHING:
    case TLS12:
        break;
    }
}

static const struct open_row {
    enum change change;
    const char *label;
    enum error_reason reason; /* ERROR_NONE: it opens */
    const char *text;         /* in the cause; where it opens: what the server wants in requests */
} openings[] = {
    {NOTHING, NULL, ERROR_NONE, ""},
    {NOTHING, "good", ERROR_NONE, ""},
    {WITH_PATH, NULL, ERROR_NONE, ""},
    {WITH_SLASH, "good", ERROR_NONE, ""},
    {TLS12, NULL, ERROR_NONE, ""},
    {LOCKED_KEY, NULL, ERROR_NONE, ""},
    {WITH_CA, NULL, ERROR_NONE, ""},
    {WITH_SECOND, "two-signers", ERROR_NONE, ""},
    {NOTHING, "root-only", ERROR_NONE, ""},
    {NOTHING, "attrs-none", ERROR_NONE, ""},
    {NOTHING, "attrs-empty", ERROR_NONE, ""},
    {NOTHING, "attrs-usual", ERROR_NONE, ""},
    {NOTHING, "attrs-nul", ERROR_NONE, ""},
    {NOTHING, "attrs-more", ERROR_NONE, "1.2.840.113549.1.9.7 1.3.6.1.1.1.1.22"},

    {NOTHING, "attrs-rsa", ERROR_ISSUER_INVALID, "keys of another type (1.2.840.113549.1.1.1)"},
    {NOTHING, "attrs-p384", ERROR_ISSUER_INVALID, "keys of another type (1.3.132.0.34)"},
    {NOTHING, "attrs-broken", ERROR_ISSUER_ANSWER, "attributes (csrattrs) cannot be read"},
    {NOTHING, "attrs-page", ERROR_ISSUER_ANSWER, "\"text/html\", not application/csrattrs"},
    {NOTHING, "two-signers", ERROR_ISSUER_INVALID, "not clear which one signs"},
    {NOTHING, "ca-is-none", ERROR_ISSUER_INVALID, "not a certificate authority's"},
    {NOTHING, "ca-p384", ERROR_ISSUER_INVALID, "not on the curve P-256"},
    {NOTHING, "ca-empty", ERROR_ISSUER_ANSWER, "has no certificates"},
    {NOTHING, "ca-page", ERROR_ISSUER_ANSWER, "\"text/html\", not application/pkcs7-mime"},
    {NOTHING, "ca-fault", ERROR_ISSUER_AWAY, "a fault of its own or is busy (HTTP 500)"},
    {NOTHING, "ca-unauthorized", ERROR_ISSUER_LOGIN, "(HTTP 401)"},
    {NOTHING, "ca-redirect", ERROR_ISSUER_INVALID, "sends us elsewhere, which is not followed (HTTP 301)"},
    {NOTHING, "ca-big", ERROR_ISSUER_ANSWER, "too long (limit 65536 bytes)"},
    {NOTHING, "a/b", ERROR_ISSUER_INVALID, "the label is not one part of a path"},
    {NOTHING, "", ERROR_ISSUER_INVALID, "the label is not one part of a path"},
    {WITH_OTHER_CA, NULL, ERROR_ISSUER_INVALID, "not among those of the server"},
    {LOCKED_KEY_WRONG, NULL, ERROR_ISSUER_LOGIN, "wrong passphrase for this station's client key"},
    {LOCKED_KEY_NONE, NULL, ERROR_ISSUER_LOGIN, "no file with it is named"},
    {STRANGER_TLS12, NULL, ERROR_ISSUER_LOGIN, "TLS connection was refused"},
    {MIXED_CLIENT, NULL, ERROR_ISSUER_INVALID, "client certificate and key cannot be used"},
    {WRONG_ROOT, NULL, ERROR_ISSUER_INVALID, "is not vouched for"},
    {NO_ROOT, NULL, ERROR_ISSUER_INVALID, "holds no certificate in PEM"},
    {ROOT_WRITABLE, NULL, ERROR_ISSUER_INVALID, "every user of this machine can write"},
    {KEY_READABLE, NULL, ERROR_ISSUER_INVALID, "every user of this machine can read"},
    {OTHER_HOST, NULL, ERROR_ISSUER_INVALID, "is for another host"},
    {PLAIN_SERVER, NULL, ERROR_ISSUER_LOGIN, "TLS connection was refused"},
    {CLOSED_PORT, NULL, ERROR_ISSUER_AWAY, "no server is listening there"},
    {NO_SUCH_NAME, NULL, ERROR_ISSUER_AWAY, "cannot be resolved"},
    {PLAIN_URL, NULL, ERROR_ISSUER_INVALID, "not the address of an EST server"},
    {BAD_URL, NULL, ERROR_ISSUER_INVALID, "not the address of an EST server"},
    {QUERY_URL, NULL, ERROR_ISSUER_INVALID, "not the address of an EST server"},
    {USER_URL, NULL, ERROR_ISSUER_INVALID, "not the address of an EST server"},
};

static void test_opening(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        const struct open_row *row = &openings[i];
        struct files files = {.key = ""};
        struct issuer_config config = usual(&files, NULL, row->label);
        char url[128], room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        struct issuer *issuer;
        bool ok;

        apply(row->change, &files, &config, url);
        ok = issuer_open(&config, &issuer, &err);
        if (err.reason != row->reason || ok != (row->reason == ERROR_NONE) ||
            (!ok && (err.cause == NULL || strstr(err.cause, row->text) == NULL)))
            fail_msg("row %zu, %s: %s, %s", i, row->label, error_reason_name(err.reason), err.cause);
        if (ok)
            assert_string_equal(issuer_wanted(issuer), row->text);
        assert_true(ok == (issuer != NULL));
        issuer_close(issuer);
    }
}

/* In TLS 1.3 the refusal comes after the handshake, and its alert may be lost. */
static void test_a_stranger(void **state)
{
    struct files files = {.key = ""};
    struct issuer_config config = usual(&files, NULL, NULL);
    char url[128], room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct issuer *issuer;

    (void)state;
    apply(STRANGER, &files, &config, url);
    assert_false(issuer_open(&config, &issuer, &err));
    assert_true(err.reason == ERROR_ISSUER_LOGIN || err.reason == ERROR_ISSUER_AWAY);
    assert_non_null(strstr(err.cause, "may not accept this station's client certificate"));
}

/* --- requests --- */

static enum issuer_answer enroll(struct issuer *issuer, struct bytes_out *out, unsigned *retry, struct error *err)
{
    return issuer_enroll(issuer, request, out, retry, err);
}

/* libcrypto's word: the device's key, the asked subject, signed by the CA. */
static void expect_issued(struct bytes der)
{
    const unsigned char *at = der.data;
    X509 *found = d2i_X509(NULL, &at, (long)der.len), *ca = load("ca.pem");
    char text[128];

    assert_non_null(found);
    assert_ptr_equal(at, der.data + der.len);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(found), device_key), 1);
    assert_int_equal(X509_verify(found, X509_get0_pubkey(ca)), 1);
    X509_NAME_oneline(X509_get_subject_name(found), text, sizeof text);
    assert_string_equal(text, "/CN=board 7/O=TEST");
    X509_free(ca);
    X509_free(found);
}

/* What went over the wire: RFC 7030 (4.2), and lines of 64, without which libest refuses. */
static void expect_sent_well(void)
{
    static char text[8192];
    struct bytes_out out = {.data = (uint8_t *)text, .cap = sizeof text - 1};
    const char *body;

    file_load(path_in(folder, "last-request"), &out);
    text[out.len] = '\0';
    assert_non_null(strstr(text, "Content-Type: application/pkcs10\n"));
    assert_non_null(strstr(text, "Content-Transfer-Encoding: base64\n"));
    assert_null(strstr(text, "Expect:"));
    body = strstr(text, "\n\n") + 2;
    assert_int_equal(strcspn(body, "\n"), 64);
    assert_int_equal(text[out.len - 1], '\n');
}

static const struct row {
    const char *label;
    enum error_reason reason; /* ERROR_NONE: a certificate */
    const char *cause;
} rows[] = {
    {"good", ERROR_NONE, NULL},
    {"crlf", ERROR_NONE, NULL},
    {"one-line", ERROR_NONE, NULL},
    {"plain-type", ERROR_NONE, NULL},
    {"whole-chain", ERROR_NONE, NULL},
    {"usual-extensions", ERROR_NONE, NULL},
    {"no-extensions", ERROR_NONE, NULL},
    {"serial-20", ERROR_NONE, NULL},

    {"unauthorized", ERROR_ISSUER_LOGIN, "does not accept this station's client certificate (HTTP 401)"},
    {"forbidden", ERROR_ISSUER_REFUSED, "refuses the request (HTTP 403: the order is full)"},
    {"bad-request", ERROR_ISSUER_REFUSED, "(HTTP 400: caf?? )"},
    {"not-found", ERROR_ISSUER_INVALID, "no EST service at this address (HTTP 404)"},
    {"fault", ERROR_ISSUER_AWAY, "a fault of its own or is busy (HTTP 500)"},
    {"busy", ERROR_ISSUER_AWAY, "a fault of its own or is busy (HTTP 503)"},
    {"too-many", ERROR_ISSUER_AWAY, "is busy (HTTP 429)"},
    {"created", ERROR_ISSUER_ANSWER, "none of EST's (HTTP 201: made)"},
    {"redirect-host", ERROR_ISSUER_INVALID, "sends us elsewhere, which is not followed (HTTP 302)"},
    {"redirect-same", ERROR_ISSUER_INVALID, "sends us elsewhere, which is not followed (HTTP 307)"},
    {"page", ERROR_ISSUER_ANSWER, "\"text/html\", not application/pkcs7-mime"},
    {"no-base64", ERROR_ISSUER_ANSWER, "not base64"},
    {"armour", ERROR_ISSUER_ANSWER, "not base64"},
    {"empty", ERROR_ISSUER_ANSWER, "not base64"},
    {"no-pkcs7", ERROR_ISSUER_ANSWER, "no certs-only message"},
    {"no-certificate", ERROR_ISSUER_ANSWER, "has no certificates"},
    {"big", ERROR_ISSUER_ANSWER, "too long (limit 65536 bytes)"},
    {"endless", ERROR_ISSUER_ANSWER, "too long (limit 65536 bytes)"},
    {"cut", ERROR_ISSUER_AWAY, "the connection broke before the answer was complete"},
    {"nothing", ERROR_ISSUER_AWAY, "the connection broke before the answer was complete"},
    {"silent", ERROR_ISSUER_AWAY, "did not answer in time"},

    {"other-key", ERROR_ISSUER_ANSWER, "for another key"},
    {"only-the-ca", ERROR_ISSUER_ANSWER, "for another key"},
    {"other-subject", ERROR_ISSUER_ANSWER, "another subject: \"CN=somebody else\""},
    {"more-subject", ERROR_ISSUER_ANSWER, "another subject"},
    {"san", ERROR_ISSUER_ANSWER, "extension that was not asked for: 2.5.29.17"},
    {"odd-extension", ERROR_ISSUER_ANSWER, "extension that was not asked for: 1.2.3.4.5"},
    {"is-ca", ERROR_ISSUER_ANSWER, "CA:TRUE"},
    {"may-sign", ERROR_ISSUER_ANSWER, "keyUsage is not a device's"},
    {"no-signature-usage", ERROR_ISSUER_ANSWER, "keyUsage is not a device's"},
    {"other-ca", ERROR_ISSUER_ANSWER, "not signed by the issuer's certificate"},
    {"expired", ERROR_ISSUER_ANSWER, "has expired already"},
    {"serial-0", ERROR_ISSUER_ANSWER, "serial number is not positive"},
    {"serial-negative", ERROR_ISSUER_ANSWER, "serial number is not positive"},
    {"serial-21", ERROR_ISSUER_ANSWER, "longer than 20 bytes"},
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct files files = {.key = ""};
        struct issuer_config config = usual(&files, i % 2 == 0 ? tls13 : tls12, row->label);
        uint8_t der[CERTIFICATE_ROOM];
        struct bytes_out out = {.data = der, .cap = sizeof der};
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        unsigned retry = 0;
        struct issuer *issuer;
        enum issuer_answer answer;

        if (strcmp(row->label, "silent") == 0)
            config.timeout_s = 2;
        /* A busy machine may not open a connection as quickly. */
        while (!issuer_open(&config, &issuer, &err) && err.reason == ERROR_ISSUER_AWAY && config.timeout_s < 60) {
            error_clear(&err);
            config.timeout_s *= 2;
        }
        if (issuer == NULL)
            fail_msg("%s does not open: %s", row->label, err.cause);
        answer = enroll(issuer, &out, &retry, &err);
        if (err.reason != row->reason || answer != (row->reason == ERROR_NONE ? ISSUER_DONE : ISSUER_REFUSED) ||
            (row->cause != NULL && (err.cause == NULL || strstr(err.cause, row->cause) == NULL)))
            fail_msg("%s: %s, %s", row->label, error_reason_name(err.reason), err.cause);
        if (answer == ISSUER_DONE)
            expect_issued(bytes_written(&out));
        else
            assert_int_equal(out.len, 0);
        expect_sent_well();
        issuer_close(issuer);
    }
}

/* 202: nothing is slept through; the same bytes again are what the server waits for. */
static void test_later(void **state)
{
    struct issuer *issuer = open_good(tls13, "later");
    uint8_t der[CERTIFICATE_ROOM];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    unsigned retry = 0;

    (void)state;
    assert_int_equal(enroll(issuer, &out, &retry, &err), ISSUER_LATER);
    assert_int_equal(retry, 7);
    assert_int_equal(err.reason, ERROR_ISSUER_LATER);
    assert_non_null(strstr(err.cause, "come back in 7 s"));
    assert_int_equal(out.len, 0);
    issuer_close(issuer);

    issuer = open_good(tls13, "later"); /* another run */
    error_clear(&err);
    assert_int_equal(enroll(issuer, &out, &retry, &err), ISSUER_DONE);
    expect_issued(bytes_written(&out));
    issuer_close(issuer);
}

static void test_when_later_is(void **state)
{
    static const struct {
        const char *label;
        unsigned least, most;
    } times[] = {{"later-date", 3500, 3600}, {"later-unnamed", 60, 60}};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct issuer *issuer = open_good(tls12, times[i].label);
        uint8_t der[CERTIFICATE_ROOM];
        struct bytes_out out = {.data = der, .cap = sizeof der};
        unsigned retry = 0;

        assert_int_equal(enroll(issuer, &out, &retry, NULL), ISSUER_LATER);
        assert_in_range(retry, times[i].least, times[i].most);
        issuer_close(issuer);
    }
}

/* A server that lets anybody read its certificates, but enrols stations alone. */
static void test_without_a_client_certificate(void **state)
{
    struct files files = {.key = ""};
    struct issuer_config config = usual(&files, tls13, NULL);
    uint8_t der[CERTIFICATE_ROOM];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    unsigned retry = 0;
    struct issuer *issuer;

    (void)state;
    config.client_certificate = config.client_key = NULL;
    assert_true(issuer_open(&config, &issuer, &err));
    assert_int_equal(enroll(issuer, &out, &retry, &err), ISSUER_REFUSED);
    assert_int_equal(err.reason, ERROR_ISSUER_LOGIN);
    issuer_close(issuer);
}

static void test_a_certificate_that_does_not_fit(void **state)
{
    struct issuer *issuer = open_good(tls13, "good");
    uint8_t der[100];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    unsigned retry = 0;

    (void)state;
    assert_int_equal(enroll(issuer, &out, &retry, &err), ISSUER_REFUSED);
    assert_int_equal(err.reason, ERROR_ISSUER_ANSWER);
    assert_non_null(strstr(err.cause, "(room for 100)"));
    issuer_close(issuer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_chain),
        cmocka_unit_test(test_opening),
        cmocka_unit_test(test_a_stranger),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_later),
        cmocka_unit_test(test_when_later_is),
        cmocka_unit_test(test_without_a_client_certificate),
        cmocka_unit_test(test_a_certificate_that_does_not_fit),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
