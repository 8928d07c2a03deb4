/* SPDX-License-Identifier: Apache-2.0 */
/* One statement with its values, for the files of this folder. */
#ifndef IMPRINT_ORDER_QUERY_H
#define IMPRINT_ORDER_QUERY_H

#include "database/statement.h"

struct query_value {
    const char *text; /* NULL: a number */
    int64_t number;
};

#define QUERY_TEXT(value) {.text = (value)}
#define QUERY_NUMBER(value) {.number = (value)}
#define QUERY_VALUES(...)                                                                                              \
    (const struct query_value[])                                                                                       \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/* Prepares, binds the values as $1, $2, ..., and steps once. The caller finishes the statement, whatever it gives. */
enum statement_result query_first(struct statement *statement, struct database *database, const char *sql,
                                  const struct query_value *values, size_t count, struct error *err);

/* Runs a statement to its end. `*changed`: whether it gave a row, as RETURNING does for what it changed; may be NULL.
 */
bool query_run(struct database *database, const char *sql, const struct query_value *values, size_t count,
               bool *changed, struct error *err);

/* Of two statements that give the same: the one on tables, or of a line's home the one that calls a function. */
const char *query_choose(const struct database *database, const char *on_tables, const char *at_home);

/* The column's text, "" for NULL. */
void query_text(struct statement *statement, int column, char *to, size_t size);

#endif
