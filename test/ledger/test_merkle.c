/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of RFC 6962. Leaves and roots are the published ones of Certificate Transparency's reference implementation.
 */
#include "ledger/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

static const char *const leaves[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
};

static const char *const roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

#define COUNT (sizeof leaves / sizeof leaves[0])

static void read_hash(const char *text, uint8_t hash[static MERKLE_BYTES])
{
    struct bytes_out out = {.data = hash, .cap = MERKLE_BYTES};

    assert_true(hex_decode(text, strlen(text), &out, NULL) && out.len == MERKLE_BYTES);
}

static void leaf_of(size_t i, uint8_t leaf[static MERKLE_BYTES])
{
    uint8_t entry[16];
    struct bytes_out out = {.data = entry, .cap = sizeof entry};

    assert_true(hex_decode(leaves[i], strlen(leaves[i]), &out, NULL) && merkle_leaf(bytes_written(&out), leaf));
}

static void test_roots(void **state)
{
    struct merkle tree = {.size = 0}, again;
    uint8_t saved[MERKLE_LEVELS * MERKLE_BYTES];

    (void)state;
    for (size_t i = 0;; i++) {
        uint8_t root[MERKLE_BYTES], expected[MERKLE_BYTES], leaf[MERKLE_BYTES];
        size_t len;

        read_hash(roots[i], expected);
        assert_true(merkle_root(&tree, root));
        assert_memory_equal(root, expected, sizeof root);
        len = merkle_save(&tree, saved);
        assert_true(merkle_load(&again, tree.size, bytes_of(saved, len)) && merkle_root(&again, root));
        assert_memory_equal(root, expected, sizeof root);
        assert_false(merkle_load(&again, tree.size, bytes_of(saved, len + 1)));
        assert_true(len == 0 || !merkle_load(&again, tree.size, bytes_of(saved, len - 1)));
        if (i == COUNT)
            break;
        leaf_of(i, leaf);
        assert_true(merkle_append(&tree, leaf));
    }
}

/* The root of leaves [first, first + count), by a tree of their own. */
static void root_of(struct merkle_range range, uint8_t root[static MERKLE_BYTES])
{
    struct merkle tree = {.size = 0};
    uint8_t leaf[MERKLE_BYTES];

    for (uint64_t i = 0; i < range.count; i++) {
        leaf_of((size_t)(range.first + i), leaf);
        assert_true(merkle_append(&tree, leaf));
    }
    assert_true(merkle_root(&tree, root));
}

/* Every leaf of every tree is proven; a proof of another leaf, another place or another length is none. */
static void test_proofs(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= COUNT; size++) {
        uint8_t expected[MERKLE_BYTES];

        read_hash(roots[size], expected);
        for (uint64_t index = 0; index < size; index++) {
            struct merkle_range ranges[MERKLE_LEVELS];
            uint8_t hashes[MERKLE_LEVELS * MERKLE_BYTES] = {0}, leaf[MERKLE_BYTES], root[MERKLE_BYTES];
            size_t count = merkle_proof_ranges(index, size, ranges);

            for (size_t i = 0; i < count; i++)
                root_of(ranges[i], hashes + i * MERKLE_BYTES);
            leaf_of((size_t)index, leaf);
            assert_true(merkle_root_by_proof(leaf, index, size, hashes, count, root));
            assert_memory_equal(root, expected, sizeof root);
            assert_false(merkle_root_by_proof(leaf, index, size, hashes, count + 1, root));
            assert_false(merkle_root_by_proof(leaf, size, size, hashes, count, root));
            leaf[0] ^= 1;
            assert_true(merkle_root_by_proof(leaf, index, size, hashes, count, root));
            assert_memory_not_equal(root, expected, sizeof root);
        }
    }
    assert_int_equal(merkle_proof_ranges(5, 5, (struct merkle_range[MERKLE_LEVELS]){{0, 0}}), 0);
}

static void tree_of(uint64_t size, struct merkle *tree, uint8_t root[static MERKLE_BYTES])
{
    uint8_t leaf[MERKLE_BYTES] = {0};

    *tree = (struct merkle){.size = 0};
    for (uint64_t i = 0; i < size; i++) {
        leaf[0] = (uint8_t)i;
        assert_true(merkle_append(tree, leaf));
    }
    assert_true(merkle_root(tree, root));
}

/* The root of numbered leaves, by a tree of their own. */
static void root_of_numbers(struct merkle_range range, uint8_t root[static MERKLE_BYTES])
{
    struct merkle tree = {.size = 0};
    uint8_t leaf[MERKLE_BYTES] = {0};

    for (uint64_t i = 0; i < range.count; i++) {
        leaf[0] = (uint8_t)(range.first + i);
        assert_true(merkle_append(&tree, leaf));
    }
    assert_true(merkle_root(&tree, root));
}

/* Every tree of up to 40 leaves begins with every smaller one, and with no other; each hash of a proof counts. */
static void test_consistency(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= 40; size++) {
        for (uint64_t old = 1; old < size; old++) {
            struct merkle_range ranges[MERKLE_CONSISTENCY_MAX];
            uint8_t hashes[MERKLE_CONSISTENCY_MAX + 1][MERKLE_BYTES] = {{0}}, root[MERKLE_BYTES],
                                                    old_root[MERKLE_BYTES];
            struct merkle old_tree, tree;
            const size_t count = merkle_consistency_ranges(old, size, ranges);

            tree_of(size, &tree, root);
            tree_of(old, &old_tree, old_root);
            for (size_t i = 0; i < count; i++) {
                const uint8_t *node = merkle_node(&old_tree, ranges[i]);

                root_of_numbers(ranges[i], hashes[i]);
                assert_true(ranges[i].first >= old || (node != NULL && memcmp(node, hashes[i], MERKLE_BYTES) == 0));
            }
            assert_true(merkle_is_consistent(old, old_root, size, root, hashes[0], count));
            assert_false(merkle_is_consistent(old, root, size, root, hashes[0], count));
            assert_false(merkle_is_consistent(old, old_root, size, old_root, hashes[0], count));
            assert_false(merkle_is_consistent(old, old_root, size, root, hashes[0], count + 1));
            assert_false(count > 0 && merkle_is_consistent(old, old_root, size, root, hashes[0], count - 1));
            for (size_t i = 0; i < count; i++) {
                hashes[i][5] ^= 1;
                assert_false(merkle_is_consistent(old, old_root, size, root, hashes[0], count));
                hashes[i][5] ^= 1;
            }
        }
    }
}

static void test_consistency_without_a_proof(void **state)
{
    struct merkle_range ranges[MERKLE_CONSISTENCY_MAX];
    uint8_t one[MERKLE_BYTES] = {1}, other[MERKLE_BYTES] = {2};

    (void)state;
    assert_int_equal(merkle_consistency_ranges(0, 5, ranges), 0);
    assert_int_equal(merkle_consistency_ranges(5, 5, ranges), 0);
    assert_int_equal(merkle_consistency_ranges(6, 5, ranges), 0);
    assert_true(merkle_consistency_ranges(3, UINT64_MAX, ranges) <= MERKLE_CONSISTENCY_MAX);
    assert_true(merkle_consistency_ranges(UINT64_MAX - 1, UINT64_MAX, ranges) <= MERKLE_CONSISTENCY_MAX);
    assert_true(merkle_is_consistent(0, one, 5, other, one, 0));
    assert_true(merkle_is_consistent(5, one, 5, one, one, 0));
    assert_false(merkle_is_consistent(5, one, 5, other, one, 0));
    assert_false(merkle_is_consistent(6, one, 5, one, one, 0));
    assert_false(merkle_is_consistent(0, one, 5, other, one, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_roots), cmocka_unit_test(test_proofs),
                                       cmocka_unit_test(test_consistency),
                                       cmocka_unit_test(test_consistency_without_a_proof)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
