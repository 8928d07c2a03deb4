/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML text as a small tree in which every value knows its line and column: the part of YAML that profiles use. One
 * document of mappings, lists and scalars; no anchors, aliases or tags, so that a reader sees each value where it is
 * used. The schema defines what the values mean. Host only.
 */
#ifndef IMPRINT_PROFILE_TREE_H
#define IMPRINT_PROFILE_TREE_H

#include "profile/text/text.h"

#define TREE_DEPTH_MAX 8 /* mappings and lists inside each other; a profile needs 4 */
#define TREE_NODES_MAX 8192

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAPPING };

struct tree_node {
    enum tree_kind kind;
    bool quoted;           /* scalar: in quotes or a block, so always a text */
    uint32_t line, column; /* from 1, in characters */
    const char *text;      /* scalar: UTF-8, no control characters, closed by NUL; may be empty */
    /* List: the items. Mapping: key, value, key, value ... */
    struct tree_node *first, *next;
    struct tree_node *made_before; /* for tree_free() */
};

/*
 * Reads `len` bytes at `text`. NULL with an error (reason, line, column, message, expected) if it is not such a text or
 * memory runs out. The tree does not refer to `text`. Release it with tree_free().
 */
struct tree_node *tree_read(const char *text, size_t len, struct profile_complaint *complaint);

/* Frees the whole tree; NULL is allowed. */
void tree_free(struct tree_node *root);

/* The value of `key` in a mapping, or NULL. The first one where it is given twice. `mapping` may be NULL. */
const struct tree_node *tree_get(const struct tree_node *mapping, const char *key);

/* The item `index` of a list, or NULL. `list` may be NULL. */
const struct tree_node *tree_item(const struct tree_node *list, size_t index);

#endif
