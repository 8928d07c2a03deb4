/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Merkle tree of a log (RFC 6962, section 2.1): one hash, the root, stands for all entries in their order. A tree
 * that grows is kept as the roots of its complete subtrees, one for each bit of its size.
 */
#ifndef IMPRINT_LEDGER_MERKLE_H
#define IMPRINT_LEDGER_MERKLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define MERKLE_BYTES 32
#define MERKLE_LEVELS 64

/* Zero-initialised: the empty tree. */
struct merkle {
    uint64_t size;                              /* leaves */
    uint8_t nodes[MERKLE_LEVELS][MERKLE_BYTES]; /* nodes[i]: of 2^i leaves, where bit i of `size` is set */
};

/* The hash of an entry: SHA-256 of 00 and its bytes. False: GnuTLS failed. */
bool merkle_leaf(struct bytes entry, uint8_t leaf[static MERKLE_BYTES]);

/* False: GnuTLS failed, or the tree is full. */
bool merkle_append(struct merkle *tree, const uint8_t leaf[static MERKLE_BYTES]);

/* The root of the tree as it is. False: GnuTLS failed. */
bool merkle_root(const struct merkle *tree, uint8_t root[static MERKLE_BYTES]);

/* Bytes of `nodes` in use, for storing: the nodes of the set bits, lowest first. merkle_load() takes them back. */
size_t merkle_save(const struct merkle *tree, uint8_t saved[static MERKLE_LEVELS * MERKLE_BYTES]);
bool merkle_load(struct merkle *tree, uint64_t size, struct bytes saved);

/* A range of leaves whose root is one hash of a proof. */
struct merkle_range {
    uint64_t first, count;
};

/*
 * What proves that the leaf `index` is in a tree of `size` leaves: the roots of these ranges, in this order (RFC 6962,
 * section 2.1.1). The number of ranges; 0 for an index outside the tree, and for a tree of one leaf.
 */
size_t merkle_proof_ranges(uint64_t index, uint64_t size, struct merkle_range ranges[static MERKLE_LEVELS]);

/*
 * The root of a tree of `size` leaves in which `leaf` has the index, by the hashes of its proof. False when the proof
 * has another number of hashes than such a tree needs.
 */
bool merkle_root_by_proof(const uint8_t leaf[static MERKLE_BYTES], uint64_t index, uint64_t size, const uint8_t *hashes,
                          size_t count, uint8_t root[static MERKLE_BYTES]);

/*
 * What proves that a tree of `size` leaves begins with the leaves of one of `old`: the roots of these ranges, in this
 * order (RFC 6962, section 2.1.2). Each lies in the old tree, and is one of its nodes, or has new leaves alone. Their
 * number; 0 where nothing has to be proven (old is 0 or size), and for an old one that is larger.
 */
#define MERKLE_CONSISTENCY_MAX (MERKLE_LEVELS + 1)
size_t merkle_consistency_ranges(uint64_t old, uint64_t size,
                                 struct merkle_range ranges[static MERKLE_CONSISTENCY_MAX]);

/* Of a range that lies in the tree and is one of merkle_consistency_ranges(): its root. NULL: it is no node of it. */
const uint8_t *merkle_node(const struct merkle *tree, struct merkle_range range);

/* Whether these hashes prove it (RFC 9162, section 2.1.4.2). */
bool merkle_is_consistent(uint64_t old, const uint8_t old_root[static MERKLE_BYTES], uint64_t size,
                          const uint8_t root[static MERKLE_BYTES], const uint8_t *hashes, size_t count);

#endif
