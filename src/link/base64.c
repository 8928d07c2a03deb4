/* SPDX-License-Identifier: Apache-2.0 */
#include "link/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct bytes in, char *text)
{
    for (size_t at = 0; at < in.len; at += 3) {
        size_t left = in.len - at;
        uint32_t three = (uint32_t)in.data[at] << 16;

        if (left > 1)
            three |= (uint32_t)in.data[at + 1] << 8;
        if (left > 2)
            three |= in.data[at + 2];
        *text++ = alphabet[three >> 18];
        *text++ = alphabet[three >> 12 & 0x3f];
        *text++ = left > 1 ? alphabet[three >> 6 & 0x3f] : '=';
        *text++ = left > 2 ? alphabet[three & 0x3f] : '=';
    }
    *text = '\0';
}
