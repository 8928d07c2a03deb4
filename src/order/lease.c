/* SPDX-License-Identifier: Apache-2.0 */
#include "order/lease.h"

#include <string.h>

#include "order/query.h"

static void read_lease(struct statement *row, struct order_lease *lease)
{
    memset(lease, 0, sizeof *lease);
    query_text(row, 0, lease->id, sizeof lease->id);
    query_text(row, 1, lease->order, sizeof lease->order);
    query_text(row, 2, lease->station, sizeof lease->station);
    lease->amount = statement_number(row, 3);
    lease->used = statement_number(row, 4);
    query_text(row, 5, lease->state, sizeof lease->state);
}

#define LEASE_COLUMNS "id, order_id, station, amount, used, state"

static bool find(struct database *database, const char *sql, const char *value, struct order_lease *lease, bool *found,
                 struct error *err)
{
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, QUERY_VALUES(QUERY_TEXT(value)), 1, err);

    *found = result == STATEMENT_ROW;
    if (*found)
        read_lease(&row, lease);
    statement_finish(&row);
    return result != STATEMENT_FAILED;
}

bool order_lease_find(struct database *database, const char *id, struct order_lease *lease, bool *found,
                      struct error *err)
{
    return find(database, "SELECT " LEASE_COLUMNS " FROM lease WHERE id = $1", id, lease, found, err);
}

bool order_lease_pending(struct database *database, const char *order, struct order_lease *lease, bool *found,
                         struct error *err)
{
    return find(database,
                "SELECT " LEASE_COLUMNS " FROM lease WHERE order_id = $1 AND state = 'asked' ORDER BY id LIMIT 1",
                order, lease, found, err);
}

bool order_lease_open(struct database *database, const char *order, struct order_lease *lease, bool *found,
                      struct error *err)
{
    return find(database,
                "SELECT " LEASE_COLUMNS " FROM lease WHERE order_id = $1 AND state = 'open' ORDER BY id LIMIT 1", order,
                lease, found, err);
}

bool order_lease_share(struct database *database, const char *order, struct order_share *share, struct error *err)
{
    struct statement row;
    enum statement_result result = query_first(&row, database,
                                               "SELECT coalesce(sum(amount - used), 0), coalesce(max(amount), 0)"
                                               " FROM lease WHERE order_id = $1 AND state = 'open'",
                                               QUERY_VALUES(QUERY_TEXT(order)), 1, err);

    *share = (struct order_share){.left = 0};
    if (result == STATEMENT_ROW)
        *share = (struct order_share){.left = statement_number(&row, 0), .largest = statement_number(&row, 1)};
    statement_finish(&row);
    return result == STATEMENT_ROW;
}

/* Leases are never deleted. */
bool order_lease_number(struct database *database, uint64_t *number, struct error *err)
{
    struct statement row;
    enum statement_result result = query_first(&row, database, "SELECT count(*) + 1 FROM lease", NULL, 0, err);

    *number = result == STATEMENT_ROW ? (uint64_t)statement_number(&row, 0) : 0;
    statement_finish(&row);
    return result == STATEMENT_ROW;
}

bool order_lease_list(struct database *database, const char *order,
                      void (*show)(void *context, const struct order_lease *lease), void *context, struct error *err)
{
    const char *sql = query_choose(database, "SELECT " LEASE_COLUMNS " FROM lease WHERE order_id = $1 ORDER BY id",
                                   "SELECT " LEASE_COLUMNS " FROM order_read_leases($1) ORDER BY id");
    struct statement row;
    enum statement_result result = query_first(&row, database, sql, QUERY_VALUES(QUERY_TEXT(order)), 1, err);
    struct order_lease lease;

    for (; result == STATEMENT_ROW; result = statement_step(&row, err)) {
        read_lease(&row, &lease);
        show(context, &lease);
    }
    statement_finish(&row);
    return result == STATEMENT_DONE;
}

bool order_lease_ask(struct database *database, const struct order_lease *lease, struct error *err)
{
    return query_run(
        database,
        "INSERT INTO lease (id, order_id, station, amount, used, state) VALUES ($1, $2, $3, $4, 0, 'asked')"
        " ON CONFLICT (id) DO NOTHING",
        QUERY_VALUES(QUERY_TEXT(lease->id), QUERY_TEXT(lease->order), QUERY_TEXT(lease->station),
                     QUERY_NUMBER(lease->amount)),
        4, NULL, err);
}

bool order_lease_answer(struct database *database, const struct order_lease *answer, struct error *err)
{
    return query_run(database, "UPDATE lease SET amount = $1, state = $2 WHERE id = $3 AND state = 'asked'",
                     QUERY_VALUES(QUERY_NUMBER(answer->amount), QUERY_TEXT(answer->state), QUERY_TEXT(answer->id)), 3,
                     NULL, err);
}

/* At the home the order gets the rest; a first article that was never begun leaves the order new. */
static bool end(struct database *database, const char *id, const char *state, struct error *err)
{
    struct order_lease lease;
    bool found;

    if (!order_lease_find(database, id, &lease, &found, err))
        return false;
    if (!found || strcmp(lease.state, "open") != 0)
        return true;
    return query_run(database,
                     "UPDATE work_order SET leased = leased - $1,"
                     " state = CASE WHEN state = 'first-article' AND article = '' THEN 'new' ELSE state END"
                     " WHERE id = $2 AND is_home = 1",
                     QUERY_VALUES(QUERY_NUMBER(lease.amount - lease.used), QUERY_TEXT(lease.order)), 2, NULL, err) &&
           query_run(database, "UPDATE lease SET amount = used, state = $1 WHERE id = $2 AND state = 'open'",
                     QUERY_VALUES(QUERY_TEXT(state), QUERY_TEXT(id)), 2, NULL, err);
}

bool order_lease_end(struct database *database, const char *id, struct error *err)
{
    return end(database, id, "closed", err);
}

bool order_lease_write_off(struct database *database, const char *id, struct error *err)
{
    return end(database, id, "written-off", err);
}
