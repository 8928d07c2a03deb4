/* SPDX-License-Identifier: Apache-2.0 */
#include "web/request.h"

#include <string.h>
#include <strings.h>

#include "base/hex.h"

/* --- forms --- */

/* The text up to `end`, without its escapes. False: it cannot be. */
static bool decode(struct bytes text, char *to, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];

        if (c == '%') {
            const int high = i + 2 < text.len ? hex_digit_value((char)text.data[i + 1]) : -1;
            const int low = i + 2 < text.len ? hex_digit_value((char)text.data[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == '\0' || len + 1 >= size)
            return false;
        to[len++] = c;
    }
    to[len] = '\0';
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(char *text)
{
    size_t len, first = 0;

    while (is_blank(text[first]))
        first++;
    len = strlen(text + first);
    memmove(text, text + first, len + 1);
    while (len > 0 && is_blank(text[len - 1]))
        text[--len] = '\0';
}

void request_form_add(struct request_form *form, const char *name, const char *value)
{
    struct request_field *field = &form->fields[form->count];

    if (form->count == REQUEST_FIELDS_MAX || strlen(name) >= sizeof field->name || strlen(value) >= sizeof field->value)
        return;
    memcpy(field->name, name, strlen(name) + 1);
    memcpy(field->value, value, strlen(value) + 1);
    trim(field->value);
    form->count++;
}

static bool add_field(struct bytes pair, struct request_form *form)
{
    const uint8_t *equals = pair.len > 0 ? memchr(pair.data, '=', pair.len) : NULL;
    struct request_field *field = &form->fields[form->count];
    size_t len;

    if (equals == NULL || form->count == REQUEST_FIELDS_MAX)
        return false;
    len = (size_t)(equals - pair.data);
    if (!decode(bytes_of(pair.data, len), field->name, sizeof field->name) ||
        !decode(bytes_of(equals + 1, pair.len - len - 1), field->value, sizeof field->value))
        return false;
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, field->name) == 0)
            return false;
    form->count++;
    if (strcmp(field->name, "password") != 0) /* its blanks are the person's */
        trim(field->value);
    return true;
}

bool request_form_read(struct bytes body, struct request_form *form)
{
    form->count = 0;
    while (body.len > 0) {
        const uint8_t *end = memchr(body.data, '&', body.len);
        const size_t len = end != NULL ? (size_t)(end - body.data) : body.len;

        if (!add_field(bytes_of(body.data, len), form)) {
            form->count = 0;
            return false;
        }
        body = end != NULL ? bytes_of(end + 1, body.len - len - 1) : BYTES_NONE;
    }
    return true;
}

const char *request_field(const struct request_form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    return "";
}

/* --- cookies --- */

bool request_cookie(const char *header, const char *name, char *value, size_t size)
{
    const size_t name_len = strlen(name);
    unsigned count = 0;

    value[0] = '\0';
    while (header != NULL && *header != '\0') {
        size_t len;

        header += strspn(header, "; \t");
        len = strcspn(header, ";");
        if (len > name_len && strncmp(header, name, name_len) == 0 && header[name_len] == '=') {
            const size_t value_len = len - name_len - 1;

            if (++count == 1 && value_len < size) {
                memcpy(value, header + name_len + 1, value_len);
                value[value_len] = '\0';
            } else {
                value[0] = '\0';
            }
        }
        header += len;
    }
    if (count != 1)
        value[0] = '\0';
    return value[0] != '\0';
}

/* --- where it comes from --- */

bool request_is_own(const char *site, const char *origin, const char *own)
{
    return (site == NULL || strcmp(site, "same-origin") == 0) && (origin == NULL || strcasecmp(origin, own) == 0);
}

bool request_is_form(const char *type)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const size_t len = strlen(form);

    return type != NULL && strncasecmp(type, form, len) == 0 && (type[len] == '\0' || type[len] == ';');
}
