/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ledger/derived.h"

#define TEXT_SIZE 512

/* One pass over the entries. */
struct pass {
    struct ledger_verify *verify;
    const struct ledger *ledger;
    struct merkle tree;
    char time[ENTRY_TIME_SIZE]; /* of the entry before */
    uint64_t next;              /* the number that comes next */
    bool has_newest;            /* the newest checkpoint is genuine */
    struct checkpoint newest;
    struct statement cosigned; /* by size */
    bool has_row;              /* `row` is the next of them */
    struct cosigned_row row;
    struct statement stamped; /* by size */
    bool has_stamp;           /* `stamp` is the next of them */
    struct stamped_row stamp;
};

static void find(struct ledger_verify *verify, const char *check, bool is_bad, const uint64_t *seq, const char *format,
                 ...) __attribute__((format(printf, 5, 6)));

static void find(struct ledger_verify *verify, const char *check, bool is_bad, const uint64_t *seq, const char *format,
                 ...)
{
    char text[TEXT_SIZE];
    struct ledger_finding finding = {
        .check = check, .is_bad = is_bad, .has_seq = seq != NULL, .seq = seq != NULL ? *seq : 0, .text = text};
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (verify->bad + verify->notes < LEDGER_FINDINGS_MAX)
        verify->finding(verify->context, &finding);
    if (is_bad)
        verify->bad++;
    else
        verify->notes++;
}

/* What the entry says of itself, against the place in which it is. */
static void check_entry(struct pass *pass, uint64_t seq, struct bytes body)
{
    struct entry entry;
    const char *why;

    if (!entry_read(body, &entry, &why)) {
        find(pass->verify, "malformed", true, &seq, "%s", why);
        return;
    }
    if (entry.seq != seq || strcmp(entry.log, pass->ledger->log) != 0)
        find(pass->verify, "place", true, &seq, "it says that it is number %" PRIu64 " of the log %s", entry.seq,
             entry.log);
    if (strncmp(entry.time, "0000", 4) == 0) /* entry_time_now() */
        find(pass->verify, "clock", false, &seq,
             "it has no time: the station had no clock, or one beyond the year 9999");
    if (strcmp(entry.time, pass->time) < 0)
        find(pass->verify, "clock", !entry.clock_back, &seq, "its time %s is before %s, the time of the entry before%s",
             entry.time, pass->time, entry.clock_back ? "; it says so itself: the station's clock went back" : "");
    memcpy(pass->time, entry.time, sizeof pass->time);
}

/* --- what witnesses cosigned --- */

static bool next_cosigned(struct pass *pass, struct error *err)
{
    const enum statement_result result = cosigned_next(&pass->cosigned, &pass->row, err);

    pass->has_row = result == STATEMENT_ROW;
    return result != STATEMENT_FAILED;
}

/* Is it the key that the settings name? */
static void check_witness(struct pass *pass)
{
    const struct ledger_verify *verify = pass->verify;
    const struct cosigned_witness *kept = &pass->row.witness;

    for (size_t i = 0; i < verify->witness_count; i++) {
        if (strcmp(verify->witnesses[i].name, kept->name) != 0)
            continue;
        if (!note_key_equal(&verify->witnesses[i].key, &kept->key))
            find(pass->verify, "witness", true, NULL,
                 "a checkpoint that is kept as cosigned by %s is by another key than ledger.yaml names", kept->name);
        return;
    }
    find(pass->verify, "witness", false, NULL, "%s cosigned checkpoints, and is not named in ledger.yaml", kept->name);
}

/* Its signatures: the log's and the witness's. */
static bool open_cosigned(struct pass *pass, struct checkpoint *checkpoint)
{
    const struct cosigned_row *row = &pass->row;
    struct error refuted = {.reason = ERROR_NONE};
    uint64_t time;

    if (note_open_cosigned(row->note, row->witness.name, &row->witness.key, checkpoint, &time, &refuted) &&
        note_open(row->note, &pass->ledger->public_key, checkpoint, &refuted) && checkpoint->size == row->size &&
        strcmp(checkpoint->log, pass->ledger->log) == 0)
        return true;
    find(pass->verify, "witness", true, NULL, "the checkpoint of %" PRIu64 " entries that %s cosigned: %s", row->size,
         row->witness.name, refuted.cause != NULL ? refuted.cause : "it is of another size or log");
    return false;
}

/* Those of this size, against the tree as far as it was read. */
static bool check_cosigned(struct pass *pass, struct error *err)
{
    struct checkpoint checkpoint;
    uint8_t root[MERKLE_BYTES];

    while (pass->has_row && pass->row.size == pass->tree.size) {
        check_witness(pass);
        if (!merkle_root(&pass->tree, root))
            return false;
        if (open_cosigned(pass, &checkpoint)) {
            pass->verify->cosigned = checkpoint.size;
            if (memcmp(root, checkpoint.root, MERKLE_BYTES) != 0)
                find(pass->verify, "fork", true, NULL,
                     "the first %" PRIu64 " entries are not those that the witness %s cosigned", checkpoint.size,
                     pass->row.witness.name);
        }
        if (!next_cosigned(pass, err))
            return false;
    }
    return true;
}

/* Of what was cosigned, what the log no longer has. */
static bool check_uncovered(struct pass *pass, struct error *err)
{
    while (pass->has_row) {
        find(pass->verify, "cut", true, NULL,
             "the witness %s cosigned %" PRIu64 " entries, and only %" PRIu64 " are there", pass->row.witness.name,
             pass->row.size, pass->tree.size);
        if (!next_cosigned(pass, err))
            return false;
    }
    if (pass->has_stamp)
        find(pass->verify, "cut", true, NULL, "%" PRIu64 " entries were stamped, and only %" PRIu64 " are there",
             pass->stamp.size, pass->tree.size);
    return true;
}

/* --- time stamps --- */

static bool next_stamp(struct pass *pass, struct error *err)
{
    const enum statement_result result = stamped_next(&pass->stamped, &pass->stamp, err);

    pass->has_stamp = result == STATEMENT_ROW;
    return result != STATEMENT_FAILED;
}

/* The stamp itself, and the log's signature of what is stamped. */
static bool open_stamped(struct pass *pass, struct checkpoint *checkpoint)
{
    char room[ERROR_ROOM];
    struct error refuted = ERROR_IN(room);
    uint64_t time;

    if (note_open(pass->stamp.note, &pass->ledger->public_key, checkpoint, &refuted) &&
        (pass->verify->stamp_ca == NULL ||
         stamp_verify(pass->stamp.reply, pass->stamp.note, pass->verify->stamp_ca, &time, &refuted)) &&
        checkpoint->size == pass->stamp.size && strcmp(checkpoint->log, pass->ledger->log) == 0)
        return true;
    find(pass->verify, "stamp", true, NULL, "the stamped checkpoint of %" PRIu64 " entries: %s", pass->stamp.size,
         refuted.cause != NULL ? refuted.cause : "it is of another size or log");
    return false;
}

/* Those of this size, against the tree as far as it was read. */
static bool check_stamped(struct pass *pass, struct error *err)
{
    struct checkpoint checkpoint;
    uint8_t root[MERKLE_BYTES];

    while (pass->has_stamp && pass->stamp.size == pass->tree.size) {
        if (pass->verify->stamp_ca == NULL)
            find(pass->verify, "stamp", false, NULL,
                 "the time stamp over %" PRIu64 " entries is not verified: ledger.yaml names no authority",
                 pass->stamp.size);
        if (!merkle_root(&pass->tree, root))
            return false;
        if (open_stamped(pass, &checkpoint)) {
            pass->verify->stamped = checkpoint.size;
            if (memcmp(root, checkpoint.root, MERKLE_BYTES) != 0)
                find(pass->verify, "fork", true, NULL, "the first %" PRIu64 " entries are not those that were stamped",
                     checkpoint.size);
        }
        if (!next_stamp(pass, err))
            return false;
    }
    return true;
}

/* --- entries --- */

/* The checkpoints of this size: is the log still the one that they were made of? */
static bool check_size(struct pass *pass)
{
    struct ledger_verify *verify = pass->verify;
    uint8_t root[MERKLE_BYTES];
    bool has_root = false;

    for (size_t i = 0; i < verify->checkpoint_count; i++) {
        const struct checkpoint *checkpoint = &verify->checkpoints[i];

        if (checkpoint->size != pass->tree.size || strcmp(checkpoint->log, pass->ledger->log) != 0)
            continue;
        if (!has_root && !merkle_root(&pass->tree, root))
            return false;
        has_root = true;
        if (memcmp(root, checkpoint->root, MERKLE_BYTES) != 0)
            find(verify, "fork", true, NULL,
                 "the first %" PRIu64 " entries are not those of a checkpoint that was kept: one of the two logs is a "
                 "copy that went on by itself, or entries were changed",
                 pass->tree.size);
    }
    if (!pass->has_newest || pass->newest.size != pass->tree.size)
        return true;
    if (!merkle_root(&pass->tree, root))
        return false;
    memcpy(verify->root, root, MERKLE_BYTES);
    if (memcmp(root, pass->newest.root, MERKLE_BYTES) != 0)
        find(verify, "checkpoint", true, NULL,
             "the entries are not those of the newest checkpoint (%" PRIu64 " entries)", pass->newest.size);
    return true;
}

static bool check_row(struct pass *pass, struct statement *entries)
{
    const uint64_t seq = (uint64_t)statement_number(entries, 0);
    const struct bytes stored = statement_bytes(entries, 1), body = statement_bytes(entries, 2);
    uint8_t leaf[MERKLE_BYTES];

    if (!merkle_leaf(body, leaf))
        return false;
    if (seq != pass->next)
        find(pass->verify, "gap", true, &seq, "number %" PRIu64 " is missing before it", pass->next);
    if (!bytes_equal(stored, bytes_of(leaf, sizeof leaf)))
        find(pass->verify, "edited", true, &seq, "its text is not the text of which its hash was made");
    check_entry(pass, seq, body);
    pass->next = seq + 1;
    return merkle_append(&pass->tree, leaf);
}

/* The end of the log, against what claims to know it. */
static void check_end(struct pass *pass, const struct ledger_head *head)
{
    struct ledger_verify *verify = pass->verify;

    if (head->tree.size != pass->tree.size)
        find(verify, "cut", true, NULL, "there are %" PRIu64 " entries; the log's own count is %" PRIu64,
             pass->tree.size, head->tree.size);
    if (pass->has_newest && pass->newest.size != pass->tree.size)
        find(verify, "cut", true, NULL, "there are %" PRIu64 " entries; the newest checkpoint is of %" PRIu64,
             pass->tree.size, pass->newest.size);
    for (size_t i = 0; i < verify->checkpoint_count; i++) {
        const struct checkpoint *checkpoint = &verify->checkpoints[i];

        if (strcmp(checkpoint->log, pass->ledger->log) != 0)
            find(verify, "fork", true, NULL, "a checkpoint is of another log: %s", checkpoint->log);
        else if (checkpoint->size > pass->tree.size)
            find(verify, "cut", true, NULL,
                 "a checkpoint that was kept is of %" PRIu64 " entries, and only %" PRIu64 " are there",
                 checkpoint->size, pass->tree.size);
    }
}

static void check_newest(struct pass *pass, const struct ledger_head *head)
{
    struct error refuted = {.reason = ERROR_NONE};
    const struct bytes text = bytes_of(head->checkpoint, strlen(head->checkpoint));

    pass->has_newest = note_open(text, &pass->ledger->public_key, &pass->newest, &refuted);
    if (!pass->has_newest)
        find(pass->verify, "checkpoint", true, NULL, "the newest checkpoint: %s", refuted.cause);
    else if (strcmp(pass->newest.log, pass->ledger->log) != 0)
        find(pass->verify, "checkpoint", true, NULL, "the newest checkpoint is of the log %s", pass->newest.log);
}

static bool check_rows(struct pass *pass, struct statement *entries, struct error *err)
{
    enum statement_result result = STATEMENT_DONE;
    bool ok = check_size(pass) && check_cosigned(pass, err) && check_stamped(pass, err);

    while (ok && (result = statement_step(entries, err)) == STATEMENT_ROW)
        ok = check_row(pass, entries) && check_size(pass) && check_cosigned(pass, err) && check_stamped(pass, err);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "GnuTLS cannot compute a hash", NULL);
    return ok && result == STATEMENT_DONE;
}

static bool check_all(struct ledger *ledger, struct pass *pass, struct error *err)
{
    struct ledger_head head;
    struct statement entries;
    bool ok;

    if (!ledger_head(ledger, &head, err) || !ledger_select_entries(ledger, &entries, err))
        return false;
    check_newest(pass, &head);
    ok = cosigned_select(ledger, &pass->cosigned, err) && next_cosigned(pass, err) &&
         stamped_select(ledger, &pass->stamped, err) && next_stamp(pass, err) && check_rows(pass, &entries, err);
    statement_finish(&entries);
    pass->verify->entries = pass->tree.size;
    if (ok)
        check_end(pass, &head);
    ok = ok && check_uncovered(pass, err);
    statement_finish(&pass->cosigned);
    statement_finish(&pass->stamped);
    return ok;
}

/* --- derived tables --- */

static void on_difference(void *context, const struct ledger_difference *difference)
{
    struct ledger_verify *verify = context;

    verify->differs++;
    if (difference->has == NULL)
        find(verify, "table", true, NULL, "%s %s is not in its table; by the entries it has: %s", difference->table,
             difference->key, difference->derived);
    else if (difference->derived == NULL)
        find(verify, "table", true, NULL, "%s %s is in its table, and in no entry: %s", difference->table,
             difference->key, difference->has);
    else
        find(verify, "table", true, NULL, "%s %s: the table has: %s; by the entries it has: %s", difference->table,
             difference->key, difference->has, difference->derived);
}

static void on_schema(void *context, const struct ledger_difference *difference)
{
    find(context, "schema", true, NULL, "%s %s", difference->key, ledger_schema_fault(difference));
}

/* An entry that is no JSON was found as "malformed". */
static void on_refused(void *context, uint64_t seq, const char *cause)
{
    if (cause != NULL)
        find(context, "table", true, &seq, "it contradicts the entries before it: %s", cause);
}

static bool check_schema(struct ledger *ledger, struct ledger_verify *verify, struct error *err)
{
    struct ledger_derived derived = {.context = verify, .differs = on_schema};

    return ledger_compare_schema(ledger, &derived, err);
}

static bool check_tables(struct ledger *ledger, struct ledger_verify *verify, struct error *err)
{
    struct ledger_derived derived = {.context = verify, .differs = on_difference, .refused = on_refused};
    const int64_t start = clock_now_ms();
    const bool ok = ledger_compare_derived(ledger, &derived, err);

    verify->rows = derived.rows;
    verify->rows_ms = clock_now_ms() - start;
    return ok;
}

/* All in one read transaction, so that a run that ends meanwhile changes nothing here. */
bool ledger_verify(struct ledger *ledger, struct ledger_verify *verify, struct error *err)
{
    struct pass pass = {.verify = verify, .ledger = ledger};
    bool ok = database_run(&ledger->database, "BEGIN", err) && check_schema(ledger, verify, err) &&
              check_all(ledger, &pass, err) && (!verify->tables || check_tables(ledger, verify, err));

    if (!ok)
        ledger_explain_failure(ledger, err);
    (void)database_run(&ledger->database, "ROLLBACK", NULL);
    if (!ok)
        error_doing(err, "verify the ledger");
    return ok;
}
