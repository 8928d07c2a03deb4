/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/merkle.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* The first byte of what is hashed tells leaves and nodes apart. */
#define OF_LEAF 0
#define OF_NODE 1

static bool hash(uint8_t kind, struct bytes left, struct bytes right, uint8_t out[static MERKLE_BYTES])
{
    gnutls_hash_hd_t state;
    bool ok;

    if (gnutls_hash_init(&state, GNUTLS_DIG_SHA256) != 0)
        return false;
    ok = gnutls_hash(state, &kind, 1) == 0 && gnutls_hash(state, left.data, left.len) == 0 &&
         (right.len == 0 || gnutls_hash(state, right.data, right.len) == 0);
    gnutls_hash_deinit(state, out);
    return ok;
}

static bool join(const uint8_t left[static MERKLE_BYTES], const uint8_t right[static MERKLE_BYTES],
                 uint8_t out[static MERKLE_BYTES])
{
    return hash(OF_NODE, bytes_of(left, MERKLE_BYTES), bytes_of(right, MERKLE_BYTES), out);
}

bool merkle_leaf(struct bytes entry, uint8_t leaf[static MERKLE_BYTES])
{
    return hash(OF_LEAF, entry, BYTES_NONE, leaf);
}

static bool has_level(uint64_t size, unsigned level)
{
    return ((size >> level) & 1) != 0;
}

bool merkle_append(struct merkle *tree, const uint8_t leaf[static MERKLE_BYTES])
{
    uint8_t node[MERKLE_BYTES];
    unsigned level = 0;

    if (tree->size == UINT64_MAX)
        return false;
    memcpy(node, leaf, sizeof node);
    for (; has_level(tree->size, level); level++)
        if (!join(tree->nodes[level], node, node))
            return false;
    memcpy(tree->nodes[level], node, sizeof node);
    tree->size++;
    return true;
}

bool merkle_root(const struct merkle *tree, uint8_t root[static MERKLE_BYTES])
{
    bool is_first = true;

    if (tree->size == 0)
        return gnutls_hash_fast(GNUTLS_DIG_SHA256, "", 0, root) == 0;
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if (!has_level(tree->size, level))
            continue;
        if (is_first)
            memcpy(root, tree->nodes[level], MERKLE_BYTES);
        else if (!join(tree->nodes[level], root, root))
            return false;
        is_first = false;
    }
    return true;
}

size_t merkle_save(const struct merkle *tree, uint8_t saved[static MERKLE_LEVELS * MERKLE_BYTES])
{
    size_t len = 0;

    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if (!has_level(tree->size, level))
            continue;
        memcpy(saved + len, tree->nodes[level], MERKLE_BYTES);
        len += MERKLE_BYTES;
    }
    return len;
}

bool merkle_load(struct merkle *tree, uint64_t size, struct bytes saved)
{
    size_t at = 0;

    memset(tree, 0, sizeof *tree);
    tree->size = size;
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if (!has_level(size, level))
            continue;
        if (saved.len - at < MERKLE_BYTES)
            return false;
        memcpy(tree->nodes[level], saved.data + at, MERKLE_BYTES);
        at += MERKLE_BYTES;
    }
    return at == saved.len;
}

/* The largest power of two below `size`, which is at least 2: where a tree is split. */
static uint64_t split_of(uint64_t size)
{
    uint64_t split = 1;

    while (split < size - split)
        split *= 2;
    return split;
}

size_t merkle_proof_ranges(uint64_t index, uint64_t size, struct merkle_range ranges[static MERKLE_LEVELS])
{
    struct merkle_range downward[MERKLE_LEVELS];
    uint64_t first = 0;
    size_t count = 0;

    if (index >= size)
        return 0;
    while (size > 1) {
        uint64_t split = split_of(size);

        if (index - first < split) {
            downward[count++] = (struct merkle_range){first + split, size - split};
            size = split;
        } else {
            downward[count++] = (struct merkle_range){first, split};
            first += split;
            size -= split;
        }
    }
    for (size_t i = 0; i < count; i++)
        ranges[i] = downward[count - 1 - i];
    return count;
}

bool merkle_root_by_proof(const uint8_t leaf[static MERKLE_BYTES], uint64_t index, uint64_t size, const uint8_t *hashes,
                          size_t count, uint8_t root[static MERKLE_BYTES])
{
    struct merkle_range ranges[MERKLE_LEVELS];

    if (index >= size || merkle_proof_ranges(index, size, ranges) != count)
        return false;
    memcpy(root, leaf, MERKLE_BYTES);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *sibling = hashes + i * MERKLE_BYTES;

        if (!(ranges[i].first > index ? join(root, sibling, root) : join(sibling, root, root)))
            return false;
    }
    return true;
}

/* --- one tree begins with another --- */

size_t merkle_consistency_ranges(uint64_t old, uint64_t size, struct merkle_range ranges[static MERKLE_CONSISTENCY_MAX])
{
    struct merkle_range downward[MERKLE_CONSISTENCY_MAX];
    uint64_t first = 0;
    size_t count = 0;

    if (old == 0 || old >= size)
        return 0;
    while (old != size) {
        const uint64_t split = split_of(size);

        if (old <= split) {
            downward[count++] = (struct merkle_range){first + split, size - split};
            size = split;
        } else {
            downward[count++] = (struct merkle_range){first, split};
            first += split;
            old -= split;
            size -= split;
        }
    }
    if (first > 0)
        downward[count++] = (struct merkle_range){first, size};
    for (size_t i = 0; i < count; i++)
        ranges[i] = downward[count - 1 - i];
    return count;
}

const uint8_t *merkle_node(const struct merkle *tree, struct merkle_range range)
{
    unsigned level = 0;

    while (level < MERKLE_LEVELS - 1 && (UINT64_C(1) << level) < range.count)
        level++;
    /* The node of this level begins where the set bits above it end. */
    if ((UINT64_C(1) << level) != range.count || !has_level(tree->size, level) ||
        range.first != ((tree->size >> level) - 1) << level)
        return NULL;
    return tree->nodes[level];
}

/* The old root and the new one, as far as the path has led. */
struct climb {
    uint64_t first, last; /* the place of the node in its level, and of the level's last node */
    uint8_t old_root[MERKLE_BYTES], root[MERKLE_BYTES];
};

static void rise(struct climb *climb)
{
    climb->first >>= 1;
    climb->last >>= 1;
}

static bool take_hash(struct climb *climb, const uint8_t hash[static MERKLE_BYTES])
{
    if (climb->last == 0)
        return false;
    if ((climb->first & 1) == 0 && climb->first != climb->last) {
        if (!join(climb->root, hash, climb->root))
            return false;
    } else {
        if (!join(hash, climb->old_root, climb->old_root) || !join(hash, climb->root, climb->root))
            return false;
        while ((climb->first & 1) == 0 && climb->first != 0)
            rise(climb);
    }
    rise(climb);
    return true;
}

bool merkle_is_consistent(uint64_t old, const uint8_t old_root[static MERKLE_BYTES], uint64_t size,
                          const uint8_t root[static MERKLE_BYTES], const uint8_t *hashes, size_t count)
{
    struct climb climb = {.first = old - 1, .last = size - 1};
    const bool starts_at_root = (old & (old - 1)) == 0;

    if (old == 0 || old >= size)
        return count == 0 && (old == 0 || (old == size && memcmp(old_root, root, MERKLE_BYTES) == 0));
    if (!starts_at_root && count == 0)
        return false;
    while ((climb.first & 1) != 0)
        rise(&climb);
    memcpy(climb.old_root, starts_at_root ? old_root : hashes, MERKLE_BYTES);
    memcpy(climb.root, climb.old_root, MERKLE_BYTES);
    for (size_t i = starts_at_root ? 0 : 1; i < count; i++)
        if (!take_hash(&climb, hashes + i * MERKLE_BYTES))
            return false;
    return climb.last == 0 && memcmp(climb.old_root, old_root, MERKLE_BYTES) == 0 &&
           memcmp(climb.root, root, MERKLE_BYTES) == 0;
}
