/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hex text is read line by line. A line that consists of bytes is data; a line of words is a title; one that is mostly
 * bytes has a mistake in it. That rule reads every layout that tools and people produce without being told which it is.
 */
#include "profile/text/dump.h"

#include <stdint.h>
#include <string.h>

#include "base/hex.h"

#define IDENTITY_BYTES 16 /* serial number, revision, AES_Enable, I2C_Enable: no host can write them */
#define WITHOUT_IDENTITY (CHIP_CONFIG_BYTES - IDENTITY_BYTES)

/* Offsets in the config zone. */
#define LOCK_VALUE 86
#define LOCK_CONFIG 87

/* What is read so far of hex text. */
struct text {
    struct bytes file; /* comments blanked */
    uint8_t bytes[CHIP_CONFIG_BYTES];
    size_t count;  /* bytes found; may be more than fit */
    size_t base;   /* what the first offset said: 0 or 16 */
    bool has_base; /* there are offsets */
};

/* A part of a line: [at, end). */
struct span {
    size_t at, end;
};

bool dump_refuse(struct bytes file, size_t at, const char *cause, struct error *err)
{
    uint32_t line = 1, column = 1;

    for (size_t i = 0; i < at && i < file.len; i++) {
        column++;
        if (file.data[i] == '\n') {
            line++;
            column = 1;
        }
    }
    error_set(err, ERROR_INPUT_FILE, cause, NULL);
    if (err != NULL) {
        err->line = line;
        err->column = column;
    }
    return false;
}

/* What stands between bytes: white space, and the signs of lists and of strings in programming languages. */
static bool is_separator(uint8_t c)
{
    return c == '\0' || strchr(" \t\r\v\f,;:{}()[]<>\"'`\\=-", c) != NULL;
}

/* The next token of `rest`, which is moved to its end. False: there is none. */
static bool next_token(const struct text *text, struct span *rest, struct span *token)
{
    while (rest->at < rest->end && is_separator(text->file.data[rest->at]))
        rest->at++;
    token->at = rest->at;
    while (rest->at < rest->end && !is_separator(text->file.data[rest->at]))
        rest->at++;
    token->end = rest->at;
    return token->at < token->end;
}

/* The hex digits of a token: without 0x, and without the x of \x01. */
static struct span digits_of(const struct text *text, struct span token)
{
    const uint8_t *at = text->file.data + token.at;
    size_t len = token.end - token.at;

    if (len > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        token.at += 2;
    else if (len == 3 && at[0] == 'x')
        token.at += 1;
    return token;
}

static bool all_hex(const struct text *text, struct span digits)
{
    for (size_t i = digits.at; i < digits.end; i++) {
        if (hex_digit_value((char)text->file.data[i]) < 0)
            return false;
    }
    return digits.at < digits.end;
}

static bool is_bytes(const struct text *text, struct span token)
{
    struct span digits = digits_of(text, token);

    return (digits.end - digits.at) % 2 == 0 && all_hex(text, digits);
}

static void take_bytes(struct text *text, struct span token)
{
    struct span digits = digits_of(text, token);

    for (size_t i = digits.at; i + 1 < digits.end; i += 2) {
        if (text->count < sizeof text->bytes)
            text->bytes[text->count] = (uint8_t)(hex_digit_value((char)text->file.data[i]) << 4 |
                                                 hex_digit_value((char)text->file.data[i + 1]));
        text->count++;
    }
}

/* Is `value`, read with this base, the offset of the next byte? */
static bool is_next_offset(const struct text *text, struct span digits, unsigned base)
{
    size_t value = 0;
    size_t expected = text->base + text->count;

    for (size_t i = digits.at; i < digits.end; i++) {
        unsigned digit = (unsigned)hex_digit_value((char)text->file.data[i]);

        if (digit >= base)
            return false;
        value = value * base + digit;
    }
    return value == expected || (!text->has_base && text->count == 0 && value == IDENTITY_BYTES);
}

/* An offset in hex, decimal or octal (`od`). Takes it as the base where it is the first. */
static bool take_offset(struct text *text, struct span digits)
{
    if (digits.end - digits.at > 8 || !all_hex(text, digits))
        return false;
    if (!is_next_offset(text, digits, 16) && !is_next_offset(text, digits, 10) && !is_next_offset(text, digits, 8))
        return false;
    /* "0" is offset 0 in any base; whatever else is no next offset yet can only be 16. */
    if (!text->has_base && text->count == 0) {
        for (size_t i = digits.at; i < digits.end; i++)
            text->base = text->file.data[i] != '0' ? IDENTITY_BYTES : text->base;
    }
    text->has_base = true;
    return true;
}

/* Overwrites comments with spaces, so that every place stays where it is. They may hold anything, UTF-8 too. */
static void blank_comments(uint8_t *data, size_t len)
{
    enum { NONE, LINE, BLOCK } comment = NONE;

    for (size_t i = 0; i < len; i++) {
        bool two = i + 1 < len;

        if (comment == NONE && (data[i] == '#' || (two && data[i] == '/' && data[i + 1] == '/'))) {
            comment = LINE;
        } else if (comment == NONE && two && data[i] == '/' && data[i + 1] == '*') {
            comment = BLOCK;
        } else if (comment == BLOCK && two && data[i] == '*' && data[i + 1] == '/') {
            comment = NONE;
            data[i++] = ' ';
            data[i] = ' ';
        } else if (comment == LINE && data[i] == '\n') {
            comment = NONE;
        }
        if (comment != NONE && data[i] != '\n')
            data[i] = ' ';
    }
}

/* The first colon of the line with white space or the end after it: what is before it is an offset or a label. */
static bool find_colon(const struct text *text, struct span line, size_t *colon)
{
    for (size_t i = line.at; i < line.end; i++) {
        if (text->file.data[i] != ':')
            continue;
        if (i + 1 == line.end || text->file.data[i + 1] == ' ' || text->file.data[i + 1] == '\t' ||
            text->file.data[i + 1] == '\r') {
            *colon = i;
            return true;
        }
    }
    return false;
}

/* Takes "0010:" and "SN[0:3]:" off the line. False: an offset that does not fit. */
static bool strip_label(struct text *text, struct span *line, bool *has_offset, struct error *err)
{
    size_t colon;
    struct span label, token, more;

    if (!find_colon(text, *line, &colon))
        return true;
    label = (struct span){line->at, colon};
    line->at = colon + 1;
    if (!next_token(text, &label, &token) || next_token(text, &label, &more))
        return true;
    token = digits_of(text, token);
    if (token.end - token.at < 2 || !all_hex(text, token))
        return true;
    *has_offset = take_offset(text, token);
    return *has_offset || dump_refuse(text->file, token.at, "this offset is not the number of bytes before it", err);
}

/* Takes the offset of "00000010  01 23" off the line: digits that are longer or shorter than the bytes after them. */
static void strip_offset(struct text *text, struct span *line, bool *has_offset)
{
    struct span rest = *line, first, second;
    size_t len, next;

    if (!next_token(text, &rest, &first))
        return;
    first = digits_of(text, first);
    len = first.end - first.at;
    next = next_token(text, &rest, &second) ? second.end - second.at : 0;
    if (len < 4 || len == next || !take_offset(text, first))
        return;
    *has_offset = true;
    line->at = first.end;
}

/* Cuts the ASCII column off the line: after "|", or in a line with an offset after two spaces, where it is no bytes. */
static void strip_characters(const struct text *text, struct span *line, bool has_offset)
{
    const uint8_t *data = text->file.data;
    const uint8_t *bar = memchr(data + line->at, '|', line->end - line->at);
    struct span rest, token;
    size_t gap = 0;

    if (bar != NULL)
        line->end = (size_t)(bar - data);
    rest = *line;
    while (has_offset && next_token(text, &rest, &token)) {
        if (!is_bytes(text, token) && gap != 0) {
            line->end = gap;
            return;
        }
        if (token.end + 1 < line->end && data[token.end] == ' ' && data[token.end + 1] == ' ')
            gap = token.end;
    }
}

static bool read_line(struct text *text, struct span line, struct error *err)
{
    struct span rest, token, wrong = {0, 0};
    size_t good = 0, bad = 0;
    bool has_offset = false;

    if (!strip_label(text, &line, &has_offset, err))
        return false;
    if (!has_offset)
        strip_offset(text, &line, &has_offset);
    strip_characters(text, &line, has_offset);
    rest = line;
    while (next_token(text, &rest, &token)) {
        if (is_bytes(text, token)) {
            good++;
        } else if (bad++ == 0) {
            wrong = token;
        }
    }
    if (bad > 0 && bad >= good)
        return true; /* a title */
    if (bad > 0)
        return dump_refuse(text->file, wrong.at, "not a byte in hex", err);
    rest = line;
    while (next_token(text, &rest, &token))
        take_bytes(text, token);
    return true;
}

/* Every serial number starts with 01 23: what starts with 23 01 is a dump by words of another machine. */
static void put_in_order(struct dump *dump, uint8_t bytes[static CHIP_CONFIG_BYTES])
{
    const size_t width = bytes[0] == 0x23 && bytes[1] == 0x01 ? 2 : bytes[2] == 0x23 && bytes[3] == 0x01 ? 4 : 1;

    if (width == 1 || (bytes[0] == 0x01 && bytes[1] == 0x23))
        return;
    dump->order = width == 2 ? DUMP_SWAPPED_2 : DUMP_SWAPPED_4;
    for (size_t at = 0; at < CHIP_CONFIG_BYTES; at += width) {
        for (size_t i = 0; i < width / 2; i++) {
            uint8_t kept = bytes[at + i];

            bytes[at + i] = bytes[at + width - 1 - i];
            bytes[at + width - 1 - i] = kept;
        }
    }
}

/* Takes the bytes over: all of them, or those from 16 on. */
static bool take_count(struct dump *dump, const uint8_t *bytes, size_t count, struct error *err)
{
    uint8_t zone[CHIP_CONFIG_BYTES] = {0};

    if (count != CHIP_CONFIG_BYTES && count != WITHOUT_IDENTITY) {
        error_set(err, ERROR_INPUT_FILE,
                  count == 0 ? "no bytes in hex found" : "a config zone dump has 128 bytes, or 112 from byte 16 on",
                  NULL);
        if (err != NULL && count != 0) {
            err->expected = CHIP_CONFIG_BYTES;
            err->found = (uint32_t)count;
        }
        return false;
    }
    dump->first = (uint8_t)(CHIP_CONFIG_BYTES - count);
    memcpy(zone + dump->first, bytes, count);
    if (dump->first == 0)
        put_in_order(dump, zone);
    memcpy(dump->config.zone, zone, sizeof zone);
    return true;
}

static bool parse_hex(struct dump *dump, struct bytes file, struct error *err)
{
    struct text text = {.file = file};
    struct span line = {0, 0};

    for (; line.at < file.len; line.at = line.end + 1) {
        const uint8_t *end = memchr(file.data + line.at, '\n', file.len - line.at);

        line.end = end != NULL ? (size_t)(end - file.data) : file.len;
        if (!read_line(&text, line, err))
            return false;
    }
    if (text.base == IDENTITY_BYTES && text.count == CHIP_CONFIG_BYTES)
        text.count++; /* too many for offsets from 16 on */
    return take_count(dump, text.bytes, text.count, err);
}

/* Text has no control characters but white space; a config zone always has zeros. */
static bool is_text(const uint8_t *data, size_t len)
{
    bool text = true;

    for (size_t i = 0; i < len; i++)
        text = text && (data[i] >= 0x20 || (data[i] >= '\t' && data[i] <= '\r'));
    return text;
}

bool dump_parse(struct dump *dump, uint8_t *file, size_t len, struct error *err)
{
    size_t start = 0;

    *dump = (struct dump){.first = 0};
    if (len >= 3 && memcmp(file, "\xEF\xBB\xBF", 3) == 0)
        memcpy(file, "   ", 3); /* a byte order mark */
    while (start < len && strchr(" \t\r\n", file[start]) != NULL && file[start] != '\0')
        start++;
    if (start < len && file[start] == '<')
        return dump_parse_xml(dump, bytes_of(file, len), err);
    if (!is_text(file, len))
        return take_count(dump, file, len, err);
    blank_comments(file, len);
    return parse_hex(dump, bytes_of(file, len), err);
}

/*
 * What every config zone has (ATECC608B data sheet, section 2.2): a serial number that begins with 01 23, or zeros in a
 * template, and lock bytes of which each is 55 (unlocked) or 00; FF in templates.
 */
const char *dump_why_no_zone(const struct dump *dump)
{
    const uint8_t *zone = dump->config.zone;
    const bool has_serial = zone[0] == 0x01 && zone[1] == 0x23, is_template = zone[0] == 0 && zone[1] == 0;

    if (dump->first == 0 && !has_serial && !is_template)
        return "not a config zone: its serial number does not begin with 0123";
    for (size_t at = LOCK_VALUE; at <= LOCK_CONFIG; at++) {
        if (zone[at] != 0x55 && zone[at] != 0x00 && zone[at] != 0xff)
            return "not a config zone: bytes 86 and 87, the locks, must be 55 or 00, or FF in a template";
    }
    return NULL;
}
