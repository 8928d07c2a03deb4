/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text: upper case, two digits a byte, as serial numbers and config dumps are written in this field. */
#ifndef IMPRINT_BASE_HEX_H
#define IMPRINT_BASE_HEX_H

#include "base/bytes.h"

/* Room for `n` bytes as hex with the closing NUL. */
#define HEX_SIZE(n) (2 * (n) + 1)

/* 0 to 15 for a hex digit of either case, -1 for any other character. */
int hex_digit_value(char c);

/* Writes `in` as hex and a NUL into `text`, which has room for HEX_SIZE(in.len) characters. */
void hex_encode(struct bytes in, char *text);

/*
 * Reads hex digits from the `len` characters at `text` into `out` (from out->len on); white space between bytes is
 * passed over. False, with out->len as it was, on any other character, half a byte or too little room. `*stopped`,
 * where not NULL, gets the index of the character that stopped it (`len` when the text ended too early).
 */
bool hex_decode(const char *text, size_t len, struct bytes_out *out, size_t *stopped);

#endif
