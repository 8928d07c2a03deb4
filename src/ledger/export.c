/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/export.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/cosigned.h"
#include "ledger/stamped.h"
#include "ledger/export_pages.h"
#include "ledger/leaves.h"
#include "ledger/new_file.h"
#include "ledger/new_folder.h"

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

    if (!note_key_pem(&ledger->public_key, pem, err) || !note_key_text(ledger->log, &ledger->public_key, vkey, err))
        return false;
    snprintf(line, sizeof line, "%s\n", vkey);
    return write_text(folder, "key.pem", pem, err) && write_text(folder, "key.vkey", line, err);
}

static bool write_entries(struct ledger *ledger, const char *path, uint64_t *count, struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement entries;
    FILE *file = new_file_begin(path, err);
    int write_errno;

    if (file == NULL)
        return false;
    if (ledger_select_entries(ledger, &entries, err)) {
        while ((result = statement_step(&entries, err)) == STATEMENT_ROW) {
            const struct bytes body = statement_bytes(&entries, 2);

            if (fwrite(body.data, 1, body.len, file) != body.len || fputc('\n', file) == EOF)
                break; /* new_file_end() says why */
            ++*count;
        }
        write_errno = errno; /* for new_file_end() */
        statement_finish(&entries);
        errno = write_errno;
    }
    return new_file_end(file, path, err) && result == STATEMENT_DONE;
}

/* --- witnesses --- */

static bool write_numbered(const char *folder, const char *name, unsigned number, const char *suffix,
                           struct bytes content, struct error *err)
{
    char file[64], path[PATH_MAX];

    (void)snprintf(file, sizeof file, "%s-%u%s", name, number, suffix);
    return path_of(folder, file, path, err) && new_file_write(path, content, err);
}

/* cosigned-N, witness-N.pem, and the key's line in witnesses.vkey. */
static bool write_witness(const char *folder, unsigned number, const struct cosigned_row *row, FILE *keys,
                          struct error *err)
{
    char pem[NOTE_PEM_SIZE], vkey[NOTE_VKEY_SIZE];

    if (!note_key_pem(&row->witness.key, pem, err) || !note_key_text(row->witness.name, &row->witness.key, vkey, err))
        return false;
    fprintf(keys, "%s\n", vkey);
    return write_numbered(folder, "cosigned", number, "", row->note, err) &&
           write_numbered(folder, "witness", number, ".pem", bytes_of(pem, strlen(pem)), err);
}

static bool write_each_witness(struct ledger *ledger, const char *folder, FILE *keys, unsigned *count,
                               struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct cosigned_row row;
    struct statement rows;
    bool ok = cosigned_select_newest(ledger, &rows, err);

    while (ok && (result = cosigned_next(&rows, &row, err)) == STATEMENT_ROW)
        ok = write_witness(folder, ++*count, &row, keys, err);
    statement_finish(&rows);
    return ok && result == STATEMENT_DONE;
}

static bool write_witnesses(struct ledger *ledger, const char *folder, unsigned *count, struct error *err)
{
    char path[PATH_MAX];
    FILE *keys;
    bool ok, is_any;

    if (!cosigned_is_any(ledger, &is_any, err) || !is_any)
        return err->reason == ERROR_NONE;
    if (!path_of(folder, "witnesses.vkey", path, err))
        return false;
    keys = new_file_begin(path, err);
    if (keys == NULL)
        return false;
    ok = write_each_witness(ledger, folder, keys, count, err);
    return new_file_end(keys, path, err) && ok;
}

/* --- the time stamp --- */

#define CA_FILE_MAX (256 * 1024)

static bool write_bytes(const char *folder, const char *name, struct bytes content, struct error *err)
{
    char path[PATH_MAX];

    return path_of(folder, name, path, err) && new_file_write(path, content, err);
}

/* The certificates that vouch for it, as the station has them. */
static bool copy_ca(const char *folder, const char *stamp_ca, struct error *err)
{
    struct bytes_out pem = {.data = malloc(CA_FILE_MAX), .cap = CA_FILE_MAX};
    bool ok;

    if (pem.data == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    ok = new_file_read(stamp_ca, &pem, err) && write_bytes(folder, "tsa.pem", bytes_written(&pem), err);
    free(pem.data);
    return ok;
}

static bool write_stamp(struct ledger *ledger, const char *folder, const char *stamp_ca, bool *is_stamped,
                        struct error *err)
{
    struct stamped_row row = {.size = 0};
    struct statement rows;
    enum statement_result result = STATEMENT_FAILED;
    bool ok = true;

    *is_stamped = false;
    if (stamp_ca == NULL)
        return true;
    if (stamped_select_newest(ledger, &rows, err))
        result = stamped_next(&rows, &row, err);
    if (result == STATEMENT_ROW) {
        *is_stamped = true;
        ok = write_bytes(folder, "stamped", row.note, err) && write_bytes(folder, "stamped.tsr", row.reply, err) &&
             copy_ca(folder, stamp_ca, err);
    }
    statement_finish(&rows);
    return ok && result != STATEMENT_FAILED;
}

/* --- the page --- */

static FILE *begin_page(const char *folder, char path[static PATH_MAX], struct error *err)
{
    return path_of(folder, "CHECK.md", path, err) ? new_file_begin(path, err) : NULL;
}

static bool write_ledger_page(const struct ledger *ledger, const char *folder, const struct export_extras *extras,
                              struct error *err)
{
    char path[PATH_MAX];
    FILE *page = begin_page(folder, path, err);

    if (page == NULL)
        return false;
    export_pages_ledger(page, ledger->public_key.type, extras);
    return new_file_end(page, path, err);
}

static bool write_proof_page(const struct ledger *ledger, const char *folder, struct error *err)
{
    char path[PATH_MAX];
    FILE *page = begin_page(folder, path, err);

    if (page == NULL)
        return false;
    export_pages_proof(page, ledger->public_key.type);
    return new_file_end(page, path, err);
}

static bool export_all(struct ledger *ledger, const char *folder, const char *stamp_ca, uint64_t *entries,
                       struct error *err)
{
    struct export_extras extras = {.witnesses = 0};
    struct ledger_head head;
    char path[PATH_MAX];

    *entries = 0;
    return ledger_head(ledger, &head, err) && database_settle(&ledger->database, err) &&
           path_of(folder, "entries.ndjson", path, err) && write_entries(ledger, path, entries, err) &&
           write_text(folder, "checkpoint", head.checkpoint, err) && write_keys(ledger, folder, err) &&
           write_witnesses(ledger, folder, &extras.witnesses, err) &&
           write_stamp(ledger, folder, stamp_ca, &extras.is_stamped, err) &&
           write_ledger_page(ledger, folder, &extras, err);
}

bool ledger_export(struct ledger *ledger, const char *folder, const char *stamp_ca, uint64_t *entries,
                   struct error *err)
{
    /* Entries and checkpoint are of one moment. */
    struct new_folder made = {.name = ""};
    bool ok = new_folder_begin(&made, folder, err);

    ok = ok && new_folder_end(&made,
                              database_run(&ledger->database, "BEGIN", err) &&
                                  export_all(ledger, made.temp, stamp_ca, entries, err),
                              err);
    (void)database_run(&ledger->database, "ROLLBACK", NULL);
    if (!ok)
        error_doing(err, "export the ledger");
    return ok;
}

/* --- one entry --- */

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
    bool ok = true;

    fprintf(file, "c2sp.org/tlog-proof@v1\nindex %" PRIu64 "\n", seq);
    for (size_t i = 0; ok && i < count; i++)
        ok = leaves_root(ledger, ranges[i], root, err) && write_hash(file, root);
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

    return ledger_head(ledger, &head, err) && database_settle(&ledger->database, err) &&
           write_entry_file(ledger, seq, folder, err) && write_proof_file(ledger, seq, &head, folder, err) &&
           write_keys(ledger, folder, err) && write_proof_page(ledger, folder, err);
}

bool ledger_prove(struct ledger *ledger, uint64_t seq, const char *folder, struct error *err)
{
    struct new_folder made = {.name = ""};
    bool ok = new_folder_begin(&made, folder, err);

    ok = ok && new_folder_end(&made,
                              database_run(&ledger->database, "BEGIN", err) && prove(ledger, seq, made.temp, err), err);
    (void)database_run(&ledger->database, "ROLLBACK", NULL);
    if (!ok)
        error_doing(err, "prove the entry");
    return ok;
}
