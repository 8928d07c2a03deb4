/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger verify: the whole ledger, and whether it is still the one of older checkpoints. */
#include <inttypes.h>
#include <string.h>

#include "cli/with_ledger.h"
#include "ledger/verify.h"
#include "station/input.h"
#include "station/ledger_file.h"
#include "station/value.h"

enum option { OPTION_TABLES, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_TABLES] = {"tables", 0, NULL, "compare the derived tables with the entries, too", NULL},
};

static void show_finding(void *context, const struct ledger_finding *finding)
{
    const struct output *output = context;
    const char *word = finding->is_bad ? "BAD" : "note";
    json_t *object = json_pack("{s:s, s:s, s:s, s:o}", "event", "ledger-check", "check", finding->check, "result",
                               finding->is_bad ? "bad" : "note", "text", value_text(finding->text));

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

/* The time is said, so that its owner can decide how often to do it. */
static void show_tables(const struct output *output, const struct ledger_verify *verify)
{
    char time[OUTPUT_TIME_SIZE];

    if (!verify->tables) {
        output_result(output, "the derived tables were not compared with the entries: add --tables\n");
        return;
    }
    output_time((uint64_t)verify->rows_ms * 1000, time);
    output_result(output, "%" PRIu64 " row%s of derived tables compared with the entries in %s%s\n", verify->rows,
                  verify->rows == 1 ? "" : "s", time, verify->differs == 0 ? ": no difference" : "");
}

/* New; null where they were not compared. */
static json_t *tables_object(const struct ledger_verify *verify)
{
    if (!verify->tables)
        return json_null();
    return json_pack("{s:I, s:I, s:I}", "rows", (json_int_t)verify->rows, "differ", (json_int_t)verify->differs, "ms",
                     (json_int_t)verify->rows_ms);
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
    show_tables(output, verify);
    output_object(output,
                  json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:o}", "event", "ledger-verified",
                            "log", ledger->log, "holds", verify->bad == 0, "entries", (json_int_t)verify->entries,
                            "bad", (json_int_t)verify->bad, "notes", (json_int_t)verify->notes, "checkpoints",
                            (json_int_t)verify->checkpoint_count, "cosigned", (json_int_t)verify->cosigned, "stamped",
                            (json_int_t)verify->stamped, "root", root, "tables", tables_object(verify)));
}

static void refute(const struct ledger_verify *verify, const struct ledger *ledger, struct error *err)
{
    if (verify->bad == verify->differs)
        error_set(err, ERROR_RECORD_REFUTED, "every entry is as it was signed, but the derived tables are not",
                  "copy the folder, then make the tables again from the entries: imprint ledger rebuild");
    else
        error_set(
            err, ERROR_RECORD_REFUTED, "the ledger is not what its station signed",
            "keep the folder as it is, compare it with a backup, and find out who changed it: docs/guide/ledger.md");
    error_doing(err, "verify the ledger");
    error_with_subject(err, ledger->database.path);
}

static bool verify_ledger(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct ledger_verify verify = {
        .context = &cli->output, .finding = show_finding, .tables = cli->values[OPTION_TABLES] != NULL};
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
    refute(&verify, ledger, err);
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
                   "Devices, keys, certificates, boards and orders are looked up in tables that are\n"
                   "derived from the entries. With --tables all of them are derived again, in\n"
                   "temporary files, and every row that differs is named: a changed table could let\n"
                   "a second device with a known key pass. That takes far longer.\n"
                   "\n"
                   "The exit code is 1 when something is wrong. Changes nothing.\n",
    .examples = "  imprint ledger verify\n"
                "  imprint ledger verify --tables\n"
                "  imprint ledger verify /mnt/audit/2026-01/checkpoint\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = LEDGER_CHECKPOINTS_MAX,
    .run = run_ledger_verify,
};
