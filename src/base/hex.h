/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text: two upper-case digits per byte, as in serial numbers and config dumps. */
#ifndef IMPRINT_BASE_HEX_H
#define IMPRINT_BASE_HEX_H

#include "base/bytes.h"

/* Characters needed for `n` bytes as hex, with the final NUL. */
#define HEX_SIZE(n) (2 * (n) + 1)

/* 0 to 15 for a hex digit of either case, -1 for any other character. */
int hex_digit_value(char c);

/* Writes `in` as hex and a NUL into `text`, which must have HEX_SIZE(in.len) characters. */
void hex_encode(struct bytes in, char *text);

/*
 * Reads hex digits from the `len` characters at `text` into `out` (from out->len on); white space between bytes is
 * ignored. False, with out->len unchanged, on any other character, half a byte, or if `out` is too small. `*stopped`,
 * if not NULL, gets the index of the offending character (`len` if the text ended too early).
 */
bool hex_decode(const char *text, size_t len, struct bytes_out *out, size_t *stopped);

#endif
