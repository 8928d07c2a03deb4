/* SPDX-License-Identifier: Apache-2.0 */
/* Writing DER (X.690), front to back: the sizes are known before the content is written. */
#ifndef IMPRINT_CERT_DER_H
#define IMPRINT_CERT_DER_H

#include "base/bytes.h"

/* Universal tags (X.680), and context tag 0 of a constructed type. */
enum der_tag {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT_0 = 0xa0,
};

#define DER_HEADER_MAX 4 /* tag, and the length of content below 65536 bytes */

/* The bytes that tag and length take before `len` bytes of content; `len` is below 65536. */
size_t der_header_size(size_t len);

/* Appends tag and length. False when they do not fit; `out` may then have a part of them. */
bool der_put_header(struct bytes_out *out, enum der_tag tag, size_t len);

/* Appends tag, length and content. False when they do not fit, likewise. */
bool der_put(struct bytes_out *out, enum der_tag tag, struct bytes content);

#endif
