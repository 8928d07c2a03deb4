/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF. */
#ifndef IMPRINT_DATABASE_UTF8_H
#define IMPRINT_DATABASE_UTF8_H

#include "base/bytes.h"

/* The length of the character that begins the text, 1 to 4; 0 where none does, and for an empty text. */
size_t utf8_character(struct bytes text);

bool utf8_is_valid(struct bytes text);

#endif
