/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648, section 4), for what is printed between the lines of PEM. Not for secrets: it looks up a table. */
#ifndef IMPRINT_LINK_BASE64_H
#define IMPRINT_LINK_BASE64_H

#include "base/bytes.h"

/* Room for `n` bytes as base64, padding and the closing NUL included. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Writes `in` as base64 and a NUL into `text`, which has room for BASE64_SIZE(in.len) characters. */
void base64_encode(struct bytes in, char *text);

#endif
