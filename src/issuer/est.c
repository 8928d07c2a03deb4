/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An issuer that is somebody else's: a CA behind an EST server (RFC 7030, RFC 8951). This station is a registration
 * authority: it shows its own TLS client certificate and passes on the requests of devices, whose keys it has seen
 * proven. What comes back is believed only as far as issued.c has checked it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error_format.h"
#include "issuer/base64_lines.h"
#include "issuer/datum.h"
#include "issuer/est_answer.h"
#include "issuer/http.h"
#include "issuer/input_file.h"
#include "issuer/issued.h"
#include "issuer/kinds.h"

#define WELL_KNOWN "/.well-known/est"
#define KEY_FILE_MAX ((size_t)64 * 1024)
#define RETRY_UNNAMED_S 60 /* where a server says "later" and, against RFC 7030 (4.2.3), not when */
#define SERVER_TEXT_MAX 200

struct est {
    struct http *http;
    char *base; /* "https://ca.example:8443/.well-known/est/label" */
    char wanted[EST_ATTRIBUTES_TEXT];
};

static bool refuse(enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    return false;
}

static bool out_of_memory(struct error *err)
{
    return refuse(ERROR_UNEXPECTED, "out of memory", NULL, err);
}

/* --- the address --- */

static bool is_label(const char *label)
{
    return label[0] != '\0' &&
           label[strspn(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")] == '\0';
}

static bool make_base(struct est *est, const struct issuer_config *config, struct error *err)
{
    size_t len = strlen(config->url);
    const size_t known = strlen(WELL_KNOWN);
    int made;

    if (strncmp(config->url, "https://", 8) != 0 || config->url[8] == '/' || len == 8 ||
        strpbrk(config->url, "?#@ ") != NULL)
        return refuse(ERROR_ISSUER_INVALID, "not the address of an EST server",
                      "write url like this: https://ca.example:8443", err);
    if (config->label != NULL && !is_label(config->label))
        return refuse(ERROR_ISSUER_INVALID, "the label is not one part of a path",
                      "write letters, digits, and - . _ ~ alone", err);
    while (config->url[len - 1] == '/')
        len--;
    if (len > known && strncmp(config->url + len - known, WELL_KNOWN, known) == 0)
        len -= known;
    made = asprintf(&est->base, "%.*s" WELL_KNOWN "%s%s", (int)len, config->url, config->label != NULL ? "/" : "",
                    config->label != NULL ? config->label : "");
    if (made < 0)
        est->base = NULL;
    return made >= 0 || out_of_memory(err);
}

/* --- what an answer means --- */

/* What the server says to people, in one line of ASCII; "" where it says nothing or in a page. */
static void take_text(const struct http_answer *answer, char text[static SERVER_TEXT_MAX])
{
    size_t n = 0;

    if (strcmp(answer->type, "text/plain") == 0 || answer->type[0] == '\0') {
        for (; n < answer->len && n < SERVER_TEXT_MAX - 1 && answer->body[n] >= ' '; n++)
            text[n] = answer->body[n] < 0x7f ? (char)answer->body[n] : '?';
    }
    text[n] = '\0';
}

/* Statuses that are no success; the rows' order counts: the first whose range fits. */
static const struct {
    long from, to;
    enum error_reason reason;
    const char *cause, *next;
} statuses[] = {
    {300, 399, ERROR_ISSUER_INVALID, "the server sends us elsewhere, which is not followed",
     "ask who runs the issuer for its address, and put it into the issuers file: url"},
    {401, 401, ERROR_ISSUER_LOGIN, "the server does not accept this station's client certificate",
     "ask who runs the issuer whether this station's certificate is registered and valid"},
    {404, 404, ERROR_ISSUER_INVALID, "there is no EST service at this address", "check url and label"},
    {429, 429, ERROR_ISSUER_AWAY, "the server is busy", NULL},
    {400, 499, ERROR_ISSUER_REFUSED, "the server refuses the request", NULL},
    {500, 599, ERROR_ISSUER_AWAY, "the server has a fault of its own or is busy", NULL},
};

static bool refuse_status(const struct http_answer *answer, struct error *err)
{
    char text[SERVER_TEXT_MAX];
    const char *colon;

    take_text(answer, text);
    colon = text[0] != '\0' ? ": " : "";
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (answer->status >= statuses[i].from && answer->status <= statuses[i].to)
            return refuse(statuses[i].reason,
                          error_keep_format(err, "%s (HTTP %ld%s%s)", statuses[i].cause, answer->status, colon, text),
                          statuses[i].next, err);
    }
    return refuse(
        ERROR_ISSUER_ANSWER,
        error_keep_format(err, "the server's answer is none of EST's (HTTP %ld%s%s)", answer->status, colon, text),
        NULL, err);
}

static bool has_type(const struct http_answer *answer, const char *type, struct error *err)
{
    return strcmp(answer->type, type) == 0 ||
           refuse(ERROR_ISSUER_ANSWER,
                  error_keep_format(err, "the server's answer is \"%s\", not %s", answer->type, type),
                  "check url and label: this may not be an EST server", err);
}

static bool ask(struct est *est, const char *operation, const char *type, struct bytes body, struct http_answer *answer,
                struct error *err)
{
    char *url = NULL;
    bool ok;

    if (asprintf(&url, "%s/%s", est->base, operation) < 0)
        return out_of_memory(err);
    ok = http_request(est->http, url, type, body, answer, err);
    free(url);
    return ok;
}

/* --- the CA's certificates --- */

/* The one that signs devices' certificates: it has signed no other of the list, itself apart. */
static int find_lowest(const struct est_certificates *certificates)
{
    int found = -1;

    for (unsigned i = 0; i < certificates->count; i++) {
        bool is_issuer = false;

        for (unsigned j = 0; j < certificates->count; j++)
            is_issuer = is_issuer ||
                        (i != j && gnutls_x509_crt_check_issuer(certificates->list[j], certificates->list[i]) != 0);
        if (is_issuer)
            continue;
        if (found >= 0)
            return -1;
        found = (int)i;
    }
    return found;
}

/* From the lowest up, each signed by the next; what belongs to no such chain (an older root) is left out. */
static bool take_chain(struct issuer *issuer, struct est_certificates *certificates, struct error *err)
{
    gnutls_x509_crt_t sorted[ISSUER_CHAIN_MAX];
    unsigned count = 0;
    int at = find_lowest(certificates);

    if (at < 0)
        return refuse(ERROR_ISSUER_INVALID,
                      "the server has several CA certificates, and it is not clear which one signs",
                      "name the file with the one that signs: certificate", err);
    while (at >= 0 && count < ISSUER_CHAIN_MAX) {
        int next = -1;

        sorted[count++] = certificates->list[at];
        for (unsigned i = 0; i < certificates->count; i++)
            if ((int)i != at && gnutls_x509_crt_check_issuer(certificates->list[at], certificates->list[i]) != 0)
                next = (int)i;
        at = next;
    }
    return chain_take(&issuer->chain, sorted, count, time(NULL), err);
}

/* A file that names the CA's certificate must name one that the server has, too. */
static bool is_among(const struct chain *chain, const struct est_certificates *certificates, struct error *err)
{
    for (unsigned i = 0; i < certificates->count; i++)
        if (gnutls_x509_crt_equals(chain->certificates[0], certificates->list[i]) != 0)
            return true;
    return refuse(ERROR_ISSUER_INVALID, "the named issuer's certificate is not among those of the server (cacerts)",
                  "check certificate, url and label", err);
}

static bool read_cacerts(struct issuer *issuer, struct error *err)
{
    struct est_certificates certificates = {.count = 0};
    struct http_answer answer;
    bool ok;

    if (!ask(issuer->est, "cacerts", NULL, BYTES_NONE, &answer, err))
        return false;
    ok = (answer.status == 200 || refuse_status(&answer, err)) && has_type(&answer, "application/pkcs7-mime", err) &&
         est_answer_read_certificates(bytes_of(answer.body, answer.len), &certificates, err) &&
         (issuer->chain.count != 0 ? is_among(&issuer->chain, &certificates, err)
                                   : take_chain(issuer, &certificates, err));
    est_answer_release(&certificates);
    http_release(&answer);
    return ok;
}

/* 204 and 404: no wishes (RFC 7030, 4.5.2). */
static bool read_csrattrs(struct est *est, struct error *err)
{
    struct http_answer answer;
    bool ok;

    if (!ask(est, "csrattrs", NULL, BYTES_NONE, &answer, err))
        return false;
    if (answer.status == 204 || answer.status == 404)
        ok = true;
    else
        ok = (answer.status == 200 || refuse_status(&answer, err)) && has_type(&answer, "application/csrattrs", err) &&
             est_answer_read_attributes(bytes_of(answer.body, answer.len), est->wanted, err);
    http_release(&answer);
    return ok;
}

/* --- opening --- */

/* libcurl reads the key itself; this asks whether its file may be used, and whether it needs a passphrase. */
static bool look_at_key(const char *path, bool *is_encrypted, struct error *err)
{
    struct input_file file;
    bool ok = input_file_read_for_issuer(&file, path, KEY_FILE_MAX, INPUT_FILE_SECRET, err);

    *is_encrypted = ok && (strstr((const char *)file.data, "ENCRYPTED") != NULL);
    input_file_release(&file);
    return ok;
}

static bool holds_certificates(const struct input_file *file)
{
    const gnutls_datum_t text = {file->data, (unsigned)file->len};
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;

    if (gnutls_x509_crt_list_import2(&list, &count, &text, GNUTLS_X509_FMT_PEM, 0) < 0)
        return false;
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free((void *)list);
    return count > 0;
}

/* From a file without certificates libcurl would trust nobody, and say that the server is at fault. */
static bool look_at_anchors(const char *path, struct error *err)
{
    struct input_file file;
    bool ok = input_file_read_for_issuer(&file, path, KEY_FILE_MAX, INPUT_FILE_TRUSTED, err);

    if (ok && !holds_certificates(&file)) {
        ok = refuse(ERROR_ISSUER_INVALID, "the file of server-ca holds no certificate in PEM",
                    "name a PEM file with the certificates that vouch for the server", err);
        error_with_subject(err, path);
    }
    input_file_release(&file);
    return ok;
}

/* libcurl says of a pair of files that cannot be used only that TLS failed. */
static bool check_client(const struct issuer_config *config, const char *passphrase, struct error *err)
{
    gnutls_certificate_credentials_t credentials = NULL;
    int status = gnutls_certificate_allocate_credentials(&credentials);

    if (status >= 0)
        status = gnutls_certificate_set_x509_key_file2(credentials, config->client_certificate, config->client_key,
                                                       GNUTLS_X509_FMT_PEM, passphrase, 0);
    if (credentials != NULL)
        gnutls_certificate_free_credentials(credentials);
    if (status >= 0)
        return true;
    error_with_subject(err, config->client_key);
    if (status == GNUTLS_E_DECRYPTION_FAILED)
        return refuse(ERROR_ISSUER_LOGIN, "wrong passphrase for this station's client key", NULL, err);
    return refuse(ERROR_ISSUER_INVALID,
                  error_keep_format(err, "this station's client certificate and key cannot be used together: %s",
                                    gnutls_strerror(status)),
                  "check client-certificate and client-key (PEM)", err);
}

static bool open_connection(struct est *est, const struct issuer_config *config, struct error *err)
{
    struct http_settings settings = {.server_ca = config->server_ca,
                                     .client_certificate = config->client_certificate,
                                     .client_key = config->client_key,
                                     .timeout_s = config->timeout_s};
    char passphrase[INPUT_FILE_SECRET_MAX] = "", what[512];
    bool is_encrypted = false;
    bool ok = look_at_anchors(config->server_ca, err) &&
              (config->client_key == NULL || look_at_key(config->client_key, &is_encrypted, err));

    if (ok && is_encrypted) {
        (void)snprintf(what, sizeof what, "the passphrase of %s", config->client_key);
        ok = input_file_get_secret_for_issuer(config->passphrase_file, &config->prompt, what, passphrase, err);
        settings.passphrase = passphrase;
    }
    ok = ok && (config->client_key == NULL || check_client(config, settings.passphrase, err));
    if (ok) {
        est->http = http_open(&settings);
        ok = est->http != NULL || out_of_memory(err);
    }
    bytes_wipe(passphrase, sizeof passphrase);
    return ok;
}

static bool open_est(struct issuer *issuer, const struct issuer_config *config, struct error *err)
{
    bool ok;

    issuer->est = calloc(1, sizeof *issuer->est);
    if (issuer->est == NULL)
        return out_of_memory(err);
    if (config->certificate != NULL && !chain_read(&issuer->chain, config->certificate, time(NULL), err))
        return false;
    ok = make_base(issuer->est, config, err) && open_connection(issuer->est, config, err) &&
         read_cacerts(issuer, err) && read_csrattrs(issuer->est, err);
    if (!ok) {
        error_doing(err, "ask the issuer");
        error_with_subject(err, config->url);
    }
    return ok;
}

static void close_est(struct issuer *issuer)
{
    if (issuer->est == NULL)
        return;
    http_close(issuer->est->http);
    free(issuer->est->base);
    free(issuer->est);
}

static const char *wanted_est(const struct issuer *issuer)
{
    return issuer->est->wanted;
}

/* --- one request --- */

static gnutls_x509_crq_t import_request(struct bytes der)
{
    const gnutls_datum_t data = datum_of(der);
    gnutls_x509_crq_t request = NULL;

    if (gnutls_x509_crq_init(&request) != GNUTLS_E_SUCCESS)
        return NULL;
    if (gnutls_x509_crq_import(request, &data, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS)
        return request;
    gnutls_x509_crq_deinit(request);
    return NULL;
}

static bool give(gnutls_x509_crt_t certificate, struct bytes_out *out, struct error *err)
{
    gnutls_datum_t der = {.data = NULL};
    bool ok = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) == GNUTLS_E_SUCCESS &&
              bytes_append(out, bytes_of(der.data, der.size));

    if (!ok)
        refuse(ERROR_ISSUER_ANSWER,
               error_keep_format(err, "the certificate is too long: %u bytes (room for %zu)", der.size,
                                 out->cap - out->len),
               NULL, err);
    gnutls_free(der.data);
    return ok;
}

/* Found by its key: a message has no order, and may have the CA's certificates as well. */
static bool take_certificate(const struct issuer *issuer, const struct est_certificates *certificates,
                             struct bytes request_der, struct bytes_out *out, struct error *err)
{
    gnutls_x509_crq_t request = import_request(request_der);
    gnutls_x509_crt_t found = NULL;
    bool ok;

    if (request == NULL)
        return refuse(ERROR_UNEXPECTED, "not a certificate request", NULL, err);
    for (unsigned i = 0; i < certificates->count && found == NULL; i++)
        if (issued_has_key(certificates->list[i], request))
            found = certificates->list[i];
    if (found == NULL)
        ok = refuse(ERROR_ISSUER_ANSWER, "the certificate is for another key than the request's", NULL, err);
    else
        ok = issued_check(found, request, &issuer->chain, time(NULL), err) && give(found, out, err);
    gnutls_x509_crq_deinit(request);
    return ok;
}

static enum issuer_answer answer_later(const struct http_answer *answer, unsigned *retry_after_s, struct error *err)
{
    *retry_after_s = answer->retry_after_s > 0 ? (unsigned)answer->retry_after_s : RETRY_UNNAMED_S;
    refuse(ERROR_ISSUER_LATER,
           error_keep_format(err, "the issuer has not decided yet; it asks to come back in %u s", *retry_after_s), NULL,
           err);
    return ISSUER_LATER;
}

static enum issuer_answer take_answer(const struct issuer *issuer, const struct http_answer *answer,
                                      struct bytes request, struct bytes_out *certificate, unsigned *retry_after_s,
                                      struct error *err)
{
    struct est_certificates certificates = {.count = 0};
    bool ok;

    if (answer->status == 202)
        return answer_later(answer, retry_after_s, err);
    ok = (answer->status == 200 || refuse_status(answer, err)) && has_type(answer, "application/pkcs7-mime", err) &&
         est_answer_read_certificates(bytes_of(answer->body, answer->len), &certificates, err) &&
         take_certificate(issuer, &certificates, request, certificate, err);
    est_answer_release(&certificates);
    return ok ? ISSUER_DONE : ISSUER_REFUSED;
}

static enum issuer_answer enroll_est(struct issuer *issuer, struct bytes request, struct bytes_out *certificate,
                                     unsigned *retry_after_s, struct error *err)
{
    enum issuer_answer result = ISSUER_REFUSED;
    struct http_answer answer;
    size_t len;
    char *text = base64_lines_encode(request, &len);

    if (text == NULL)
        out_of_memory(err);
    else if (ask(issuer->est, "simpleenroll", "application/pkcs10", bytes_of(text, len), &answer, err)) {
        result = take_answer(issuer, &answer, request, certificate, retry_after_s, err);
        http_release(&answer);
    }
    free(text);
    return result;
}

const struct issuer_operations issuer_est = {
    .open = open_est, .close = close_est, .enroll = enroll_est, .wanted = wanted_est, .word = "est"};
