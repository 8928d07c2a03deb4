/* SPDX-License-Identifier: Apache-2.0 */
#include "order/home.h"

#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "order/query.h"

static bool answer_is_wrong(const struct database *home, struct error *err)
{
    error_set(err, ERROR_DATABASE_DAMAGED, "the server's answer is not one of a line's orders",
              "have the administrator look at the database");
    error_with_subject(err, home->path);
    return false;
}

static bool refuse_other_station(const char *log, struct error *err)
{
    error_set(err, ERROR_DUPLICATE, "the server has this log as that of another station: the state folder was copied",
              "give each station a state folder and a role of its own; in the copy, move the folder ledger away");
    error_with_subject(err, log);
    return false;
}

bool order_home_grant(struct database *home, const char *role, bool plans, struct error *err)
{
    bool done;

    return query_run(home, plans ? "SELECT order_grant_planner($1)" : "SELECT order_grant($1)",
                     QUERY_VALUES(QUERY_TEXT(role)), 1, &done, err);
}

bool order_home_heard(struct database *home, const char *log, struct order_heard *heard, struct error *err)
{
    struct statement row;
    const enum statement_result result = query_first(&row, home, "SELECT outcome, heard, last FROM order_heard_of($1)",
                                                     QUERY_VALUES(QUERY_TEXT(log)), 1, err);
    bool ok = false;
    char outcome[32];

    *heard = (struct order_heard){.next = 0};
    if (result == STATEMENT_ROW) {
        query_text(&row, 0, outcome, sizeof outcome);
        heard->next = (uint64_t)statement_number(&row, 1);
        query_text(&row, 2, heard->leaf, sizeof heard->leaf);
        ok = strcmp(outcome, "ok") == 0 || refuse_other_station(log, err);
    } else if (result != STATEMENT_FAILED) {
        (void)answer_is_wrong(home, err);
    }
    statement_finish(&row);
    return ok;
}

/* What order_hear() says. */
static bool judge(const struct database *home, const char *log, struct statement *row, struct error *err)
{
    char outcome[32], cause[128], subject[ORDER_LEASE_SIZE];

    query_text(row, 0, outcome, sizeof outcome);
    query_text(row, 1, cause, sizeof cause);
    query_text(row, 2, subject, sizeof subject);
    if (strcmp(outcome, "ok") == 0)
        return true;
    if (strcmp(outcome, "other-station") == 0)
        return refuse_other_station(log, err);
    if (strcmp(outcome, "told") == 0) {
        error_set(err, ERROR_DATABASE_BUSY, "another process of this station has told it meanwhile", NULL);
        return false;
    }
    if (strcmp(outcome, "refused") != 0)
        return answer_is_wrong(home, err);
    error_set(err, ERROR_ORDER_REFUSED,
              error_keep_format(err, "the line does not count what this station made: %s (%s)", cause, subject),
              "compare both: imprint order show ORDER, and with --local");
    return false;
}

bool order_home_hear(struct database *home, const char *log, const struct order_heard *before,
                     const struct order_heard *after, const char *entries, struct error *err)
{
    struct statement row;
    const enum statement_result result =
        query_first(&row, home, "SELECT outcome, cause, subject FROM order_hear($1, $2, $3, $4, $5, $6)",
                    QUERY_VALUES(QUERY_TEXT(log), QUERY_NUMBER((int64_t)before->next), QUERY_TEXT(before->leaf),
                                 QUERY_NUMBER((int64_t)after->next), QUERY_TEXT(after->leaf), QUERY_TEXT(entries)),
                    6, err);
    const bool ok = result == STATEMENT_ROW ? judge(home, log, &row, err)
                                            : result != STATEMENT_FAILED && answer_is_wrong(home, err);

    statement_finish(&row);
    return ok;
}

bool order_home_lease(struct database *home, const struct order_lease *asked, struct order_lease *answer,
                      struct error *err)
{
    struct statement row;
    const enum statement_result result =
        query_first(&row, home, "SELECT amount, used, state FROM order_lease_units($1, $2, $3, $4)",
                    QUERY_VALUES(QUERY_TEXT(asked->id), QUERY_TEXT(asked->order), QUERY_TEXT(asked->station),
                                 QUERY_NUMBER(asked->amount)),
                    4, err);

    *answer = *asked;
    if (result == STATEMENT_ROW) {
        answer->amount = statement_number(&row, 0);
        answer->used = statement_number(&row, 1);
        query_text(&row, 2, answer->state, sizeof answer->state);
    } else if (result != STATEMENT_FAILED) {
        (void)answer_is_wrong(home, err);
    }
    statement_finish(&row);
    return result == STATEMENT_ROW;
}
