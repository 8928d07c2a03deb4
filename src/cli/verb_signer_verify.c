/* SPDX-License-Identifier: Apache-2.0 */
/* imprint signer verify: all decisions of a signer, and whether they are still those of older checkpoints. */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "signer/log.h"
#include "signer/rules.h"
#include "signer/store.h"
#include "station/file.h"
#include "station/input.h"

enum verify_option { OPTION_OUT, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_OUT] = {"out", 'o', "FILE", "write the newest checkpoint to FILE, to be kept elsewhere", NULL},
};

static void show_finding(void *context, const struct ledger_finding *finding)
{
    const struct output *output = context;
    json_t *object =
        json_pack("{s:s, s:s, s:s}", "event", "signer-check", "check", finding->check, "text", finding->text);

    if (finding->has_seq) {
        json_object_set_new(object, "number", json_integer((json_int_t)finding->seq));
        output_result(output, "BAD   %s: decision %" PRIu64 ": %s\n", finding->check, finding->seq, finding->text);
    } else {
        output_result(output, "BAD   %s: %s\n", finding->check, finding->text);
    }
    output_object(output, object);
}

/* The checkpoints that the command line names behind the rule file. */
static bool read_checkpoints(const struct cli *cli, const struct signer_log_head *head, struct ledger_verify *verify,
                             struct error *err)
{
    for (int i = 1; i < cli->argument_count; i++) {
        struct input input;
        bool ok;

        if (!input_read(&input, cli->arguments[i], NOTE_MOST, err))
            return false;
        ok = note_open(bytes_of(input.data, input.len), &head->public_key,
                       &verify->checkpoints[verify->checkpoint_count++], err);
        input_release(&input);
        if (ok)
            continue;
        error_with_subject(err, cli->arguments[i]);
        return false;
    }
    return true;
}

static void show_sum(const struct output *output, const struct signer_log_head *head,
                     const struct ledger_verify *verify)
{
    char root[NOTE_HASH_SIZE];

    note_hash_text(verify->root, root);
    output_result(output, "%s: %" PRIu64 " decision%s, %s%zu older checkpoint%s compared\n", head->name,
                  verify->entries, verify->entries == 1 ? "" : "s",
                  verify->bad == 0 ? "all as they were recorded; " : "", verify->checkpoint_count,
                  verify->checkpoint_count == 1 ? "" : "s");
    output_object(output, json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:s, s:s}", "event", "signer-verified", "log",
                                    head->name, "holds", verify->bad == 0, "decisions", (json_int_t)verify->entries,
                                    "bad", (json_int_t)verify->bad, "checkpoints", (json_int_t)verify->checkpoint_count,
                                    "root", root, "checkpoint", head->checkpoint));
}

static bool refuse(const struct database *database, struct error *err)
{
    error_set(err, ERROR_RECORD_REFUTED, "the decisions are not what the signer signed",
              "stop the signer, keep its records as they are, compare them with a backup, and find out who changed "
              "them: docs/reference/signer.md");
    error_with_subject(err, database->path);
    return false;
}

static bool verify_decisions(struct cli *cli, struct database *database, struct error *err)
{
    struct ledger_verify verify = {.context = &cli->output, .finding = show_finding};
    const char *out = cli->values[OPTION_OUT];
    struct signer_log_head head;

    if (!signer_log_head(database, &head, err) || !read_checkpoints(cli, &head, &verify, err) ||
        !database_check(database, err) || !signer_log_verify(database, &verify, &head, err))
        return false;
    show_sum(&cli->output, &head, &verify);
    if (verify.bad != 0)
        return refuse(database, err);
    return out == NULL ||
           file_replace(out, bytes_of(head.checkpoint, strlen(head.checkpoint)), 0666, ERROR_INPUT_FILE, err);
}

static enum cli_exit run_signer_verify(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct signer_rules *rules = NULL;
    struct database database = {.handle = NULL};
    const bool ok = signer_rules_read(cli->arguments[0], &rules, &err) &&
                    signer_store_open(&database, rules->records, DATABASE_READ, &err) &&
                    verify_decisions(cli, &database, &err);

    database_close(&database);
    free(rules);
    if (ok)
        return CLI_DONE;
    error_doing(&err, "verify the signer's decisions");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_signer_verify = {
    .name = "signer verify",
    .arguments = "FILE [CHECKPOINT...]",
    .summary = "Check a signer's decisions: edits, gaps, forks",
    .description = "Reads every decision in the database that the rule file FILE names, also while a\n"
                   "signer serves: recomputes its hash, with that of the certificate that it\n"
                   "granted, and the root of the tree over all of them, compares that with the\n"
                   "newest checkpoint, and verifies the checkpoint's signature. Finds decisions and\n"
                   "certificates that were changed, removed, cut off or put in.\n"
                   "\n"
                   "CHECKPOINT is an older checkpoint of this log that somebody kept (--out). The\n"
                   "log must still begin with the decisions that it is of: so records that were put\n"
                   "back to an older state, or made anew, are found. Keep checkpoints on another\n"
                   "machine.\n"
                   "\n"
                   "The exit code is 1 when something is wrong. Changes nothing, and needs no key.\n",
    .examples = "  imprint signer verify rules.yaml --out /mnt/audit/signer-2026-11\n"
                "  imprint signer verify rules.yaml /mnt/audit/signer-2026-10\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1 + LEDGER_CHECKPOINTS_MAX,
    .run = run_signer_verify,
};
