/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger cosign and stamp: the witnesses and the authority of ledger.yaml see the newest checkpoint. */
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

/* --- stamp --- */

static bool stamp_ledger(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct stamping_result result;
    struct ledger_file file;

    if (!ledger_file_read(&cli->station.config, &file, err))
        return false;
    if (file.stamp_url[0] == '\0') {
        error_set(err, ERROR_USAGE, "no time stamping authority is named: there is no time-stamp in ledger.yaml",
                  "name one: docs/guide/ledger.md, \"A time stamp\"");
        error_doing(err, "have the ledger's checkpoint stamped");
        return false;
    }
    if (!stamping_ask(&file, ledger, false, &result, err))
        return false;
    cosign_print_stamped(&cli->output, &result);
    output_result(&cli->output, "%s: stamped\n", ledger->log);
    return true;
}

static enum cli_exit run_ledger_stamp(struct cli *cli)
{
    return with_ledger(cli, LEDGER_USE, stamp_ledger);
}

const struct cli_verb cli_verb_ledger_stamp = {
    .name = "ledger stamp",
    .arguments = "",
    .summary = "Have a time stamping authority stamp the newest checkpoint",
    .description = "Sends the hash of the newest checkpoint to the time stamping authority (RFC\n"
                   "3161) that ledger.yaml in the state folder names, verifies the answer, and keeps\n"
                   "it: whoever trusts the authority knows that all entries were there at that time.\n"
                   "Every run of provision, adopt, retire and of boards does the same at its end,\n"
                   "once a day at most. One stamp of each day is kept.\n"
                   "\n"
                   "ledger verify checks the stamps; ledger export hands the newest on, with the\n"
                   "openssl command for it.\n",
    .examples = "  imprint ledger stamp\n",
    .least = 0,
    .most = 0,
    .run = run_ledger_stamp,
};
