/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/printable.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The forms of a UTF-8 character by its length (RFC 3629, section 3). */
static const struct {
    uint8_t mask, lead;
    uint32_t least; /* a smaller number in this form is overlong */
} forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
#define FORMS (sizeof forms / sizeof forms[0])

/* The length of the UTF-8 character at `text`, and its number; 0 where none begins. */
static size_t decode(const char *text, uint32_t *number)
{
    const uint8_t *bytes = (const uint8_t *)text;

    for (size_t more = 0; more < FORMS; more++) {
        if ((bytes[0] & forms[more].mask) != forms[more].lead)
            continue;
        *number = bytes[0] & (uint8_t)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if ((bytes[i] & 0xc0) != 0x80) /* the closing NUL is none either */
                return 0;
            *number = *number << 6 | (bytes[i] & 0x3fU);
        }
        if (*number < forms[more].least || *number > 0x10ffff || (*number >= 0xd800 && *number <= 0xdfff))
            return 0;
        return more + 1;
    }
    return 0;
}

/* Characters that a terminal obeys instead of showing them (ECMA-48), or that make a line look like another. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x00, 0x08},     {0x0a, 0x1f},     {0x7f, 0x9f},
    {0x061c, 0x061c}, {0x200e, 0x200f}, {0x2028, 0x202e}, /* separators; embeddings and overrides of direction */
    {0x2066, 0x2069},                                     /* isolates */
};

static bool is_hidden(uint32_t number)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (number >= hidden[i].first && number <= hidden[i].last)
            return true;
    return false;
}

void printable_write(FILE *stream, const char *text)
{
    while (*text != '\0') {
        uint32_t number = 0;
        const size_t len = decode(text, &number), taken = len > 0 ? len : 1;

        if (len > 0 && !is_hidden(number))
            fwrite(text, 1, len, stream);
        else
            for (size_t i = 0; i < taken; i++)
                fprintf(stream, "\\x%02X", (unsigned char)text[i]);
        text += taken;
    }
}
