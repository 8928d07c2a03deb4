/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 as the lines of a note have it: RFC 4648, section 4, without line breaks. For the ledger and its witnesses. */
#ifndef IMPRINT_LEDGER_BASE64_TEXT_H
#define IMPRINT_LEDGER_BASE64_TEXT_H

#include "base/bytes.h"

/* With a NUL. False where it does not fit, or without memory. */
bool base64_text_write(struct bytes data, char *text, size_t size);

/* Into `out`. False where the text is not the one that encodes some bytes, or they do not fit. */
bool base64_text_read(struct bytes text, struct bytes_out *out);

/* Exactly `len` bytes. */
bool base64_text_read_exactly(struct bytes text, uint8_t *data, size_t len);

#endif
