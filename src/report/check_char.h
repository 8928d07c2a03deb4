/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check character for people who read a serial number from a label and type it: ISO/IEC 7064, MOD 37,36, over digits
 * and capital letters. It finds every single wrong character and nearly every exchange of neighbours.
 */
#ifndef IMPRINT_REPORT_CHECK_CHAR_H
#define IMPRINT_REPORT_CHECK_CHAR_H

#include <stdbool.h>

/* Of `text`, digits and capital letters. '\0' where it has another character, or none. */
char check_char_of(const char *text);

#endif
