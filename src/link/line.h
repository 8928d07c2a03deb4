/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What passes over a board's console, read: bytes become lines, lines become words. docs/reference/board-protocol.md
 * has the grammar. A *frame* is for machines: it begins with `@` and ends with a checksum. Anything else is *talk*:
 * what an application says to people, and what a person types.
 *
 * No input does harm: a line that is too long, holds other bytes than printable ASCII, or has a wrong checksum is told
 * as such once, at its end, and the next line is read as if nothing had been. The caller owns the buffer.
 */
#ifndef IMPRINT_LINK_LINE_H
#define IMPRINT_LINK_LINE_H

#include "base/bytes.h"

/* The longest line that this side writes, without its end; a reader of frames from a board wants this room and a NUL.
 */
#define LINK_LINE_MAX 400

#define LINK_WORDS_MAX 24

enum link_kind {
    LINK_TALK,     /* a line without frame marks */
    LINK_FRAME,    /* a whole frame with the right checksum */
    LINK_DAMAGED,  /* bytes that are no text, or a frame whose marks or checksum are not right */
    LINK_TOO_LONG, /* longer than the reader's room */
};

/* Private, but that `text` may be read after link_reader_take() has said so. */
struct link_reader {
    char *text; /* closed by a NUL */
    size_t cap; /* its room, NUL included */
    size_t len;
    bool damaged, too_long;
    bool ended; /* the line in `text` has been handed out: the next byte begins another */
};

/* `room` of `size` bytes, 16 at least, must stay valid as long as the reader is used. */
void link_reader_init(struct link_reader *reader, char *room, size_t size);

/*
 * Takes the next byte; true when it ends a line, of which `*kind` says what it is. CR, LF and CR LF all end lines;
 * empty ones are passed over. Backspace and DEL take back a character, as a person at a terminal means them.
 */
bool link_reader_take(struct link_reader *reader, uint8_t byte, enum link_kind *kind);

/* A line's words. They point into the text that was split and stay valid as long as it. */
struct link_words {
    size_t count;
    const char *word[LINK_WORDS_MAX];
};

/*
 * Splits a line of kind TALK or FRAME in place, without the marks of a frame: words between blanks; a value in double
 * quotes may hold blanks, and `\` before `"` and `\`. False where quotes do not close or there are too many words.
 */
bool link_split(char *text, enum link_kind kind, struct link_words *words);

/* The value of the word `name=value`; NULL when there is none. The first word is none. */
const char *link_value(const struct link_words *words, const char *name);

/* The same as a number (base/number.h), at most `most`; false when it is absent, no number or above that. */
bool link_number(const struct link_words *words, const char *name, uint32_t most, uint32_t *number);

/* The same as hex digits into `out`, from out->len on; false when absent, no hex, or too long. */
bool link_hex(const struct link_words *words, const char *name, struct bytes_out *out);

/* A whole word as a number (base/number.h), at most `most`; false, with `*number` as it was, for anything else. */
bool link_parse_number(const char *text, uint32_t most, uint32_t *number);

#endif
