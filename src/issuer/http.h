/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTPS request at a time, with libcurl. The server is trusted by the given certificates and by no others, this
 * station shows its client certificate, redirects are not followed, and the answer is limited. For the issuers of this
 * folder, and for the witnesses of a station, whose answers are signed: HTTP will do for them.
 */
#ifndef IMPRINT_ISSUER_HTTP_H
#define IMPRINT_ISSUER_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define HTTP_BODY_MAX ((size_t)64 * 1024)
#define HTTP_TYPE_MAX 80

struct http_settings {
    const char *server_ca;                       /* PEM file with the certificates that vouch for the server */
    bool is_signed;                              /* the answer is signed: also by HTTP; server_ca is NULL */
    const char *client_certificate, *client_key; /* PEM files; NULL: none is shown */
    const char *passphrase;                      /* of the client key; NULL: it has none */
    unsigned timeout_s;                          /* of a whole request; 0: 60 */
};

struct http_answer {
    long status;              /* 200 */
    long retry_after_s;       /* 0: the server named no time */
    char type[HTTP_TYPE_MAX]; /* Content-Type in lower case, without parameters; "" for none */
    uint8_t *body;            /* has a NUL after its `len` bytes */
    size_t len;
};

struct http;

/* Reads no file yet. `settings` are copied. NULL without memory. */
struct http *http_open(const struct http_settings *settings);

void http_close(struct http *http);

/*
 * Gets `url`, or posts `body` there where `type` is not NULL ("application/pkcs10"). True with whatever the server
 * answered, for http_release(). False with ERROR_ISSUER_INVALID (the server is not to be trusted, or a file is wrong),
 * ERROR_ISSUER_LOGIN (this station is not accepted), ERROR_ISSUER_AWAY (not reached, or the connection broke), or
 * ERROR_ISSUER_ANSWER (the answer is too long).
 */
bool http_request(struct http *http, const char *url, const char *type, struct bytes body, struct http_answer *answer,
                  struct error *err);

void http_release(struct http_answer *answer);

#endif
