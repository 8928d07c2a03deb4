/* SPDX-License-Identifier: Apache-2.0 */
#include "order/query.h"

#include <stdio.h>

#include "order/home.h"

enum statement_result query_first(struct statement *statement, struct database *database, const char *sql,
                                  const struct query_value *values, size_t count, struct error *err)
{
    if (!statement_prepare(statement, database, sql, err))
        return STATEMENT_FAILED;
    for (size_t i = 0; i < count; i++) {
        if (values[i].text != NULL)
            statement_bind_text(statement, (int)i + 1, values[i].text);
        else
            statement_bind_number(statement, (int)i + 1, values[i].number);
    }
    return statement_step(statement, err);
}

bool query_run(struct database *database, const char *sql, const struct query_value *values, size_t count,
               bool *changed, struct error *err)
{
    struct statement statement;
    enum statement_result result = query_first(&statement, database, sql, values, count, err);

    if (changed != NULL)
        *changed = result == STATEMENT_ROW;
    while (result == STATEMENT_ROW)
        result = statement_step(&statement, err);
    statement_finish(&statement);
    if (result == STATEMENT_EXISTS)
        error_set(err, ERROR_DATABASE_DAMAGED, "a rule of the tables of orders refuses a change",
                  "compare them with the entries: imprint ledger rebuild");
    return result == STATEMENT_DONE;
}

const char *query_choose(const struct database *database, const char *on_tables, const char *at_home)
{
    return database->kind == &order_home_kind ? at_home : on_tables;
}

void query_text(struct statement *statement, int column, char *to, size_t size)
{
    const char *text = statement_text(statement, column);

    (void)snprintf(to, size, "%s", text != NULL ? text : "");
}
