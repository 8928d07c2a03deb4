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
