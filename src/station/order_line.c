/* SPDX-License-Identifier: Apache-2.0 */
#include "station/order_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "ledger/derive_order.h"
#include "ledger/merkle.h"

#define BATCH 200 /* entries that are looked at in one transaction of the home */

/* `order_heard`: how many entries of each station's ledger the home has, and the hash of the last one. */
static const char *const upgrades[] = {
    order_tables,
    "CREATE TABLE order_heard (log TEXT PRIMARY KEY, next BIGINT NOT NULL, leaf TEXT NOT NULL);",
};

static const struct database_kind order_line_kind = {
    .name = "orders of a line",
    .application_id = 0x494d504f, /* "IMPO" */
    .upgrades = upgrades,
    .version = sizeof upgrades / sizeof upgrades[0],
};

bool order_line_open(struct database *home, const char *settings, enum database_mode mode, struct error *err)
{
    const struct database_server server = {.settings = settings};

    return database_connect(home, &server, &order_line_kind, mode, err);
}

bool order_line_join(struct database *home, const struct line_file *file, struct error *err)
{
    return line_file_connect(file, &order_line_kind, DATABASE_JOIN, home, err);
}

static bool end_transaction(struct database *database, bool ok, const char *doing, struct error *err)
{
    if (ok && database_commit(database, err))
        return true;
    database_rollback(database);
    error_doing(err, doing);
    return false;
}

/* --- planning --- */

/* What was done at the home, in this ledger: "server" keeps it out of this station's own tables. */
static bool note_done(struct ledger *ledger, const struct database *home, json_t *entry, struct error *err)
{
    bool ok = database_begin(&ledger->database, err);

    json_object_set_new(entry, "server", json_string(home->path));
    if (ok)
        ok = orders_add(ledger, entry, err);
    else
        json_decref(entry);
    return end_transaction(&ledger->database, ok, "note in the ledger what was done on the line", err);
}

bool order_line_make(struct ledger *ledger, struct database *home, const struct orders_who *who,
                     const struct profile *profile, const struct orders_list *list, struct order *order,
                     struct error *err)
{
    bool ok;

    order->is_home = true;
    entry_time_now(order->made);
    (void)snprintf(order->made_by, sizeof order->made_by, "%s", who->operator_name != NULL ? who->operator_name : "");
    if (!orders_describe(profile, list, order, err) || !database_begin(home, err))
        return false;
    ok = orders_choose_id(home, order->id, err) && order_make(home, order, err);
    for (size_t i = 0; ok && i < list->count; i++)
        ok = order_add_board(home, order->id, list->numbers[i], err);
    return end_transaction(home, ok, "make the order", err) &&
           note_done(ledger, home, orders_new_entry(who, order), err);
}

bool order_line_approve(struct ledger *ledger, struct database *home, const struct orders_who *who, const char *id,
                        struct error *err)
{
    bool ok = database_begin(home, err);

    ok = ok && order_approve(home, id, who->operator_name, true, err);
    return end_transaction(home, ok, "approve the order", err) &&
           note_done(ledger, home, orders_entry(who, id, "approved"), err);
}

bool order_line_close(struct ledger *ledger, struct database *home, const struct orders_who *who, const char *id,
                      struct error *err)
{
    bool ok = database_begin(home, err);

    ok = ok && order_close(home, id, err);
    return end_transaction(home, ok, "close the order", err) &&
           note_done(ledger, home, orders_entry(who, id, "closed"), err);
}

/* --- sending --- */

struct heard {
    uint64_t next;
    char leaf[HEX_SIZE(MERKLE_BYTES)]; /* of the entry before; "" where there is none */
};

static bool read_heard(struct database *home, const char *log, struct heard *heard, struct error *err)
{
    struct statement get;
    enum statement_result result = STATEMENT_FAILED;

    *heard = (struct heard){.next = 0};
    if (statement_prepare(&get, home, "SELECT next, leaf FROM order_heard WHERE log = $1", err)) {
        statement_bind_text(&get, 1, log);
        result = statement_step(&get, err);
    }
    if (result == STATEMENT_ROW) {
        heard->next = (uint64_t)statement_number(&get, 0);
        (void)snprintf(heard->leaf, sizeof heard->leaf, "%s", statement_text(&get, 1));
    }
    statement_finish(&get);
    return result != STATEMENT_FAILED;
}

static bool write_heard(struct database *home, const char *log, const struct heard *heard, struct error *err)
{
    struct statement set;
    bool ok = statement_prepare(&set, home,
                                "INSERT INTO order_heard (log, next, leaf) VALUES ($1, $2, $3)"
                                " ON CONFLICT (log) DO UPDATE SET next = excluded.next, leaf = excluded.leaf",
                                err);

    if (ok) {
        statement_bind_text(&set, 1, log);
        statement_bind_number(&set, 2, (int64_t)heard->next);
        statement_bind_text(&set, 3, heard->leaf);
        ok = statement_run(&set, err);
    }
    statement_finish(&set);
    return ok;
}

/* What can concern the home, by its text alone: most entries do not, and are not read. */
static bool may_concern(const char *body)
{
    return strstr(body, "\"lease\":\"") != NULL || strstr(body, "\"result\":\"retired\"") != NULL;
}

/* The answer to a lease is the home's own; the copy of the order is the station's alone. */
static bool tell(struct database *home, const char *body, struct error *err)
{
    json_t *entry = may_concern(body) ? json_loads(body, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *kind = json_string_value(json_object_get(entry, "kind"));
    struct ledger_conflict ignored = {.what = NULL};
    bool ok = true;

    if (entry != NULL && (kind == NULL || strcmp(kind, "order lease") != 0))
        ok = ledger_apply_order(home, entry, &ignored, err);
    json_decref(entry);
    return ok;
}

static bool refuse_older(const struct ledger *ledger, struct error *err)
{
    error_set(err, ERROR_DUPLICATE, "the line knows other or more entries of this ledger: it is an older copy",
              "restore the newest copy of the ledger; until then this station must not make devices of the order");
    error_with_subject(err, ledger->database.path);
    return false;
}

/* One batch. `*more` false: nothing is left. The first row is the last entry that the home has: it must be the same. */
static bool tell_batch(struct ledger *ledger, struct database *home, struct heard *heard, uint64_t *told, bool *more,
                       struct error *err)
{
    const uint64_t first = heard->next;
    struct statement rows;
    enum statement_result result = STATEMENT_FAILED;
    bool ok = true, is_known = first == 0;

    if (statement_prepare(&rows, &ledger->database,
                          "SELECT seq, leaf, body FROM entry WHERE log = 1 AND seq >= $1 ORDER BY seq LIMIT $2", err)) {
        statement_bind_number(&rows, 1, first == 0 ? 0 : (int64_t)first - 1);
        statement_bind_number(&rows, 2, BATCH);
        result = statement_step(&rows, err);
    }
    for (; ok && result == STATEMENT_ROW; result = statement_step(&rows, err)) {
        const uint64_t seq = (uint64_t)statement_number(&rows, 0);
        char leaf[HEX_SIZE(MERKLE_BYTES)];

        hex_encode(statement_bytes(&rows, 1), leaf);
        if (seq < first) {
            is_known = strcmp(leaf, heard->leaf) == 0;
            continue;
        }
        if (!is_known)
            break;
        ok = tell(home, statement_text(&rows, 2), err);
        *heard = (struct heard){.next = seq + 1};
        memcpy(heard->leaf, leaf, sizeof leaf);
    }
    statement_finish(&rows);
    *more = heard->next > first;
    *told += heard->next - first;
    return ok && result != STATEMENT_FAILED && (is_known || refuse_older(ledger, err));
}

bool order_line_send(struct ledger *ledger, struct database *home, uint64_t *told, struct error *err)
{
    bool ok = true, more = true;

    *told = 0;
    while (ok && more) {
        struct heard heard;
        uint64_t in_batch = 0;

        ok = database_begin(home, err);
        ok = ok && read_heard(home, ledger->log, &heard, err) &&
             tell_batch(ledger, home, &heard, &in_batch, &more, err) &&
             (!more || write_heard(home, ledger->log, &heard, err));
        ok = end_transaction(home, ok, "tell the line of this station's devices", err);
        *told += ok ? in_batch : 0;
    }
    return ok;
}

bool order_line_sync(struct ledger *ledger, const struct line_file *file, uint64_t *told, struct error *err)
{
    struct database home = {.handle = NULL};
    bool has_copy, ok;

    *told = 0;
    if (!order_has_copy(&ledger->database, &has_copy, err) || !has_copy)
        return err->reason == ERROR_NONE;
    ok = order_line_join(&home, file, err) && order_line_send(ledger, &home, told, err);
    database_close(&home);
    if (!ok)
        error_doing(err, "tell the line of its orders' devices");
    return ok;
}

/* --- leases --- */

static bool copy_boards(struct ledger *ledger, struct database *home, const struct orders_who *who,
                        const struct order *order, struct error *err)
{
    struct orders_list list = {.count = 0};
    bool ok = !order->has_boards || (order_list_boards(home, order->id, &list.numbers, &list.count, err) &&
                                     orders_add_boards(ledger, who, order->id, &list, err));

    free(list.numbers);
    return ok;
}

/* This station's copy of the order, as the home has it. In a transaction of the ledger's. */
static bool copy_order(struct ledger *ledger, struct database *home, const char *operator_name,
                       const struct order *order, struct error *err)
{
    const struct orders_who maker = {.verb = "new", .operator_name = operator_name};
    const struct orders_who approver = {.verb = "approve", .operator_name = operator_name};
    struct order own;
    bool found;

    if (!order_find(&ledger->database, order->id, &own, &found, err))
        return false;
    if (!found)
        return orders_add_copy(ledger, &maker, order, err) && copy_boards(ledger, home, &maker, order, err);
    if (own.is_home || strcmp(own.digest, order->digest) != 0) {
        error_set(err, ERROR_ORDER_REFUSED, "this station has another order of this id",
                  "give the order on the line another id");
        error_with_subject(err, order->id);
        return false;
    }
    if (order->state != ORDER_OPEN || own.state == ORDER_OPEN || own.state == ORDER_CLOSED)
        return true;
    return orders_add(ledger, orders_entry(&approver, order->id, "approved"), err);
}

static json_t *lease_entry(const char *operator_name, const struct order_lease *lease)
{
    const struct orders_who who = {.verb = "lease", .operator_name = operator_name};
    json_t *entry = orders_entry(&who, lease->order, lease->state);

    json_object_set_new(entry, "lease", json_string(lease->id));
    json_object_set_new(entry, "lease_state", json_string(lease->state));
    json_object_set_new(entry, "amount", json_integer((json_int_t)lease->amount));
    return entry;
}

/* Notes what is asked for, before it is asked for: a share without an answer, or a new one. */
static bool note_asked(struct ledger *ledger, struct database *home, const char *operator_name,
                       const struct order *order, int64_t amount, struct order_lease *asked, struct error *err)
{
    bool found, ok = database_begin(&ledger->database, err);

    ok = ok && copy_order(ledger, home, operator_name, order, err) &&
         order_lease_pending(&ledger->database, order->id, asked, &found, err);
    if (ok && !found) {
        uint64_t number;

        ok = order_lease_number(&ledger->database, &number, err);
        *asked = (struct order_lease){.amount = amount, .state = "asked"};
        (void)snprintf(asked->id, sizeof asked->id, "%s/%" PRIu64, ledger->log, number);
        memcpy(asked->order, order->id, sizeof asked->order);
        (void)snprintf(asked->station, sizeof asked->station, "%s", ledger->log);
        ok = ok && orders_add(ledger, lease_entry(operator_name, asked), err);
    }
    return end_transaction(&ledger->database, ok, "ask for a lease", err);
}

static bool refuse_lease(const struct order *order, struct error *err)
{
    error_set(err, order->state == ORDER_OPEN ? ERROR_ORDER_FULL : ERROR_ORDER_REFUSED,
              order->state == ORDER_OPEN     ? "no unit of the order is left to lease"
              : order->state == ORDER_CLOSED ? "the order is closed"
                                             : "the order's first article is leased, and not approved yet",
              error_keep_format(err, "see who has its units: imprint order show %s", order->id));
    error_with_subject(err, order->id);
    error_doing(err, "lease units of the order");
    return false;
}

bool order_line_lease(struct ledger *ledger, struct database *home, const char *operator_name, const char *id,
                      int64_t amount, struct order_lease *answer, struct error *err)
{
    struct order_lease asked;
    struct order order;
    uint64_t told;
    bool ok;

    if (!order_line_send(ledger, home, &told, err) || !order_get(home, id, &order, err) ||
        !note_asked(ledger, home, operator_name, &order, amount, &asked, err))
        return false;
    ok = database_begin(home, err);
    ok = ok && order_lease_grant(home, &asked, answer, err);
    if (!end_transaction(home, ok, "lease units of the order", err))
        return false;
    ok = database_begin(&ledger->database, err);
    ok = ok && orders_add(ledger, lease_entry(operator_name, answer), err);
    return end_transaction(&ledger->database, ok, "note the lease", err) &&
           (answer->amount > 0 || refuse_lease(&order, err));
}

bool order_line_return(struct ledger *ledger, struct database *home, const char *operator_name, const char *id,
                       unsigned *count, struct error *err)
{
    const struct orders_who who = {.verb = "return", .operator_name = operator_name};
    struct order_lease open;
    struct order order;
    uint64_t told;
    bool found = true, ok = order_get(&ledger->database, id, &order, err) && database_begin(&ledger->database, err);

    *count = 0;
    while (ok && found) {
        ok = order_lease_open(&ledger->database, id, &open, &found, err);
        if (ok && found) {
            json_t *entry = orders_entry(&who, id, "returned");

            json_object_set_new(entry, "lease", json_string(open.id));
            ok = orders_add(ledger, entry, err);
            ++*count;
        }
    }
    return end_transaction(&ledger->database, ok, "end the leases", err) && order_line_send(ledger, home, &told, err);
}
