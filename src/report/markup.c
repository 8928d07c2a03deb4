/* SPDX-License-Identifier: Apache-2.0 */
#include "report/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The character at `text` as a number; its length in bytes into `*len`, 1 and 0 for what is not UTF-8 (RFC 3629). */
static uint32_t decode(const unsigned char *text, size_t *len)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 1}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    *len = 1;
    for (size_t more = 0; more < sizeof forms / sizeof forms[0]; more++) {
        uint32_t number = text[0] & (unsigned char)~forms[more].mask;

        if ((text[0] & forms[more].mask) != forms[more].lead)
            continue;
        for (size_t i = 1; i <= more; i++) {
            if ((text[i] & 0xc0) != 0x80)
                return 0;
            number = number << 6 | (text[i] & 0x3fU);
        }
        if (number < forms[more].least || number > 0x10ffff)
            return 0;
        *len = more + 1;
        return number;
    }
    return 0;
}

static bool may_stand(uint32_t number)
{
    static const struct {
        uint32_t first, last;
    } refused[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xd800, 0xdfff}, {0xfffe, 0xffff},
    };

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (number >= refused[i].first && number <= refused[i].last)
            return false;
    return true;
}

void markup_text(FILE *out, const char *text)
{
    static const struct {
        char character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

    while (*text != '\0') {
        size_t len, entity = 0;
        const uint32_t number = decode((const unsigned char *)text, &len);

        while (entity < sizeof entities / sizeof entities[0] && entities[entity].character != *text)
            entity++;
        if (!may_stand(number))
            fputs("\xef\xbf\xbd", out);
        else if (entity < sizeof entities / sizeof entities[0])
            fputs(entities[entity].entity, out);
        else
            fwrite(text, 1, len, out);
        text += len;
    }
}
