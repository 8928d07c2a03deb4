/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/reader.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error_format.h"

static enum manifest_reading broken(struct manifest_reader *reader, const char *cause, struct error *err)
{
    const int failure = ferror(reader->file) ? errno : 0;

    reader->is_ended = true;
    error_set(err, ERROR_INPUT_FILE, failure != 0 ? "the manifest cannot be read" : cause,
              failure != 0 ? NULL : "name a manifest: a JSON array with an element for each part");
    error_with_errno(err, failure);
    return MANIFEST_BROKEN;
}

static int next_char(struct manifest_reader *reader)
{
    return getc(reader->file);
}

static int next_printing(struct manifest_reader *reader)
{
    int c = next_char(reader);

    while (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        c = next_char(reader);
    return c;
}

/* The "[", and whether something is in it. */
static bool begin(struct manifest_reader *reader, int *first, struct error *err)
{
    reader->is_begun = true;
    reader->element = malloc(MANIFEST_ELEMENT_MAX);
    if (reader->element == NULL) {
        reader->is_ended = true;
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    if (next_printing(reader) != '[') {
        (void)broken(reader, "the file is no manifest: it does not begin with [", err);
        return false;
    }
    *first = next_printing(reader);
    return true;
}

/* Behind the "]" must be nothing. */
static enum manifest_reading end(struct manifest_reader *reader, struct error *err)
{
    reader->is_ended = true;
    if (next_printing(reader) == EOF && !ferror(reader->file))
        return MANIFEST_END;
    return broken(reader, "there is something after the end of the manifest's array", err);
}

/* Where in an element a character is: how deep, and whether in a string. */
struct place {
    size_t depth;
    bool in_string, is_escaped;
};

static void follow(struct place *place, int c)
{
    if (place->in_string) {
        place->in_string = place->is_escaped || c != '"';
        place->is_escaped = !place->is_escaped && c == '\\';
    } else if (c == '"') {
        place->in_string = true;
    } else if (c == '{' || c == '[') {
        place->depth++;
    } else if ((c == '}' || c == ']') && place->depth > 0) {
        place->depth--;
    }
}

static bool ends_element(const struct place *place, int c)
{
    return !place->in_string && place->depth == 0 && (c == ',' || c == ']');
}

/* From the character `c` to the "," or "]" behind the element, which is read too. */
static enum manifest_reading read_element(struct manifest_reader *reader, int c, struct error *err)
{
    struct place place = {.depth = 0};
    bool is_too_long = false;

    for (reader->len = 0; c != EOF && !ends_element(&place, c); c = next_char(reader)) {
        follow(&place, c);
        if (reader->len < MANIFEST_ELEMENT_MAX)
            reader->element[reader->len++] = (uint8_t)c;
        else
            is_too_long = true;
    }
    if (c == EOF)
        return broken(reader,
                      error_keep_format(err, "the file ends within element %llu, or in front of its ]",
                                        (unsigned long long)reader->count),
                      err);
    reader->count++;
    if (c == ']')
        reader->is_ended = true;
    return is_too_long ? MANIFEST_TOO_LONG : MANIFEST_READ;
}

enum manifest_reading manifest_read(struct manifest_reader *reader, struct bytes *text, struct error *err)
{
    enum manifest_reading reading;
    int c = 0;

    *text = BYTES_NONE;
    if (reader->is_ended)
        return end(reader, err);
    if (!reader->is_begun) {
        if (!begin(reader, &c, err))
            return MANIFEST_BROKEN;
        if (c == ']')
            return end(reader, err);
    } else {
        c = next_printing(reader);
    }
    reading = read_element(reader, c, err);
    *text = bytes_of(reader->element, reader->len);
    return reading;
}

void manifest_reader_release(struct manifest_reader *reader)
{
    free(reader->element);
    reader->element = NULL;
}
