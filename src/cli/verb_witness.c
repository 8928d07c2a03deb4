/* SPDX-License-Identifier: Apache-2.0 */
/* imprint witness new, trust, list and serve: a witness for the ledgers of stations, on a machine of its own. */
#include "cli/cli.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/reason.h"
#include "station/input.h"
#include "station/stop.h"
#include "station/value.h"
#include "witness/witness.h"

#define TIME_SIZE 21 /* "2026-01-31T12:00:00Z" and a NUL */
#define VKEY_FILE_MAX 4096

static enum cli_exit end(struct cli *cli, struct witness *witness, bool ok, const char *doing, struct error *err)
{
    witness_close(witness);
    if (ok)
        return CLI_DONE;
    error_doing(err, doing);
    return output_error(&cli->output, err);
}

static void write_time(uint64_t seconds, char text[static TIME_SIZE])
{
    const time_t when = (time_t)seconds;
    struct tm utc;

    text[0] = '\0';
    if (seconds != 0 && gmtime_r(&when, &utc) != NULL)
        (void)strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* --- new --- */

static enum cli_exit run_witness_new(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    const char *name = cli->arguments[0], *folder = cli->arguments[1];
    struct witness witness;
    char vkey[NOTE_VKEY_SIZE];
    bool ok = witness_make(&witness, folder, name, &err) && witness_vkey(&witness, vkey, &err);

    if (ok) {
        output_result(&cli->output, "%s\n", vkey);
        output_object(&cli->output, json_pack("{s:s, s:s, s:o, s:s}", "event", "witness-made", "name", name, "folder",
                                              value_text(folder), "key", vkey));
    }
    return end(cli, &witness, ok, "make a witness", &err);
}

const struct cli_verb cli_verb_witness_new = {
    .name = "witness new",
    .arguments = "NAME FOLDER",
    .summary = "Make a witness, which cosigns checkpoints of ledgers",
    .description = "Makes FOLDER, which must not be there, with a new Ed25519 key, and prints the\n"
                   "public key as stations need it in their ledger.yaml. NAME tells witnesses\n"
                   "apart, and looks like an address: witness.example/w1.\n"
                   "\n"
                   "Do it on a machine that those who can change the stations cannot change.\n",
    .examples = "  imprint witness new witness.example/w1 /var/lib/imprint-witness\n",
    .least = 2,
    .most = 2,
    .run = run_witness_new,
};

/* --- trust --- */

static bool trust_file(struct cli *cli, struct witness *witness, const char *file, struct error *err)
{
    char log[NOTE_NAME_SIZE];
    struct note_public key;
    struct input input;
    bool is_new = false, ok;

    if (!input_read(&input, file, VKEY_FILE_MAX, err))
        return false;
    ok = note_key_from_text(bytes_of(input.data, input.len), log, &key, err) &&
         witness_trust(witness, log, &key, &is_new, err);
    input_release(&input);
    if (!ok) {
        error_with_subject(err, file);
        return false;
    }
    output_result(&cli->output, "%s: %s\n", log, is_new ? "is cosigned from now on" : "was known already");
    output_object(&cli->output, json_pack("{s:s, s:s, s:b}", "event", "witness-trusts", "log", log, "is_new", is_new));
    return true;
}

static enum cli_exit run_witness_trust(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct witness witness;
    bool ok = witness_open(&witness, cli->arguments[0], DATABASE_USE, &err);

    for (int i = 1; ok && i < cli->argument_count; i++)
        ok = trust_file(cli, &witness, cli->arguments[i], &err);
    return end(cli, &witness, ok, "trust a log", &err);
}

const struct cli_verb cli_verb_witness_trust = {
    .name = "witness trust",
    .arguments = "FOLDER KEY...",
    .summary = "Tell a witness which logs it cosigns",
    .description = "KEY is the public key of a station's log: the file key.vkey that ledger export\n"
                   "writes. From then on the witness cosigns checkpoints by this key. A log that it\n"
                   "knows with another key is refused (exit code 6). May be run while it serves.\n",
    .examples = "  imprint witness trust /var/lib/imprint-witness key.vkey\n",
    .least = 2,
    .most = 256,
    .run = run_witness_trust,
};

/* --- list --- */

static void show_log(void *context, const struct witness_log *log)
{
    const struct output *output = context;
    char when[TIME_SIZE], root[NOTE_HASH_SIZE];

    write_time(log->time, when);
    note_hash_text(log->root, root);
    output_result(output, "%-40s  %10" PRIu64 "  %-20s%s\n", log->name, log->size, when[0] != '\0' ? when : "never",
                  log->refused > 0 ? "  REFUSED a checkpoint that was not shown to continue it" : "");
    output_object(output,
                  json_pack("{s:s, s:s, s:I, s:o, s:o, s:I}", "event", "witness-log", "log", log->name, "entries",
                            (json_int_t)log->size, "time", when[0] != '\0' ? json_string(when) : json_null(), "root",
                            when[0] != '\0' ? json_string(root) : json_null(), "refused", (json_int_t)log->refused));
}

static enum cli_exit run_witness_list(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct witness witness;
    bool ok = witness_open(&witness, cli->arguments[0], DATABASE_READ, &err);

    if (ok) {
        output_result(&cli->output, "%-40s  %10s  %s\n", "log", "entries", "cosigned");
        ok = witness_store_list(&witness.database, show_log, &cli->output, &err);
    }
    return end(cli, &witness, ok, "list what the witness knows", &err);
}

const struct cli_verb cli_verb_witness_list = {
    .name = "witness list",
    .arguments = "FOLDER",
    .summary = "Show the logs of a witness, and what it cosigned last",
    .description = "Prints a line for each log: how many entries the newest cosigned checkpoint\n"
                   "covers, and when it was cosigned. A log whose key signed another checkpoint,\n"
                   "which was not shown to continue it, is marked: it has another history, or\n"
                   "somebody sent its checkpoint with a wrong proof. The witness keeps that\n"
                   "checkpoint in witness.db, table refused, until it is cosigned. May be run while\n"
                   "it serves.\n"
                   "Changes nothing.\n",
    .examples = "  imprint witness list /var/lib/imprint-witness\n",
    .least = 1,
    .most = 1,
    .run = run_witness_list,
};

/* --- serve --- */

#define USUAL_PLACE "127.0.0.1:8446"

enum serve_option { OPTION_LISTEN, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_LISTEN] = {"listen", 0, "HOST:PORT",
                       "the address of this machine to listen at (default: " USUAL_PLACE
                       "); port 0 takes a free one, 0.0.0.0 all addresses",
                       "127.0.0.1:8446 0.0.0.0:8446"},
};

static void print_decided(void *context, const struct witness_answer *answer, const struct error *err)
{
    const struct output *output = context;
    const char *word = witness_outcome_word(answer->outcome);
    const bool is_named = answer->outcome != WITNESS_BAD_REQUEST;

    if (err->reason != ERROR_NONE)
        output_warn(output, "cannot cosign: %s", err->cause != NULL ? err->cause : error_reason_name(err->reason));
    else if (is_named)
        output_say(output, "imprint: %s: %s, entries: %" PRIu64 ", before: %" PRIu64, answer->checkpoint.log, word,
                   answer->checkpoint.size, answer->known);
    output_object(output, json_pack("{s:s, s:s, s:o, s:o, s:I}", "event", "witness-answer", "result", word, "log",
                                    is_named ? value_text(answer->checkpoint.log) : json_null(), "entries",
                                    is_named ? json_integer((json_int_t)answer->checkpoint.size) : json_null(),
                                    "before", (json_int_t)answer->known));
}

/* Says where, for people and for scripts that wait for it. */
static bool announce(const struct cli *cli, const struct witness *witness, const char *address, struct error *err)
{
    char url[SERVICE_ADDRESS_SIZE + 16], vkey[NOTE_VKEY_SIZE];

    if (!witness_vkey(witness, vkey, err))
        return false;
    (void)snprintf(url, sizeof url, "http://%s", address);
    output_result(&cli->output, "%s\n", url);
    output_object(&cli->output, json_pack("{s:s, s:s, s:s}", "event", "witness", "url", url, "key", vkey));
    return output_flush(err);
}

static bool serve(struct cli *cli, struct witness *witness, struct error *err)
{
    const char *place = cli->values[OPTION_LISTEN] != NULL ? cli->values[OPTION_LISTEN] : USUAL_PLACE;
    const struct witness_events events = {&cli->output, print_decided};
    const struct timespec moment = {.tv_nsec = 100L * 1000 * 1000};
    char address[SERVICE_ADDRESS_SIZE];
    struct witness_server *server;
    bool ok;

    stop_hold_signals();
    server = witness_serve(witness, place, &events, address, err);
    ok = server != NULL && announce(cli, witness, address, err);
    if (ok)
        stop_after_last_word(CLI_DONE); /* a signal ends it as it should, however long its last requests take */
    while (ok && !stop_is_wanted())
        (void)nanosleep(&moment, NULL);
    witness_stop(server);
    return ok;
}

static enum cli_exit run_witness_serve(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct witness witness;
    bool ok;

    /* A private key will be in memory: no core file is to keep it. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    ok = witness_open(&witness, cli->arguments[0], DATABASE_USE, &err) && serve(cli, &witness, &err);
    return end(cli, &witness, ok, "serve as a witness", &err);
}

const struct cli_verb cli_verb_witness_serve = {
    .name = "witness serve",
    .arguments = "FOLDER",
    .summary = "Cosign checkpoints of ledgers that only grow, over HTTP",
    .description = "Serves add-checkpoint (C2SP tlog-witness) until SIGINT or SIGTERM. When it\n"
                   "listens it prints the address on a line of its own; each request is a line on\n"
                   "stderr. A checkpoint is cosigned (Ed25519, with the time) when the log's key\n"
                   "signed it, and when its log begins with all that was cosigned before. What was\n"
                   "cosigned is on the disk before it is answered.\n"
                   "\n"
                   "There is no TLS: requests and answers are signed, and nothing in them is secret.\n"
                   "Any log and witness of C2SP's protocol work with it.\n",
    .examples = "  imprint witness serve /var/lib/imprint-witness --listen 0.0.0.0:8446\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_witness_serve,
};
