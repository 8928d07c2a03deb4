/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a board's console: splits bytes into lines and lines into words. docs/reference/board-protocol.md has the
 * grammar. A *frame* is for machines: it begins with `@` and ends with a checksum. Any other line is *text*, which an
 * application prints for people or a person types.
 *
 * Any input is safe. A line that is too long, holds bytes that are not printable ASCII, or has a wrong checksum is
 * reported once, at its end; the reader then continues with the next line. The caller owns the buffer.
 */
#ifndef IMPRINT_LINK_LINE_H
#define IMPRINT_LINK_LINE_H

#include "base/bytes.h"

/*
 * The longest line in characters, without its line end. A buffer for a board's frames needs one byte more, for the NUL.
 */
#define LINK_LINE_MAX 400

#define LINK_WORDS_MAX 24

enum link_kind {
    LINK_TEXT,     /* a line without frame marks, for people */
    LINK_FRAME,    /* a whole frame with the right checksum */
    LINK_DAMAGED,  /* bytes that are not printable ASCII, or a frame whose marks or checksum are wrong */
    LINK_TOO_LONG, /* longer than the reader's buffer */
};

/* Private, except that `text` holds the line after link_reader_add_byte() has returned true. */
struct link_reader {
    char *text; /* ends with a NUL */
    size_t cap; /* size of the buffer, NUL included */
    size_t len;
    bool damaged, too_long;
    bool ended; /* `text` is a complete line: the next byte starts another */
};

/* `buffer` of `size` bytes, at least 16, must stay valid as long as the reader is used. */
void link_reader_init(struct link_reader *reader, char *buffer, size_t size);

/*
 * Adds the next byte. True when it ends a line; `*kind` then says what the line is. CR, LF and CR LF end a line; empty
 * lines are ignored. Backspace and DEL delete the last character, for people at a terminal.
 */
bool link_reader_add_byte(struct link_reader *reader, uint8_t byte, enum link_kind *kind);

/* A line's words. They point into the text that was split and stay valid as long as it. */
struct link_words {
    size_t count;
    const char *word[LINK_WORDS_MAX];
};

/*
 * Splits a line of kind TEXT or FRAME in place, without the marks of a frame. Words are separated by blanks; a value in
 * double quotes may hold blanks, and `\"` and `\\` for `"` and `\`. False where quotes do not close or there are more
 * than LINK_WORDS_MAX words.
 */
bool link_split(char *text, enum link_kind kind, struct link_words *words);

/* The value of the word `name=value`; NULL if there is none. Ignores the first word, the verb. */
const char *link_value(const struct link_words *words, const char *name);

/* The same as a number (base/number.h), at most `most`; false when it is absent, no number or above that. */
bool link_number(const struct link_words *words, const char *name, uint32_t most, uint32_t *number);

/* The same as hex digits, appended to `out`; false when it is absent, not hex, or too long. */
bool link_hex(const struct link_words *words, const char *name, struct bytes_out *out);

/* A whole word as a number (base/number.h), at most `most`; false, with `*number` as it was, for anything else. */
bool link_parse_number(const char *text, uint32_t most, uint32_t *number);

#endif
