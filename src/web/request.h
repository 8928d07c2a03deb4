/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a browser sends beside the path: cookies, the fields of a form, and the headers that say where a request comes
 * from. Nothing here needs a connection; strangers wrote every byte of it (test/fuzz/fuzz_web_request.c).
 */
#ifndef IMPRINT_WEB_REQUEST_H
#define IMPRINT_WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define REQUEST_FIELDS_MAX 8
#define REQUEST_NAME_SIZE 24
#define REQUEST_VALUE_SIZE 801 /* 200 characters of UTF-8 */

struct request_field {
    char name[REQUEST_NAME_SIZE], value[REQUEST_VALUE_SIZE];
};

struct request_form {
    size_t count;
    struct request_field fields[REQUEST_FIELDS_MAX];
};

/*
 * Reads application/x-www-form-urlencoded. False where it is something else: a broken escape, a NUL, a name or value
 * that is too long, too many fields, a name twice. White space around a value is left out: scanners add some.
 */
bool request_form_read(struct bytes body, struct request_form *form);

/*
 * Adds a field of a query, decoded already: NAME=VALUE. One that is too long, or one too many, is passed over, as any
 * field is that nobody knows.
 */
void request_form_add(struct request_form *form, const char *name, const char *value);

/* The field's value, "" where it was not sent. */
const char *request_field(const struct request_form *form, const char *name);

/*
 * The value of a cookie from a Cookie header, NULL for none. False, and "", where the cookie is not there, is too long,
 * or is there twice: somebody else has set one of them.
 */
bool request_cookie(const char *header, const char *name, char *value, size_t size);

/*
 * Whether a request that changes something can come from a page of this server alone. `site`: Sec-Fetch-Site; `origin`:
 * Origin; `own`: "https://HOST:PORT" as the browser knows it. NULL: the header is not there, as with programs that are
 * no browsers.
 */
bool request_is_own(const char *site, const char *origin, const char *own);

/* "Content-Type: application/x-www-form-urlencoded", whatever its parameters. NULL: there is none. */
bool request_is_form(const char *type);

#endif
