/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes frames piece by piece to a function of the caller's, without a buffer. docs/reference/board-protocol.md has
 * the grammar.
 *
 *     link_begin(&frame, "key");
 *     link_add_number(&frame, "id", 18);
 *     link_add_text(&frame, "name", "board");
 *     link_end(&frame);                          @key id=18 name=board *7D88
 *
 * A frame is never longer than LINK_LINE_MAX: a text that does not fit is shortened.
 */
#ifndef IMPRINT_LINK_FRAME_H
#define IMPRINT_LINK_FRAME_H

#include "base/bytes.h"

/* The version of the protocol that this side speaks; docs/reference/board-protocol.md says what changed when. */
#define LINK_PROTOCOL 3

#define LINK_FRAME_MARK '@'
#define LINK_CHECK_MARK '*'
#define LINK_CHECK_CHARACTERS 6 /* " *7D88" */

/* Zero-initialise it and set `put` and `context`; the rest is private. */
struct link_frame {
    void (*put)(void *context, const uint8_t *data, size_t len);
    void *context;
    uint16_t crc;
    size_t len; /* characters of the line so far */
};

/* Begins a line. `verb` and names are literals without blanks. */
void link_begin(struct link_frame *frame, const char *verb);

/* A word without a name, of characters that need no quotes. */
void link_add_word(struct link_frame *frame, const char *word);

/* A word `name=value`. Text: characters that are not printable ASCII become `?`. Flag: yes or no. */
void link_add_text(struct link_frame *frame, const char *name, const char *text);
void link_add_number(struct link_frame *frame, const char *name, uint32_t number);
void link_add_flag(struct link_frame *frame, const char *name, bool flag);
void link_add_hex(struct link_frame *frame, const char *name, struct bytes data);

/* Ends the line with the checksum and CR LF. */
void link_end(struct link_frame *frame);

/* Writes the number as decimal digits and a NUL into `text`. */
#define LINK_NUMBER_SIZE 11
void link_format_number(uint32_t number, char text[static LINK_NUMBER_SIZE]);

#endif
