/* SPDX-License-Identifier: Apache-2.0 */
#include "link/line.h"

#include <string.h>

#include "base/crc16.h"
#include "base/hex.h"
#include "base/number.h"
#include "base/order.h"
#include "link/frame.h"

#define BACKSPACE 0x08
#define DELETE 0x7f
#define TAB '\t'

void link_reader_init(struct link_reader *reader, char *buffer, size_t size)
{
    *reader = (struct link_reader){.text = buffer, .cap = size};
    buffer[0] = '\0';
}

static void begin_line(struct link_reader *reader)
{
    reader->len = 0;
    reader->text[0] = '\0';
    reader->damaged = reader->too_long = reader->ended = false;
}

static bool is_printable(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

/* Where the checksum " *XXXX" begins, which ends a frame; the text's length when there is none. */
static size_t find_checksum(const char *text, size_t len)
{
    if (len < LINK_CHECK_CHARACTERS || text[len - LINK_CHECK_CHARACTERS] != ' ' ||
        text[len - LINK_CHECK_CHARACTERS + 1] != LINK_CHECK_MARK)
        return len;
    return len - LINK_CHECK_CHARACTERS;
}

/* A frame has both marks and the right checksum. A line with only one mark is a damaged frame. */
static enum link_kind kind_of(const struct link_reader *reader)
{
    uint8_t check[2];
    struct bytes_out out = {.data = check, .cap = sizeof check};
    bool marked = reader->text[0] == LINK_FRAME_MARK;
    size_t end;

    if (reader->too_long)
        return LINK_TOO_LONG;
    if (reader->damaged)
        return LINK_DAMAGED;
    end = find_checksum(reader->text, reader->len);
    if (!marked)
        return end == reader->len ? LINK_TEXT : LINK_DAMAGED;
    if (end == reader->len || !hex_decode(reader->text + end + 2, 4, &out, NULL) || out.len != sizeof check ||
        load16_be(check) != crc16_update(CRC16_START, bytes_of(reader->text, end)))
        return LINK_DAMAGED;
    return LINK_FRAME;
}

bool link_reader_add_byte(struct link_reader *reader, uint8_t byte, enum link_kind *kind)
{
    if (byte == '\r' || byte == '\n') {
        if (reader->ended || (reader->len == 0 && !reader->damaged))
            return false;
        reader->text[reader->len] = '\0';
        *kind = kind_of(reader);
        reader->ended = true;
        return true;
    }
    if (reader->ended)
        begin_line(reader);
    if (byte == BACKSPACE || byte == DELETE) {
        if (reader->len > 0 && !reader->too_long)
            reader->len--;
        return false;
    }
    if (byte == TAB)
        byte = ' ';
    if (!is_printable(byte))
        reader->damaged = true;
    else if (reader->len + 1 < reader->cap)
        reader->text[reader->len++] = (char)byte;
    else
        reader->too_long = true;
    return false;
}

/*
 * Removes quotes and backslashes, in place, from the word that begins at `from`. Returns what follows the word; NULL
 * when its quotes do not close.
 */
static char *close_word(char *from)
{
    char *to = from;
    bool quoted = false;

    for (; *from != '\0' && (quoted || *from != ' '); from++) {
        if (*from == '"') {
            quoted = !quoted;
            continue;
        }
        if (quoted && *from == '\\') {
            from++;
            if (*from != '"' && *from != '\\')
                return NULL;
        }
        *to++ = *from;
    }
    if (quoted)
        return NULL;
    if (*from == ' ')
        from++;
    *to = '\0';
    return from;
}

bool link_split(char *text, enum link_kind kind, struct link_words *words)
{
    char *next = text;

    words->count = 0;
    if (kind == LINK_FRAME) {
        text[find_checksum(text, strlen(text))] = '\0';
        next++;
    }
    while (*next != '\0') {
        char *word = next;

        if (*next == ' ') {
            next++;
            continue;
        }
        if (words->count == LINK_WORDS_MAX)
            return false;
        next = close_word(word);
        if (next == NULL)
            return false;
        words->word[words->count++] = word;
    }
    return words->count > 0;
}

const char *link_value(const struct link_words *words, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 1; i < words->count; i++) {
        if (strncmp(words->word[i], name, len) == 0 && words->word[i][len] == '=')
            return words->word[i] + len + 1;
    }
    return NULL;
}

bool link_parse_number(const char *text, uint32_t most, uint32_t *number)
{
    uint64_t value;

    if (number_parse(text, 0, most, &value) != NUMBER_OK)
        return false;
    *number = (uint32_t)value;
    return true;
}

bool link_number(const struct link_words *words, const char *name, uint32_t most, uint32_t *number)
{
    const char *value = link_value(words, name);

    return value != NULL && link_parse_number(value, most, number);
}

bool link_hex(const struct link_words *words, const char *name, struct bytes_out *out)
{
    const char *value = link_value(words, name);

    return value != NULL && hex_decode(value, strlen(value), out, NULL);
}
