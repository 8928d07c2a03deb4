/* SPDX-License-Identifier: Apache-2.0 */
#include "link/frame.h"

#include <string.h>

#include "base/crc16.h"
#include "base/hex.h"
#include "base/order.h"
#include "link/line.h"

/* Longest line up to a text's end: leaves room for the closing quote and the checksum. */
#define TEXT_END (LINK_LINE_MAX - 1 - LINK_CHECK_CHARACTERS)

static void put(struct link_frame *frame, const char *text, size_t len)
{
    const struct bytes piece = bytes_of(text, len);

    frame->crc = crc16_update(frame->crc, piece);
    frame->len += len;
    frame->put(frame->context, piece.data, piece.len);
}

static void put_name(struct link_frame *frame, const char *name)
{
    put(frame, " ", 1);
    put(frame, name, strlen(name));
    put(frame, "=", 1);
}

static void put_hex(struct link_frame *frame, struct bytes data)
{
    for (size_t i = 0; i < data.len; i++) {
        char digits[HEX_SIZE(1)];

        hex_encode(bytes_of(data.data + i, 1), digits);
        put(frame, digits, 2);
    }
}

void link_begin(struct link_frame *frame, const char *verb)
{
    const char mark = LINK_FRAME_MARK;

    frame->crc = CRC16_START;
    frame->len = 0;
    put(frame, &mark, 1);
    put(frame, verb, strlen(verb));
}

void link_add_word(struct link_frame *frame, const char *word)
{
    put(frame, " ", 1);
    put(frame, word, strlen(word));
}

/* Characters allowed in a value without quotes. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        if (!(*text >= '0' && *text <= '9') && !(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
            strchr("-_.+:/(),", *text) == NULL)
            return false;
    return true;
}

void link_add_text(struct link_frame *frame, const char *name, const char *text)
{
    size_t len = strlen(text);

    put_name(frame, name);
    if (is_plain(text) && frame->len + len <= TEXT_END) {
        put(frame, text, len);
        return;
    }
    put(frame, "\"", 1);
    for (; *text != '\0' && frame->len + 2 <= TEXT_END; text++) {
        const char character = *text >= 0x20 && *text < 0x7f ? *text : '?';

        if (character == '"' || character == '\\')
            put(frame, "\\", 1);
        put(frame, &character, 1);
    }
    put(frame, "\"", 1);
}

void link_format_number(uint32_t number, char text[static LINK_NUMBER_SIZE])
{
    char digits[LINK_NUMBER_SIZE];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    for (size_t i = 0; i < count; i++)
        text[i] = digits[count - 1 - i];
    text[count] = '\0';
}

void link_add_number(struct link_frame *frame, const char *name, uint32_t number)
{
    char text[LINK_NUMBER_SIZE];

    link_format_number(number, text);
    put_name(frame, name);
    put(frame, text, strlen(text));
}

void link_add_flag(struct link_frame *frame, const char *name, bool flag)
{
    put_name(frame, name);
    put(frame, flag ? "yes" : "no", flag ? 3 : 2);
}

void link_add_hex(struct link_frame *frame, const char *name, struct bytes data)
{
    put_name(frame, name);
    put_hex(frame, data);
}

void link_end(struct link_frame *frame)
{
    const uint8_t crc[2] = {(uint8_t)(frame->crc >> 8), (uint8_t)(frame->crc & 0xff)};
    const char mark[2] = {' ', LINK_CHECK_MARK};

    put(frame, mark, sizeof mark);
    put_hex(frame, bytes_of(crc, sizeof crc));
    put(frame, "\r\n", 2);
}
