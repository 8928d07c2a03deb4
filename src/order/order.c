/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, and orders as a whole: making, finding, counting, approving, closing. */
#include "order/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/suggest.h"
#include "order/query.h"

/*
 * unit.lease is "" for a unit that was taken from the order itself. A device can have one unit of an order at the home
 * twice, from the leases of two stations that did not know of each other: both are finished, and one is paid back.
 */
const char order_tables[] =
    "CREATE TABLE work_order (id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, profile TEXT NOT NULL,"
    "  digest TEXT NOT NULL, issuer TEXT NOT NULL, quantity BIGINT NOT NULL CHECK (quantity > 0),"
    "  leased BIGINT NOT NULL CHECK (leased BETWEEN 0 AND quantity), state TEXT NOT NULL,"
    "  has_boards BIGINT NOT NULL, first_article BIGINT NOT NULL, is_home BIGINT NOT NULL, made TEXT NOT NULL,"
    "  made_by TEXT NOT NULL, article TEXT NOT NULL, article_by TEXT NOT NULL);"
    "CREATE TABLE order_board (order_id TEXT NOT NULL REFERENCES work_order (id), board TEXT NOT NULL,"
    "  PRIMARY KEY (order_id, board));"
    "CREATE TABLE lease (id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES work_order (id),"
    "  station TEXT NOT NULL, amount BIGINT NOT NULL, used BIGINT NOT NULL, state TEXT NOT NULL,"
    "  CHECK (used BETWEEN 0 AND amount OR state = 'asked'));"
    "CREATE INDEX lease_order ON lease (order_id);"
    "CREATE TABLE unit (order_id TEXT NOT NULL REFERENCES work_order (id), device TEXT NOT NULL,"
    "  lease TEXT NOT NULL, state TEXT NOT NULL, is_held BIGINT NOT NULL, board TEXT NOT NULL,"
    "  PRIMARY KEY (order_id, device, lease));"
    "CREATE INDEX unit_device ON unit (device);"
    "CREATE TABLE board (number TEXT PRIMARY KEY, device TEXT NOT NULL);"
    "CREATE INDEX board_device ON board (device);";

const char order_labels_upgrade[] = "ALTER TABLE work_order ADD COLUMN scan_labels BIGINT NOT NULL DEFAULT 0;";

const char order_forget[] = "DELETE FROM board; DELETE FROM unit; DELETE FROM lease; DELETE FROM order_board;"
                            "DELETE FROM work_order;";

static const char *const state_names[ORDER_STATE_COUNT] = {
    [ORDER_NEW] = "new",
    [ORDER_FIRST_ARTICLE] = "first-article",
    [ORDER_OPEN] = "open",
    [ORDER_CLOSED] = "closed",
};

const char *order_state_name(enum order_state state)
{
    return state < ORDER_STATE_COUNT ? state_names[state] : "unknown";
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool order_id_is_valid(const char *id)
{
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++)
        if (!is_letter(id[i]) && (i == 0 || (!is_digit(id[i]) && id[i] != '-' && id[i] != '_')))
            return false;
    return len > 0 && len < ORDER_ID_SIZE;
}

bool order_board_is_valid(const char *number)
{
    size_t len = strlen(number);

    for (size_t i = 0; i < len; i++)
        if (!is_letter(number[i]) && !is_digit(number[i]) && strchr("-._/", number[i]) == NULL)
            return false;
    return len > 0 && len < ORDER_BOARD_SIZE;
}

/* --- making --- */

static bool refuse(const char *id, enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, id);
    return false;
}

bool order_make(struct database *database, const struct order *order, struct error *err)
{
    const enum order_state state = order->first_article ? ORDER_NEW : ORDER_OPEN;
    bool is_new;

    if (!query_run(database,
                   "INSERT INTO work_order (id, number, profile, digest, issuer, quantity, leased, state, has_boards,"
                   " first_article, is_home, made, made_by, article, article_by, scan_labels)"
                   " SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10, $11, '', '', $12"
                   " FROM work_order WHERE true ON CONFLICT (id) DO NOTHING RETURNING number",
                   QUERY_VALUES(QUERY_TEXT(order->id), QUERY_TEXT(order->profile), QUERY_TEXT(order->digest),
                                QUERY_TEXT(order->issuer), QUERY_NUMBER(order->quantity),
                                QUERY_TEXT(order_state_name(state)), QUERY_NUMBER(order->has_boards),
                                QUERY_NUMBER(order->first_article), QUERY_NUMBER(order->is_home),
                                QUERY_TEXT(order->made), QUERY_TEXT(order->made_by), QUERY_NUMBER(order->scan_labels)),
                   12, &is_new, err))
        return false;
    return is_new || refuse(order->id, ERROR_USAGE, "there is an order of this id already",
                            "give the new one another id: --id ID; see all: imprint order list", err);
}

bool order_add_board(struct database *database, const char *id, const char *number, struct error *err)
{
    bool is_new;

    if (!query_run(database,
                   "INSERT INTO order_board (order_id, board) VALUES ($1, $2) ON CONFLICT (order_id, board) DO NOTHING"
                   " RETURNING board",
                   QUERY_VALUES(QUERY_TEXT(id), QUERY_TEXT(number)), 2, &is_new, err))
        return false;
    return is_new || refuse(number, ERROR_USAGE, "the board number is in the list twice", "correct the list", err);
}

bool order_list_boards(struct database *database, const char *id, char (**numbers)[ORDER_BOARD_SIZE], size_t *count,
                       struct error *err)
{
    const char *count_sql = query_choose(database, "SELECT count(*) FROM order_board WHERE order_id = $1",
                                         "SELECT count(*) FROM order_read_boards($1)");
    const char *sql = query_choose(database, "SELECT board FROM order_board WHERE order_id = $1 ORDER BY board",
                                   "SELECT board FROM order_read_boards($1) ORDER BY board");
    struct statement row;
    enum statement_result result = query_first(&row, database, count_sql, QUERY_VALUES(QUERY_TEXT(id)), 1, err);
    const size_t most = result == STATEMENT_ROW ? (size_t)statement_number(&row, 0) : 0;

    statement_finish(&row);
    *count = 0;
    *numbers = calloc(most + 1, sizeof **numbers);
    if (*numbers == NULL || result != STATEMENT_ROW)
        return false;
    result = query_first(&row, database, sql, QUERY_VALUES(QUERY_TEXT(id)), 1, err);
    for (; *count < most && result == STATEMENT_ROW; result = statement_step(&row, err))
        query_text(&row, 0, (*numbers)[(*count)++], ORDER_BOARD_SIZE);
    statement_finish(&row);
    return result != STATEMENT_FAILED;
}

/* --- finding --- */

#define ORDER_COLUMNS                                                                                                  \
    "id, profile, digest, issuer, quantity, state, has_boards, first_article, is_home, made, made_by, article, "       \
    "article_by, scan_labels"

static void read_order(struct statement *row, struct order *order)
{
    char state[16];

    memset(order, 0, sizeof *order);
    query_text(row, 0, order->id, sizeof order->id);
    query_text(row, 1, order->profile, sizeof order->profile);
    query_text(row, 2, order->digest, sizeof order->digest);
    query_text(row, 3, order->issuer, sizeof order->issuer);
    order->quantity = statement_number(row, 4);
    query_text(row, 5, state, sizeof state);
    order->state = ORDER_CLOSED; /* also where a newer program has one that is unknown here */
    for (size_t i = 0; i < ORDER_STATE_COUNT; i++)
        if (strcmp(state, state_names[i]) == 0)
            order->state = (enum order_state)i;
    order->has_boards = statement_number(row, 6) != 0;
    order->first_article = statement_number(row, 7) != 0;
    order->is_home = statement_number(row, 8) != 0;
    query_text(row, 9, order->made, sizeof order->made);
    query_text(row, 10, order->made_by, sizeof order->made_by);
    query_text(row, 11, order->article, sizeof order->article);
    query_text(row, 12, order->article_by, sizeof order->article_by);
    order->scan_labels = statement_number(row, 13) != 0;
}

bool order_find(struct database *database, const char *id, struct order *order, bool *found, struct error *err)
{
    const char *sql = query_choose(database, "SELECT " ORDER_COLUMNS " FROM work_order WHERE id = $1",
                                   "SELECT " ORDER_COLUMNS " FROM order_read($1)");
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, QUERY_VALUES(QUERY_TEXT(id)), 1, err);

    *found = result == STATEMENT_ROW;
    if (*found)
        read_order(&row, order);
    statement_finish(&row);
    return result != STATEMENT_FAILED;
}

/* The known id that is nearest to what was typed; "" for none. */
static bool suggest_id(struct database *database, const char *typed, char nearest[static ORDER_ID_SIZE],
                       struct error *err)
{
    const char *sql = query_choose(database, "SELECT id FROM work_order ORDER BY number",
                                   "SELECT id FROM order_read_all() ORDER BY number");
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, NULL, 0, err);
    size_t least = 0;

    nearest[0] = '\0';
    for (; result == STATEMENT_ROW; result = statement_step(&row, err)) {
        const char *id = statement_text(&row, 0);
        struct suggestion best = {.word = NULL};

        if (id != NULL) /* SQLite keeps one that somebody has put there */
            suggest_consider(&best, typed, strlen(typed), id);
        if (best.word == NULL || (nearest[0] != '\0' && best.distance >= least))
            continue;
        least = best.distance;
        (void)snprintf(nearest, ORDER_ID_SIZE, "%s", id);
    }
    statement_finish(&row);
    return result == STATEMENT_DONE;
}

bool order_get(struct database *database, const char *id, struct order *order, struct error *err)
{
    char nearest[ORDER_ID_SIZE];
    bool found;

    if (!order_find(database, id, order, &found, err))
        return false;
    if (found)
        return true;
    if (!suggest_id(database, id, nearest, err))
        return false;
    return refuse(id, ERROR_USAGE, "there is no order of this id",
                  nearest[0] == '\0' ? "see which there are: imprint order list"
                                     : error_keep_format(err, "did you mean %s? See all: imprint order list", nearest),
                  err);
}

bool order_list(struct database *database, void (*show)(void *context, const struct order *order), void *context,
                struct error *err)
{
    const char *sql = query_choose(database, "SELECT " ORDER_COLUMNS " FROM work_order ORDER BY number",
                                   "SELECT " ORDER_COLUMNS " FROM order_read_all() ORDER BY number");
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, NULL, 0, err);
    struct order order;

    for (; result == STATEMENT_ROW; result = statement_step(&row, err)) {
        read_order(&row, &order);
        show(context, &order);
    }
    statement_finish(&row);
    return result == STATEMENT_DONE;
}

bool order_has_copy(struct database *database, bool *has_copy, struct error *err)
{
    return query_run(database, "SELECT 1 FROM work_order WHERE is_home = 0 LIMIT 1", NULL, 0, has_copy, err);
}

bool order_count(struct database *database, const char *id, struct order_count *count, struct error *err)
{
    /* Of a station's copy, what it was granted. A device with two units is counted once. */
    static const char on_tables[] =
        "SELECT (SELECT CASE WHEN is_home = 1 THEN leased"
        "          ELSE (SELECT coalesce(sum(amount), 0) FROM lease WHERE order_id = $1 AND state <> 'asked') END"
        "        FROM work_order WHERE id = $1),"
        " (SELECT count(DISTINCT device) FROM unit WHERE order_id = $1 AND is_held = 1),"
        " (SELECT count(DISTINCT device) FROM unit WHERE order_id = $1 AND state IN ('done', 'retired')),"
        " (SELECT count(DISTINCT device) FROM unit WHERE order_id = $1 AND state IN ('failed', 'returned')"
        "    AND NOT EXISTS (SELECT 1 FROM unit AS other WHERE other.order_id = $1 AND other.device = unit.device"
        "                    AND other.state IN ('done', 'retired')))";
    const char *sql =
        query_choose(database, on_tables, "SELECT leased, claimed, done, failed FROM order_read_count($1)");
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, QUERY_VALUES(QUERY_TEXT(id)), 1, err);

    memset(count, 0, sizeof *count);
    if (result == STATEMENT_ROW) {
        count->leased = statement_number(&row, 0);
        count->claimed = statement_number(&row, 1);
        count->done = statement_number(&row, 2);
        count->failed = statement_number(&row, 3);
    }
    statement_finish(&row);
    return result == STATEMENT_ROW;
}

/* --- states --- */

/* Whether the first article is finished. */
static bool is_done(struct database *database, const struct order *order, bool *done, struct error *err)
{
    return query_run(database, "SELECT 1 FROM unit WHERE order_id = $1 AND device = $2 AND state = 'done'",
                     QUERY_VALUES(QUERY_TEXT(order->id), QUERY_TEXT(order->article)), 2, done, err);
}

static bool check_approval(struct database *database, const struct order *order, const char *person, struct error *err)
{
    bool done;

    if (order->state == ORDER_NEW)
        return refuse(order->id, ERROR_ORDER_REFUSED, "its first article is not made yet",
                      error_keep_format(err, "make one device: imprint provision PROFILE --order %s", order->id), err);
    if (order->state != ORDER_FIRST_ARTICLE)
        return refuse(order->id, ERROR_ORDER_REFUSED,
                      order->state == ORDER_OPEN ? "it is open already" : "it is closed", NULL, err);
    if (!is_done(database, order, &done, err))
        return false;
    if (!done)
        return refuse(order->id, ERROR_ORDER_REFUSED,
                      error_keep_format(err, "its first article, device %s, is not finished", order->article),
                      "finish that device, or give its unit back: imprint order release ORDER SERIAL", err);
    return strcmp(order->article_by, person) != 0 ||
           refuse(order->id, ERROR_ORDER_REFUSED,
                  error_keep_format(err, "%s made the first article: another person has to approve it", person),
                  "have a second person look at the device and run this command", err);
}

static bool set_state(struct database *database, const char *id, enum order_state state, struct error *err)
{
    bool found;

    if (!query_run(database, "UPDATE work_order SET state = $1 WHERE id = $2 RETURNING id",
                   QUERY_VALUES(QUERY_TEXT(order_state_name(state)), QUERY_TEXT(id)), 2, &found, err))
        return false;
    return found ||
           refuse(id, ERROR_USAGE, "there is no order of this id", "see which there are: imprint order list", err);
}

bool order_approve(struct database *database, const char *id, const char *person, bool check, struct error *err)
{
    struct order order;

    return order_get(database, id, &order, err) && (!check || check_approval(database, &order, person, err)) &&
           set_state(database, id, ORDER_OPEN, err);
}

bool order_close(struct database *database, const char *id, struct error *err)
{
    return set_state(database, id, ORDER_CLOSED, err);
}
