/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

int hex_digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool hex_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void hex_encode(struct bytes in, char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < in.len; i++) {
        *text++ = digits[in.data[i] >> 4];
        *text++ = digits[in.data[i] & 0x0f];
    }
    *text = '\0';
}

bool hex_decode(const char *text, size_t len, struct bytes_out *out, size_t *stopped)
{
    size_t start = out->len;
    size_t at = 0;

    while (at < len) {
        int high;
        int low;

        if (hex_is_space(text[at])) {
            at++;
            continue;
        }
        high = hex_digit_value(text[at]);
        if (high < 0)
            goto refuse;
        if (at + 1 == len) {
            at++;
            goto refuse;
        }
        low = hex_digit_value(text[at + 1]);
        if (low < 0) {
            at++;
            goto refuse;
        }
        if (!bytes_append_byte(out, (uint8_t)(high << 4 | low)))
            goto refuse;
        at += 2;
    }
    return true;
refuse:
    out->len = start;
    if (stopped != NULL)
        *stopped = at;
    return false;
}
