/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger verify: the whole ledger, and whether it is still the one of older checkpoints. */
#include <inttypes.h>
#include <string.h>

#include "cli/with_ledger.h"
#include "ledger/verify.h"
#include "station/input.h"
#include "station/ledger_file.h"
#include "station/value.h"

static void show_finding(void *context, const struct ledger_finding *finding)
{
    const struct output *output = context;
    const char *word = finding->is_bad ? "BAD" : "note";
    json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "event", "ledger-check", "check", finding->check, "result",
                               finding->is_bad ? "bad" : "note", "text", finding->text);

    if (finding->has_seq) {
        json_object_set_new(object, "seq", json_integer((json_int_t)finding->seq));
        output_result(output, "%-5s %s: entry %" PRIu64 ": %s\n", word, finding->check, finding->seq, finding->text);
    } else {
        output_result(output, "%-5s %s: %s\n", word, finding->check, finding->text);
    }
    output_object(output, object);
}

/* The checkpoints that the command line names: a file each, as `ledger export` and the witness of a log write it. */
static bool read_checkpoints(const struct cli *cli, const struct ledger *ledger, struct ledger_verify *verify,
                             struct error *err)
{
    for (int i = 0; i < cli->argument_count; i++) {
        struct checkpoint *checkpoint = &verify->checkpoints[verify->checkpoint_count++];
        struct input input;
        bool ok;

        ok = input_read(&input, cli->arguments[i], NOTE_MOST, err);
        if (ok) {
            ok = note_open(bytes_of(input.data, input.len), &ledger->public_key, checkpoint, err);
            input_release(&input);
        }
        if (ok)
            continue;
        error_with_subject(err, cli->arguments[i]);
        error_doing(err, "read the checkpoint");
        return false;
    }
    return true;
}

static void show_sum(const struct output *output, const struct ledger *ledger, const struct ledger_verify *verify)
{
    char root[NOTE_HASH_SIZE];

    note_hash_text(verify->root, root);
    output_result(output, "%s: %" PRIu64 " entr%s, %s%zu older checkpoint%s compared\n", ledger->log, verify->entries,
                  verify->entries == 1 ? "y" : "ies", verify->bad == 0 ? "all as they were signed; " : "",
                  verify->checkpoint_count, verify->checkpoint_count == 1 ? "" : "s");
    if (verify->cosigned > 0)
        output_result(output, "witnesses cosigned the first %" PRIu64 "\n", verify->cosigned);
    if (verify->stamped > 0)
        output_result(output, "the first %" PRIu64 " are time stamped\n", verify->stamped);
    output_object(output,
                  json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "event", "ledger-verified", "log",
                            ledger->log, "holds", verify->bad == 0, "entries", (json_int_t)verify->entries, "bad",
                            (json_int_t)verify->bad, "notes", (json_int_t)verify->notes, "checkpoints",
                            (json_int_t)verify->checkpoint_count, "cosigned", (json_int_t)verify->cosigned, "stamped",
                            (json_int_t)verify->stamped, "root", root));
}

static bool verify_ledger(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct ledger_verify verify = {.context = &cli->output, .finding = show_finding};
    struct cosigned_witness witnesses[LEDGER_FILE_WITNESSES_MAX];
    struct ledger_file file;

    if (!ledger_file_read(&cli->station.config, &file, err))
        return false;
    for (size_t i = 0; i < file.witness_count; i++)
        witnesses[i] = file.witnesses[i].witness;
    verify.witnesses = witnesses;
    verify.witness_count = file.witness_count;
    verify.stamp_ca = file.stamp_ca[0] != '\0' ? file.stamp_ca : NULL;
    if (!read_checkpoints(cli, ledger, &verify, err) || !database_check(&ledger->database, err) ||
        !ledger_verify(ledger, &verify, err))
        return false;
    show_sum(&cli->output, ledger, &verify);
    if (verify.bad == 0)
        return true;
    error_set(err, ERROR_RECORD_REFUTED, "the ledger is not what its station signed",
              "keep the folder as it is, compare it with a backup, and find out who changed it: docs/guide/ledger.md");
    error_doing(err, "verify the ledger");
    error_with_subject(err, ledger->database.path);
    return false;
}

static enum cli_exit run_ledger_verify(struct cli *cli)
{
    return with_ledger(cli, LEDGER_READ, verify_ledger);
}

const struct cli_verb cli_verb_ledger_verify = {
    .name = "ledger verify",
    .arguments = "[CHECKPOINT...]",
    .summary = "Check the ledger: edits, gaps, forks, a clock that went back",
    .description = "Reads every entry of this station's ledger: recomputes its hash and the root of\n"
                   "the tree over all of them, compares that with the newest checkpoint, verifies\n"
                   "the checkpoint's signature, and checks numbers and times. Finds edits, gaps,\n"
                   "entries that changed places or were cut off, and a clock that went back.\n"
                   "\n"
                   "CHECKPOINT is a checkpoint that somebody kept: a file of ledger export. The log\n"
                   "must still begin with the entries of that checkpoint. So a ledger that was put\n"
                   "back to an older state, or a copy of the state folder that went on by itself, is\n"
                   "found. Keep checkpoints on another machine, or have a witness cosign them: what\n"
                   "witnesses cosigned is checked as well.\n"
                   "\n"
                   "The exit code is 1 when something is wrong. Changes nothing.\n",
    .examples = "  imprint ledger verify\n"
                "  imprint ledger verify /mnt/audit/2026-01/checkpoint\n",
    .least = 0,
    .most = LEDGER_CHECKPOINTS_MAX,
    .run = run_ledger_verify,
};
