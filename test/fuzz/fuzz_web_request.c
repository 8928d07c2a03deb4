/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as what a browser sends beside the path, and as the file of the users. The first byte chooses what it
 * is: a form (f), a Cookie header (c), Origin and Sec-Fetch-Site (o), a text of the scanner (s), or a line's users (u).
 * What must hold: values end with NUL and have none inside, a cookie's value was in the header, only one's own origin
 * is one's own, and users that were read can be found by their names.
 */
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "report/serial_word.h"
#include "web/request.h"
#include "web/users.h"

#define TEXT_MAX 4096

static void read_form(struct bytes body)
{
    struct request_form form;

    if (!request_form_read(body, &form)) {
        require(form.count == 0);
        return;
    }
    require(form.count <= REQUEST_FIELDS_MAX);
    for (size_t i = 0; i < form.count; i++) {
        require(strlen(form.fields[i].name) < REQUEST_NAME_SIZE && strlen(form.fields[i].value) < REQUEST_VALUE_SIZE);
        require(request_field(&form, form.fields[i].name) == form.fields[i].value);
    }
}

static void read_cookie(const char *header)
{
    char value[65];

    if (request_cookie(header, "imprint", value, sizeof value))
        require(value[0] != '\0' && strstr(header, value) != NULL && strchr(value, ';') == NULL);
    else
        require(value[0] == '\0');
}

/* SITE, a line feed, ORIGIN. */
static void read_origin(char *text)
{
    static const char own[] = "https://st-01:8443";
    char *origin = strchr(text, '\n');

    if (origin == NULL)
        return;
    *origin++ = '\0';
    if (request_is_own(text, origin, own))
        require(strcmp(text, "same-origin") == 0 && strlen(origin) == strlen(own));
    (void)request_is_form(origin);
}

static void read_scan(const char *text)
{
    struct error ignored = {.reason = ERROR_NONE};
    char serial[LEDGER_DEVICE_SIZE] = "";

    if (serial_word_read(text, serial, &ignored))
        require(strlen(serial) == 2 * ERROR_SERIAL_BYTES && strspn(serial, "0123456789ABCDEF") == strlen(serial));
}

static void read_users(struct bytes text)
{
    static struct users users;
    size_t line;

    if (!users_parse(text, &users, &line)) {
        require(users.count == 0);
        return;
    }
    for (size_t i = 0; i < users.count; i++) {
        require(users_name_is_valid(users.all[i].name) && password_is_hash(users.all[i].hash));
        require(users_find(&users, users.all[i].name) == &users.all[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX];

    if (size == 0 || size > sizeof text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0]) {
    case 'f':
        read_form(bytes_of(data + 1, size - 1));
        break;
    case 'c':
        read_cookie(text);
        break;
    case 'o':
        read_origin(text);
        break;
    case 's':
        read_scan(text);
        break;
    case 'u':
        read_users(bytes_of(data + 1, size - 1));
        break;
    default:
        break;
    }
    return 0;
}
