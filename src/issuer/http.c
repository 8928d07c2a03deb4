/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/error_format.h"

#define CONNECT_TIMEOUT_S 10L
#define REQUEST_TIMEOUT_S 60L

struct http {
    CURL *curl;
    bool is_signed;
};

/* What the write callback fills. */
struct reception {
    struct http_answer *answer;
    bool too_long;
};

static bool refuse(enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    return false;
}

/* --- settings --- */

static bool set(CURL *curl, CURLoption option, const char *text)
{
    return curl_easy_setopt(curl, option, text) == CURLE_OK;
}

static bool set_number(CURL *curl, CURLoption option, long number)
{
    return curl_easy_setopt(curl, option, number) == CURLE_OK;
}

/* libcurl would also trust what the system trusts: CAPATH must be told that it is not to. Answers that are signed may
 * come from there. */
static bool set_trust(CURL *curl, const struct http_settings *settings)
{
    return (settings->is_signed ||
            (set(curl, CURLOPT_CAINFO, settings->server_ca) && set(curl, CURLOPT_CAPATH, NULL))) &&
           set_number(curl, CURLOPT_SSL_VERIFYPEER, 1) && set_number(curl, CURLOPT_SSL_VERIFYHOST, 2) &&
           set_number(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
}

static bool set_client(CURL *curl, const struct http_settings *settings)
{
    return settings->client_certificate == NULL ||
           (set(curl, CURLOPT_SSLCERT, settings->client_certificate) &&
            set(curl, CURLOPT_SSLKEY, settings->client_key) &&
            (settings->passphrase == NULL || set(curl, CURLOPT_KEYPASSWD, settings->passphrase)));
}

/* No proxy of the environment, no redirect, no signals, nothing but HTTPS (or HTTP, for what is signed): what is asked
 * is the named server alone. */
static bool set_manners(CURL *curl, const struct http_settings *settings)
{
    return set(curl, CURLOPT_PROTOCOLS_STR, settings->is_signed ? "http,https" : "https") &&
           set(curl, CURLOPT_PROXY, "") && set_number(curl, CURLOPT_FOLLOWLOCATION, 0) &&
           set_number(curl, CURLOPT_NOSIGNAL, 1) && set_number(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
           set_number(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S) &&
           set_number(curl, CURLOPT_TIMEOUT,
                      settings->timeout_s != 0 ? (long)settings->timeout_s : REQUEST_TIMEOUT_S) &&
           set(curl, CURLOPT_USERAGENT, "imprint");
}

struct http *http_open(const struct http_settings *settings)
{
    struct http *http = calloc(1, sizeof *http);

    if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return NULL;
    }
    http->is_signed = settings->is_signed;
    http->curl = curl_easy_init();
    if (http->curl != NULL && set_trust(http->curl, settings) && set_client(http->curl, settings) &&
        set_manners(http->curl, settings))
        return http;
    http_close(http);
    return NULL;
}

void http_close(struct http *http)
{
    if (http == NULL)
        return;
    curl_easy_cleanup(http->curl);
    curl_global_cleanup();
    free(http);
}

/* --- what failed below HTTP --- */

static const struct {
    CURLcode code;
    enum error_reason reason;
    const char *cause, *next;
} failures[] = {
    {CURLE_PEER_FAILED_VERIFICATION, ERROR_ISSUER_INVALID,
     "the server's certificate is not vouched for by the named certificates, or is for another host",
     "check server-ca and the host in url; nothing was sent to this server"},
    {CURLE_SSL_CONNECT_ERROR, ERROR_ISSUER_LOGIN,
     "the TLS connection was refused: the server may not accept this station's client certificate",
     "ask who runs the issuer whether this station's certificate is registered and valid"},
    {CURLE_COULDNT_RESOLVE_HOST, ERROR_ISSUER_AWAY, "the server's name cannot be resolved", NULL},
    {CURLE_COULDNT_CONNECT, ERROR_ISSUER_AWAY, "no server is listening there", NULL},
    {CURLE_OPERATION_TIMEDOUT, ERROR_ISSUER_AWAY, "the server did not answer in time", NULL},
    {CURLE_PARTIAL_FILE, ERROR_ISSUER_AWAY, "the connection broke before the answer was complete", NULL},
    {CURLE_RECV_ERROR, ERROR_ISSUER_AWAY, "the connection broke before the answer was complete", NULL},
    {CURLE_SEND_ERROR, ERROR_ISSUER_AWAY, "the connection broke before the request was sent", NULL},
    {CURLE_GOT_NOTHING, ERROR_ISSUER_AWAY,
     "the server closed the connection without an answer: it may not accept this station's client certificate",
     "ask who runs the issuer whether this station's certificate is registered and valid"},
    {CURLE_URL_MALFORMAT, ERROR_ISSUER_INVALID, "not a URL", "write it like this: https://ca.example:8443"},
};

/*
 * In TLS 1.3 a server says only after the handshake, by an alert, that it does not accept the client's certificate; the
 * alert is lost where our request meets the closed connection first. `status` is 0 before an answer has begun. What is
 * posted goes to a server that has answered before: it has lost the connection.
 */
static CURLcode told_apart(CURLcode code, bool is_post, const char *detail, long status)
{
    if (is_post && code == CURLE_GOT_NOTHING)
        return CURLE_RECV_ERROR;
    if (is_post || (code != CURLE_RECV_ERROR && code != CURLE_SEND_ERROR) || status != 0)
        return code;
    return strstr(detail, "alert") != NULL ? CURLE_SSL_CONNECT_ERROR : CURLE_GOT_NOTHING;
}

/* Where the machine's way out is a proxy, a server beyond it cannot be reached: say so. */
static const char *proxy_named(void)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return names[i];
    }
    return NULL;
}

static bool refuse_unreached(const char *cause, const char *proxy, struct error *err)
{
    return refuse(ERROR_ISSUER_AWAY, error_keep_format(err, "%s (%s is set, and is not used)", cause, proxy),
                  "connect this station to the issuer's server: imprint asks it directly and through no proxy", err);
}

static bool failed(CURLcode code, bool too_long, const char *detail, struct error *err)
{
    const bool is_unreached =
        code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;

    if (too_long)
        return refuse(ERROR_ISSUER_ANSWER,
                      error_keep_format(err, "the answer is too long (limit %zu bytes)", HTTP_BODY_MAX), NULL, err);
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].code == code && is_unreached && proxy_named() != NULL)
            return refuse_unreached(failures[i].cause, proxy_named(), err);
        if (failures[i].code == code)
            return refuse(failures[i].reason, failures[i].cause, failures[i].next, err);
    }
    return refuse(
        ERROR_ISSUER_AWAY,
        error_keep_format(err, "the connection failed: %s", detail[0] != '\0' ? detail : curl_easy_strerror(code)),
        NULL, err);
}

/* --- one request --- */

static size_t receive(char *data, size_t size, size_t count, void *context)
{
    struct reception *reception = context;
    struct http_answer *answer = reception->answer;
    const size_t len = size * count;

    if (len > HTTP_BODY_MAX - answer->len) {
        reception->too_long = true;
        return 0; /* ends the transfer */
    }
    memcpy(answer->body + answer->len, data, len);
    answer->len += len;
    return len;
}

static void take_type(const char *type, char out[static HTTP_TYPE_MAX])
{
    size_t n = 0;

    for (; type != NULL && n < HTTP_TYPE_MAX - 1 && type[n] != '\0' && type[n] != ';' && type[n] != ' '; n++)
        out[n] = (char)tolower((unsigned char)type[n]);
    out[n] = '\0';
}

static void take_facts(CURL *curl, struct http_answer *answer)
{
    curl_off_t retry = 0;
    char *type = NULL;

    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    (void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    answer->retry_after_s = retry > 0 && retry < INT32_MAX ? (long)retry : 0;
    take_type(type, answer->type);
    answer->body[answer->len] = 0;
}

/* The header lines of a request with a body; NULL without memory, or where there is no body. EST's is base64. */
static struct curl_slist *make_headers(const char *type, bool is_base64)
{
    struct curl_slist *list = NULL, *next;
    char line[HTTP_TYPE_MAX + 16];
    const char *const lines[] = {line, "Expect:", "Content-Transfer-Encoding: base64"};
    const size_t count = sizeof lines / sizeof lines[0] - (is_base64 ? 0 : 1);

    if (type == NULL || strlen(type) >= HTTP_TYPE_MAX)
        return NULL;
    (void)snprintf(line, sizeof line, "Content-Type: %s", type);
    for (size_t i = 0; i < count; i++) {
        next = curl_slist_append(list, lines[i]);
        if (next == NULL) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = next;
    }
    return list;
}

static bool set_request(CURL *curl, const char *url, const struct curl_slist *headers, struct bytes body)
{
    if (headers == NULL)
        return set(curl, CURLOPT_URL, url) && set_number(curl, CURLOPT_HTTPGET, 1) &&
               curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL) == CURLE_OK;
    return set(curl, CURLOPT_URL, url) && set_number(curl, CURLOPT_POST, 1) &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           set_number(curl, CURLOPT_POSTFIELDSIZE, (long)body.len) &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data) == CURLE_OK;
}

static bool perform(CURL *curl, bool is_post, struct http_answer *answer, struct error *err)
{
    struct reception reception = {.answer = answer};
    char detail[CURL_ERROR_SIZE] = "";
    CURLcode code;

    if (curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reception) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail) != CURLE_OK)
        return refuse(ERROR_UNEXPECTED, "libcurl does not take its settings", NULL, err);
    code = curl_easy_perform(curl);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    take_facts(curl, answer);
    if (code != CURLE_OK)
        return failed(told_apart(code, is_post, detail, answer->status), reception.too_long, detail, err);
    return true;
}

bool http_request(struct http *http, const char *url, const char *type, struct bytes body, struct http_answer *answer,
                  struct error *err)
{
    struct curl_slist *headers = make_headers(type, !http->is_signed);
    bool ok;

    *answer = (struct http_answer){.body = malloc(HTTP_BODY_MAX + 1)};
    if (answer->body == NULL || (type != NULL && headers == NULL) || !set_request(http->curl, url, headers, body))
        ok = refuse(ERROR_UNEXPECTED, "out of memory", NULL, err);
    else
        ok = perform(http->curl, type != NULL, answer, err);
    curl_slist_free_all(headers);
    if (!ok)
        http_release(answer);
    return ok;
}

void http_release(struct http_answer *answer)
{
    free(answer->body);
    *answer = (struct http_answer){.body = NULL};
}
