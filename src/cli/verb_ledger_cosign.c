/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger cosign: the witnesses of ledger.yaml see the newest checkpoint. */
#include "cli/cosign_print.h"
#include "cli/with_ledger.h"

static bool cosign_ledger(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct cosign_place place = {.output = &cli->output};
    struct cosigning_run run = {.context = &place, .told = cosign_print_told};
    struct ledger_file file;
    bool ok;

    if (!ledger_file_read(&cli->station.config, &file, err))
        return false;
    if (file.witness_count == 0) {
        error_set(err, ERROR_USAGE, "no witness is named: there is no ledger.yaml in the state folder, or it has none",
                  "make one on another machine: docs/guide/ledger.md, \"A witness\"");
        error_doing(err, "have the ledger's checkpoint cosigned");
        return false;
    }
    ok = cosigning_ask(&file, ledger, &run, err);
    output_result(&cli->output, "%s: cosigned by %zu of %zu witness%s\n", ledger->log, run.cosigned, file.witness_count,
                  file.witness_count == 1 ? "" : "es");
    return ok;
}

static enum cli_exit run_ledger_cosign(struct cli *cli)
{
    return with_ledger(cli, LEDGER_USE, cosign_ledger);
}

const struct cli_verb cli_verb_ledger_cosign = {
    .name = "ledger cosign",
    .arguments = "",
    .summary = "Have witnesses cosign the newest checkpoint of the ledger",
    .description = "Sends the newest checkpoint, with the proof that the log only grew, to each\n"
                   "witness that ledger.yaml in the state folder names (C2SP tlog-witness), and\n"
                   "keeps the cosignatures: ledger verify checks them, ledger export hands them on.\n"
                   "Every run of provision, adopt, retire and of boards does the same at its end,\n"
                   "once a minute at most.\n"
                   "\n"
                   "A witness refuses a log that was changed, put back to an older state, or used\n"
                   "twice: exit code 6, and the message says which. It is on another machine, so\n"
                   "whoever has this station cannot make it forget. See docs/guide/ledger.md.\n",
    .examples = "  imprint ledger cosign\n",
    .least = 0,
    .most = 0,
    .run = run_ledger_cosign,
};
