/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/leaves.h"

static bool damaged(const struct ledger *ledger, const char *cause, struct error *err)
{
    error_set(err, ERROR_DATABASE_DAMAGED, cause, "see which: imprint ledger verify");
    error_with_subject(err, ledger->database.path);
    return false;
}

bool leaves_add(struct ledger *ledger, uint64_t first, uint64_t end, struct merkle *tree, struct error *err)
{
    struct statement leaves;
    enum statement_result result = STATEMENT_FAILED;
    bool ok = statement_prepare(&leaves, &ledger->database,
                                "SELECT leaf FROM entry WHERE log = 1 AND seq >= $1 AND seq < $2 ORDER BY seq", err);

    statement_bind_number(&leaves, 1, (int64_t)first);
    statement_bind_number(&leaves, 2, (int64_t)end);
    while (ok && (result = statement_step(&leaves, err)) == STATEMENT_ROW) {
        const struct bytes leaf = statement_bytes(&leaves, 0);

        ok =
            (leaf.len == MERKLE_BYTES && merkle_append(tree, leaf.data)) || damaged(ledger, "an entry is damaged", err);
    }
    statement_finish(&leaves);
    return ok && result == STATEMENT_DONE;
}

bool leaves_root(struct ledger *ledger, struct merkle_range range, uint8_t root[static MERKLE_BYTES], struct error *err)
{
    struct merkle tree = {.size = 0};

    if (!leaves_add(ledger, range.first, range.first + range.count, &tree, err))
        return false;
    return (tree.size == range.count && merkle_root(&tree, root)) || damaged(ledger, "entries are missing", err);
}
