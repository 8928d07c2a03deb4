/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as people and boards write them: options, profiles, DEVICE and --storage, words on a board's console. One
 * grammar for all: decimal digits without a leading zero, or 0x and hex digits. No sign, no white space. A leading zero
 * is refused, because some readers take it for octal.
 */
#ifndef IMPRINT_BASE_NUMBER_H
#define IMPRINT_BASE_NUMBER_H

#include <stdint.h>

enum number_status {
    NUMBER_OK,
    NUMBER_MALFORMED,    /* not a number of this grammar */
    NUMBER_OUT_OF_RANGE, /* a number, but below `least` or above `most` */
};

/* Reads the whole of `text`, which ends with a NUL. `*number` is set with NUMBER_OK only. */
enum number_status number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/*
 * Reads a number at the start of `*text`, up to the first character that is no digit, and moves `*text` there. Unless
 * the status is NUMBER_OK, `*text` and `*number` stay unchanged.
 */
enum number_status number_read(const char **text, uint64_t least, uint64_t most, uint64_t *number);

#endif
