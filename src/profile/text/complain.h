/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error messages about a profile's text: "keys[1].slot: '16' is out of range", with "a slot of the chip: 0 to 15" as
 * the expected value. Values from the file are shown shortened and printable. Expected values are made from the
 * schema's rows. All functions return false, so that a reader can return their result. Host only.
 */
#ifndef IMPRINT_PROFILE_COMPLAIN_H
#define IMPRINT_PROFILE_COMPLAIN_H

#include "profile/check.h"
#include "profile/text/schema.h"
#include "profile/text/text.h"
#include "profile/text/tree.h"

/* The path to a value: a chain of keys and indexes, innermost first. NULL is the whole profile. */
struct complain_path {
    const struct complain_path *outer;
    const char *key; /* NULL: the item `index` of the list that `outer` names */
    size_t index;
};

/*
 * The same error as a `struct error`, for files of a station that are no profiles: ERROR_INPUT_FILE, with line and
 * column, and `next` for the reader. ERROR_UNEXPECTED stays.
 */
bool complain_as_error(const struct profile_complaint *complaint, const char *next, struct error *err);

/* An error of the file as a whole: ERROR_INPUT_FILE without line and column. */
__attribute__((format(printf, 3, 4))) bool complain_file(struct profile_complaint *complaint, const char *expected,
                                                         const char *format, ...);

/* Out of memory; the file is not at fault. */
bool complain_memory(struct profile_complaint *complaint);

/* A value that is invalid for its field. `what` follows the value: "is out of range". */
bool complain_value(struct profile_complaint *complaint, const struct schema_field *field, const struct tree_node *node,
                    const struct complain_path *path, const char *what);

/* An unknown word; suggests the nearest valid one. */
bool complain_word(struct profile_complaint *complaint, const struct schema_field *field, const struct tree_node *node,
                   const struct complain_path *path);

/* An unknown key of a mapping; suggests the nearest valid one. `path` is the mapping's. */
bool complain_unknown(struct profile_complaint *complaint, const struct schema_field *fields,
                      const struct tree_node *key, const struct complain_path *path);

/* A duplicate key of a mapping; the first one is in line `first_line`. `path` is the key's. */
bool complain_twice(struct profile_complaint *complaint, const struct tree_node *key, uint32_t first_line,
                    const struct complain_path *path);

/* A missing field of `mapping`. `path` is the mapping's. */
bool complain_missing(struct profile_complaint *complaint, const struct schema_field *field,
                      const struct tree_node *mapping, const struct complain_path *path);

/* A broken rule of profile_find_conflict(): "keys[1].id: another key has the same id: '16', as keys[0] in line 12". */
bool complain_conflict(struct profile_complaint *complaint, const struct profile_conflict *conflict,
                       const struct tree_node *root);

/*
 * The same about an entry of another file that has a profile's certificate in it: `node` at `path`, whose field the
 * conflict names.
 */
bool complain_entry(struct profile_complaint *complaint, const struct profile_conflict *conflict,
                    const struct tree_node *node, const struct complain_path *path);

#endif
