/* SPDX-License-Identifier: Apache-2.0 */
/* DER (X.690). Writing is front to back: the sizes are known before the content is written. */
#ifndef IMPRINT_CERT_DER_H
#define IMPRINT_CERT_DER_H

#include "base/bytes.h"

/* Universal tags (X.680), and context tags of constructed types. */
enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT_0_PRIMITIVE = 0x80, /* an implicit tag for bytes */
    DER_CONTEXT_0 = 0xa0,
    DER_CONTEXT_3 = 0xa3,
};

#define DER_HEADER_MAX 4 /* tag, and the length of content below 65536 bytes */

/* The bytes that tag and length take before `len` bytes of content; `len` is below 65536. */
size_t der_header_size(size_t len);

/* Appends tag and length. False when they do not fit; `out` may then have a part of them. */
bool der_put_header(struct bytes_out *out, enum der_tag tag, size_t len);

/* Appends tag, length and content. False when they do not fit, likewise. */
bool der_put(struct bytes_out *out, enum der_tag tag, struct bytes content);

/*
 * Takes the value that begins `from`: its content into `content`, and `from` begins after it. False, with `from` as it
 * was, if it begins with another tag, is cut short, or its length is not written in the only form that DER permits.
 */
bool der_take(struct bytes *from, enum der_tag tag, struct bytes *content);

/* Likewise, of any tag, with tag and length: `whole`. */
bool der_take_any(struct bytes *from, struct bytes *whole);

#endif
