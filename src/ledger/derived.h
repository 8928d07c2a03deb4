/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The derived tables against the entries: everything is derived once more into a database of its own, and both are
 * compared row by row. Memory does not grow with the ledger; the second tables are in SQLite's temporary files.
 */
#ifndef IMPRINT_LEDGER_DERIVED_H
#define IMPRINT_LEDGER_DERIVED_H

#include "ledger/ledger.h"

/* One row that differs. Texts are valid during the call. */
struct ledger_difference {
    const char *table;   /* what its rows are, for people: "device" */
    const char *key;     /* which of them */
    const char *has;     /* what the table has: "last 4, made 4"; NULL: it has no such row */
    const char *derived; /* the same by the entries */
};

struct ledger_derived {
    void *context;
    void (*differs)(void *context, const struct ledger_difference *difference);
    /* An entry of which nothing can be derived: it contradicts those before it. NULL cause: it is no JSON. */
    void (*refused)(void *context, uint64_t seq, const char *cause);
    /* Gets: rows of the tables that were compared. */
    uint64_t rows;
};

/*
 * Best in a read transaction of the caller's, so that no other process appends meanwhile. False with a reason when it
 * could not be done to the end.
 */
bool ledger_compare_derived(struct ledger *ledger, struct ledger_derived *derived, struct error *err);

/*
 * Whether the file has the tables, indexes, views and triggers that imprint makes, as it makes them, and no others:
 * `key` says what it is, `has` and `derived` are names and SQL. A trigger of somebody else's could undo what is
 * appended. False with a reason when it could not be done to the end.
 */
bool ledger_compare_schema(struct ledger *ledger, struct ledger_derived *derived, struct error *err);

/* What is wrong with it, after its key: "is missing". */
const char *ledger_schema_fault(const struct ledger_difference *difference);

/* Whether there is no such difference. False with ERROR_DATABASE_DAMAGED and one of them, of a table where there is
 * one. */
bool ledger_check_schema(struct ledger *ledger, struct error *err);

/*
 * A statement that SQLite refuses is a defect of imprint, unless somebody changed the tables: then the error becomes
 * that of ledger_check_schema().
 */
void ledger_explain_failure(struct ledger *ledger, struct error *err);

#endif
