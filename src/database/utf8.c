/* SPDX-License-Identifier: Apache-2.0 */
#include "database/utf8.h"

static size_t length_by(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

size_t utf8_character(struct bytes text)
{
    const uint8_t *c = text.data;
    const size_t len = text.len == 0 ? 0 : length_by(c[0]);

    if (len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    if (len > 1 && ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf0 && c[1] < 0x90) ||
                    (c[0] == 0xf4 && c[1] > 0x8f)))
        return 0;
    return len;
}

bool utf8_is_valid(struct bytes text)
{
    for (size_t at = 0; at < text.len;) {
        const size_t len = utf8_character(bytes_of(text.data + at, text.len - at));

        if (len == 0)
            return false;
        at += len;
    }
    return true;
}
