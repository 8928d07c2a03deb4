/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/outbox.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_format.h"
#include "ledger/leaves.h"
#include "ledger/tables.h"

#define BATCH_ENTRIES 200
#define BATCH_BYTES ((size_t)256 * 1024) /* a batch ends with the entry that reaches it */

#define ENTRIES_FROM "SELECT leaf, body FROM entry WHERE log = 1 AND seq >= $1 AND seq < $2 ORDER BY seq"

static bool refuse(const struct ledger *ledger, enum error_reason reason, const char *cause, const char *next,
                   struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, ledger->database.path);
    return false;
}

/* --- what is known --- */

/* What the line last said that it has, and when. */
static bool read_sent(struct ledger *ledger, struct outbox_state *state, struct error *err)
{
    struct statement get;
    enum statement_result result;
    const char *time;

    if (!statement_prepare(&get, &ledger->database, tables_get_outbox, err))
        return false;
    result = statement_step(&get, err);
    if (result == STATEMENT_ROW) {
        state->sent = (uint64_t)statement_number(&get, 0);
        time = statement_text(&get, 1); /* NULL: somebody changed the file */
        (void)snprintf(state->time, sizeof state->time, "%s", time != NULL ? time : "");
    }
    statement_finish(&get);
    return result != STATEMENT_FAILED;
}

bool outbox_read(struct ledger *ledger, struct outbox_state *state, struct error *err)
{
    struct ledger_head head;

    *state = (struct outbox_state){.sent = 0};
    if (!ledger_head(ledger, &head, err))
        return false;
    state->entries = head.tree.size;
    return read_sent(ledger, state, err);
}

static bool store_sent(struct ledger *ledger, uint64_t sent, struct error *err)
{
    struct statement set;
    char now[ENTRY_TIME_SIZE];
    bool ok = statement_prepare(&set, &ledger->database, tables_set_outbox, err);

    entry_time_now(now);
    statement_bind_number(&set, 1, (int64_t)sent);
    statement_bind_text(&set, 2, now);
    ok = ok && ledger_run(ledger, &set, err);
    statement_finish(&set);
    return ok;
}

/* --- is it the same log? --- */

/* This ledger's hash of an entry, and the line's. */
static bool leaves_differ(struct ledger *ledger, struct database *line, uint64_t seq, bool *differ, struct error *err)
{
    struct merkle own = {.size = 0};
    uint8_t theirs[MERKLE_BYTES];

    if (!leaves_add(ledger, seq, seq + 1, &own, err) || !ledger_line_leaf(line, ledger->log, seq, theirs, err))
        return false;
    *differ = own.size != 1 || memcmp(own.nodes[0], theirs, MERKLE_BYTES) != 0;
    return true;
}

/* The first entry below `end` that differs: after a fork all do, for their text has their time. `end`: none does. */
static bool find_fork(struct ledger *ledger, struct database *line, uint64_t end, uint64_t *fork, struct error *err)
{
    uint64_t low = 0, high = end;
    bool differ;

    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;

        if (!leaves_differ(ledger, line, middle, &differ, err))
            return false;
        if (differ)
            high = middle;
        else
            low = middle + 1;
    }
    *fork = low;
    return true;
}

static void ignore_alarm(void *context, const struct ledger_line_alarm *alarm)
{
    (void)context;
    (void)alarm;
}

/* Shows the server the entry with which the fork begins: it keeps the alarm, and says what it has there. */
static bool report_fork(struct ledger *ledger, struct database *line, uint64_t seq, struct error *err)
{
    struct bytes_out text = {.data = ledger->text, .cap = ENTRY_MAX};
    json_t *entries;
    uint64_t size;
    bool ok = ledger_read(ledger, seq, &text, err) && database_settle(&ledger->database, err);

    if (!ok)
        return false;
    entries = json_pack("[s#]", (const char *)text.data, (int)text.len);
    (void)ledger_line_append(line, ledger->log, seq, entries, "", &size, ignore_alarm, NULL, err);
    json_decref(entries);
    return refuse(ledger, ERROR_DUPLICATE, "the server has another continuation of this log",
                  "stop this station: docs/guide/line.md", err);
}

/* `*log`: what the line has. It must be the beginning of this ledger, as it is in `head`. */
static bool check_beginning(struct ledger *ledger, struct database *line, const struct ledger_line_log *log,
                            const struct ledger_head *head, struct error *err)
{
    const uint64_t common = log->tree.size < head->tree.size ? log->tree.size : head->tree.size;
    struct merkle tree = log->tree;
    uint8_t theirs[MERKLE_BYTES], own[MERKLE_BYTES];
    uint64_t fork;

    if (log->tree.size <= head->tree.size) {
        if (!leaves_add(ledger, log->tree.size, head->tree.size, &tree, err))
            return false;
        if (!merkle_root(&tree, theirs) || !merkle_root(&head->tree, own))
            return refuse(ledger, ERROR_UNEXPECTED, "GnuTLS cannot compute a hash", NULL, err);
        if (memcmp(theirs, own, MERKLE_BYTES) == 0)
            return true;
    }
    if (!find_fork(ledger, line, common, &fork, err))
        return false;
    if (fork < common)
        return report_fork(ledger, line, fork, err);
    if (log->tree.size <= head->tree.size)
        return refuse(ledger, ERROR_DATABASE_DAMAGED, "the server's tree is not that of the entries it has",
                      "have the administrator look at the database; this ledger is not at fault", err);
    return refuse(ledger, ERROR_DATABASE_DAMAGED,
                  error_keep_format(err, "the server has %llu entries of this log, and this ledger only %llu",
                                    (unsigned long long)log->tree.size, (unsigned long long)head->tree.size),
                  "the ledger is an older copy: put the newer one back, or begin a new log: docs/guide/line.md", err);
}

/* --- sending --- */

/* What is sent at once. */
struct batch {
    json_t *entries;
    struct merkle tree; /* with the last of them */
    char checkpoint[NOTE_MAX];
};

/* Takes entries from `first` on, and signs the checkpoint after the last. False with a reason. */
static bool fill_batch(struct ledger *ledger, uint64_t first, uint64_t end, struct batch *batch, struct error *err)
{
    struct checkpoint checkpoint;
    struct statement entries;
    size_t bytes = 0, count = 0;
    bool ok = statement_prepare(&entries, &ledger->database, ENTRIES_FROM, err);

    statement_bind_number(&entries, 1, (int64_t)first);
    statement_bind_number(&entries, 2, (int64_t)end);
    while (ok && count < BATCH_ENTRIES && bytes < BATCH_BYTES && statement_step(&entries, err) == STATEMENT_ROW) {
        const struct bytes leaf = statement_bytes(&entries, 0), body = statement_bytes(&entries, 1);

        ok = leaf.len == MERKLE_BYTES && merkle_append(&batch->tree, leaf.data) &&
             json_array_append_new(batch->entries, json_stringn((const char *)body.data, body.len)) == 0;
        bytes += body.len;
        count++;
    }
    statement_finish(&entries);
    if (!ok || count == 0)
        return refuse(ledger, ERROR_DATABASE_DAMAGED, "an entry cannot be read", "see which: imprint ledger verify",
                      err);
    checkpoint = (struct checkpoint){.size = batch->tree.size};
    memcpy(checkpoint.log, ledger->log, sizeof checkpoint.log);
    return (merkle_root(&batch->tree, checkpoint.root) ||
            refuse(ledger, ERROR_UNEXPECTED, "GnuTLS cannot compute a hash", NULL, err)) &&
           note_sign(&ledger->key, &checkpoint, batch->checkpoint, err);
}

/* Passes an alarm on, and counts it. */
static void on_alarm(void *context, const struct ledger_line_alarm *alarm)
{
    struct outbox_run *run = context;

    run->alarms++;
    run->alarm(run->context, alarm);
}

/* `*tree`: what the line has; moves on with each batch. */
static bool send_batch(struct ledger *ledger, struct database *line, uint64_t end, struct merkle *tree,
                       struct outbox_run *run, struct error *err)
{
    struct batch batch = {.entries = json_array(), .tree = *tree};
    uint64_t size = 0;
    bool ok =
        fill_batch(ledger, tree->size, end, &batch, err) && database_settle(&ledger->database, err) &&
        ledger_line_append(line, ledger->log, tree->size, batch.entries, batch.checkpoint, &size, on_alarm, run, err);

    json_decref(batch.entries);
    if (!ok)
        return false;
    run->sent += batch.tree.size - tree->size;
    *tree = batch.tree;
    /* Another process of this station may have sent them, and more: the line compared what was sent twice. */
    if (size > tree->size && !leaves_add(ledger, tree->size, size < end ? size : end, tree, err))
        return false;
    return store_sent(ledger, size, err);
}

/* What the line has before the first batch. Where that is known, each batch stores it anew: one commit less. */
static bool store_beginning(struct ledger *ledger, uint64_t sent, bool follows, struct error *err)
{
    struct outbox_state known = {.sent = 0};

    if (!read_sent(ledger, &known, err))
        return false;
    return (follows && known.sent == sent) || store_sent(ledger, sent, err);
}

static bool send_all(struct ledger *ledger, struct database *line, struct outbox_run *run, struct error *err)
{
    const int64_t began = clock_now_ms();
    struct ledger_line_log log;
    struct ledger_head head;
    uint64_t first;

    if (!ledger_head(ledger, &head, err) || !ledger_line_open_log(line, ledger, &log, err))
        return false;
    run->waiting = head.tree.size - (log.tree.size < head.tree.size ? log.tree.size : head.tree.size);
    if (!check_beginning(ledger, line, &log, &head, err) ||
        !store_beginning(ledger, log.tree.size, run->waiting > 0, err))
        return false;
    first = log.tree.size;
    while (run->waiting > 0 && (run->limit_ms == 0 || clock_now_ms() - began < (int64_t)run->limit_ms)) {
        if (!send_batch(ledger, line, head.tree.size, &log.tree, run, err))
            return false;
        run->waiting = head.tree.size - log.tree.size;
        if (run->progress != NULL)
            run->progress(run->context, log.tree.size - first, head.tree.size - first);
    }
    return true;
}

bool outbox_send(struct ledger *ledger, struct database *line, struct outbox_run *run, struct error *err)
{
    const bool ok = send_all(ledger, line, run, err);

    if (!ok)
        error_doing(err, "send the ledger to the line");
    return ok;
}
