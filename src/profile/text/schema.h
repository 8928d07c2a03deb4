/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of the text form: one row per key, with the valid values and the destination. `text.c` reads by it.
 * docs/reference/profile.md describes it for users; a test compares the two. Host only.
 */
#ifndef IMPRINT_PROFILE_SCHEMA_H
#define IMPRINT_PROFILE_SCHEMA_H

#include "profile/profile.h"
#include "profile/text/tree.h"
#include "profile/words.h"

enum schema_kind {
    SCHEMA_NUMBER,   /* min..max, into an unsigned integer of `size` bytes */
    SCHEMA_FLAG,     /* true or false, into a bool */
    SCHEMA_NAME,     /* a name, into a char array of `size` bytes */
    SCHEMA_NAMES,    /* a list of min..max different names, into an array of char arrays of `size` bytes */
    SCHEMA_FILE,     /* a file name, into a char array of `size` bytes */
    SCHEMA_TEXT,     /* another text, likewise */
    SCHEMA_VALIDITY, /* how long a certificate is valid, into an unsigned integer of 4 bytes; `max` years */
    SCHEMA_WORD,     /* one of `words`, its value into an unsigned integer or enum of `size` bytes */
    SCHEMA_WORDS,    /* a list of min..max different `words`, their values ORed */
    SCHEMA_MAPPING,  /* a mapping of `fields`, into a part of the same struct */
    SCHEMA_ENTRIES,  /* a list of min..max mappings of `fields`, into an array of structs */
    SCHEMA_KIND_COUNT
};

#define SCHEMA_NOWHERE SIZE_MAX

struct schema_field {
    const char *key; /* NULL ends a table */
    enum schema_kind kind;
    bool required;
    bool hex;           /* show numbers in hex */
    size_t at, size;    /* offset in the enclosing struct, of the value or the first entry */
    uint32_t min, max;  /* limits of a number, or of the count of words or entries */
    uint32_t otherwise; /* number or word: value if the key is absent */
    const struct profile_word *words;
    const struct schema_field *fields;
    size_t tag_at; /* text or file: offset of a byte into which `tag` is ORed, where `tag` is not 0 */
    uint8_t tag;
    size_t count_at;     /* entries, names: offset of their count (size_t) */
    size_t line_at;      /* entries: offset of the line (uint32_t) in each, or SCHEMA_NOWHERE */
    const char *help;    /* what the value is, for messages: "a PSA key id" */
    const char *example; /* one line of YAML, for messages: "id: 18" */
};

/* The result of reading a text. */
struct schema_document {
    uint32_t version;
    uint32_t lock;                               /* enum profile_lock_step bits */
    char configuration_file[PROFILE_SOURCE_MAX]; /* of `configuration: bytes` (text/configuration.h); else empty */
    struct profile profile;
};

/* One entry of `certificates`, read into a struct profile_certificate; other files have some of its keys, too. */
extern const struct schema_field schema_certificate[];

/* The file's outermost mapping, read into a struct schema_document. Its first row is checked before all others. */
extern const struct schema_field schema_root[];

/*
 * Reads the mapping `root` by another schema, `fields`, into the struct at `into`, which the caller has zeroed: for
 * files of a station that are no profiles. `help` says what the file is: "an issuers file". False with a complaint.
 */
bool text_read_mapping(const struct tree_node *root, const struct schema_field *fields, const char *help, void *into,
                       struct profile_complaint *complaint);

#endif
