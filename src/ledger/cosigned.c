/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/cosigned.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/leaves.h"

#define DAY_SIZE 11 /* "2026-01-31" and a NUL */

static bool refuse(const struct ledger *ledger, enum error_reason reason, const char *cause, const char *next,
                   struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, ledger->database.path);
    return false;
}

/* --- what is kept --- */

bool cosigned_newest(struct ledger *ledger, const char *witness, struct cosigned_newest *newest, struct error *err)
{
    struct statement get;
    enum statement_result result = STATEMENT_FAILED;

    *newest = (struct cosigned_newest){.size = 0};
    if (statement_prepare(&get, &ledger->database,
                          "SELECT size, time FROM cosigned WHERE witness = $1 ORDER BY size DESC, time DESC LIMIT 1",
                          err)) {
        statement_bind_text(&get, 1, witness);
        result = statement_step(&get, err);
    }
    if (result == STATEMENT_ROW)
        *newest = (struct cosigned_newest){(uint64_t)statement_number(&get, 0), (uint64_t)statement_number(&get, 1)};
    statement_finish(&get);
    return result != STATEMENT_FAILED;
}

/* The tree of `size` entries as it was when the witness cosigned it. `*is_there` false: it is not kept. */
static bool find_tree(struct ledger *ledger, const char *witness, uint64_t size, struct merkle *tree, bool *is_there,
                      struct error *err)
{
    struct statement get;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&get, &ledger->database,
                          "SELECT nodes FROM cosigned WHERE witness = $1 AND size = $2 LIMIT 1", err)) {
        statement_bind_text(&get, 1, witness);
        statement_bind_number(&get, 2, (int64_t)size);
        result = statement_step(&get, err);
    }
    *is_there = result == STATEMENT_ROW && merkle_load(tree, size, statement_bytes(&get, 0));
    statement_finish(&get);
    return result != STATEMENT_FAILED;
}

/* --- what is sent --- */

static bool append_text(struct bytes_out *body, const char *text)
{
    return bytes_append(body, bytes_of(text, strlen(text)));
}

static bool append_hash(struct bytes_out *body, const uint8_t hash[static MERKLE_BYTES])
{
    char text[NOTE_HASH_SIZE];

    note_hash_text(hash, text);
    return append_text(body, text) && append_text(body, "\n");
}

/* `old_tree` has the nodes of all ranges in it, so that only what is new is read. */
static bool append_proof(struct ledger *ledger, const struct merkle *old_tree, uint64_t size, struct bytes_out *body,
                         struct error *err)
{
    struct merkle_range ranges[MERKLE_CONSISTENCY_MAX];
    const size_t count = merkle_consistency_ranges(old_tree->size, size, ranges);
    uint8_t root[MERKLE_BYTES];

    for (size_t i = 0; i < count; i++) {
        const uint8_t *node = ranges[i].first < old_tree->size ? merkle_node(old_tree, ranges[i]) : NULL;

        if (node == NULL && !leaves_root(ledger, ranges[i], root, err))
            return false;
        if (!append_hash(body, node != NULL ? node : root))
            return refuse(ledger, ERROR_UNEXPECTED, "the proof is too long", NULL, err);
    }
    return true;
}

bool cosigned_request(struct ledger *ledger, const struct ledger_head *head, const char *witness, uint64_t old,
                      struct bytes_out *body, struct error *err)
{
    struct merkle tree = {.size = 0};
    char line[32];
    bool is_there;

    (void)snprintf(line, sizeof line, "old %" PRIu64 "\n", old);
    if (!find_tree(ledger, witness, old, &tree, &is_there, err))
        return false;
    if (!is_there) {
        tree = (struct merkle){.size = 0};
        if (!leaves_add(ledger, 0, old, &tree, err))
            return false;
    }
    if (!append_text(body, line) || !append_proof(ledger, &tree, head->tree.size, body, err))
        return false;
    return (append_text(body, "\n") && append_text(body, head->checkpoint)) ||
           refuse(ledger, ERROR_UNEXPECTED, "the request is too long", NULL, err);
}

/* --- what is answered --- */

static bool day_of(uint64_t seconds, char day[static DAY_SIZE])
{
    const time_t when = (time_t)seconds;
    struct tm utc;

    return gmtime_r(&when, &utc) != NULL && strftime(day, DAY_SIZE, "%Y-%m-%d", &utc) == DAY_SIZE - 1;
}

static bool store(struct ledger *ledger, const struct ledger_head *head, const struct cosigned_witness *witness,
                  struct bytes note, uint64_t time, struct error *err)
{
    static const char sql[] =
        "INSERT INTO cosigned (witness, day, size, time, public_key, nodes, note) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (witness, day) DO UPDATE SET size = excluded.size, time = excluded.time,"
        " public_key = excluded.public_key, nodes = excluded.nodes, note = excluded.note"
        " WHERE excluded.size >= cosigned.size";
    uint8_t nodes[MERKLE_LEVELS * MERKLE_BYTES];
    char day[DAY_SIZE];
    struct statement set;
    bool ok;

    if (!day_of(time, day))
        return refuse(ledger, ERROR_SERVER_UNTRUSTED, "the witness's time is not one", NULL, err);
    ok = statement_prepare(&set, &ledger->database, sql, err);
    statement_bind_text(&set, 1, witness->name);
    statement_bind_text(&set, 2, day);
    statement_bind_number(&set, 3, (int64_t)head->tree.size);
    statement_bind_number(&set, 4, (int64_t)time);
    statement_bind_bytes(&set, 5, bytes_of(witness->key.data, witness->key.len));
    statement_bind_bytes(&set, 6, bytes_of(nodes, merkle_save(&head->tree, nodes)));
    statement_bind_string(&set, 7, note);
    ok = ok && ledger_run(ledger, &set, err);
    statement_finish(&set);
    return ok;
}

/* The checkpoint, and of the answer the line by this witness alone: a witness may send others. */
static bool take_line(const struct ledger_head *head, const struct cosigned_witness *witness, struct bytes lines,
                      struct bytes_out *note, uint64_t *time)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct checkpoint checkpoint;

    while (lines.len > 0) {
        const uint8_t *end = memchr(lines.data, '\n', lines.len);
        const size_t len = end == NULL ? 0 : (size_t)(end - lines.data) + 1;

        note->len = 0;
        if (len == 0 || !append_text(note, head->checkpoint))
            return false;
        if (bytes_append(note, bytes_of(lines.data, len)) &&
            note_open_cosigned(bytes_written(note), witness->name, &witness->key, &checkpoint, time, &ignored))
            return true;
        lines = bytes_of(lines.data + len, lines.len - len);
    }
    return false;
}

bool cosigned_keep(struct ledger *ledger, const struct ledger_head *head, const struct cosigned_witness *witness,
                   struct bytes lines, uint64_t *time, struct error *err)
{
    uint8_t text[COSIGNED_NOTE_MAX];
    struct bytes_out note = {.data = text, .cap = sizeof text};

    if (take_line(head, witness, lines, &note, time))
        return store(ledger, head, witness, bytes_written(&note), *time, err);
    error_set(err, ERROR_SERVER_UNTRUSTED, "the answer has no cosignature of this checkpoint by the witness's key",
              "compare the key in ledger.yaml with what the witness was made with");
    error_with_subject(err, witness->name);
    return false;
}

/* --- all of them --- */

bool cosigned_is_any(struct ledger *ledger, bool *is_any, struct error *err)
{
    struct statement get;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&get, &ledger->database, "SELECT 1 FROM cosigned LIMIT 1", err))
        result = statement_step(&get, err);
    *is_any = result == STATEMENT_ROW;
    statement_finish(&get);
    return result != STATEMENT_FAILED;
}

bool cosigned_select_newest(struct ledger *ledger, struct statement *rows, struct error *err)
{
    return statement_prepare(rows, &ledger->database,
                             "SELECT witness, size, public_key, note FROM cosigned c WHERE day ="
                             " (SELECT max(day) FROM cosigned o WHERE o.witness = c.witness) ORDER BY witness",
                             err);
}

bool cosigned_select(struct ledger *ledger, struct statement *rows, struct error *err)
{
    return statement_prepare(rows, &ledger->database,
                             "SELECT witness, size, public_key, note FROM cosigned ORDER BY size, witness, time", err);
}

enum statement_result cosigned_next(struct statement *rows, struct cosigned_row *row, struct error *err)
{
    const enum statement_result result = statement_step(rows, err);
    const char *name = result == STATEMENT_ROW ? statement_text(rows, 0) : NULL;

    if (result != STATEMENT_ROW)
        return result;
    *row = (struct cosigned_row){.size = (uint64_t)statement_number(rows, 1), .note = statement_bytes(rows, 3)};
    if (name != NULL && strlen(name) < sizeof row->witness.name &&
        note_key_load(&row->witness.key, statement_bytes(rows, 2)) && row->witness.key.type == NOTE_ED25519) {
        memcpy(row->witness.name, name, strlen(name) + 1);
        row->witness.key.type = NOTE_COSIGNED;
        return STATEMENT_ROW;
    }
    error_set(err, ERROR_DATABASE_DAMAGED, "a cosignature that it keeps cannot be read", NULL);
    error_with_subject(err, rows->database->path);
    return STATEMENT_FAILED;
}
