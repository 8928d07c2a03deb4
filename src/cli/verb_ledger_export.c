/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger export and imprint ledger prove: a ledger, or one entry of it, for somebody who checks it by himself.
 */
#include <inttypes.h>

#include "cli/with_ledger.h"
#include "ledger/export.h"
#include "ledger/new_folder.h"
#include "report/serial_word.h"
#include "station/ledger_file.h"
#include "station/value.h"

static bool export_ledger(struct cli *cli, struct ledger *ledger, struct error *err)
{
    const char *folder = new_folder_trim(cli->arguments[0]);
    struct ledger_file file;
    uint64_t entries;

    if (!ledger_file_read(&cli->station.config, &file, err) ||
        !ledger_export(ledger, folder, file.stamp_ca[0] != '\0' ? file.stamp_ca : NULL, &entries, err))
        return false;
    output_result(&cli->output, "%s: %" PRIu64 " entr%s; how to check them: %s/CHECK.md\n", folder, entries,
                  entries == 1 ? "y" : "ies", folder);
    output_object(&cli->output, json_pack("{s:s, s:s, s:o, s:I}", "event", "ledger-exported", "log", ledger->log,
                                          "folder", value_text(folder), "entries", (json_int_t)entries));
    return true;
}

static enum cli_exit run_ledger_export(struct cli *cli)
{
    return with_ledger(cli, LEDGER_READ, export_ledger);
}

const struct cli_verb cli_verb_ledger_export = {
    .name = "ledger export",
    .arguments = "FOLDER",
    .summary = "Write the ledger for an auditor, with what is needed to check it",
    .description = "Makes FOLDER, which must not be there, with all entries (entries.ndjson), the\n"
                   "newest checkpoint, the log's public key, what witnesses cosigned and a time\n"
                   "stamping authority stamped, and CHECK.md: how to check all of it with openssl\n"
                   "and a few lines of Python, without imprint. Keep the checkpoint on another\n"
                   "machine: ledger verify compares the log with it later. Changes nothing.\n",
    .examples = "  imprint ledger export /mnt/audit/2026-01\n",
    .least = 1,
    .most = 1,
    .run = run_ledger_export,
};

/* The newest entry of the device that says what it is: of the last run that finished it, else of the last at all. */
static bool newest_of(struct ledger *ledger, const char *serial, uint64_t *seq, struct error *err)
{
    uint64_t newest;

    if (ledger_last_made(ledger, serial, seq, err))
        return true;
    if (err->reason == ERROR_NONE && ledger_attempts(ledger, serial, &newest, 1, err) == 1) {
        *seq = newest;
        return true;
    }
    error_set(err, ERROR_USAGE, "the ledger has no entry of this device",
              "see which devices it has: imprint ledger list");
    error_with_subject(err, serial);
    error_doing(err, "prove the entry");
    return false;
}

static bool prove_entry(struct cli *cli, struct ledger *ledger, struct error *err)
{
    const char *folder = new_folder_trim(cli->arguments[1]);
    char serial[LEDGER_DEVICE_SIZE];
    uint64_t seq;

    if (!serial_word_read(cli->arguments[0], serial, err) || !newest_of(ledger, serial, &seq, err) ||
        !ledger_prove(ledger, seq, folder, err))
        return false;
    output_result(&cli->output, "%s: entry %" PRIu64 " of %s with its proof; how to check it: %s/CHECK.md\n", folder,
                  seq, serial, folder);
    output_object(&cli->output, json_pack("{s:s, s:s, s:s, s:I, s:o}", "event", "ledger-proof", "log", ledger->log,
                                          "serial", serial, "seq", (json_int_t)seq, "folder", value_text(folder)));
    return true;
}

static enum cli_exit run_ledger_prove(struct cli *cli)
{
    return with_ledger(cli, LEDGER_READ, prove_entry);
}

const struct cli_verb cli_verb_ledger_prove = {
    .name = "ledger prove",
    .arguments = "SERIAL FOLDER",
    .summary = "Prove that the ledger has one device, without showing the others",
    .description = "Makes FOLDER, which must not be there, with the entry of the last run that\n"
                   "finished this device, the proof that it is in the log (C2SP tlog-proof: about\n"
                   "20 hashes in a million entries), the log's public key, and CHECK.md: how to\n"
                   "check it with openssl and Python. Nothing of other devices is in it. Changes\n"
                   "nothing.\n",
    .examples = "  imprint ledger prove 0123A1B2C3D4E5F601 for-the-customer\n",
    .least = 2,
    .most = 2,
    .run = run_ledger_prove,
};
