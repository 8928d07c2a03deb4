/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and making a ledger, appending, and asking it for single things. */
#include "ledger/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "base/error_format.h"
#include "ledger/canonical.h"
#include "ledger/derived.h"
#include "ledger/new_file.h"
#include "ledger/tables.h"

#define KEY_FILE_MAX 4096
#define ID_BYTES 8 /* random, so that two logs of one station, or of two with one name, differ */

static bool refuse(const char *path, enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, path);
    return false;
}

struct statement *ledger_prepared(struct ledger *ledger, enum ledger_statement which, struct error *err)
{
    struct statement *statement = &ledger->statements[which];

    if (statement->handle == NULL && !statement_prepare(statement, &ledger->database, tables_statements[which], err))
        return NULL;
    statement_reset(statement);
    return statement;
}

/* --- the log --- */

static bool copy_text(const char *from, char *to, size_t size)
{
    int n = from == NULL ? -1 : snprintf(to, size, "%s", from);

    return n >= 0 && (size_t)n < size;
}

/* False with a reason; `*is_there` false without one: the log is still to be made. */
static bool read_log(struct ledger *ledger, struct ledger_head *head, bool *is_there, struct error *err)
{
    struct statement *get = ledger_prepared(ledger, LEDGER_GET_LOG, err);
    enum statement_result result = get == NULL ? STATEMENT_FAILED : statement_step(get, err);
    struct bytes key;
    bool ok;

    *is_there = result == STATEMENT_ROW;
    if (result == STATEMENT_FAILED)
        return false;
    if (result == STATEMENT_DONE)
        return true;
    key = statement_bytes(get, 1);
    ok = copy_text(statement_text(get, 0), ledger->log, sizeof ledger->log) &&
         note_key_load(&ledger->public_key, key) && statement_number(get, 2) >= 0 &&
         merkle_load(&head->tree, (uint64_t)statement_number(get, 2), statement_bytes(get, 3)) &&
         copy_text(statement_text(get, 4), head->time, sizeof head->time) &&
         copy_text(statement_text(get, 5), head->checkpoint, sizeof head->checkpoint);
    statement_reset(get);
    return ok ||
           refuse(ledger->database.path, ERROR_DATABASE_DAMAGED, "what it says of its log cannot be read", NULL, err);
}

bool ledger_head(struct ledger *ledger, struct ledger_head *head, struct error *err)
{
    bool is_there;

    if (!read_log(ledger, head, &is_there, err))
        return false;
    if (is_there)
        return true;
    (void)refuse(ledger->database.path, ERROR_STORAGE_FAILED, "it was not finished when it was made", NULL, err);
    error_with_errno(err, ENOENT);
    return false;
}

/* --- making one --- */

static bool may_be_in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

/* "station/0123456789abcdef". A log's name has no blank and no plus sign: C2SP signed-note. */
static bool name_log(const char *station, char name[static ENTRY_LOG_SIZE])
{
    uint8_t id[ID_BYTES];
    size_t len = 0;

    if (gnutls_rnd(GNUTLS_RND_RANDOM, id, sizeof id) != 0)
        return false;
    while (len < ENTRY_LOG_SIZE - 2 * ID_BYTES - 2 && station[len] != '\0') {
        name[len] = may_be_in_name(station[len]) ? station[len] : '-';
        len++;
    }
    if (len == 0)
        len = (size_t)snprintf(name, ENTRY_LOG_SIZE, "station");
    name[len++] = '/';
    for (size_t i = 0; i < ID_BYTES; i++)
        len += (size_t)snprintf(name + len, ENTRY_LOG_SIZE - len, "%02x", id[i]);
    return true;
}

/* What a run that was killed while it made the ledger left is used. */
static bool make_key(struct ledger *ledger, struct error *err)
{
    const enum note_type type = ledger->choice.is_p256 ? NOTE_ECDSA : NOTE_ED25519;
    uint8_t text[KEY_FILE_MAX];
    struct bytes_out out = {.data = text, .cap = sizeof text};
    struct error missing = {.reason = ERROR_NONE};
    gnutls_datum_t pem = {NULL, 0};
    bool ok;

    if (ledger->choice.keeper.sign != NULL)
        return note_key_hold(&ledger->key, &ledger->choice.keeper, err);
    if (new_file_read(ledger->key_path, &out, &missing)) {
        ok = note_key_read(&ledger->key, bytes_written(&out), err);
        bytes_wipe(text, sizeof text);
        if (!ok)
            error_with_subject(err, ledger->key_path);
        return ok;
    }
    if (!note_key_make(&ledger->key, type, &pem, err))
        return false;
    ok = new_file_write(ledger->key_path, bytes_of(pem.data, pem.size), err);
    gnutls_memset(pem.data, 0, pem.size);
    gnutls_free(pem.data);
    return ok;
}

static bool sign_head(struct ledger *ledger, struct ledger_head *head, struct error *err)
{
    struct checkpoint checkpoint = {.size = head->tree.size};

    memcpy(checkpoint.log, ledger->log, sizeof checkpoint.log);
    if (merkle_root(&head->tree, checkpoint.root))
        return note_sign(&ledger->key, &checkpoint, head->checkpoint, err);
    return refuse(ledger->database.path, ERROR_UNEXPECTED, "GnuTLS cannot compute a hash", NULL, err);
}

/* In a transaction, so that of several processes one makes key and log. */
static bool make_log(struct ledger *ledger, const char *station, struct error *err)
{
    struct ledger_head head = {.time = "0000-00-00T00:00:00.000Z"};
    struct statement insert;
    bool is_there, ok;

    if (!read_log(ledger, &head, &is_there, err) || is_there)
        return is_there && err->reason == ERROR_NONE;
    if (!make_key(ledger, err))
        return false;
    ledger->public_key = ledger->key.public_key;
    if (!name_log(station, ledger->log))
        return refuse(ledger->database.path, ERROR_UNEXPECTED, "GnuTLS has no random numbers", NULL, err);
    ok = sign_head(ledger, &head, err) &&
         statement_prepare(&insert, &ledger->database,
                           "INSERT INTO log (id, name, public_key, size, nodes, time, checkpoint)"
                           " VALUES (1, $1, $2, 0, x'', $3, $4)",
                           err);
    if (!ok)
        return false;
    statement_bind_text(&insert, 1, ledger->log);
    statement_bind_bytes(&insert, 2, bytes_of(ledger->public_key.data, ledger->public_key.len));
    statement_bind_text(&insert, 3, head.time);
    statement_bind_text(&insert, 4, head.checkpoint);
    ok = statement_run(&insert, err);
    statement_finish(&insert);
    return ok;
}

/* The log's key in a chip. */
static bool hold_key(struct ledger *ledger, struct error *err)
{
    if (!note_key_hold(&ledger->key, &ledger->choice.keeper, err))
        return false;
    return note_key_equal(&ledger->key.public_key, &ledger->public_key) ||
           refuse(
               ledger->database.path, ERROR_DATABASE_DAMAGED, "the chip's key is not the key of the ledger's log",
               "put the chip that has it back in its place; where log.key has the key, remove `key` from ledger.yaml; "
               "or, to begin a new log, move the folder away and then run: imprint ledger import",
               err);
}

static bool load_key(struct ledger *ledger, struct error *err)
{
    static const char next[] =
        "restore the key file from a copy, or name the chip that has the key in ledger.yaml; or, to begin a new log, "
        "move the folder away and then run: imprint ledger import";
    uint8_t text[KEY_FILE_MAX];
    struct bytes_out out = {.data = text, .cap = sizeof text};
    struct error missing = {.reason = ERROR_NONE};
    bool ok;

    if (note_key_is_there(&ledger->key))
        return true;
    if (ledger->choice.keeper.sign != NULL)
        return hold_key(ledger, err);
    if (!new_file_read(ledger->key_path, &out, &missing)) {
        (void)refuse(ledger->key_path, ERROR_DATABASE_DAMAGED, "the log's key cannot be read", next, err);
        error_with_errno(err, missing.system_errno);
        return false;
    }
    ok = note_key_read(&ledger->key, bytes_written(&out), err);
    bytes_wipe(text, sizeof text);
    if (!ok)
        error_with_subject(err, ledger->key_path);
    if (ok && !note_key_equal(&ledger->key.public_key, &ledger->public_key))
        return refuse(ledger->key_path, ERROR_DATABASE_DAMAGED, "this is not the key of the ledger's log", next, err);
    return ok;
}

static bool open_to_write(struct ledger *ledger, const char *station, struct error *err)
{
    struct ledger_head head;
    bool is_there;

    ledger->text = malloc(ENTRY_MAX);
    if (ledger->text == NULL)
        return refuse(ledger->database.path, ERROR_UNEXPECTED, "there is no memory", NULL, err);
    if (!read_log(ledger, &head, &is_there, err))
        return false;
    if (is_there)
        return load_key(ledger, err);
    if (!database_begin(&ledger->database, err))
        return false;
    if (make_log(ledger, station, err) && database_commit(&ledger->database, err))
        return load_key(ledger, err);
    database_rollback(&ledger->database);
    return false;
}

bool ledger_open(struct ledger *ledger, const char *folder, const char *station, enum ledger_mode mode,
                 struct error *err)
{
    const struct ledger_key_choice usual = {.is_p256 = false};

    return ledger_open_keyed(ledger, folder, station, &usual, mode, err);
}

bool ledger_open_keyed(struct ledger *ledger, const char *folder, const char *station,
                       const struct ledger_key_choice *choice, enum ledger_mode mode, struct error *err)
{
    static const enum database_mode modes[] = {
        [LEDGER_READ] = DATABASE_READ, [LEDGER_USE] = DATABASE_USE, [LEDGER_WRITE] = DATABASE_MAKE};
    struct ledger_head head;
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/ledger.db", folder);

    memset(ledger, 0, sizeof *ledger);
    ledger->choice = *choice;
    if (n <= 0 || (size_t)n >= sizeof path) {
        ledger_close(ledger);
        return refuse(folder, ERROR_USAGE, "the path to the ledger is too long", NULL, err);
    }
    (void)snprintf(ledger->key_path, sizeof ledger->key_path, "%.*s/log.key", PATH_MAX - 16, folder);
    if (database_open(&ledger->database, path, &tables_kind, modes[mode], err) &&
        (mode == LEDGER_READ ? ledger_head(ledger, &head, err) : open_to_write(ledger, station, err)))
        return true;
    if (ledger->database.handle != NULL)
        ledger_explain_failure(ledger, err);
    error_doing(err, "open the ledger");
    ledger_close(ledger);
    return false;
}

void ledger_close(struct ledger *ledger)
{
    for (size_t i = 0; i < LEDGER_STATEMENT_COUNT; i++)
        statement_finish(&ledger->statements[i]);
    database_close(&ledger->database);
    note_key_forget(&ledger->key);
    if (ledger->choice.keeper.release != NULL)
        ledger->choice.keeper.release(ledger->choice.keeper.context);
    memset(&ledger->choice, 0, sizeof ledger->choice);
    free(ledger->text);
    ledger->text = NULL;
}

/* --- appending --- */

/* The whole entry: canonical, in ledger->text. */
static bool write_text(struct ledger *ledger, json_t *content, struct ledger_head *head, struct bytes_out *text,
                       struct error *err)
{
    char now[ENTRY_TIME_SIZE];
    const char *why = NULL;

    entry_time_now(now);
    if (strcmp(now, head->time) < 0)
        json_object_set_new(content, "clock_back", json_true());
    json_object_set_new(content, "format", json_string(ENTRY_FORMAT));
    json_object_set_new(content, "version", json_integer(ENTRY_VERSION));
    json_object_set_new(content, "log", json_string(ledger->log));
    json_object_set_new(content, "seq", json_integer((json_int_t)head->tree.size));
    json_object_set_new(content, "time", json_string(now));
    memcpy(head->time, now, sizeof now);
    if (canonical_write(content, text, &why))
        return true;
    return refuse(ledger->database.path, ERROR_UNEXPECTED,
                  error_keep_format(err, "the entry cannot be written: %s", why), NULL, err);
}

static bool store_entry(struct ledger *ledger, struct bytes text, uint64_t seq, const uint8_t *leaf, struct error *err)
{
    struct statement *add = ledger_prepared(ledger, LEDGER_ADD_ENTRY, err);
    enum statement_result result;

    if (add == NULL)
        return false;
    statement_bind_number(add, 1, (int64_t)seq);
    statement_bind_bytes(add, 2, bytes_of(leaf, MERKLE_BYTES));
    statement_bind_string(add, 3, text);
    result = statement_step(add, err);
    statement_reset(add);
    return result == STATEMENT_DONE ||
           (result == STATEMENT_EXISTS &&
            refuse(ledger->database.path, ERROR_DATABASE_DAMAGED, "it has more entries than it says itself",
                   "see what contradicts: imprint ledger verify", err));
}

static bool store_head(struct ledger *ledger, const struct ledger_head *head, struct error *err)
{
    struct statement *set = ledger_prepared(ledger, LEDGER_SET_LOG, err);
    uint8_t nodes[MERKLE_LEVELS * MERKLE_BYTES];

    if (set == NULL)
        return false;
    statement_bind_number(set, 1, (int64_t)head->tree.size);
    statement_bind_bytes(set, 2, bytes_of(nodes, merkle_save(&head->tree, nodes)));
    statement_bind_text(set, 3, head->time);
    statement_bind_text(set, 4, head->checkpoint);
    return statement_run(set, err);
}

bool ledger_add(struct ledger *ledger, json_t *content, uint64_t *seq, struct ledger_conflict *conflict,
                struct error *err)
{
    struct bytes_out text = {.data = ledger->text, .cap = ENTRY_MAX};
    struct ledger_head head;
    uint8_t leaf[MERKLE_BYTES];

    if (!ledger_head(ledger, &head, err) || !write_text(ledger, content, &head, &text, err))
        return false;
    *seq = head.tree.size;
    if (!merkle_leaf(bytes_written(&text), leaf) || !merkle_append(&head.tree, leaf))
        return refuse(ledger->database.path, ERROR_UNEXPECTED, "GnuTLS cannot compute a hash", NULL, err);
    return store_entry(ledger, bytes_written(&text), *seq, leaf, err) &&
           ledger_derive(ledger, content, *seq, conflict, err) && sign_head(ledger, &head, err) &&
           store_head(ledger, &head, err);
}

bool ledger_append(struct ledger *ledger, json_t *content, uint64_t *seq, struct ledger_conflict *conflict,
                   struct error *err)
{
    *conflict = (struct ledger_conflict){.what = NULL};
    if (database_begin(&ledger->database, err)) {
        if (ledger_add(ledger, content, seq, conflict, err) && database_commit(&ledger->database, err))
            return true;
        database_rollback(&ledger->database);
    }
    ledger_explain_failure(ledger, err);
    error_doing(err, "append to the ledger");
    return false;
}

/* --- asking --- */

/* The one text that the statement gives; "" for none. */
static bool find_text(struct statement *get, char *text, size_t size, struct error *err)
{
    enum statement_result result = statement_step(get, err);
    bool ok = result != STATEMENT_FAILED;

    text[0] = '\0';
    if (result == STATEMENT_ROW && !copy_text(statement_text(get, 0), text, size))
        ok = refuse(get->database->path, ERROR_DATABASE_DAMAGED, "a serial number in it is too long", NULL, err);
    statement_reset(get);
    return ok;
}

bool ledger_find_key(struct ledger *ledger, const uint8_t *x, char device[static LEDGER_DEVICE_SIZE], struct error *err)
{
    struct statement *get = ledger_prepared(ledger, LEDGER_GET_KEY, err);

    if (get == NULL)
        return false;
    statement_bind_bytes(get, 1, bytes_of(x, LEDGER_KEY_BYTES));
    return find_text(get, device, LEDGER_DEVICE_SIZE, err);
}

bool ledger_find_certificate(struct ledger *ledger, struct bytes number, char device[static LEDGER_DEVICE_SIZE],
                             struct error *err)
{
    struct statement *get = ledger_prepared(ledger, LEDGER_GET_CERTIFICATE, err);

    if (get == NULL)
        return false;
    statement_bind_bytes(get, 1, number);
    return find_text(get, device, LEDGER_DEVICE_SIZE, err);
}

bool ledger_select_entries(struct ledger *ledger, struct statement *entries, struct error *err)
{
    return statement_prepare(entries, &ledger->database, "SELECT seq, leaf, body FROM entry WHERE log = 1 ORDER BY seq",
                             err);
}

/* Each attempt is before the one after it: another number is damage, and could lead round for ever. */
static bool is_earlier(const struct ledger *ledger, int64_t before, int64_t seq, struct error *err)
{
    if (before >= 0 && before < seq)
        return true;
    return refuse(ledger->database.path, ERROR_DATABASE_DAMAGED, "the table of attempts is damaged",
                  "make it again from the entries: imprint ledger rebuild", err);
}

/* The number of the device's attempt before `*seq`, into `*seq`. False: there is none, or with a reason. */
static bool step_back(struct ledger *ledger, int64_t *seq, struct error *err)
{
    struct statement *entry = ledger_prepared(ledger, LEDGER_GET_ENTRY, err);
    int64_t before = 0;
    bool has_one;

    if (entry == NULL)
        return false;
    statement_bind_number(entry, 1, *seq);
    has_one = statement_step(entry, err) == STATEMENT_ROW && !statement_is_null(entry, 1);
    if (has_one)
        before = statement_number(entry, 1);
    statement_reset(entry);
    if (!has_one || !is_earlier(ledger, before, *seq, err))
        return false;
    *seq = before;
    return true;
}

size_t ledger_attempts(struct ledger *ledger, const char *device, uint64_t *seqs, size_t most, struct error *err)
{
    struct statement *get = ledger_prepared(ledger, LEDGER_GET_DEVICE, err);
    bool has_next;
    int64_t seq = 0;
    size_t count = 0;

    if (get == NULL)
        return 0;
    statement_bind_text(get, 1, device);
    has_next = statement_step(get, err) == STATEMENT_ROW;
    if (has_next)
        seq = statement_number(get, 0);
    statement_reset(get);
    for (; has_next && count < most; has_next = step_back(ledger, &seq, err))
        seqs[count++] = (uint64_t)seq;
    return err->reason == ERROR_NONE ? count : 0;
}

bool ledger_last_made(struct ledger *ledger, const char *device, uint64_t *seq, struct error *err)
{
    struct statement *get = ledger_prepared(ledger, LEDGER_GET_DEVICE, err);
    bool is_made;

    if (get == NULL)
        return false;
    statement_bind_text(get, 1, device);
    is_made = statement_step(get, err) == STATEMENT_ROW && !statement_is_null(get, 1);
    if (is_made)
        *seq = (uint64_t)statement_number(get, 1);
    statement_reset(get);
    return is_made;
}

bool ledger_run(struct ledger *ledger, struct statement *statement, struct error *err)
{
    if (!database_begin(&ledger->database, err))
        return false;
    if (statement_run(statement, err))
        return database_commit(&ledger->database, err);
    database_rollback(&ledger->database);
    return false;
}

bool ledger_read(struct ledger *ledger, uint64_t seq, struct bytes_out *text, struct error *err)
{
    struct statement *get = ledger_prepared(ledger, LEDGER_GET_ENTRY, err);
    bool ok;

    if (get == NULL)
        return false;
    statement_bind_number(get, 1, (int64_t)seq);
    ok = statement_step(get, err) == STATEMENT_ROW && bytes_append(text, statement_bytes(get, 0));
    statement_reset(get);
    return ok;
}

json_t *ledger_load(struct ledger *ledger, uint64_t seq, struct error *err)
{
    struct bytes_out text = {.data = malloc(ENTRY_MAX), .cap = ENTRY_MAX};
    json_t *entry = text.data != NULL && ledger_read(ledger, seq, &text, err)
                        ? json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL)
                        : NULL;

    free(text.data);
    return entry;
}
