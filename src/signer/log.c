/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <jansson.h>

#include "base/hex.h"
#include "database/statement.h"
#include "ledger/canonical.h"
#include "ledger/new_file.h"

#define KEY_FILE_MAX 4096
#define ID_BYTES 8
#define SHA256_BYTES 32
#define TEXT_MAX 16384 /* of a decision as text: its longest members are the subject and the reason in words */

/* What of a decision is in its text; request and certificate as their hashes. The certificate is the granted one. */
#define DECISION_COLUMNS                                                                                               \
    "d.number, d.seq, d.leaf, d.time, d.station, d.order_name, d.subject, d.decision, d.reason, d.text, "              \
    "d.public_key, d.request, CASE d.decision WHEN 'granted' THEN c.certificate END "                                  \
    "FROM decision d LEFT JOIN certificate c ON c.public_key = d.public_key "
enum { NUMBER = 0, SEQ = 1, LEAF = 2, FIRST_TEXT = 3, PUBLIC_KEY = 10, REQUEST = 11, CERTIFICATE = 12 };

static bool fail(enum error_reason reason, const char *path, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, path);
    return false;
}

static bool no_hash(const struct database *database, struct error *err)
{
    return fail(ERROR_UNEXPECTED, database->path, "GnuTLS cannot compute a hash", NULL, err);
}

/* --- the text of a decision --- */

/* However long: somebody may have changed the database. */
static json_t *hex_of(struct bytes data)
{
    char *text = malloc(HEX_SIZE(data.len));
    json_t *value = NULL;

    if (text != NULL) {
        hex_encode(data, text);
        value = json_string(text);
    }
    free(text);
    return value;
}

/* A label is a client's word and need not be text: then its bytes. */
static void set_text(json_t *object, const char *name, const char *text)
{
    const size_t len = text != NULL ? strlen(text) : 0;
    json_t *value = len != 0 ? json_string(text) : NULL;

    if (len != 0 && value == NULL)
        value = hex_of(bytes_of((const uint8_t *)text, len < 128 ? len : 128));
    if (value != NULL)
        json_object_set_new(object, name, value);
}

static bool set_hash(json_t *object, const char *name, struct bytes data)
{
    uint8_t hash[SHA256_BYTES];

    if (data.len == 0)
        return true;
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, data.data, data.len, hash) != 0)
        return false;
    json_object_set_new(object, name, hex_of(bytes_of(hash, sizeof hash)));
    return true;
}

/* The leaf of the decision in the row that `row` is at (DECISION_COLUMNS), as number `seq` of the log `name`. */
static bool leaf_of(struct statement *row, const char *name, uint64_t seq, uint8_t leaf[static MERKLE_BYTES])
{
    static const char *const texts[] = {"time", "station", "order", "subject", "decision", "reason", "text"};
    uint8_t room[TEXT_MAX];
    struct bytes_out text = {.data = room, .cap = sizeof room};
    const char *why = NULL;
    json_t *object = json_pack("{s:s, s:i, s:s, s:I, s:I}", "format", "imprint-signer-decision", "version", 1, "log",
                               name, "seq", (json_int_t)seq, "number", (json_int_t)statement_number(row, NUMBER));
    bool ok = object != NULL;

    for (size_t i = 0; ok && i < sizeof texts / sizeof texts[0]; i++)
        set_text(object, texts[i], statement_text(row, FIRST_TEXT + (int)i));
    if (ok && statement_bytes(row, PUBLIC_KEY).len != 0)
        json_object_set_new(object, "public_key", hex_of(statement_bytes(row, PUBLIC_KEY)));
    ok = ok && set_hash(object, "request", statement_bytes(row, REQUEST)) &&
         set_hash(object, "certificate", statement_bytes(row, CERTIFICATE)) && canonical_write(object, &text, &why) &&
         merkle_leaf(bytes_written(&text), leaf);
    json_decref(object);
    return ok;
}

/* --- the head --- */

static bool read_head(struct database *database, struct signer_log_head *head, bool *is_there, struct error *err)
{
    struct statement get;
    enum statement_result result = STATEMENT_FAILED;
    bool ok = true;

    memset(head, 0, sizeof *head);
    if (statement_prepare(&get, database,
                          "SELECT name, public_key, size, nodes, checkpoint FROM decision_log WHERE id = 1", err))
        result = statement_step(&get, err);
    *is_there = result == STATEMENT_ROW;
    if (*is_there) {
        const struct bytes key = statement_bytes(&get, 1);
        const char *name = statement_text(&get, 0), *checkpoint = statement_text(&get, 4);

        ok = name != NULL && strlen(name) < sizeof head->name && checkpoint != NULL &&
             strlen(checkpoint) < sizeof head->checkpoint && note_key_load(&head->public_key, key) &&
             statement_number(&get, 2) >= 0 &&
             merkle_load(&head->tree, (uint64_t)statement_number(&get, 2), statement_bytes(&get, 3));
        if (ok) {
            (void)snprintf(head->name, sizeof head->name, "%s", name);
            (void)snprintf(head->checkpoint, sizeof head->checkpoint, "%s", checkpoint);
        }
    }
    statement_finish(&get);
    if (!ok)
        return fail(ERROR_DATABASE_DAMAGED, database->path, "what it says of its log cannot be read",
                    "restore the database from a backup", err);
    return result != STATEMENT_FAILED;
}

bool signer_log_head(struct database *database, struct signer_log_head *head, struct error *err)
{
    bool is_there;

    if (!read_head(database, head, &is_there, err))
        return false;
    if (is_there)
        return true;
    (void)fail(ERROR_STORAGE_FAILED, database->path, "it has no log of its decisions yet",
               "start the signer once: imprint signer serve FILE", err);
    error_with_errno(err, ENOENT);
    return false;
}

/* Signs the tree as it is now, and stores it. */
static bool store_head(const struct signer_log *log, struct database *database, const struct merkle *tree,
                       struct error *err)
{
    struct checkpoint checkpoint = {.size = tree->size};
    uint8_t nodes[MERKLE_LEVELS * MERKLE_BYTES];
    char text[NOTE_MAX];
    struct statement set;
    bool ok;

    memcpy(checkpoint.log, log->name, sizeof checkpoint.log);
    if (!merkle_root(tree, checkpoint.root))
        return no_hash(database, err);
    if (!note_sign(&log->key, &checkpoint, text, err))
        return false;
    ok = statement_prepare(&set, database,
                           "INSERT INTO decision_log (id, name, public_key, size, nodes, checkpoint) "
                           "VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET size = excluded.size, "
                           "nodes = excluded.nodes, checkpoint = excluded.checkpoint",
                           err);
    if (ok) {
        statement_bind_text(&set, 1, log->name);
        statement_bind_bytes(&set, 2, bytes_of(log->key.public_key.data, log->key.public_key.len));
        statement_bind_number(&set, 3, (int64_t)tree->size);
        statement_bind_bytes(&set, 4, bytes_of(nodes, merkle_save(tree, nodes)));
        statement_bind_text(&set, 5, text);
        ok = statement_run(&set, err);
    }
    statement_finish(&set);
    return ok;
}

/* --- adding --- */

static bool set_leaf(struct database *database, int64_t number, uint64_t seq, const uint8_t leaf[static MERKLE_BYTES],
                     struct error *err)
{
    struct statement update;
    bool ok = statement_prepare(&update, database, "UPDATE decision SET seq = $1, leaf = $2 WHERE number = $3", err);

    if (ok) {
        statement_bind_number(&update, 1, (int64_t)seq);
        statement_bind_bytes(&update, 2, bytes_of(leaf, MERKLE_BYTES));
        statement_bind_number(&update, 3, number);
        ok = statement_run(&update, err);
    }
    statement_finish(&update);
    return ok;
}

/* The next decision that has no leaf, from `number` on, becomes the tree's next one. `*found` false: there is none. */
static bool append_next(const struct signer_log *log, struct database *database, int64_t *number, struct merkle *tree,
                        bool *found, struct error *err)
{
    uint8_t leaf[MERKLE_BYTES];
    struct statement select;
    enum statement_result result = STATEMENT_FAILED;
    bool ok = true;

    if (statement_prepare(&select, database,
                          "SELECT " DECISION_COLUMNS "WHERE d.number >= $1 AND d.seq IS NULL ORDER BY d.number LIMIT 1",
                          err)) {
        statement_bind_number(&select, 1, *number);
        result = statement_step(&select, err);
    }
    *found = result == STATEMENT_ROW;
    if (*found) {
        *number = statement_number(&select, NUMBER);
        ok = leaf_of(&select, log->name, tree->size, leaf);
    }
    statement_finish(&select);
    if (!*found)
        return result == STATEMENT_DONE;
    return ok ? set_leaf(database, *number, tree->size, leaf, err) &&
                    (merkle_append(tree, leaf) || no_hash(database, err))
              : no_hash(database, err);
}

bool signer_log_add(const struct signer_log *log, struct database *database, int64_t number, struct error *err)
{
    struct signer_log_head head;
    bool found;

    return signer_log_head(database, &head, err) && append_next(log, database, &number, &head.tree, &found, err) &&
           store_head(log, database, &head.tree, err);
}

/* --- opening --- */

static bool read_key(struct signer_log *log, const char *key_path, bool *is_there, struct error *err)
{
    uint8_t text[KEY_FILE_MAX];
    struct bytes_out out = {.data = text, .cap = sizeof text};
    struct error missing = {.reason = ERROR_NONE};
    bool ok;

    *is_there = new_file_read(key_path, &out, &missing);
    if (!*is_there)
        return true;
    ok = note_key_read(&log->key, bytes_written(&out), err);
    bytes_wipe(text, sizeof text);
    if (!ok)
        error_with_subject(err, key_path);
    return ok;
}

static bool make_key(struct signer_log *log, const char *key_path, struct error *err)
{
    gnutls_datum_t pem = {NULL, 0};
    bool is_there, ok;

    /* One that a signer left which was killed while it made its log is used. */
    if (!read_key(log, key_path, &is_there, err))
        return false;
    if (is_there)
        return true;
    if (!note_key_make(&log->key, NOTE_ED25519, &pem, err))
        return false;
    ok = new_file_write(key_path, bytes_of(pem.data, pem.size), err);
    gnutls_memset(pem.data, 0, pem.size);
    gnutls_free(pem.data);
    return ok;
}

static bool make_name(struct signer_log *log)
{
    uint8_t id[ID_BYTES];
    char text[HEX_SIZE(ID_BYTES)];

    if (gnutls_rnd(GNUTLS_RND_RANDOM, id, sizeof id) != 0)
        return false;
    hex_encode(bytes_of(id, sizeof id), text);
    (void)snprintf(log->name, sizeof log->name, "signer/%s", text);
    return true;
}

/* In a transaction: of several processes one makes the log, of all decisions that are there. */
static bool make_log(struct signer_log *log, struct database *database, const char *key_path, struct error *err)
{
    struct merkle tree = {.size = 0};
    int64_t number = 0;
    bool found = true, ok;

    if (!make_key(log, key_path, err))
        return false;
    if (!make_name(log))
        return fail(ERROR_UNEXPECTED, key_path, "GnuTLS has no random numbers", NULL, err);
    do
        ok = append_next(log, database, &number, &tree, &found, err);
    while (ok && found);
    return ok && store_head(log, database, &tree, err);
}

static bool load(struct signer_log *log, const struct signer_log_head *head, const char *key_path, struct error *err)
{
    static const char next[] = "restore the key file from a copy; or move database and key away: a new log begins, "
                               "and budgets count from nothing";
    bool is_there;

    if (!read_key(log, key_path, &is_there, err))
        return false;
    if (!is_there)
        return fail(ERROR_DATABASE_DAMAGED, key_path, "the key of the log of decisions cannot be read", next, err);
    if (!note_key_equal(&log->key.public_key, &head->public_key))
        return fail(ERROR_DATABASE_DAMAGED, key_path, "this is not the key of the log of decisions", next, err);
    (void)snprintf(log->name, sizeof log->name, "%s", head->name);
    return true;
}

static bool open_or_make(struct signer_log *log, struct database *database, const char *key_path, struct error *err)
{
    struct signer_log_head head;
    bool is_there;

    if (!database_begin(database, err))
        return false;
    if (read_head(database, &head, &is_there, err) &&
        (is_there ? load(log, &head, key_path, err) : make_log(log, database, key_path, err)) &&
        database_commit(database, err))
        return true;
    database_rollback(database);
    return false;
}

bool signer_log_open(struct signer_log *log, struct database *database, const char *path, struct error *err)
{
    char key_path[PATH_MAX];
    const int n = snprintf(key_path, sizeof key_path, "%s.key", path);

    memset(log, 0, sizeof *log);
    if (n <= 0 || (size_t)n >= sizeof key_path)
        return fail(ERROR_INPUT_FILE, path, "the path to the records is too long", NULL, err);
    if (open_or_make(log, database, key_path, err))
        return true;
    error_doing(err, "open the log of decisions");
    signer_log_close(log);
    return false;
}

void signer_log_close(struct signer_log *log)
{
    note_key_forget(&log->key);
}

/* --- checking --- */

/* One pass over the decisions. */
struct pass {
    struct ledger_verify *verify;
    struct database *database;
    struct signer_log_head head;
    struct checkpoint newest;
    bool has_newest; /* the newest checkpoint is genuine */
    struct merkle tree;
    uint64_t next; /* the place that comes next */
};

static void find(struct pass *pass, const char *check, const uint64_t *number, const char *text)
{
    const struct ledger_finding finding = {
        .check = check, .is_bad = true, .has_seq = number != NULL, .seq = number != NULL ? *number : 0, .text = text};

    if (pass->verify->bad++ < LEDGER_FINDINGS_MAX)
        pass->verify->finding(pass->verify->context, &finding);
}

/* The checkpoints of this size: are the decisions still those that they were made of? */
static bool check_size(struct pass *pass)
{
    const struct ledger_verify *verify = pass->verify;
    uint8_t root[MERKLE_BYTES];

    for (size_t i = 0; i < verify->checkpoint_count; i++) {
        if (verify->checkpoints[i].size != pass->tree.size)
            continue;
        if (!merkle_root(&pass->tree, root))
            return false;
        if (memcmp(root, verify->checkpoints[i].root, MERKLE_BYTES) != 0)
            find(pass, "fork", NULL, "the first decisions are not those of a checkpoint that was kept");
    }
    return true;
}

static bool check_row(struct pass *pass, struct statement *row)
{
    const uint64_t number = (uint64_t)statement_number(row, NUMBER), seq = (uint64_t)statement_number(row, SEQ);
    uint8_t leaf[MERKLE_BYTES];

    if (seq != pass->next)
        find(pass, "gap", &number, "decisions before it are missing");
    pass->next = seq + 1;
    if (!leaf_of(row, pass->head.name, seq, leaf))
        memset(leaf, 0, sizeof leaf); /* longer than any that was recorded */
    if (!bytes_equal(statement_bytes(row, LEAF), bytes_of(leaf, sizeof leaf)))
        find(pass, "edited", &number, "it, or the certificate that it granted, is not as it was recorded");
    return merkle_append(&pass->tree, leaf) && check_size(pass);
}

static bool check_rows(struct pass *pass, struct error *err)
{
    struct statement rows;
    enum statement_result result = STATEMENT_FAILED;
    bool ok = check_size(pass);

    if (statement_prepare(&rows, pass->database, "SELECT " DECISION_COLUMNS "WHERE d.seq IS NOT NULL ORDER BY d.seq",
                          err))
        result = statement_step(&rows, err);
    for (; ok && result == STATEMENT_ROW; result = statement_step(&rows, err))
        ok = check_row(pass, &rows);
    statement_finish(&rows);
    return ok ? result == STATEMENT_DONE : no_hash(pass->database, err);
}

/* Whether `sql` gives no row; else what it found, of the number in its first column. */
static bool check_none(struct pass *pass, const char *check, const char *text, const char *sql, struct error *err)
{
    struct statement rows;
    enum statement_result result = STATEMENT_FAILED;

    if (statement_prepare(&rows, pass->database, sql, err))
        result = statement_step(&rows, err);
    for (; result == STATEMENT_ROW; result = statement_step(&rows, err)) {
        const uint64_t number = (uint64_t)statement_number(&rows, 0);

        find(pass, check, number != 0 ? &number : NULL, text);
    }
    statement_finish(&rows);
    return result == STATEMENT_DONE;
}

/* What the decisions do not say of themselves. */
static bool check_tables(struct pass *pass, struct error *err)
{
    return check_none(pass, "unrecorded", "it is not part of the log",
                      "SELECT number FROM decision WHERE seq IS NULL ORDER BY number", err) &&
           check_none(pass, "unrecorded", "there is a certificate that no decision granted",
                      "SELECT 0 FROM certificate c WHERE c.certificate IS NOT NULL AND NOT EXISTS "
                      "(SELECT 1 FROM decision d WHERE d.public_key = c.public_key AND d.decision = 'granted')",
                      err) &&
           check_none(pass, "gap",
                      "a unit of an order is missing: its budget counts one too few, or a certificate was removed",
                      "SELECT 0 FROM certificate GROUP BY order_name HAVING max(unit) <> count(*)", err);
}

static bool check_end(struct pass *pass, struct error *err)
{
    struct ledger_verify *verify = pass->verify;

    if (!merkle_root(&pass->tree, verify->root))
        return no_hash(pass->database, err);
    if (!pass->has_newest)
        find(pass, "checkpoint", NULL, "the newest checkpoint is not signed by the key of this log");
    else if (pass->newest.size != pass->tree.size || pass->head.tree.size != pass->tree.size)
        find(pass, "cut", NULL, "there are more or fewer decisions than the newest checkpoint is of");
    else if (memcmp(pass->newest.root, verify->root, MERKLE_BYTES) != 0)
        find(pass, "checkpoint", NULL, "the decisions are not those of the newest checkpoint");
    for (size_t i = 0; i < verify->checkpoint_count; i++) {
        if (strcmp(verify->checkpoints[i].log, pass->head.name) != 0)
            find(pass, "fork", NULL, "a checkpoint that was kept is of another log");
        else if (verify->checkpoints[i].size > pass->tree.size)
            find(pass, "cut", NULL, "a checkpoint that was kept is of more decisions than are there");
    }
    return true;
}

static bool check_all(struct pass *pass, struct error *err)
{
    struct error refuted = {.reason = ERROR_NONE};
    const struct signer_log_head *head = &pass->head;

    if (!signer_log_head(pass->database, &pass->head, err))
        return false;
    pass->has_newest =
        note_open(bytes_of(head->checkpoint, strlen(head->checkpoint)), &head->public_key, &pass->newest, &refuted) &&
        strcmp(pass->newest.log, head->name) == 0;
    if (!check_rows(pass, err) || !check_tables(pass, err) || !check_end(pass, err))
        return false;
    pass->verify->entries = pass->tree.size;
    return true;
}

/* All in one read transaction: what is decided meanwhile changes nothing here. */
bool signer_log_verify(struct database *database, struct ledger_verify *verify, struct signer_log_head *head,
                       struct error *err)
{
    struct pass pass = {.verify = verify, .database = database};
    const bool ok = database_run(database, "BEGIN", err) && check_all(&pass, err);

    (void)database_run(database, "ROLLBACK", NULL);
    *head = pass.head;
    if (!ok)
        error_doing(err, "verify the signer's decisions");
    return ok;
}
