/* SPDX-License-Identifier: Apache-2.0 */
/* imprint rework and scrap: what a person decides about a board that has failed. The work is in station/quarantine.c.
 */
#include "cli/cli.h"
#include "cli/line_print.h"
#include "report/serial_word.h"
#include "station/quarantine.h"
#include "station/run_facts.h"
#include "station/value.h"

enum quarantine_option { OPTION_OPERATOR, OPTION_NOTE, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_OPERATOR] = {"operator", 0, "NAME", "who decides this, for the ledger; at most 64 bytes", NULL},
    [OPTION_NOTE] = {"note", 0, "TEXT", "what was found or done, for the ledger; at most 200 bytes", NULL},
};

static bool check_options(const struct cli *cli, struct error *err)
{
    const char *note = cli->values[OPTION_NOTE];

    if (cli->values[OPTION_OPERATOR] == NULL) {
        error_set(err, ERROR_USAGE, "who decides this is not given", "name the person: --operator NAME");
        return false;
    }
    return run_facts_check_operator(cli->values[OPTION_OPERATOR], err) &&
           (note == NULL || quarantine_check_note(note, err));
}

static bool decide(struct cli *cli, struct station_ledger *ledger, enum quarantine_decision decision, struct error *err)
{
    const struct quarantine_word word = {.operator_name = cli->values[OPTION_OPERATOR],
                                         .note = cli->values[OPTION_NOTE]};
    char serial[LEDGER_DEVICE_SIZE];
    struct quarantine found;
    json_t *object;

    if (!serial_word_read(cli->arguments[0], serial, err) ||
        !quarantine_decide(ledger, serial, decision, &word, &found, err))
        return false;
    if (decision == QUARANTINE_REWORK)
        output_result(&cli->output, "rework: %s: it had failed %u time%s; stations work on it again\n", serial,
                      found.failures, found.failures == 1 ? "" : "s");
    else
        output_result(&cli->output, "scrapped: %s: no station works on it again\n", serial);
    object = json_pack("{s:s, s:s, s:o, s:I}", "event", quarantine_result(decision), "serial", serial, "operator",
                       value_text(word.operator_name), "failures", (json_int_t)found.failures);
    if (word.note != NULL)
        json_object_set_new(object, "note", value_text(word.note));
    output_object(&cli->output, object);
    return true;
}

/* A decision that the line cannot be told now waits in the outbox. */
static enum cli_exit run(struct cli *cli, enum quarantine_decision decision)
{
    struct error err = ERROR_IN(cli->error_room);
    struct station_ledger ledger = {.config = &cli->station.config, .line.is_late = true};
    bool ok = check_options(cli, &err);

    if (ok) {
        ok = decide(cli, &ledger, decision, &err);
        ok = line_print_send(&cli->output, &ledger, ok, &err);
        station_ledger_close(&ledger);
    }
    return ok ? CLI_DONE : output_error(&cli->output, &err);
}

static enum cli_exit run_rework(struct cli *cli)
{
    return run(cli, QUARANTINE_REWORK);
}

static enum cli_exit run_scrap(struct cli *cli)
{
    return run(cli, QUARANTINE_SCRAP);
}

const struct cli_verb cli_verb_rework = {
    .name = "rework",
    .arguments = "SERIAL",
    .summary = "Let stations work again on a board that has failed",
    .description = "A station works no more on a board that has failed too often through its own\n"
                   "fault (`tries` in the station file): it is in quarantine, at the other stations\n"
                   "of the line and for imprint provision, too. After a repair, or to try once more,\n"
                   "this ends it; the failures before do not count any more. The decision is an\n"
                   "entry of the ledger, and sent to the line. Run it with the --state of any of\n"
                   "its stations.\n",
    .examples = "  imprint rework 0123A1B2C3D4E5F601 --operator 4 --note 'U3 reflowed'\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_rework,
};

const struct cli_verb cli_verb_scrap = {
    .name = "scrap",
    .arguments = "SERIAL",
    .summary = "Say that a board is thrown away: no station works on it again",
    .description = "The decision is an entry of the ledger, sent to the line, and for good. Run it\n"
                   "with the --state of any station of the line. A finished device counts as made:\n"
                   "retire it first. A unit of a work order that the board holds is given back with\n"
                   "imprint order release.\n",
    .examples = "  imprint scrap 0123A1B2C3D4E5F601 --operator 4 --note 'pad lifted'\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_scrap,
};
