/* SPDX-License-Identifier: Apache-2.0 */
#include "station/order_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "ledger/merkle.h"
#include "order/home.h"

#define BATCH 200 /* entries that are looked at for one call of the home's */
#define TRIES 8   /* while other processes of this station tell it, too */

bool order_line_open(struct database *home, const char *settings, enum database_mode mode, struct error *err)
{
    const struct database_server server = {.settings = settings};

    return database_connect(home, &server, &order_home_kind, mode, err);
}

bool order_line_join(struct database *home, const struct line_file *file, struct error *err)
{
    return line_file_connect(file, &order_home_kind, DATABASE_JOIN, home, err);
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

/*
 * What is done at the home, in this ledger: "server" keeps it out of this station's own tables. It is durable here
 * before the home commits, for a repeated command would find the change done, and note nothing. So an entry may name a
 * change that the home lost with its connection; the command has failed then, and is run again.
 */
static bool note(struct ledger *ledger, const struct database *home, json_t *entry, struct error *err)
{
    bool ok = database_begin(&ledger->database, err);

    json_object_set_new(entry, "server", json_string(home->path));
    if (ok)
        ok = orders_add(ledger, entry, err);
    else
        json_decref(entry);
    return end_transaction(&ledger->database, ok, "note in the ledger what is done on the line", err);
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
    ok = ok && note(ledger, home, orders_new_entry(who, order), err);
    return end_transaction(home, ok, "make the order", err);
}

bool order_line_approve(struct ledger *ledger, struct database *home, const struct orders_who *who, const char *id,
                        struct error *err)
{
    bool ok = database_begin(home, err);

    ok = ok && order_approve(home, id, who->operator_name, true, err) &&
         note(ledger, home, orders_entry(who, id, "approved"), err);
    return end_transaction(home, ok, "approve the order", err);
}

bool order_line_close(struct ledger *ledger, struct database *home, const struct orders_who *who, const char *id,
                      struct error *err)
{
    bool ok = database_begin(home, err);

    ok = ok && order_close(home, id, err) && note(ledger, home, orders_entry(who, id, "closed"), err);
    return end_transaction(home, ok, "close the order", err);
}

/* --- sending --- */

/* What can concern the home, by its text alone: most entries do not. */
static bool may_concern(const char *body)
{
    return strstr(body, "\"lease\":\"") != NULL || strstr(body, "\"result\":\"retired\"") != NULL;
}

static bool refuse_older(const struct ledger *ledger, struct error *err)
{
    error_set(err, ERROR_DUPLICATE, "the line knows other or more entries of this ledger: it is an older copy",
              "restore the newest copy of the ledger; until then this station must not make devices of the order");
    error_with_subject(err, ledger->database.path);
    return false;
}

static enum statement_result refuse_damaged(const struct ledger *ledger, struct error *err)
{
    error_set(err, ERROR_DATABASE_DAMAGED, "an entry is damaged", "see which: imprint ledger verify");
    error_with_subject(err, ledger->database.path);
    return STATEMENT_FAILED;
}

/*
 * The entries that follow what the home has heard, and how far it has heard with them: the same as before where there
 * are none. The first row is the last entry that it has: that must be the same here.
 */
static bool read_batch(struct ledger *ledger, const struct order_heard *before, json_t *entries,
                       struct order_heard *after, struct error *err)
{
    struct statement rows;
    enum statement_result result = STATEMENT_FAILED;
    bool is_known = before->next == 0;

    *after = *before;
    if (statement_prepare(&rows, &ledger->database,
                          "SELECT seq, leaf, body FROM entry WHERE log = 1 AND seq >= $1 ORDER BY seq LIMIT $2", err)) {
        statement_bind_number(&rows, 1, before->next == 0 ? 0 : (int64_t)before->next - 1);
        statement_bind_number(&rows, 2, BATCH);
        result = statement_step(&rows, err);
    }
    for (; result == STATEMENT_ROW; result = statement_step(&rows, err)) {
        const uint64_t seq = (uint64_t)statement_number(&rows, 0);
        const char *body = statement_text(&rows, 2);
        const struct bytes hash = statement_bytes(&rows, 1);
        char leaf[HEX_SIZE(MERKLE_BYTES)];

        if (hash.len != MERKLE_BYTES) {
            result = refuse_damaged(ledger, err);
            break;
        }
        hex_encode(hash, leaf);
        if (seq < before->next) {
            is_known = strcmp(leaf, before->leaf) == 0;
            continue;
        }
        if (!is_known)
            break;
        if (may_concern(body))
            json_array_append_new(entries, json_string(body));
        after->next = seq + 1;
        (void)snprintf(after->leaf, sizeof after->leaf, "%s", leaf);
    }
    statement_finish(&rows);
    return result != STATEMENT_FAILED && (is_known || refuse_older(ledger, err));
}

/* One batch. `*more` false: nothing was left. */
static bool tell_batch(struct ledger *ledger, struct database *home, uint64_t *told, bool *more, struct error *err)
{
    json_t *entries = json_array();
    struct order_heard before, after;
    char *text = NULL;
    bool ok = order_home_heard(home, ledger->log, &before, err) && read_batch(ledger, &before, entries, &after, err);

    *more = ok && after.next > before.next;
    if (*more) {
        text = json_dumps(entries, JSON_COMPACT);
        if (text == NULL)
            error_set(err, ERROR_UNEXPECTED, "there is no memory", NULL);
        ok = text != NULL && database_settle(&ledger->database, err) &&
             order_home_hear(home, ledger->log, &before, &after, text, err);
        *told += ok ? after.next - before.next : 0;
    }
    free(text);
    json_decref(entries);
    return ok;
}

bool order_line_send(struct ledger *ledger, struct database *home, uint64_t *told, struct error *err)
{
    bool ok = true, more = true;

    *told = 0;
    for (int tries = 0; more && tries < TRIES;) {
        error_clear(err);
        ok = tell_batch(ledger, home, told, &more, err);
        if (!ok && err->reason != ERROR_DATABASE_BUSY)
            break;
        tries += ok ? 0 : 1;
    }
    if (!ok)
        error_doing(err, "report this station's devices to the line");
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
        error_doing(err, "report the devices of its orders to the line");
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

/*
 * Notes what is asked for, before it is asked for: a share without an answer, or a new one. `*asks` false: this station
 * has more than `most_left` units, which another process may have leased a moment ago.
 */
static bool note_asked(struct ledger *ledger, struct database *home, const char *operator_name,
                       const struct order *order, const struct order_line_wish *wish, struct order_lease *asked,
                       bool *asks, struct error *err)
{
    struct order_share share = {.left = 0};
    bool found, ok = database_begin(&ledger->database, err);

    ok = ok && copy_order(ledger, home, operator_name, order, err) &&
         order_lease_pending(&ledger->database, order->id, asked, &found, err) &&
         order_lease_share(&ledger->database, order->id, &share, err);
    *asks = ok && (found || share.left <= wish->most_left);
    if (*asks && !found) {
        uint64_t number;

        ok = order_lease_number(&ledger->database, &number, err);
        *asked = (struct order_lease){.amount = wish->amount, .state = "asked"};
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
                      const struct order_line_wish *wish, struct order_lease *answer, struct error *err)
{
    struct order_lease asked;
    struct order order;
    uint64_t told;
    bool asks, ok;

    *answer = (struct order_lease){.amount = 0};
    if (!order_line_send(ledger, home, &told, err) || !order_get(home, id, &order, err) ||
        !note_asked(ledger, home, operator_name, &order, wish, &asked, &asks, err))
        return false;
    if (!asks)
        return true;
    if (!order_home_lease(home, &asked, answer, err)) {
        error_doing(err, "lease units of the order");
        return false;
    }
    ok = database_begin(&ledger->database, err);
    ok = ok && orders_add(ledger, lease_entry(operator_name, answer), err);
    return end_transaction(&ledger->database, ok, "note the lease", err) &&
           (answer->amount > 0 || refuse_lease(&order, err));
}

bool order_line_end_leases(struct ledger *ledger, const char *operator_name, const char *id, unsigned *count,
                           struct error *err)
{
    const struct orders_who who = {.verb = "return", .operator_name = operator_name};
    struct order_lease open;
    struct order order;
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
    return end_transaction(&ledger->database, ok, "end the leases", err);
}

bool order_line_return(struct ledger *ledger, struct database *home, const char *operator_name, const char *id,
                       unsigned *count, struct error *err)
{
    uint64_t told;

    return order_line_end_leases(ledger, operator_name, id, count, err) && order_line_send(ledger, home, &told, err);
}
