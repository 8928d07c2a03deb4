/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/base64url.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(struct bytes in, char *text)
{
    uint32_t bits = 0;
    unsigned count = 0; /* of bits that wait for their character: fewer than 6 between bytes */

    for (size_t i = 0; i < in.len; i++) {
        bits = bits << 8 | in.data[i];
        for (count += 8; count >= 6; count -= 6)
            *text++ = alphabet[bits >> (count - 6) & 63];
    }
    if (count > 0)
        *text++ = alphabet[bits << (6 - count) & 63];
    *text = '\0';
}

static int value_of(char c)
{
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);

    return at == NULL ? -1 : (int)(at - alphabet);
}

bool base64url_decode(const char *text, struct bytes_out *out)
{
    const size_t start = out->len;
    uint32_t bits = 0;
    unsigned count = 0;
    bool ok = true;

    for (; *text != '\0' && ok; text++) {
        const int value = value_of(*text);

        ok = value >= 0;
        bits = bits << 6 | ((uint32_t)value & 63);
        count += 6;
        if (count >= 8) {
            count -= 8;
            ok = ok && bytes_append_byte(out, (uint8_t)(bits >> count));
        }
    }
    /* A lone character has 6 bits, which are no byte; what is left over says nothing, so it must be zero. */
    if (ok && count < 6 && (bits & ((1U << count) - 1)) == 0)
        return true;
    out->len = start;
    return false;
}
