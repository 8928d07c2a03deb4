/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/canonical.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database/utf8.h"

#define NUMBER_MOST 9007199254740991 /* 2^53 - 1: RFC 8785, section 3.2.2.3, and IEEE 754 */
#define NUMBER_DIGITS 16

/* Characters that have an escape of two letters, and the letters; in both directions. */
static const char escaped[] = "\b\t\n\f\r\"\\";
static const char letters[] = "btnfr\"\\";

/*
 * The order of names is that of their UTF-16 units. It differs from that of UTF-8's bytes in one place: characters
 * above U+FFFF, which begin with F0 and more here, are surrogates there, and these come before U+E000, which is EE
 * here.
 */
static unsigned rank(unsigned char byte)
{
    return byte >= 0xf0 ? 0xed * 8 + (byte - 0xefU) : byte * 8U;
}

static int compare_names(struct bytes a, struct bytes b)
{
    size_t i = 0, least = a.len < b.len ? a.len : b.len;

    while (i < least && a.data[i] == b.data[i])
        i++;
    if (i < least)
        return rank(a.data[i]) < rank(b.data[i]) ? -1 : 1;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* --- writing --- */

struct writer {
    struct bytes_out *out;
    const char *why; /* the first failure; NULL: none */
};

static void fail(struct writer *writer, const char *why)
{
    if (writer->why == NULL)
        writer->why = why;
}

static void put(struct writer *writer, const void *text, size_t len)
{
    if (!bytes_append(writer->out, bytes_of(text, len)))
        fail(writer, "it is too long");
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static bool is_escaped(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

static void write_escape(struct writer *writer, char c)
{
    const char *letter = c == '\0' ? NULL : strchr(escaped, c);
    char code[8];

    if (letter != NULL)
        snprintf(code, sizeof code, "\\%c", letters[letter - escaped]);
    else
        snprintf(code, sizeof code, "\\u%04x", (unsigned)(unsigned char)c);
    put_text(writer, code);
}

static void write_string(struct writer *writer, const char *text, size_t len)
{
    size_t at = 0, end;

    put(writer, "\"", 1);
    while (at < len) {
        for (end = at; end < len && !is_escaped(text[end]);)
            end++;
        put(writer, text + at, end - at);
        if (end < len)
            write_escape(writer, text[end++]);
        at = end;
    }
    put(writer, "\"", 1);
}

static void write_integer(struct writer *writer, json_int_t number)
{
    char digits[32];

    if (number > NUMBER_MOST || number < -NUMBER_MOST)
        fail(writer, "it has an integer outside of 2^53");
    snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, number);
    put_text(writer, digits);
}

/* Values are nested at most CANONICAL_DEPTH deep, and so are the calls. NOLINTBEGIN(misc-no-recursion) */
static void write_value(struct writer *writer, json_t *value, int depth);

static void write_array(struct writer *writer, json_t *array, int depth)
{
    put(writer, "[", 1);
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            put(writer, ",", 1);
        write_value(writer, json_array_get(array, i), depth);
    }
    put(writer, "]", 1);
}

struct name {
    const char *text;
};

static int compare_in_sort(const void *a, const void *b)
{
    const struct name *left = a, *right = b;

    return compare_names(bytes_of(left->text, strlen(left->text)), bytes_of(right->text, strlen(right->text)));
}

static bool needs_escape(const char *name)
{
    for (; *name != '\0'; name++)
        if (is_escaped(*name))
            return true;
    return false;
}

static void write_members(struct writer *writer, const json_t *object, struct name *names, size_t count, int depth)
{
    qsort(names, count, sizeof *names, compare_in_sort);
    for (size_t i = 0; i < count; i++) {
        const char *name = names[i].text;

        if (needs_escape(name))
            fail(writer, "it has a name that needs an escape");
        if (i > 0)
            put(writer, ",", 1);
        write_string(writer, name, strlen(name));
        put(writer, ":", 1);
        write_value(writer, json_object_get(object, name), depth);
    }
}

static void write_object(struct writer *writer, json_t *object, int depth)
{
    struct name *names = calloc(json_object_size(object) + 1, sizeof *names);
    size_t count = 0;
    const char *name;
    json_t *value;

    if (names == NULL) {
        fail(writer, "there is no memory");
        return;
    }
    json_object_foreach(object, name, value) names[count++].text = name;
    put(writer, "{", 1);
    write_members(writer, object, names, count, depth);
    put(writer, "}", 1);
    free(names);
}

static void write_value(struct writer *writer, json_t *value, int depth)
{
    if (writer->why != NULL)
        return;
    if (depth == CANONICAL_DEPTH) {
        fail(writer, "it is nested too deep");
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(writer, value, depth + 1);
        break;
    case JSON_ARRAY:
        write_array(writer, value, depth + 1);
        break;
    case JSON_STRING:
        write_string(writer, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        write_integer(writer, json_integer_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        put_text(writer, json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        put_text(writer, "null");
        break;
    case JSON_REAL:
        fail(writer, "it has a number that is not an integer");
        break;
    }
}

/* NOLINTEND(misc-no-recursion) */

bool canonical_write(json_t *value, struct bytes_out *out, const char **why)
{
    struct writer writer = {.out = out};

    out->len = 0;
    if (value == NULL)
        fail(&writer, "there is no memory");
    else
        write_value(&writer, value, 0);
    *why = writer.why;
    return writer.why == NULL;
}

/* --- reading --- */

/* Where the reader is. Each function moves `at` past what it accepts, and says whether it accepted it. */
struct reader {
    struct bytes text;
    size_t at;
    canonical_member *member;
    void *context;
};

static int next(const struct reader *reader)
{
    return reader->at < reader->text.len ? reader->text.data[reader->at] : -1;
}

static bool accept(struct reader *reader, char c)
{
    if (next(reader) != (unsigned char)c)
        return false;
    reader->at++;
    return true;
}

static bool accept_word(struct reader *reader, const char *word)
{
    const size_t len = strlen(word);

    if (reader->text.len - reader->at < len || memcmp(reader->text.data + reader->at, word, len) != 0)
        return false;
    reader->at += len;
    return true;
}

/* After the backslash. Only what has no shorter form is written by its number. */
static bool accept_escape(struct reader *reader)
{
    static const char digits[] = "0123456789abcdef";
    const char *low;
    int c = next(reader), high;

    reader->at++;
    if (c > 0 && strchr(letters, c) != NULL)
        return true;
    if (c != 'u' || !accept_word(reader, "00") || reader->text.len - reader->at < 2)
        return false;
    high = reader->text.data[reader->at];
    low = reader->text.data[reader->at + 1] == '\0' ? NULL : strchr(digits, reader->text.data[reader->at + 1]);
    if ((high != '0' && high != '1') || low == NULL)
        return false;
    c = (high - '0') * 16 + (int)(low - digits);
    reader->at += 2;
    return c == 0 || strchr(escaped, c) == NULL;
}

static bool accept_character(struct reader *reader)
{
    const size_t len = utf8_character(bytes_of(reader->text.data + reader->at, reader->text.len - reader->at));

    reader->at += len;
    return len != 0;
}

/* Moves past characters that stand for themselves in one byte: nearly all of an entry. */
static void skip_plain(struct reader *reader)
{
    const uint8_t *data = reader->text.data;
    size_t at = reader->at;

    while (at < reader->text.len && data[at] < 0x80 && !is_escaped((char)data[at]))
        at++;
    reader->at = at;
}

static bool accept_string(struct reader *reader, bool has_escapes)
{
    if (!accept(reader, '"'))
        return false;
    for (skip_plain(reader); next(reader) >= 0x20; skip_plain(reader)) {
        if (accept(reader, '"'))
            return true;
        if (!(accept(reader, '\\') ? has_escapes && accept_escape(reader) : accept_character(reader)))
            return false;
    }
    return false;
}

static bool accept_number(struct reader *reader)
{
    const bool is_negative = accept(reader, '-');
    long long value = 0;
    int digits = 0;

    if (accept(reader, '0'))
        return !is_negative;
    for (; next(reader) >= '0' && next(reader) <= '9' && digits < NUMBER_DIGITS; digits++, reader->at++)
        value = value * 10 + (next(reader) - '0');
    return digits > 0 && value <= NUMBER_MOST && !(next(reader) >= '0' && next(reader) <= '9');
}

/* As deep as the values again. NOLINTBEGIN(misc-no-recursion) */
static bool accept_value(struct reader *reader, int depth);

static bool accept_array(struct reader *reader, int depth)
{
    if (accept(reader, ']'))
        return true;
    do {
        if (!accept_value(reader, depth))
            return false;
    } while (accept(reader, ','));
    return accept(reader, ']');
}

static bool accept_object(struct reader *reader, int depth)
{
    struct bytes before = BYTES_NONE;
    bool is_first = true;

    if (accept(reader, '}'))
        return true;
    do {
        const size_t name_at = reader->at + 1;
        struct bytes name;
        size_t value_at;

        if (!accept_string(reader, false))
            return false;
        name = bytes_of(reader->text.data + name_at, reader->at - 1 - name_at);
        if (!is_first && compare_names(before, name) >= 0)
            return false;
        value_at = reader->at + 1;
        if (!accept(reader, ':') || !accept_value(reader, depth))
            return false;
        if (depth == 1 && reader->member != NULL)
            reader->member(reader->context, name, bytes_of(reader->text.data + value_at, reader->at - value_at));
        before = name;
        is_first = false;
    } while (accept(reader, ','));
    return accept(reader, '}');
}

static bool accept_value(struct reader *reader, int depth)
{
    if (depth == CANONICAL_DEPTH)
        return false;
    switch (next(reader)) {
    case '{':
        reader->at++;
        return accept_object(reader, depth + 1);
    case '[':
        reader->at++;
        return accept_array(reader, depth + 1);
    case '"':
        return accept_string(reader, true);
    case 't':
        return accept_word(reader, "true");
    case 'f':
        return accept_word(reader, "false");
    case 'n':
        return accept_word(reader, "null");
    default:
        return accept_number(reader);
    }
}

/* NOLINTEND(misc-no-recursion) */

bool canonical_check(struct bytes text, canonical_member *member, void *context, size_t *at)
{
    struct reader reader = {.text = text, .member = member, .context = context};
    bool ok = next(&reader) == '{' && accept_value(&reader, 0) && reader.at == text.len;

    if (at != NULL)
        *at = reader.at < text.len ? reader.at : text.len;
    return ok;
}
