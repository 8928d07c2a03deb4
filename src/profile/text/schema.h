/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text form's schema: one row per key, with what its value must be and where it goes. `text.c` is the only reader;
 * docs/reference/profile.md says the same for people, and a test compares the two. Host only.
 */
#ifndef IMPRINT_PROFILE_SCHEMA_H
#define IMPRINT_PROFILE_SCHEMA_H

#include "profile/profile.h"
#include "profile/words.h"

enum schema_kind {
    SCHEMA_NUMBER,  /* min..max, into an unsigned integer of `size` bytes */
    SCHEMA_FLAG,    /* true or false, into a bool */
    SCHEMA_NAME,    /* a name, into a char array of `size` bytes */
    SCHEMA_FILE,    /* a file name, into a char array of `size` bytes */
    SCHEMA_TEXT,    /* another text, likewise */
    SCHEMA_WORD,    /* one of `words`, its value into an unsigned integer or enum of `size` bytes */
    SCHEMA_WORDS,   /* a list of min..max different `words`, their values ORed */
    SCHEMA_MAPPING, /* a mapping of `fields`, into a part of the same struct */
    SCHEMA_ENTRIES, /* a list of min..max mappings of `fields`, into an array of structs */
    SCHEMA_KIND_COUNT
};

#define SCHEMA_NOWHERE SIZE_MAX

struct schema_field {
    const char *key; /* NULL ends a table */
    enum schema_kind kind;
    bool required;
    bool hex;           /* numbers are shown to people in hex */
    size_t at, size;    /* of the value, or of the first entry, in the enclosing struct */
    uint32_t min, max;  /* of a number; of the count of words or entries */
    uint32_t otherwise; /* number or word: what an absent key means */
    const struct profile_word *words;
    const struct schema_field *fields;
    size_t count_at;     /* entries: where their count (size_t) goes */
    size_t line_at;      /* entries: where in each its line (uint32_t) goes, or SCHEMA_NOWHERE */
    const char *help;    /* what the value is, for messages: "a PSA key id" */
    const char *example; /* one line of YAML, for messages: "id: 18" */
};

/* What a text is read into. */
struct schema_document {
    uint32_t version;
    uint32_t lock; /* enum profile_lock_step bits */
    struct profile profile;
};

/* The file's outermost mapping, into a struct schema_document. Its first key is checked before all others. */
extern const struct schema_field schema_root[];

#endif
