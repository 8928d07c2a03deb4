/* SPDX-License-Identifier: Apache-2.0 */
/* The text that EST sends in both directions: base64 in lines (RFC 8951). */
#ifndef IMPRINT_ISSUER_BASE64_LINES_H
#define IMPRINT_ISSUER_BASE64_LINES_H

#include <stddef.h>

#include "base/bytes.h"

/* Lines of 64 characters, each of them ended; `*len` characters. The caller frees it; NULL without memory. */
char *base64_lines_encode(struct bytes der, size_t *len);

#endif
