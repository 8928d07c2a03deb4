/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/line_verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAGE_ENTRIES 200 /* from a server all rows of a statement come at once */
#define TEXT_SIZE 256

/* One log, and how far it was read. */
struct pass {
    struct database *line;
    struct ledger_line_verify *verify;
    int64_t id;
    char name[ENTRY_LOG_SIZE], station[LEDGER_STATION_SIZE];
    struct note_public key;
    uint64_t size;                               /* as the server has it: what arrives meanwhile is not looked at */
    uint8_t nodes[MERKLE_LEVELS * MERKLE_BYTES]; /* of the server's tree, by which it checks what arrives */
    struct bytes_out kept_nodes;                 /* how many of them there are */
    struct merkle tree;
    uint64_t signed_size; /* of the newest checkpoint that was looked at */
    struct statement checkpoint;
    uint64_t next_checkpoint; /* size of the next one; 0: there are no more */
};

static void find(struct pass *pass, const char *check, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void find(struct pass *pass, const char *check, const char *format, ...)
{
    char text[TEXT_SIZE];
    const struct ledger_line_finding finding = {
        .check = check, .station = pass->station, .log = pass->name, .text = text};
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    pass->verify->bad++;
    pass->verify->finding(pass->verify->context, &finding);
}

static bool no_hash(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "GnuTLS cannot compute a hash", NULL);
    return false;
}

/* --- checkpoints --- */

/* Asks for the first checkpoint after this size. */
static bool next_checkpoint(struct pass *pass, uint64_t after, struct error *err)
{
    enum statement_result result;

    statement_reset(&pass->checkpoint);
    statement_bind_number(&pass->checkpoint, 1, pass->id);
    statement_bind_number(&pass->checkpoint, 2, (int64_t)after);
    result = statement_step(&pass->checkpoint, err);
    pass->next_checkpoint = result == STATEMENT_ROW ? (uint64_t)statement_number(&pass->checkpoint, 0) : 0;
    return result != STATEMENT_FAILED;
}

static void judge_checkpoint(struct pass *pass, const uint8_t root[static MERKLE_BYTES])
{
    struct error refuted = {.reason = ERROR_NONE};
    struct checkpoint checkpoint;

    pass->verify->checkpoints++;
    pass->signed_size = pass->next_checkpoint;
    if (!note_open(statement_bytes(&pass->checkpoint, 1), &pass->key, &checkpoint, &refuted))
        find(pass, "checkpoint", "the checkpoint of %" PRIu64 " entries: %s", pass->next_checkpoint, refuted.cause);
    else if (strcmp(checkpoint.log, pass->name) != 0 || checkpoint.size != pass->next_checkpoint ||
             memcmp(checkpoint.root, root, MERKLE_BYTES) != 0)
        find(pass, "checkpoint", "the first %" PRIu64 " entries are not those that the station signed",
             pass->next_checkpoint);
}

/* The checkpoint of this size, where there is one. */
static bool check_size(struct pass *pass, struct error *err)
{
    uint8_t root[MERKLE_BYTES];

    if (pass->next_checkpoint != pass->tree.size || pass->tree.size == 0)
        return true;
    if (!merkle_root(&pass->tree, root))
        return no_hash(err);
    judge_checkpoint(pass, root);
    return next_checkpoint(pass, pass->tree.size, err);
}

/* --- entries --- */

static bool check_row(struct pass *pass, struct statement *row, struct error *err)
{
    const uint64_t seq = (uint64_t)statement_number(row, 0);
    uint8_t leaf[MERKLE_BYTES];

    if (!merkle_leaf(statement_bytes(row, 2), leaf))
        return no_hash(err);
    if (seq != pass->tree.size)
        find(pass, "gap", "entry %" PRIu64 " is missing, or stands at another place", pass->tree.size);
    if (!bytes_equal(statement_bytes(row, 1), bytes_of(leaf, sizeof leaf)))
        find(pass, "edited", "the text of entry %" PRIu64 " is not the text of which its hash was made", seq);
    pass->verify->entries++;
    return (merkle_append(&pass->tree, leaf) || no_hash(err)) && check_size(pass, err);
}

/* From where the last page ended, by number: `*from` moves on. `*is_end`: there were no more. */
static bool check_page(struct pass *pass, uint64_t *from, bool *is_end, struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement rows;
    bool ok = statement_prepare(&rows, pass->line,
                                "SELECT seq, leaf, body FROM line_entry WHERE log = $1 AND seq >= $2 AND seq < $3"
                                " ORDER BY seq LIMIT 200",
                                err);
    uint64_t count = 0;

    _Static_assert(PAGE_ENTRIES == 200, "as in the statement");
    statement_bind_number(&rows, 1, pass->id);
    statement_bind_number(&rows, 2, (int64_t)*from);
    statement_bind_number(&rows, 3, (int64_t)pass->size);
    while (ok && (result = statement_step(&rows, err)) == STATEMENT_ROW) {
        *from = (uint64_t)statement_number(&rows, 0) + 1;
        ok = check_row(pass, &rows, err);
        count++;
    }
    statement_finish(&rows);
    *is_end = count < PAGE_ENTRIES;
    return ok && result == STATEMENT_DONE;
}

/* What the server keeps to compute the next root from. */
static void check_tree(struct pass *pass)
{
    uint8_t nodes[MERKLE_LEVELS * MERKLE_BYTES];
    const struct bytes made = bytes_of(nodes, merkle_save(&pass->tree, nodes));

    if (pass->tree.size == pass->size && !bytes_equal(bytes_written(&pass->kept_nodes), made))
        find(pass, "tree", "the server's tree is not that of its entries: one of the two was changed");
}

static bool check_entries(struct pass *pass, struct error *err)
{
    uint64_t from = 0;
    bool is_end = false;

    while (!is_end)
        if (!check_page(pass, &from, &is_end, err))
            return false;
    if (pass->tree.size != pass->size)
        find(pass, "cut", "there are %" PRIu64 " entries; the server's own count is %" PRIu64, pass->tree.size,
             pass->size);
    if (pass->next_checkpoint != 0 && pass->next_checkpoint <= pass->size)
        find(pass, "cut", "the station signed %" PRIu64 " entries, and only %" PRIu64 " are there",
             pass->next_checkpoint, pass->tree.size);
    check_tree(pass);
    pass->verify->not_signed += pass->tree.size - pass->signed_size;
    return true;
}

/* --- logs --- */

static bool copy_text(const char *from, char *to, size_t size)
{
    const int n = from == NULL ? -1 : snprintf(to, size, "%s", from);

    return n >= 0 && (size_t)n < size;
}

/* The first log after `after`. `*is_there` false: there are no more. */
static bool read_log(struct pass *pass, int64_t after, bool *is_there, struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement get;
    bool ok = true;

    if (statement_prepare(
            &get, pass->line,
            "SELECT id, name, station, public_key, size, nodes FROM line_log WHERE id > $1 ORDER BY id LIMIT 1", err)) {
        statement_bind_number(&get, 1, after);
        result = statement_step(&get, err);
    }
    *is_there = result == STATEMENT_ROW;
    if (*is_there) {
        pass->id = statement_number(&get, 0);
        pass->size = (uint64_t)statement_number(&get, 4);
        ok = copy_text(statement_text(&get, 1), pass->name, sizeof pass->name) &&
             copy_text(statement_text(&get, 2), pass->station, sizeof pass->station) &&
             note_key_load(&pass->key, statement_bytes(&get, 3));
        pass->kept_nodes = (struct bytes_out){.data = pass->nodes, .cap = sizeof pass->nodes};
        ok = ok && bytes_append(&pass->kept_nodes, statement_bytes(&get, 5));
    }
    statement_finish(&get);
    if (!ok) {
        error_set(err, ERROR_DATABASE_DAMAGED, "what the server has of a log cannot be read",
                  "have the administrator look at table line_log");
        error_with_subject(err, pass->line->path);
    }
    return ok && result != STATEMENT_FAILED;
}

static bool check_log(struct pass *pass, struct error *err)
{
    bool ok = statement_prepare(
        &pass->checkpoint, pass->line,
        "SELECT size, note FROM line_checkpoint WHERE log = $1 AND size > $2 ORDER BY size LIMIT 1", err);

    pass->tree = (struct merkle){.size = 0};
    pass->signed_size = 0;
    pass->verify->logs++;
    ok = ok && next_checkpoint(pass, 0, err) && check_entries(pass, err);
    statement_finish(&pass->checkpoint);
    return ok;
}

bool ledger_line_verify(struct database *line, struct ledger_line_verify *verify, struct error *err)
{
    struct pass pass = {.line = line, .verify = verify};
    bool is_there = true, ok = true;

    while (ok && is_there)
        ok = read_log(&pass, pass.id, &is_there, err) && (!is_there || check_log(&pass, err));
    if (!ok)
        error_doing(err, "verify the line");
    return ok;
}
