/* SPDX-License-Identifier: Apache-2.0 */
#include "order/claim.h"

#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "order/query.h"

#define STATE_SIZE 16

/* A row of `unit`. */
struct unit {
    char order[ORDER_ID_SIZE], lease[ORDER_LEASE_SIZE], board[ORDER_BOARD_SIZE], state[STATE_SIZE];
    bool is_held;
};

static const char *const end_names[ORDER_END_COUNT] = {
    [ORDER_END_DONE] = "done",
    [ORDER_END_FAILED] = "failed",
    [ORDER_END_RETURNED] = "returned",
    [ORDER_END_RELEASED] = "released",
};

const char *order_end_name(enum order_end end)
{
    return end < ORDER_END_COUNT ? end_names[end] : "unknown";
}

static bool refuse(const char *subject, enum error_reason reason, const char *cause, const char *next,
                   struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, subject);
    return false;
}

static bool is_state(const struct unit *unit, const char *state)
{
    return strcmp(unit->state, state) == 0;
}

static bool is_counted(const struct unit *unit)
{
    return is_state(unit, "done") || is_state(unit, "retired");
}

#define UNIT_COLUMNS "order_id, lease, board, state, is_held"

static bool read_unit(struct database *database, const char *sql, const struct query_value *values, size_t count,
                      struct unit *unit, bool *found, struct error *err)
{
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, values, count, err);

    memset(unit, 0, sizeof *unit);
    *found = result == STATEMENT_ROW;
    if (*found) {
        query_text(&row, 0, unit->order, sizeof unit->order);
        query_text(&row, 1, unit->lease, sizeof unit->lease);
        query_text(&row, 2, unit->board, sizeof unit->board);
        query_text(&row, 3, unit->state, sizeof unit->state);
        unit->is_held = statement_number(&row, 4) != 0;
    }
    statement_finish(&row);
    return result != STATEMENT_FAILED;
}

/* The unit that the device holds in this order. */
static bool held_unit(struct database *database, const char *order, const char *device, struct unit *unit, bool *found,
                      struct error *err)
{
    return read_unit(database,
                     "SELECT " UNIT_COLUMNS " FROM unit WHERE order_id = $1 AND device = $2 AND is_held = 1"
                     " ORDER BY CASE WHEN state IN ('done', 'retired') THEN 0 ELSE 1 END LIMIT 1",
                     QUERY_VALUES(QUERY_TEXT(order), QUERY_TEXT(device)), 2, unit, found, err);
}

/* --- asking --- */

static bool check_other_orders(struct database *database, const struct order_claim *claim, struct error *err)
{
    struct unit other;
    bool found;

    if (!read_unit(database,
                   "SELECT " UNIT_COLUMNS " FROM unit WHERE device = $1 AND order_id <> $2 AND is_held = 1"
                   " AND state <> 'retired' LIMIT 1",
                   QUERY_VALUES(QUERY_TEXT(claim->device), QUERY_TEXT(claim->order)), 2, &other, &found, err))
        return false;
    if (!found)
        return true;
    if (is_state(&other, "done"))
        return refuse(claim->device, ERROR_ORDER_DEVICE,
                      error_keep_format(err, "the device is counted in order %s already", other.order),
                      error_keep_format(err, "run it with --order %s to confirm it", other.order), err);
    return refuse(claim->device, ERROR_ORDER_DEVICE,
                  error_keep_format(err, "the device holds a unit of order %s, where it was not finished", other.order),
                  error_keep_format(err,
                                    "finish it with --order %s, or give that unit back: imprint order release %s %s",
                                    other.order, other.order, claim->device),
                  err);
}

/* The one text that a query gives, "" for none. */
static bool find_text(struct database *database, const char *sql, const char *value, char *text, size_t size,
                      struct error *err)
{
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, QUERY_VALUES(QUERY_TEXT(value)), 1, err);

    text[0] = '\0';
    if (result == STATEMENT_ROW)
        query_text(&row, 0, text, size);
    statement_finish(&row);
    return result != STATEMENT_FAILED;
}

bool order_board_owner(struct database *database, const char *board, char device[static ORDER_DEVICE_SIZE],
                       struct error *err)
{
    return find_text(database, "SELECT device FROM board WHERE number = $1", board, device, ORDER_DEVICE_SIZE, err);
}

bool order_board_of(struct database *database, const char *device, char board[static ORDER_BOARD_SIZE],
                    struct error *err)
{
    return find_text(database, "SELECT number FROM board WHERE device = $1", device, board, ORDER_BOARD_SIZE, err);
}

bool order_check_board(struct database *database, const char *board, const char *device, struct error *err)
{
    char owner[ORDER_DEVICE_SIZE], known[ORDER_BOARD_SIZE];

    if (!order_board_owner(database, board, owner, err) || !order_board_of(database, device, known, err))
        return false;
    if (owner[0] != '\0' && strcmp(owner, device) != 0)
        return refuse(board, ERROR_ORDER_DEVICE,
                      error_keep_format(err, "the board number is that of device %s already", owner),
                      error_keep_format(err,
                                        "check the number; if that device's chip was replaced, give its record up "
                                        "first: imprint retire %s --lost --yes",
                                        owner),
                      err);
    if (known[0] != '\0' && strcmp(known, board) != 0)
        return refuse(board, ERROR_ORDER_DEVICE,
                      error_keep_format(err, "this device is on board %s, according to the ledger", known),
                      error_keep_format(err,
                                        "check the number: --board %s; if the chip was moved to another board, give "
                                        "its record up first: imprint retire %s",
                                        known, device),
                      err);
    return true;
}

static bool check_list(struct database *database, const struct order *order, const char *board, struct error *err)
{
    bool found;

    if (!order->has_boards)
        return true;
    if (board[0] == '\0')
        return refuse(order->id, ERROR_USAGE, "the order has a list of board numbers", "name the board: --board NUMBER",
                      err);
    if (!query_run(database, "SELECT 1 FROM order_board WHERE order_id = $1 AND board = $2",
                   QUERY_VALUES(QUERY_TEXT(order->id), QUERY_TEXT(board)), 2, &found, err))
        return false;
    return found || refuse(board, ERROR_ORDER_DEVICE,
                           error_keep_format(err, "the board number is not in the list of order %s", order->id),
                           "check the number, and that the board belongs to this order", err);
}

static bool refuse_full(struct database *database, const struct order *order, struct error *err)
{
    struct order_count count;

    if (!order_count(database, order->id, &count, err))
        return false;
    return refuse(order->id, ERROR_ORDER_FULL,
                  error_keep_format(err,
                                    order->is_home
                                        ? "the order is full: %lld of %lld units are taken, %lld devices done"
                                        : "this station's share is used up: %lld of the order's %lld units, "
                                          "%lld devices done",
                                    (long long)count.leased, (long long)order->quantity, (long long)count.done),
                  order->is_home ? error_keep_format(err, "see who holds them: imprint order show %s", order->id)
                                 : error_keep_format(err, "lease more: imprint order lease %s AMOUNT", order->id),
                  err);
}

/* Whether the order itself has a unit for a device that holds none. */
static bool ask_home(struct database *database, const struct order *order, struct error *err)
{
    bool is_free;

    if (order->state == ORDER_CLOSED)
        return refuse(order->id, ERROR_ORDER_REFUSED, "the order is closed",
                      "name another order (imprint order list), or make a new one: imprint order new PROFILE "
                      "--quantity N",
                      err);
    if (order->state == ORDER_FIRST_ARTICLE)
        return refuse(
            order->id, ERROR_ORDER_REFUSED,
            error_keep_format(err, "the order waits until its first article, device %s, is approved", order->article),
            error_keep_format(err, "have a second person approve it: imprint order approve %s --operator NAME",
                              order->id),
            err);
    if (!query_run(database, "SELECT 1 FROM work_order WHERE id = $1 AND leased < quantity",
                   QUERY_VALUES(QUERY_TEXT(order->id)), 1, &is_free, err))
        return false;
    return is_free || refuse_full(database, order, err);
}

static bool ask_leases(struct database *database, const struct order *order, bool may_lease,
                       struct order_answer *answer, struct error *err)
{
    if (!find_text(database,
                   "SELECT id FROM lease WHERE order_id = $1 AND state = 'open' AND used < amount ORDER BY id LIMIT 1",
                   order->id, answer->lease, sizeof answer->lease, err))
        return false;
    return answer->lease[0] != '\0' || may_lease || refuse_full(database, order, err);
}

static bool ask_unit(struct database *database, const struct order *order, const struct order_claim *claim,
                     struct order_answer *answer, struct error *err)
{
    struct unit held;
    bool found;

    if (!held_unit(database, order->id, claim->device, &held, &found, err))
        return false;
    answer->unit = !found ? ORDER_UNIT_TAKEN : is_counted(&held) ? ORDER_UNIT_COUNTED : ORDER_UNIT_HELD;
    (void)snprintf(answer->lease, sizeof answer->lease, "%s", held.lease);
    if (answer->board[0] == '\0')
        (void)snprintf(answer->board, sizeof answer->board, "%s", held.board);
    if (answer->unit != ORDER_UNIT_COUNTED && order->first_article && claim->person[0] == '\0' &&
        (order->state == ORDER_NEW || order->state == ORDER_FIRST_ARTICLE))
        return refuse(order->id, ERROR_USAGE, "the first article needs the name of its operator",
                      "say who runs this: --operator NAME", err);
    return found || (order->is_home ? ask_home(database, order, err)
                                    : ask_leases(database, order, claim->may_lease, answer, err));
}

bool order_ask(struct database *database, const struct order_claim *claim, struct order_answer *answer,
               struct error *err)
{
    struct order order;

    memset(answer, 0, sizeof *answer);
    (void)snprintf(answer->board, sizeof answer->board, "%s", claim->board);
    return order_get(database, claim->order, &order, err) && check_other_orders(database, claim, err) &&
           ask_unit(database, &order, claim, answer, err) &&
           (answer->board[0] == '\0' || order_check_board(database, answer->board, claim->device, err)) &&
           check_list(database, &order, answer->board, err);
}

/* --- changing --- */

/* Whoever changes an order's units has its row for itself until the transaction ends: in PostgreSQL, too. */
static bool lock_order(struct database *database, const char *order, struct error *err)
{
    bool found;

    if (!query_run(database, "UPDATE work_order SET number = number WHERE id = $1 RETURNING id",
                   QUERY_VALUES(QUERY_TEXT(order)), 1, &found, err))
        return false;
    return found ||
           refuse(order, ERROR_USAGE, "there is no order of this id", "see which there are: imprint order list", err);
}

static bool unit_of(struct database *database, const struct order_claim *claim, struct unit *unit, bool *found,
                    struct error *err)
{
    return read_unit(database, "SELECT " UNIT_COLUMNS " FROM unit WHERE order_id = $1 AND device = $2 AND lease = $3",
                     QUERY_VALUES(QUERY_TEXT(claim->order), QUERY_TEXT(claim->device), QUERY_TEXT(claim->lease)), 3,
                     unit, found, err);
}

/* One unit more of the order, or of the lease. */
static bool use_one(struct database *database, const struct order_claim *claim, struct error *err)
{
    bool is_used, ok;

    if (claim->lease[0] == '\0')
        ok = query_run(database,
                       "UPDATE work_order SET leased = leased + 1 WHERE id = $1 AND leased < quantity RETURNING id",
                       QUERY_VALUES(QUERY_TEXT(claim->order)), 1, &is_used, err);
    else
        ok = query_run(database,
                       "UPDATE lease SET used = used + 1 WHERE id = $1 AND order_id = $2 AND state = 'open'"
                       " AND used < amount RETURNING id",
                       QUERY_VALUES(QUERY_TEXT(claim->lease), QUERY_TEXT(claim->order)), 2, &is_used, err);
    if (!ok)
        return false;
    return is_used || refuse(claim->order, ERROR_ORDER_FULL, "no unit of it is left",
                             error_keep_format(err, "see who holds them: imprint order show %s", claim->order), err);
}

static bool note_article(struct database *database, const struct order_claim *claim, struct error *err)
{
    return query_run(database,
                     "UPDATE work_order SET state = 'first-article', article = $1, article_by = $2 WHERE id = $3"
                     " AND (state = 'new' OR (state = 'first-article' AND article IN ('', $1)))",
                     QUERY_VALUES(QUERY_TEXT(claim->device), QUERY_TEXT(claim->person), QUERY_TEXT(claim->order)), 3,
                     NULL, err);
}

static bool set_unit(struct database *database, const struct order_claim *claim, const char *state, bool is_held,
                     struct error *err)
{
    return query_run(database,
                     "UPDATE unit SET state = $1, is_held = $2 WHERE order_id = $3 AND device = $4 AND lease = $5",
                     QUERY_VALUES(QUERY_TEXT(state), QUERY_NUMBER(is_held), QUERY_TEXT(claim->order),
                                  QUERY_TEXT(claim->device), QUERY_TEXT(claim->lease)),
                     5, NULL, err);
}

bool order_note_board(struct database *database, const char *board, const char *device, struct error *err)
{
    return query_run(database, "INSERT INTO board (number, device) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING",
                     QUERY_VALUES(QUERY_TEXT(board), QUERY_TEXT(device)), 2, NULL, err);
}

bool order_take(struct database *database, const struct order_claim *claim, struct error *err)
{
    struct unit unit;
    bool found;

    if (!lock_order(database, claim->order, err) || !unit_of(database, claim, &unit, &found, err))
        return false;
    if (found && unit.is_held && is_counted(&unit))
        return true;
    if (!(found && unit.is_held) && !use_one(database, claim, err))
        return false;
    return query_run(database,
                     "INSERT INTO unit (order_id, device, lease, board, state, is_held)"
                     " VALUES ($1, $2, $3, $4, 'claimed', 1) ON CONFLICT (order_id, device, lease)"
                     " DO UPDATE SET state = 'claimed', is_held = 1, board = excluded.board",
                     QUERY_VALUES(QUERY_TEXT(claim->order), QUERY_TEXT(claim->device), QUERY_TEXT(claim->lease),
                                  QUERY_TEXT(claim->board)),
                     4, NULL, err) &&
           note_article(database, claim, err) &&
           (claim->board[0] == '\0' || order_note_board(database, claim->board, claim->device, err));
}

/* The order has a unit more to give: not where the order is a copy, whose units are those of its leases. */
static bool add_to_order(struct database *database, const char *order, struct error *err)
{
    return query_run(database, "UPDATE work_order SET leased = leased - 1 WHERE id = $1 AND is_home = 1",
                     QUERY_VALUES(QUERY_TEXT(order)), 1, NULL, err);
}

/* Of a lease that is closed, what comes back later goes to the order. */
static bool give_back(struct database *database, const struct order_claim *claim, struct error *err)
{
    bool is_open;

    if (claim->lease[0] == '\0')
        return add_to_order(database, claim->order, err);
    if (!query_run(database, "UPDATE lease SET used = used - 1 WHERE id = $1 AND state = 'open' RETURNING id",
                   QUERY_VALUES(QUERY_TEXT(claim->lease)), 1, &is_open, err))
        return false;
    return is_open || (query_run(database, "UPDATE lease SET used = used - 1, amount = amount - 1 WHERE id = $1",
                                 QUERY_VALUES(QUERY_TEXT(claim->lease)), 1, NULL, err) &&
                       add_to_order(database, claim->order, err));
}

/* Another device may be the first article. */
static bool forget_article(struct database *database, const struct order_claim *claim, struct error *err)
{
    return query_run(database,
                     "UPDATE work_order SET state = 'new', article = '', article_by = '' WHERE id = $1"
                     " AND state = 'first-article' AND article = $2",
                     QUERY_VALUES(QUERY_TEXT(claim->order), QUERY_TEXT(claim->device)), 2, NULL, err);
}

/* A device that was finished with units of two leases is counted once: the second unit goes back to the order. */
static bool end_done(struct database *database, const struct order_claim *claim, struct error *err)
{
    bool is_second;

    if (!query_run(database,
                   "SELECT 1 FROM unit WHERE order_id = $1 AND device = $2 AND lease <> $3 AND is_held = 1"
                   " AND state IN ('done', 'retired')",
                   QUERY_VALUES(QUERY_TEXT(claim->order), QUERY_TEXT(claim->device), QUERY_TEXT(claim->lease)), 3,
                   &is_second, err))
        return false;
    if (!is_second)
        return set_unit(database, claim, "done", true, err);
    return set_unit(database, claim, "repeated", false, err) && add_to_order(database, claim->order, err);
}

static bool end_given_up(struct database *database, const struct order_claim *claim, enum order_end end,
                         struct error *err)
{
    return set_unit(database, claim, order_end_name(end), false, err) && give_back(database, claim, err) &&
           forget_article(database, claim, err) &&
           (end != ORDER_END_RELEASED || query_run(database, "DELETE FROM board WHERE device = $1",
                                                   QUERY_VALUES(QUERY_TEXT(claim->device)), 1, NULL, err));
}

bool order_end(struct database *database, const struct order_claim *claim, enum order_end end, struct error *err)
{
    struct unit unit;
    bool found;

    if (!lock_order(database, claim->order, err) || !unit_of(database, claim, &unit, &found, err))
        return false;
    if (!found)
        return refuse(claim->device, ERROR_DATABASE_DAMAGED,
                      error_keep_format(err, "the device has no unit of order %s", claim->order),
                      "compare the tables with the entries: imprint ledger rebuild", err);
    if (!unit.is_held || is_state(&unit, "done") || (is_state(&unit, "retired") && end != ORDER_END_RELEASED))
        return true;
    if (end == ORDER_END_DONE)
        return end_done(database, claim, err);
    if (end == ORDER_END_FAILED)
        return set_unit(database, claim, "failed", true, err);
    return end_given_up(database, claim, end, err);
}

bool order_check_release(struct database *database, const char *order, const char *device,
                         char lease[static ORDER_LEASE_SIZE], struct error *err)
{
    struct unit unit;
    struct order found_order;
    bool found;

    if (!order_get(database, order, &found_order, err) || !held_unit(database, order, device, &unit, &found, err))
        return false;
    if (!found)
        return refuse(device, ERROR_ORDER_REFUSED,
                      error_keep_format(err, "the device holds no unit of order %s", order),
                      error_keep_format(err, "see which do: imprint order show %s", order), err);
    if (is_state(&unit, "done"))
        return refuse(device, ERROR_ORDER_REFUSED,
                      error_keep_format(err, "the device is finished, and counted in order %s", order),
                      error_keep_format(err, "if it is scrap, give its record up first: imprint retire %s", device),
                      err);
    (void)snprintf(lease, ORDER_LEASE_SIZE, "%s", unit.lease);
    return true;
}

bool order_retire(struct database *database, const char *device, struct error *err)
{
    return query_run(database, "UPDATE unit SET state = 'retired' WHERE device = $1 AND state = 'done'",
                     QUERY_VALUES(QUERY_TEXT(device)), 1, NULL, err) &&
           query_run(database, "DELETE FROM board WHERE device = $1", QUERY_VALUES(QUERY_TEXT(device)), 1, NULL, err);
}

bool order_list_open(struct database *database, const char *order,
                     void (*show)(void *context, const struct order_unit_row *row), void *context, struct error *err)
{
    const char *sql =
        query_choose(database,
                     "SELECT device, state, board, lease, is_held FROM unit WHERE order_id = $1"
                     " AND state IN ('claimed', 'failed', 'returned') ORDER BY device, lease",
                     "SELECT device, state, board, lease, is_held FROM order_read_open($1) ORDER BY device, lease");
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, QUERY_VALUES(QUERY_TEXT(order)), 1, err);

    for (; result == STATEMENT_ROW; result = statement_step(&row, err)) {
        const struct order_unit_row unit = {
            .device = statement_text(&row, 0),
            .state = statement_text(&row, 1),
            .board = statement_text(&row, 2),
            .lease = statement_text(&row, 3),
            .is_held = statement_number(&row, 4) != 0,
        };

        show(context, &unit);
    }
    statement_finish(&row);
    return result == STATEMENT_DONE;
}
