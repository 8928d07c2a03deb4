/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger/export_pages.h"
#include "ledger/new_file.h"

static bool make_folder(const char *folder, struct error *err)
{
    if (mkdir(folder, 0700) == 0)
        return true;
    if (errno == EEXIST)
        error_set(err, ERROR_USAGE, "there is a file or folder of that name already", "name a new folder");
    else
        error_set(err, errno == ENOSPC || errno == EDQUOT ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
                  "the folder cannot be made", NULL);
    error_with_errno(err, errno == EEXIST ? 0 : errno);
    error_with_subject(err, folder);
    return false;
}

static bool path_of(const char *folder, const char *name, char path[static PATH_MAX], struct error *err)
{
    int n = snprintf(path, PATH_MAX, "%s/%s", folder, name);

    if (n > 0 && n < PATH_MAX)
        return true;
    error_set(err, ERROR_USAGE, "the folder's name is too long", NULL);
    error_with_subject(err, folder);
    return false;
}

static bool write_text(const char *folder, const char *name, const char *text, struct error *err)
{
    char path[PATH_MAX];

    return path_of(folder, name, path, err) && new_file_write(path, bytes_of(text, strlen(text)), err);
}

static bool write_keys(const struct ledger *ledger, const char *folder, struct error *err)
{
    char pem[NOTE_PEM_SIZE], vkey[NOTE_VKEY_SIZE], line[NOTE_VKEY_SIZE + 1];

    if (!note_public_pem(ledger->public_key, pem, err) || !note_vkey(ledger->log, ledger->public_key, vkey, err))
        return false;
    snprintf(line, sizeof line, "%s\n", vkey);
    return write_text(folder, "key.pem", pem, err) && write_text(folder, "key.vkey", line, err);
}

static bool write_entries(struct ledger *ledger, const char *path, uint64_t *count, struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement entries;
    FILE *file = new_file_begin(path, err);

    if (file == NULL)
        return false;
    if (ledger_select_entries(ledger, &entries, err)) {
        while ((result = statement_step(&entries, err)) == STATEMENT_ROW) {
            const struct bytes body = statement_bytes(&entries, 2);

            if (fwrite(body.data, 1, body.len, file) != body.len || fputc('\n', file) == EOF)
                break; /* new_file_end() says why */
            ++*count;
        }
        statement_finish(&entries);
    }
    return new_file_end(file, path, err) && result == STATEMENT_DONE;
}

static bool export_all(struct ledger *ledger, const char *folder, uint64_t *entries, struct error *err)
{
    struct ledger_head head;
    char path[PATH_MAX];

    *entries = 0;
    return ledger_head(ledger, &head, err) && make_folder(folder, err) &&
           path_of(folder, "entries.ndjson", path, err) && write_entries(ledger, path, entries, err) &&
           write_text(folder, "checkpoint", head.checkpoint, err) && write_keys(ledger, folder, err) &&
           write_text(folder, "CHECK.md", export_pages_ledger, err);
}

bool ledger_export(struct ledger *ledger, const char *folder, uint64_t *entries, struct error *err)
{
    /* Entries and checkpoint are of one moment. */
    bool ok = database_run(&ledger->database, "BEGIN", err) && export_all(ledger, folder, entries, err);

    (void)database_run(&ledger->database, "ROLLBACK", NULL);
    if (!ok)
        error_doing(err, "export the ledger");
    return ok;
}

/* --- one entry --- */

/* The root of a range of leaves. */
static bool root_of(struct statement *leaves, struct merkle_range range, uint8_t root[static MERKLE_BYTES],
                    struct error *err)
{
    struct merkle tree = {.size = 0};
    bool ok = true;

    statement_reset(leaves);
    statement_bind_number(leaves, 1, (int64_t)range.first);
    statement_bind_number(leaves, 2, (int64_t)(range.first + range.count));
    while (ok && statement_step(leaves, err) == STATEMENT_ROW) {
        const struct bytes leaf = statement_bytes(leaves, 0);

        ok = leaf.len == MERKLE_BYTES && merkle_append(&tree, leaf.data);
    }
    if (ok && tree.size == range.count && merkle_root(&tree, root))
        return true;
    error_set(err, ERROR_DATABASE_DAMAGED, "entries are missing", "see which: imprint ledger verify");
    error_with_subject(err, leaves->database->path);
    return false;
}

/* What failed, new_file_end() says. */
static bool write_hash(FILE *file, const uint8_t hash[static MERKLE_BYTES])
{
    char text[NOTE_HASH_SIZE];

    note_hash_text(hash, text);
    fprintf(file, "%s\n", text);
    return true;
}

/* The proof's text into `file`: C2SP tlog-proof. */
static bool write_proof(struct ledger *ledger, uint64_t seq, const struct ledger_head *head, FILE *file,
                        struct error *err)
{
    struct merkle_range ranges[MERKLE_LEVELS];
    const size_t count = merkle_proof_ranges(seq, head->tree.size, ranges);
    uint8_t root[MERKLE_BYTES];
    struct statement leaves;
    bool ok = statement_prepare(&leaves, &ledger->database,
                                "SELECT leaf FROM entry WHERE log = 1 AND seq >= $1 AND seq < $2 ORDER BY seq", err);

    fprintf(file, "c2sp.org/tlog-proof@v1\nindex %" PRIu64 "\n", seq);
    for (size_t i = 0; ok && i < count; i++)
        ok = root_of(&leaves, ranges[i], root, err) && write_hash(file, root);
    statement_finish(&leaves);
    fprintf(file, "\n%s", head->checkpoint);
    return ok;
}

static bool write_proof_file(struct ledger *ledger, uint64_t seq, const struct ledger_head *head, const char *folder,
                             struct error *err)
{
    char path[PATH_MAX];
    FILE *file;
    bool ok;

    if (!path_of(folder, "proof", path, err))
        return false;
    file = new_file_begin(path, err);
    if (file == NULL)
        return false;
    ok = write_proof(ledger, seq, head, file, err);
    return new_file_end(file, path, err) && ok;
}

static bool write_entry_file(struct ledger *ledger, uint64_t seq, const char *folder, struct error *err)
{
    struct bytes_out text = {.data = malloc(ENTRY_MAX), .cap = ENTRY_MAX};
    char path[PATH_MAX];
    bool ok = text.data != NULL && ledger_read(ledger, seq, &text, err) && path_of(folder, "entry.json", path, err) &&
              new_file_write(path, bytes_written(&text), err);

    free(text.data);
    if (!ok)
        error_set(err, ERROR_DATABASE_DAMAGED, "the entry cannot be read",
                  "see which are there: imprint ledger verify");
    return ok;
}

static bool prove(struct ledger *ledger, uint64_t seq, const char *folder, struct error *err)
{
    struct ledger_head head;

    return ledger_head(ledger, &head, err) && make_folder(folder, err) && write_entry_file(ledger, seq, folder, err) &&
           write_proof_file(ledger, seq, &head, folder, err) && write_keys(ledger, folder, err) &&
           write_text(folder, "CHECK.md", export_pages_proof, err);
}

bool ledger_prove(struct ledger *ledger, uint64_t seq, const char *folder, struct error *err)
{
    bool ok = database_run(&ledger->database, "BEGIN", err) && prove(ledger, seq, folder, err);

    (void)database_run(&ledger->database, "ROLLBACK", NULL);
    if (!ok)
        error_doing(err, "prove the entry");
    return ok;
}
