/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648, section 4) for PEM. Not for secrets: its table lookups are not constant-time. */
#ifndef IMPRINT_LINK_BASE64_H
#define IMPRINT_LINK_BASE64_H

#include "base/bytes.h"

/* Characters that `n` bytes need as base64, with padding and the closing NUL. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Writes `in` as base64 and a NUL into `text`, which has room for BASE64_SIZE(in.len) characters. */
void base64_encode(struct bytes in, char *text);

#endif
