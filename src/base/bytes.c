/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <string.h>

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_all(struct bytes span, uint8_t value)
{
    for (size_t i = 0; i < span.len; i++)
        if (span.data[i] != value)
            return false;
    return true;
}

bool bytes_append(struct bytes_out *out, struct bytes in)
{
    if (in.len > out->cap - out->len)
        return false;
    if (in.len != 0)
        memcpy(out->data + out->len, in.data, in.len);
    out->len += in.len;
    return true;
}

bool bytes_append_byte(struct bytes_out *out, uint8_t value)
{
    return bytes_append(out, bytes_of(&value, 1));
}

void bytes_wipe(void *data, size_t len)
{
    volatile uint8_t *byte = data;

    for (size_t i = 0; i < len; i++)
        byte[i] = 0;
}
