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

/* The length after the tag at the beginning; `*head` gets the bytes of tag and length. False if there is none. */
static bool read_length(struct bytes from, size_t *head, size_t *len)
{
    size_t more = 0;

    if (from.len < 2)
        return false;
    *len = from.data[1];
    if (*len >= 0x80) {
        more = *len - 0x80;
        if (more < 1 || more > 2 || from.len < 2 + more)
            return false;
        *len = more == 1 ? from.data[2] : (size_t)from.data[2] << 8 | from.data[3];
    }
    *head = 2 + more;
    return *head == der_header_size(*len) && *len <= from.len - *head;
}

bool der_take_any(struct bytes *from, struct bytes *whole)
{
    size_t head, len;

    if (!read_length(*from, &head, &len))
        return false;
    *whole = bytes_of(from->data, head + len);
    *from = bytes_of(from->data + head + len, from->len - head - len);
    return true;
}

bool der_take(struct bytes *from, enum der_tag tag, struct bytes *content)
{
    struct bytes whole;
    size_t head, len;

    if (from->len == 0 || from->data[0] != (uint8_t)tag || !der_take_any(from, &whole) ||
        !read_length(whole, &head, &len))
        return false;
    *content = bytes_of(whole.data + head, len);
    return true;
}
