/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/derived.h"

#include <stdio.h>
#include <string.h>

#include "ledger/tables.h"

#define SQL_SIZE 4096
#define FAULT_SIZE 256

/*
 * Each derived table in the order of its key: the key as one text whose bytes have the same order, and the rest of the
 * row for people. quote() keeps the types apart: a number that was stored as bytes is found nowhere. A blank and a
 * quote are before every character of a number, an id or a name. Where somebody put another character there, more rows
 * are named than differ, never fewer. Each quote(COLUMN) is completed by complete_quotes().
 */
struct table {
    const char *name, *rows;
};

static const struct table tables[] = {
    {"attempt", "SELECT printf('%010d', seq), 'before ' || quote(before) FROM attempt ORDER BY seq"},
    {"device", "SELECT quote(serial), 'last ' || quote(last) || ', made ' || quote(made) FROM device ORDER BY serial"},
    {"key", "SELECT quote(x), 'device ' || quote(serial) FROM device_key ORDER BY x"},
    {"certificate", "SELECT quote(number), 'device ' || quote(serial) FROM certificate ORDER BY number"},
    {"microcontroller", "SELECT quote(number), 'device ' || quote(device) FROM mcu ORDER BY number"},
    {"board", "SELECT quote(number), 'device ' || quote(device) FROM board ORDER BY number"},
    {"order", "SELECT quote(id), 'state ' || quote(state) || ', quantity ' || quote(quantity) || ', taken ' ||"
              " quote(leased) || ', profile ' || quote(profile) || ' ' || quote(digest) || ', issuer ' ||"
              " quote(issuer) || ', number ' || quote(number) || ', boards ' || quote(has_boards) ||"
              " ', first article ' || quote(first_article) || ' ' || quote(article) || ' by ' || quote(article_by) ||"
              " ', labels ' || quote(scan_labels) || ', home ' || quote(is_home) || ', made ' || quote(made) ||"
              " ' by ' || quote(made_by) FROM work_order ORDER BY id"},
    {"board of an order", "SELECT quote(order_id) || ' ' || quote(board), 'listed' FROM order_board"
                          " ORDER BY order_id, board"},
    {"lease", "SELECT quote(id), 'order ' || quote(order_id) || ', station ' || quote(station) || ', amount ' ||"
              " quote(amount) || ', used ' || quote(used) || ', state ' || quote(state) FROM lease ORDER BY id"},
    {"unit", "SELECT quote(order_id) || ' ' || quote(device) || ' ' || quote(lease), 'state ' || quote(state) ||"
             " ', held ' || quote(is_held) || ', board ' || quote(board) FROM unit ORDER BY order_id, device, lease"},
};

/*
 * The SQL is compared, too: a PRIMARY KEY or CHECK can be taken out of it. All versions of imprint made a table by the
 * same text (tables.c), so a file that was upgraded has it, too. What SQLite's own ANALYZE makes is no change.
 */
static const struct table schema = {
    "schema", "SELECT type || ' ' || name || ' of ' || tbl_name, quote(name) || quote(tbl_name) || quote(sql)"
              " FROM sqlite_schema WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4'))"
              " ORDER BY type, name, tbl_name"};

/* --- deriving --- */

/* What says nothing of the entry, and so ends the comparison. */
static bool is_of_the_store(enum error_reason reason)
{
    return reason == ERROR_STORAGE_FULL || reason == ERROR_STORAGE_FAILED || reason == ERROR_DATABASE_BUSY ||
           reason == ERROR_INTERRUPTED;
}

static bool derive_row(struct ledger *second, struct statement *entries, struct ledger_derived *derived,
                       struct error *err)
{
    const uint64_t seq = (uint64_t)statement_number(entries, 0);
    const struct bytes body = statement_bytes(entries, 2);
    json_t *entry = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    struct ledger_conflict conflict = {.what = NULL};
    char room[ERROR_ROOM];
    struct error refusal = ERROR_IN(room);

    if (entry == NULL) {
        derived->refused(derived->context, seq, NULL);
        return true;
    }
    if (!ledger_derive(second, entry, seq, &conflict, &refusal)) {
        if (is_of_the_store(refusal.reason))
            error_pass(err, &refusal);
        else
            derived->refused(derived->context, seq, refusal.cause);
    }
    json_decref(entry);
    return err->reason == ERROR_NONE;
}

static bool derive_all(struct ledger *ledger, struct ledger *second, struct ledger_derived *derived, struct error *err)
{
    enum statement_result result = STATEMENT_DONE;
    struct statement entries;
    bool ok = database_begin(&second->database, err) && ledger_select_entries(ledger, &entries, err);

    if (!ok)
        return false;
    while (ok && (result = statement_step(&entries, err)) == STATEMENT_ROW)
        ok = derive_row(second, &entries, derived, err);
    statement_finish(&entries);
    return ok && result == STATEMENT_DONE && database_commit(&second->database, err);
}

/* --- comparing --- */

/* quote() ends at the first NUL of a text: where there is one, all of the text follows in hex. */
static void complete_quotes(const char *sql, char complete[static SQL_SIZE])
{
    static const char start[] = "quote(";
    size_t len = 0;

    while (*sql != '\0' && len < SQL_SIZE - 1) {
        if (strncmp(sql, start, strlen(start)) != 0) {
            complete[len++] = *sql++;
        } else {
            const char *column = sql + strlen(start);
            const int n = (int)strcspn(column, ")");

            len += (size_t)snprintf(complete + len, SQL_SIZE - len,
                                    "(quote(%.*s) || CASE WHEN typeof(%.*s) = 'text' AND instr(%.*s, char(0)) > 0"
                                    " THEN ' x' || hex(%.*s) ELSE '' END)",
                                    n, column, n, column, n, column, n, column);
            sql = column + n + 1;
        }
    }
    complete[len < SQL_SIZE ? len : SQL_SIZE - 1] = '\0';
}

/* A table that is read row by row. */
struct side {
    struct statement rows;
    bool has_row;
    const char *key, *row; /* of the row it is at */
};

static bool next_row(struct side *side, struct error *err)
{
    const enum statement_result result = statement_step(&side->rows, err);

    side->has_row = result == STATEMENT_ROW;
    if (side->has_row) {
        side->key = statement_text(&side->rows, 0);
        side->row = statement_text(&side->rows, 1);
        side->key = side->key != NULL ? side->key : "";
        side->row = side->row != NULL ? side->row : "";
    }
    return result != STATEMENT_FAILED;
}

/* Which of the two is at the smaller key: negative for the first, 0 where they are at the same. */
static int compare_keys(const struct side *a, const struct side *b)
{
    if (!a->has_row || !b->has_row)
        return a->has_row ? -1 : 1;
    return strcmp(a->key, b->key);
}

static bool compare_rows(const struct table *table, struct side *kept, struct side *made,
                         struct ledger_derived *derived, struct error *err)
{
    bool ok = next_row(kept, err) && next_row(made, err);

    while (ok && (kept->has_row || made->has_row)) {
        const int order = compare_keys(kept, made);
        const struct ledger_difference difference = {
            .table = table->name,
            .key = order <= 0 ? kept->key : made->key,
            .has = order <= 0 ? kept->row : NULL,
            .derived = order >= 0 ? made->row : NULL,
        };

        derived->rows++;
        if (order != 0 || strcmp(kept->row, made->row) != 0)
            derived->differs(derived->context, &difference);
        ok = (order > 0 || next_row(kept, err)) && (order < 0 || next_row(made, err));
    }
    return ok;
}

static bool prepare(struct statement *rows, struct ledger *ledger, const struct table *table, struct error *err)
{
    char sql[SQL_SIZE];

    complete_quotes(table->rows, sql);
    return statement_prepare(rows, &ledger->database, sql, err);
}

/* Whether tables and columns are there: said before the entries are read, which can take an hour. */
static bool check_columns(struct ledger *ledger, struct error *err)
{
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof tables / sizeof tables[0]; i++) {
        struct statement rows = {.handle = NULL};

        ok = prepare(&rows, ledger, &tables[i], err);
        statement_finish(&rows);
    }
    return ok;
}

static bool compare_table(struct ledger *ledger, struct ledger *second, const struct table *table,
                          struct ledger_derived *derived, struct error *err)
{
    struct side kept = {.has_row = false}, made = {.has_row = false};
    const bool ok = prepare(&kept.rows, ledger, table, err) && prepare(&made.rows, second, table, err) &&
                    compare_rows(table, &kept, &made, derived, err);

    statement_finish(&kept.rows);
    statement_finish(&made.rows);
    return ok;
}

bool ledger_compare_derived(struct ledger *ledger, struct ledger_derived *derived, struct error *err)
{
    struct ledger second = {.database = {.handle = NULL}};
    bool ok = check_columns(ledger, err) && database_open_temporary(&second.database, &tables_kind, err) &&
              derive_all(ledger, &second, derived, err);

    derived->rows = 0;
    for (size_t i = 0; ok && i < sizeof tables / sizeof tables[0]; i++)
        ok = compare_table(ledger, &second, &tables[i], derived, err);
    ledger_close(&second);
    if (!ok)
        error_doing(err, "compare the tables with the entries");
    return ok;
}

/* --- the schema --- */

bool ledger_compare_schema(struct ledger *ledger, struct ledger_derived *derived, struct error *err)
{
    struct ledger second = {.database = {.handle = NULL}};
    const bool ok = database_open_temporary(&second.database, &tables_kind, err) &&
                    compare_table(ledger, &second, &schema, derived, err);

    ledger_close(&second);
    if (!ok)
        error_doing(err, "compare the ledger's schema");
    return ok;
}

const char *ledger_schema_fault(const struct ledger_difference *difference)
{
    if (difference->has == NULL)
        return "is missing";
    return difference->derived == NULL ? "was not made by imprint" : "is not as imprint makes it";
}

/* Indexes come before their table, and are missing where it is. */
static void keep_fault(void *context, const struct ledger_difference *difference)
{
    char *fault = context;

    if (fault[0] == '\0' || (strncmp(difference->key, "table ", 6) == 0 && strncmp(fault, "table ", 6) != 0))
        (void)snprintf(fault, FAULT_SIZE, "%s %s", difference->key, ledger_schema_fault(difference));
}

bool ledger_check_schema(struct ledger *ledger, struct error *err)
{
    char fault[FAULT_SIZE] = "";
    struct ledger_derived derived = {.context = fault, .differs = keep_fault};

    if (!ledger_compare_schema(ledger, &derived, err))
        return false;
    if (fault[0] == '\0')
        return true;
    error_set(err, ERROR_DATABASE_DAMAGED, error_keep(err, fault), NULL);
    error_with_subject(err, ledger->database.path);
    return false;
}

void ledger_explain_failure(struct ledger *ledger, struct error *err)
{
    char room[ERROR_ROOM];
    struct error explained = ERROR_IN(room);

    if (err == NULL || err->reason != ERROR_UNEXPECTED || ledger_check_schema(ledger, &explained) ||
        explained.reason != ERROR_DATABASE_DAMAGED)
        return;
    error_clear(err);
    error_pass(err, &explained);
}
