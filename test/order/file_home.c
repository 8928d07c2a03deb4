/* SPDX-License-Identifier: Apache-2.0 */
#include "test/order/file_home.h"

#include <stdio.h>

#include "order/query.h"

/* Takes `wanted` units of the order, or what is left of it. `*amount` 0: nothing. */
static bool take(struct database *database, const struct order_lease *asked, int64_t *amount, struct error *err)
{
    struct statement row;
    enum statement_result result;
    int64_t left = 0;
    bool is_new = false, is_open = false, taken = false;

    *amount = 0;
    /* An update that changes nothing locks the row. */
    result = query_first(&row, database,
                         "UPDATE work_order SET number = number WHERE id = $1 AND is_home = 1"
                         " RETURNING quantity - leased, CASE WHEN state = 'new' THEN 1 ELSE 0 END,"
                         " CASE WHEN state = 'open' THEN 1 ELSE 0 END",
                         QUERY_VALUES(QUERY_TEXT(asked->order)), 1, err);
    if (result == STATEMENT_ROW) {
        left = statement_number(&row, 0);
        is_new = statement_number(&row, 1) != 0;
        is_open = statement_number(&row, 2) != 0;
    }
    statement_finish(&row);
    if (result == STATEMENT_FAILED)
        return false;
    if (!is_new && !is_open)
        return true;
    if (is_new && left > 1)
        left = 1;
    if (left > asked->amount)
        left = asked->amount;
    if (left <= 0)
        return true;
    *amount = left;
    return query_run(database,
                     "UPDATE work_order SET leased = leased + $1,"
                     " state = CASE WHEN state = 'new' THEN 'first-article' ELSE state END"
                     " WHERE id = $2 RETURNING id",
                     QUERY_VALUES(QUERY_NUMBER(left), QUERY_TEXT(asked->order)), 2, &taken, err);
}

bool file_home_lease(struct database *database, const struct order_lease *asked, struct order_lease *answer,
                     struct error *err)
{
    bool found;

    if (!order_lease_find(database, asked->id, answer, &found, err) || found)
        return found && err->reason == ERROR_NONE;
    *answer = *asked;
    answer->used = 0;
    if (!take(database, asked, &answer->amount, err))
        return false;
    (void)snprintf(answer->state, sizeof answer->state, "%s", answer->amount > 0 ? "open" : "refused");
    return query_run(database,
                     "INSERT INTO lease (id, order_id, station, amount, used, state) VALUES ($1, $2, $3, $4, 0, $5)",
                     QUERY_VALUES(QUERY_TEXT(answer->id), QUERY_TEXT(answer->order), QUERY_TEXT(answer->station),
                                  QUERY_NUMBER(answer->amount), QUERY_TEXT(answer->state)),
                     5, NULL, err);
}
