/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/der.h"

size_t der_header_size(size_t len)
{
    return len < 0x80 ? 2 : len < 0x100 ? 3 : 4;
}

bool der_put_header(struct bytes_out *out, enum der_tag tag, size_t len)
{
    if (!bytes_append_byte(out, (uint8_t)tag))
        return false;
    if (len >= 0x100)
        return bytes_append_byte(out, 0x82) && bytes_append_byte(out, (uint8_t)(len >> 8)) &&
               bytes_append_byte(out, (uint8_t)len);
    return (len < 0x80 || bytes_append_byte(out, 0x81)) && bytes_append_byte(out, (uint8_t)len);
}

bool der_put(struct bytes_out *out, enum der_tag tag, struct bytes content)
{
    return der_put_header(out, tag, content.len) && bytes_append(out, content);
}
