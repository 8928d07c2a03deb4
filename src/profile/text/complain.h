/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How complaints about a profile's text are put: "keys[1].slot: '16' is out of range" beside "a slot of the chip: 0 to
 * 15". Everything found in the file is shown shortened and printable; what is expected is made from the schema's rows.
 * All functions return false, so that a reader can end with them. Host only.
 */
#ifndef IMPRINT_PROFILE_COMPLAIN_H
#define IMPRINT_PROFILE_COMPLAIN_H

#include "profile/check.h"
#include "profile/text/schema.h"
#include "profile/text/text.h"
#include "profile/text/tree.h"

/* Where a reader is: a chain of keys and indexes from the innermost out. NULL is the whole profile. */
struct complain_path {
    const struct complain_path *outer;
    const char *key; /* NULL: the item `index` of the list that `outer` names */
    size_t index;
};

/* The file as a whole: ERROR_INPUT_FILE without a place. */
__attribute__((format(printf, 3, 4))) bool complain_file(struct profile_complaint *complaint, const char *expected,
                                                         const char *format, ...);

/* Nothing wrong with the file: memory ran out. */
bool complain_memory(struct profile_complaint *complaint);

/* A value that its field cannot take. `what` follows the value: "is out of range". */
bool complain_value(struct profile_complaint *complaint, const struct schema_field *field, const struct tree_node *node,
                    const struct complain_path *path, const char *what);

/* A word that is none of its field's; the nearest one is suggested. */
bool complain_word(struct profile_complaint *complaint, const struct schema_field *field, const struct tree_node *node,
                   const struct complain_path *path);

/* A key that is none of its mapping's; the nearest one is suggested. `path` is the mapping's. */
bool complain_unknown(struct profile_complaint *complaint, const struct schema_field *fields,
                      const struct tree_node *key, const struct complain_path *path);

/* A key that its mapping has already, in line `first_line`. `path` is the key's. */
bool complain_twice(struct profile_complaint *complaint, const struct tree_node *key, uint32_t first_line,
                    const struct complain_path *path);

/* A field that `mapping` lacks. `path` is the mapping's. */
bool complain_missing(struct profile_complaint *complaint, const struct schema_field *field,
                      const struct tree_node *mapping, const struct complain_path *path);

/* A broken rule of profile_find_conflict(): "keys[1].id: another key has the same id: '16', as keys[0] in line 12". */
bool complain_conflict(struct profile_complaint *complaint, const struct profile_conflict *conflict,
                       const struct tree_node *root);

#endif
