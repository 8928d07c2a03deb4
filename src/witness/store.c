/* SPDX-License-Identifier: Apache-2.0 */
#include "witness/store.h"

#include <stdio.h>
#include <string.h>

#include "database/statement.h"

#define LOG_COLUMNS                                                                                                    \
    "name, public_key, size, time, root,"                                                                              \
    " (SELECT count(*) FROM refused WHERE refused.log = log.name)"

static const char *const upgrades[] = {
    "CREATE TABLE witness (id BIGINT PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);"
    "CREATE TABLE log (name TEXT PRIMARY KEY, public_key BLOB NOT NULL, size BIGINT NOT NULL DEFAULT 0,"
    "  time BIGINT NOT NULL DEFAULT 0, root BLOB, note TEXT);"
    "CREATE TABLE refused (log TEXT NOT NULL REFERENCES log (name), size BIGINT NOT NULL, root BLOB NOT NULL,"
    "  time BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (log, size, root));",
};

static const struct database_kind kind = {
    .name = "witness",
    .application_id = 0x696d7077, /* "impw" */
    .upgrades = upgrades,
    .version = sizeof upgrades / sizeof upgrades[0],
};

bool witness_store_open(struct database *database, const char *path, enum database_mode mode, struct error *err)
{
    return database_open(database, path, &kind, mode, err);
}

static bool damaged(const struct database *database, const char *cause, struct error *err)
{
    error_set(err, ERROR_DATABASE_DAMAGED, cause, "restore the witness's folder from a copy");
    error_with_subject(err, database->path);
    return false;
}

static bool copy_text(const char *from, char *to, size_t size)
{
    const int n = from == NULL ? -1 : snprintf(to, size, "%s", from);

    return n >= 0 && (size_t)n < size;
}

bool witness_store_name(struct database *database, char name[static NOTE_NAME_SIZE], struct error *err)
{
    struct statement get;
    bool ok = statement_prepare(&get, database, "SELECT name FROM witness WHERE id = 1", err);

    ok = ok && statement_step(&get, err) == STATEMENT_ROW && copy_text(statement_text(&get, 0), name, NOTE_NAME_SIZE);
    statement_finish(&get);
    return ok || damaged(database, "it has no name of its witness", err);
}

bool witness_store_set_name(struct database *database, const char *name, struct error *err)
{
    struct statement set;
    bool ok = statement_prepare(&set, database, "INSERT INTO witness (id, name) VALUES (1, $1)", err);

    statement_bind_text(&set, 1, name);
    ok = ok && statement_run(&set, err);
    statement_finish(&set);
    return ok;
}

static bool read_log(struct statement *row, struct witness_log *log)
{
    const struct bytes root = statement_bytes(row, 4);

    *log = (struct witness_log){
        .size = (uint64_t)statement_number(row, 2),
        .time = (uint64_t)statement_number(row, 3),
        .refused = (uint64_t)statement_number(row, 5),
    };
    if (root.len == MERKLE_BYTES)
        memcpy(log->root, root.data, MERKLE_BYTES);
    return copy_text(statement_text(row, 0), log->name, sizeof log->name) &&
           note_key_load(&log->key, statement_bytes(row, 1)) && statement_number(row, 2) >= 0 &&
           (root.len == MERKLE_BYTES || (root.len == 0 && log->time == 0));
}

bool witness_store_find(struct database *database, const char *name, struct witness_log *log, bool *is_there,
                        struct error *err)
{
    struct statement get;
    enum statement_result result = STATEMENT_FAILED;
    bool ok = statement_prepare(&get, database, "SELECT " LOG_COLUMNS " FROM log WHERE name = $1", err);

    statement_bind_text(&get, 1, name);
    if (ok)
        result = statement_step(&get, err);
    *is_there = result == STATEMENT_ROW;
    ok = result != STATEMENT_FAILED;
    if (*is_there && !read_log(&get, log))
        ok = damaged(database, "what it says of a log cannot be read", err);
    statement_finish(&get);
    return ok;
}

bool witness_store_add(struct database *database, const char *name, const struct note_public *key, struct error *err)
{
    struct statement add;
    bool ok = statement_prepare(&add, database, "INSERT INTO log (name, public_key) VALUES ($1, $2)", err);

    statement_bind_text(&add, 1, name);
    statement_bind_bytes(&add, 2, bytes_of(key->data, key->len));
    ok = ok && statement_run(&add, err);
    statement_finish(&add);
    return ok;
}

/* Both statements have the same parameters. */
static bool store_note(struct database *database, const char *sql, const struct checkpoint *checkpoint, uint64_t time,
                       struct bytes note, struct error *err)
{
    struct statement store;
    bool ok = statement_prepare(&store, database, sql, err);

    statement_bind_number(&store, 1, (int64_t)checkpoint->size);
    statement_bind_bytes(&store, 2, bytes_of(checkpoint->root, MERKLE_BYTES));
    statement_bind_number(&store, 3, (int64_t)time);
    statement_bind_string(&store, 4, note);
    statement_bind_text(&store, 5, checkpoint->log);
    ok = ok && statement_run(&store, err);
    statement_finish(&store);
    return ok;
}

bool witness_store_update(struct database *database, const struct checkpoint *checkpoint, uint64_t time,
                          struct bytes note, struct error *err)
{
    return store_note(database, "UPDATE log SET size = $1, root = $2, time = $3, note = $4 WHERE name = $5", checkpoint,
                      time, note, err);
}

bool witness_store_refuse(struct database *database, const struct checkpoint *checkpoint, uint64_t time,
                          struct bytes note, struct error *err)
{
    return store_note(database,
                      "INSERT INTO refused (size, root, time, note, log) SELECT $1, $2, $3, $4, $5"
                      " WHERE (SELECT count(*) FROM refused WHERE log = $5) < 100"
                      " ON CONFLICT (log, size, root) DO NOTHING",
                      checkpoint, time, note, err);
}

bool witness_store_clear(struct database *database, const struct checkpoint *checkpoint, struct error *err)
{
    struct statement clear;
    bool ok =
        statement_prepare(&clear, database, "DELETE FROM refused WHERE log = $1 AND size = $2 AND root = $3", err);

    statement_bind_text(&clear, 1, checkpoint->log);
    statement_bind_number(&clear, 2, (int64_t)checkpoint->size);
    statement_bind_bytes(&clear, 3, bytes_of(checkpoint->root, MERKLE_BYTES));
    ok = ok && statement_run(&clear, err);
    statement_finish(&clear);
    return ok;
}

bool witness_store_list(struct database *database, void (*each)(void *context, const struct witness_log *log),
                        void *context, struct error *err)
{
    struct statement get;
    struct witness_log log;
    enum statement_result result = STATEMENT_FAILED;
    bool ok = statement_prepare(&get, database, "SELECT " LOG_COLUMNS " FROM log ORDER BY name", err);

    while (ok && (result = statement_step(&get, err)) == STATEMENT_ROW) {
        ok = read_log(&get, &log) || damaged(database, "what it says of a log cannot be read", err);
        if (ok)
            each(context, &log);
    }
    statement_finish(&get);
    return ok && result == STATEMENT_DONE;
}
