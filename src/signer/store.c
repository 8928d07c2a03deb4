/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/store.h"

#include <stdio.h>
#include <string.h>

#include "database/statement.h"

/* Version 1. A unit counts from 1 within its order, and is never given twice: so the highest is how many are used. */
static const char version_1[] =
    "CREATE TABLE certificate ("
    "  public_key BLOB PRIMARY KEY NOT NULL CHECK (length(public_key) = 64),"
    "  order_name TEXT NOT NULL,"
    "  unit INTEGER NOT NULL CHECK (unit >= 1),"
    "  subject TEXT NOT NULL,"
    "  station TEXT NOT NULL,"
    "  reserved TEXT NOT NULL,"
    "  begins TEXT NOT NULL CHECK (length(begins) = 14),"
    "  tbs BLOB NOT NULL,"
    "  certificate BLOB,"
    "  UNIQUE (order_name, unit));"
    "CREATE INDEX certificate_subject ON certificate (order_name, subject);"
    "CREATE INDEX certificate_reserved ON certificate (order_name) WHERE certificate IS NULL;"
    "CREATE TABLE decision ("
    "  number INTEGER PRIMARY KEY,"
    "  time TEXT NOT NULL,"
    "  station TEXT,"
    "  order_name TEXT,"
    "  subject TEXT,"
    "  public_key BLOB,"
    "  decision TEXT NOT NULL CHECK (decision IN ('granted', 'repeated', 'refused', 'failed')),"
    "  reason TEXT NOT NULL,"
    "  text TEXT,"
    "  request BLOB);";

/* Version 2: each decision has its place in a log (signer/log.h). */
static const char version_2[] = "ALTER TABLE decision ADD COLUMN seq INTEGER;"
                                "ALTER TABLE decision ADD COLUMN leaf BLOB;"
                                "CREATE UNIQUE INDEX decision_seq ON decision (seq);"
                                "CREATE INDEX decision_key ON decision (public_key);"
                                "CREATE TABLE decision_log ("
                                "  id INTEGER PRIMARY KEY CHECK (id = 1),"
                                "  name TEXT NOT NULL,"
                                "  public_key BLOB NOT NULL,"
                                "  size INTEGER NOT NULL,"
                                "  nodes BLOB NOT NULL,"
                                "  checkpoint TEXT NOT NULL);";

static const char *const upgrades[] = {version_1, version_2};

static const struct database_kind signer_database = {
    .name = "signer's records",
    .application_id = 0x696d7073, /* "imps" */
    .upgrades = upgrades,
    .version = sizeof upgrades / sizeof upgrades[0],
};

bool signer_store_open(struct database *database, const char *path, enum database_mode mode, struct error *err)
{
    return database_open(database, path, &signer_database, mode, err);
}

/* --- reading --- */

static void take_text(struct statement *statement, int column, char *to, size_t size)
{
    const char *text = statement_text(statement, column);

    (void)snprintf(to, size, "%s", text != NULL ? text : "");
}

static size_t take_bytes(struct statement *statement, int column, uint8_t *to, size_t cap)
{
    struct bytes_out out = {.data = to, .cap = cap};

    (void)bytes_append(&out, statement_bytes(statement, column));
    return out.len;
}

bool signer_store_find(struct database *database, const uint8_t key[static CERT_KEY_BYTES], struct signer_entry *entry,
                       bool *found, struct error *err)
{
    struct statement select;
    enum statement_result result = STATEMENT_FAILED;

    memset(entry, 0, sizeof *entry);
    if (statement_prepare(&select, database,
                          "SELECT order_name, subject, begins, tbs, certificate FROM certificate WHERE public_key = $1",
                          err)) {
        statement_bind_bytes(&select, 1, bytes_of(key, CERT_KEY_BYTES));
        result = statement_step(&select, err);
    }
    *found = result == STATEMENT_ROW;
    if (*found) {
        take_text(&select, 0, entry->order, sizeof entry->order);
        take_text(&select, 1, entry->subject, sizeof entry->subject);
        take_text(&select, 2, entry->begins, sizeof entry->begins);
        entry->tbs_len = take_bytes(&select, 3, entry->tbs, sizeof entry->tbs);
        entry->len = take_bytes(&select, 4, entry->der, sizeof entry->der);
    }
    statement_finish(&select);
    return result != STATEMENT_FAILED;
}

bool signer_store_has_subject(struct database *database, const char *order, const char *subject, bool *found,
                              struct error *err)
{
    struct statement select;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&select, database, "SELECT 1 FROM certificate WHERE order_name = $1 AND subject = $2 LIMIT 1",
                          err)) {
        statement_bind_text(&select, 1, order);
        statement_bind_text(&select, 2, subject);
        result = statement_step(&select, err);
    }
    *found = result == STATEMENT_ROW;
    statement_finish(&select);
    return result != STATEMENT_FAILED;
}

bool signer_store_count(struct database *database, const char *order, struct signer_count *count, struct error *err)
{
    struct statement select;
    enum statement_result result = STATEMENT_FAILED;

    *count = (struct signer_count){.used = 0};
    if (statement_prepare(&select, database,
                          "SELECT (SELECT coalesce(max(unit), 0) FROM certificate WHERE order_name = $1),"
                          "       (SELECT count(*) FROM certificate WHERE order_name = $1 AND certificate IS NULL)",
                          err)) {
        statement_bind_text(&select, 1, order);
        result = statement_step(&select, err);
    }
    if (result == STATEMENT_ROW) {
        count->used = statement_number(&select, 0);
        count->reserved = statement_number(&select, 1);
    }
    statement_finish(&select);
    return result == STATEMENT_ROW;
}

bool signer_store_last_time(struct database *database, char time[static SIGNER_TIME_SIZE], struct error *err)
{
    struct statement select;
    enum statement_result result = STATEMENT_FAILED;

    time[0] = '\0';
    if (statement_prepare(&select, database, "SELECT time FROM decision ORDER BY number DESC LIMIT 1", err))
        result = statement_step(&select, err);
    if (result == STATEMENT_ROW)
        take_text(&select, 0, time, SIGNER_TIME_SIZE);
    statement_finish(&select);
    return result != STATEMENT_FAILED;
}

bool signer_store_list(struct database *database,
                       void (*show)(void *context, int64_t number, const struct signer_record *record), void *context,
                       struct error *err)
{
    struct statement select;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&select, database,
                          "SELECT number, time, station, order_name, subject, decision, reason, text, public_key "
                          "FROM decision ORDER BY number",
                          err))
        result = statement_step(&select, err);
    for (; result == STATEMENT_ROW; result = statement_step(&select, err)) {
        const struct signer_record record = {
            .time = statement_text(&select, 1),
            .station = statement_text(&select, 2),
            .order = statement_text(&select, 3),
            .subject = statement_text(&select, 4),
            .decision = statement_text(&select, 5),
            .reason = statement_text(&select, 6),
            .text = statement_text(&select, 7),
            .public_key = statement_bytes(&select, 8),
        };

        show(context, statement_number(&select, 0), &record);
    }
    statement_finish(&select);
    return result == STATEMENT_DONE;
}

bool signer_store_orders(struct database *database, void (*show)(void *context, const char *order), void *context,
                         struct error *err)
{
    struct statement select;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&select, database, "SELECT DISTINCT order_name FROM certificate ORDER BY order_name", err))
        result = statement_step(&select, err);
    for (; result == STATEMENT_ROW; result = statement_step(&select, err))
        show(context, statement_text(&select, 0));
    statement_finish(&select);
    return result == STATEMENT_DONE;
}

/* --- writing --- */

bool signer_store_reserve(struct database *database, const uint8_t key[static CERT_KEY_BYTES], const char *station,
                          const char *time, const struct signer_entry *entry, struct error *err)
{
    struct statement insert;
    bool ok = statement_prepare(&insert, database,
                                "INSERT INTO certificate (public_key, order_name, subject, station, reserved, begins, "
                                "tbs, unit) VALUES ($1, $2, $3, $4, $5, $6, $7, "
                                "(SELECT coalesce(max(unit), 0) + 1 FROM certificate WHERE order_name = $2))",
                                err);

    if (ok) {
        statement_bind_bytes(&insert, 1, bytes_of(key, CERT_KEY_BYTES));
        statement_bind_text(&insert, 2, entry->order);
        statement_bind_text(&insert, 3, entry->subject);
        statement_bind_text(&insert, 4, station);
        statement_bind_text(&insert, 5, time);
        statement_bind_text(&insert, 6, entry->begins);
        statement_bind_bytes(&insert, 7, bytes_of(entry->tbs, entry->tbs_len));
        ok = statement_run(&insert, err);
    }
    statement_finish(&insert);
    return ok;
}

bool signer_store_finish(struct database *database, const uint8_t key[static CERT_KEY_BYTES], struct bytes der,
                         bool *done, struct error *err)
{
    struct statement update;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&update, database,
                          "UPDATE certificate SET certificate = $1 WHERE public_key = $2 AND certificate IS NULL "
                          "RETURNING unit",
                          err)) {
        statement_bind_bytes(&update, 1, der);
        statement_bind_bytes(&update, 2, bytes_of(key, CERT_KEY_BYTES));
        result = statement_step(&update, err);
    }
    *done = result == STATEMENT_ROW;
    if (*done) /* the statement has changed the row only when it is at its end */
        result = statement_step(&update, err);
    statement_finish(&update);
    return result == STATEMENT_DONE;
}

static const char *or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

bool signer_store_record(struct database *database, const struct signer_log *log, const struct signer_record *record,
                         int64_t *number, struct error *err)
{
    struct statement insert;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&insert, database,
                          "INSERT INTO decision (time, station, order_name, subject, public_key, decision, reason, "
                          "text, request) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING number",
                          err)) {
        statement_bind_text(&insert, 1, record->time);
        statement_bind_text(&insert, 2, or_null(record->station));
        statement_bind_text(&insert, 3, or_null(record->order));
        statement_bind_text(&insert, 4, or_null(record->subject));
        statement_bind_bytes(&insert, 5, record->public_key);
        statement_bind_text(&insert, 6, record->decision);
        statement_bind_text(&insert, 7, record->reason);
        statement_bind_text(&insert, 8, or_null(record->text));
        statement_bind_bytes(&insert, 9, record->request);
        result = statement_step(&insert, err);
    }
    if (result == STATEMENT_ROW) {
        *number = statement_number(&insert, 0);
        result = statement_step(&insert, err);
    }
    statement_finish(&insert);
    return result == STATEMENT_DONE && signer_log_add(log, database, *number, err);
}
