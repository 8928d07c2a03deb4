/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger backup, rebuild and import: a copy of the ledger, its derived tables, and what older stations left. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/with_ledger.h"
#include "ledger/rebuild.h"
#include "station/ledger_file.h"
#include "station/ledger_import.h"
#include "station/value.h"

enum key_place { KEY_IN_FILE, KEY_IN_CHIP, KEY_MISSING };

/* Where the log's key is, which is in no copy of the ledger. */
static bool find_key(const struct cli *cli, const struct ledger *ledger, enum key_place *place, struct error *err)
{
    struct ledger_file *file = calloc(1, sizeof *file);
    bool ok;

    if (file == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    ok = ledger_file_read(&cli->station.config, file, err);
    if (file->key.device[0] != '\0')
        *place = KEY_IN_CHIP;
    else
        *place = access(ledger->key_path, F_OK) == 0 ? KEY_IN_FILE : KEY_MISSING;
    free(file);
    return ok;
}

static bool back_up(struct cli *cli, struct ledger *ledger, struct error *err)
{
    const char *file = cli->arguments[0];
    struct ledger_head head;
    enum key_place place;

    if (!find_key(cli, ledger, &place, err) || !ledger_head(ledger, &head, err) ||
        !database_settle(&ledger->database, err) || !database_copy(&ledger->database, file, err)) {
        error_doing(err, "copy the ledger");
        return false;
    }
    output_result(&cli->output, "%s: a copy of the ledger, at least %" PRIu64 " entries; the key is not in it: %s\n",
                  file, head.tree.size, place == KEY_IN_CHIP ? "it is in the station's chip" : ledger->key_path);
    if (place == KEY_MISSING)
        output_warn(&cli->output, "the key that signs is not there: %s: restore it from its copy", ledger->key_path);
    output_object(&cli->output, json_pack("{s:s, s:s, s:o, s:I}", "event", "ledger-copied", "log", ledger->log, "file",
                                          value_text(file), "entries", (json_int_t)head.tree.size));
    return true;
}

static enum cli_exit run_ledger_backup(struct cli *cli)
{
    return with_ledger(cli, LEDGER_READ, back_up);
}

const struct cli_verb cli_verb_ledger_backup = {
    .name = "ledger backup",
    .arguments = "FILE",
    .summary = "Copy the ledger while the station works",
    .description = "Writes a copy of the ledger, as of one moment, to FILE, which must not be there.\n"
                   "Runs of this station need not wait.\n"
                   "\n"
                   "To restore it, put it in place of STATE/ledger/ledger.db while nothing runs,\n"
                   "delete ledger.db-wal and ledger.db-shm where they are there, and verify it with\n"
                   "a checkpoint that was kept. The key that signs, log.key beside it, is not\n"
                   "copied: keep a copy of it in another place.\n",
    .examples = "  imprint ledger backup /mnt/backup/ledger-2026-01-31.db\n",
    .least = 1,
    .most = 1,
    .run = run_ledger_backup,
};

static bool rebuild(struct cli *cli, struct ledger *ledger, struct error *err)
{
    uint64_t entries, conflicts;

    if (!ledger_rebuild(ledger, &entries, &conflicts, err))
        return false;
    output_result(&cli->output, "%" PRIu64 " entr%s read, tables rebuilt\n", entries, entries == 1 ? "y" : "ies");
    if (conflicts > 0)
        output_warn(&cli->output, "in %" PRIu64 " entries a device has what another device has already", conflicts);
    output_object(&cli->output, json_pack("{s:s, s:s, s:I, s:I}", "event", "ledger-rebuilt", "log", ledger->log,
                                          "entries", (json_int_t)entries, "conflicts", (json_int_t)conflicts));
    return true;
}

static enum cli_exit run_ledger_rebuild(struct cli *cli)
{
    return with_ledger(cli, LEDGER_USE, rebuild);
}

const struct cli_verb cli_verb_ledger_rebuild = {
    .name = "ledger rebuild",
    .arguments = "",
    .summary = "Rebuild the ledger's derived tables from its entries",
    .description = "The tables of devices, keys and certificates serve to find things quickly. This\n"
                   "forgets them and reads every entry again, in one transaction. Entries and\n"
                   "checkpoint stay as they are.\n",
    .examples = "  imprint ledger rebuild\n",
    .least = 0,
    .most = 0,
    .run = run_ledger_rebuild,
};

static bool import(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct ledger_import counts = {.station = &cli->station};

    if (!ledger_import_folders(&counts, ledger, err))
        return false;
    output_result(
        &cli->output, "%" PRIu64 " run%s of %" PRIu64 " device%s taken over, %" PRIu64 " were there already\n",
        counts.added, counts.added == 1 ? "" : "s", counts.devices, counts.devices == 1 ? "" : "s", counts.known);
    output_object(&cli->output, json_pack("{s:s, s:s, s:I, s:I, s:I}", "event", "ledger-imported", "log", ledger->log,
                                          "devices", (json_int_t)counts.devices, "added", (json_int_t)counts.added,
                                          "known", (json_int_t)counts.known));
    return true;
}

static enum cli_exit run_ledger_import(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    if (!ledger_import_check(&cli->station.config, &err))
        return output_error(&cli->output, &err);
    return with_ledger(cli, LEDGER_WRITE, import);
}

const struct cli_verb cli_verb_ledger_import = {
    .name = "ledger import",
    .arguments = "",
    .summary = "Take the records of the state folder into the ledger",
    .description = "For a station that provisioned devices before it had a ledger, or whose ledger\n"
                   "was lost: each line of each device's history.jsonl becomes an entry, and so\n"
                   "does a record.json without a history. What is in the ledger already is left\n"
                   "out, so it can be run again. An entry that was taken over says so, and its time\n"
                   "is now: the ledger vouches for what was found, not for when it was written.\n",
    .examples = "  imprint ledger import\n",
    .least = 0,
    .most = 0,
    .run = run_ledger_import,
};
