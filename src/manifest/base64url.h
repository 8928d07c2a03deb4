/* SPDX-License-Identifier: Apache-2.0 */
/* Base64url without padding (RFC 7515, appendix C), as JWS and JWK have it. */
#ifndef IMPRINT_MANIFEST_BASE64URL_H
#define IMPRINT_MANIFEST_BASE64URL_H

#include "base/bytes.h"

/* Characters of `n` bytes, with a NUL. */
#define BASE64URL_SIZE(n) (((n) * 4 + 2) / 3 + 1)

/* Writes `in` and a NUL into `text`, which has BASE64URL_SIZE(in.len) characters. */
void base64url_encode(struct bytes in, char *text);

/*
 * Appends what the text says to `out`. Strict: one text for each content. False, with `out` unchanged, for any other
 * character (padding and white space too), a length that no content has, bits that are left over and not zero, or
 * where `out` is too small.
 */
bool base64url_decode(const char *text, struct bytes_out *out);

#endif
