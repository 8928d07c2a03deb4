/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/rebuild.h"

#include "ledger/derived.h"
#include "ledger/mcus.h"
#include "ledger/tables.h"
#include "order/order.h"

static bool rebuild_row(struct ledger *ledger, struct statement *entries, uint64_t *conflicts, struct error *err)
{
    const uint64_t seq = (uint64_t)statement_number(entries, 0);
    const struct bytes body = statement_bytes(entries, 2);
    json_t *entry = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    struct ledger_conflict conflict = {.what = NULL};
    bool ok;

    if (entry == NULL) {
        error_set(err, ERROR_DATABASE_DAMAGED, "an entry is damaged", "see which: imprint ledger verify");
        error_with_subject(err, ledger->database.path);
        return false;
    }
    ok = ledger_derive(ledger, entry, seq, &conflict, err);
    json_decref(entry);
    *conflicts += conflict.what != NULL;
    return ok;
}

static bool rebuild(struct ledger *ledger, uint64_t *count, uint64_t *conflicts, struct error *err)
{
    enum statement_result result = STATEMENT_DONE;
    struct statement entries;
    bool ok = ledger_check_schema(ledger, err) && database_run(&ledger->database, tables_forget_derived, err) &&
              database_run(&ledger->database, ledger_forget_mcus, err) &&
              database_run(&ledger->database, order_forget, err) && ledger_select_entries(ledger, &entries, err);

    if (!ok)
        return false;
    while (ok && (result = statement_step(&entries, err)) == STATEMENT_ROW) {
        ok = rebuild_row(ledger, &entries, conflicts, err);
        ++*count;
    }
    statement_finish(&entries);
    return ok && result == STATEMENT_DONE;
}

bool ledger_rebuild(struct ledger *ledger, uint64_t *entries, uint64_t *conflicts, struct error *err)
{
    *entries = *conflicts = 0;
    if (database_begin(&ledger->database, err)) {
        if (rebuild(ledger, entries, conflicts, err) && database_commit(&ledger->database, err))
            return true;
        database_rollback(&ledger->database);
    }
    error_doing(err, "rebuild the ledger's tables");
    return false;
}
