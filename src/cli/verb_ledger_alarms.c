/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger alarms: the entries in which a device has what another device has already, here and on the line. */
#include <inttypes.h>

#include "cli/line_print.h"
#include "cli/with_ledger.h"
#include "ledger/line_alarms.h"

enum alarms_option { OPTION_SERVER, OPTION_LOCAL, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_SERVER] = {"server", 0, "SETTINGS",
                       "only the line's, of this database: PostgreSQL's connection settings, without a password", NULL},
    [OPTION_LOCAL] = {"local", 0, NULL, "only this station's, without asking the line", NULL},
};

static const char *text_of(const json_t *entry, const char *name)
{
    const char *text = json_string_value(json_object_get(entry, name));

    return text != NULL ? text : "?";
}

static void show(const struct output *output, uint64_t seq, const json_t *entry, const struct ledger_conflict *conflict)
{
    output_result(output, "ALARM entry %" PRIu64 ", %s: device %s has the %s of device %s\n", seq,
                  text_of(entry, "time"), text_of(entry, "device"), conflict->what, conflict->other);
    output_object(output, json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "event", "ledger-alarm", "seq", (json_int_t)seq,
                                    "time", text_of(entry, "time"), "device", text_of(entry, "device"), "what",
                                    conflict->what, "other", conflict->other));
}

/* What cannot be read is ledger verify's matter. */
static bool look_at(struct cli *cli, struct ledger *ledger, struct statement *row, uint64_t *alarms, struct error *err)
{
    const struct bytes body = statement_bytes(row, 2);
    json_t *entry = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    struct ledger_conflict conflict;
    const uint64_t seq = (uint64_t)statement_number(row, 0);
    bool ok = ledger_find_conflict(ledger, entry, seq, &conflict, err);

    if (ok && conflict.what != NULL) {
        ++*alarms;
        show(&cli->output, seq, entry, &conflict);
    }
    json_decref(entry);
    return ok;
}

static bool list_own(struct cli *cli, struct ledger *ledger, uint64_t *alarms, struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement entries;
    bool ok = ledger_select_entries(ledger, &entries, err);

    while (ok && (result = statement_step(&entries, err)) == STATEMENT_ROW)
        ok = look_at(cli, ledger, &entries, alarms, err);
    statement_finish(&entries);
    if (ok && result == STATEMENT_DONE)
        return true;
    error_doing(err, "list the ledger's alarms");
    return false;
}

static void say_count(const struct output *output, uint64_t alarms, const char *of)
{
    output_say(output, "imprint: %" PRIu64 " alarm%s of %s", alarms, alarms == 1 ? "" : "s", of);
}

static bool list_of_line(struct cli *cli, struct database *line, struct error *err)
{
    uint64_t alarms;

    if (!ledger_line_list_alarms(line, line_print_alarm, &cli->output, &alarms, err))
        return false;
    say_count(&cli->output, alarms, "the line");
    return true;
}

static bool list_alarms(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct station_line line = {.config = &cli->station.config};
    uint64_t alarms = 0;
    bool is_there = false, ok = list_own(cli, ledger, &alarms, err);

    if (ok)
        say_count(&cli->output, alarms, "this station's ledger");
    if (!ok || cli->values[OPTION_LOCAL] != NULL)
        return ok;
    ok = line_file_read(&cli->station.config, &line.file, &is_there, err) &&
         (!is_there || (station_line_require(&line, err) && list_of_line(cli, &line.database, err)));
    station_line_close(&line);
    if (!ok && err->reason == ERROR_SERVER_AWAY)
        err->next = "the station's own are complete; when the server is back, run the same command again";
    return ok;
}

static bool list_at_server(struct cli *cli, struct error *err)
{
    const struct database_server server = {.settings = cli->values[OPTION_SERVER]};
    struct database line = {.handle = NULL};
    const bool ok =
        database_connect(&line, &server, &ledger_line_kind, DATABASE_READ, err) && list_of_line(cli, &line, err);

    database_close(&line);
    return ok;
}

static enum cli_exit run_ledger_alarms(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    if (cli->values[OPTION_SERVER] == NULL)
        return with_ledger(cli, LEDGER_READ, list_alarms);
    if (cli->values[OPTION_LOCAL] == NULL)
        return list_at_server(cli, &err) ? CLI_DONE : output_error(&cli->output, &err);
    error_set(&err, ERROR_USAGE, "--server and --local exclude each other", "leave one of them out");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_ledger_alarms = {
    .name = "ledger alarms",
    .arguments = "",
    .summary = "List the entries in which a device has what another one has",
    .description = "A line for each entry whose device showed a public key, a certificate serial\n"
                   "number, a board number or a microcontroller that the ledger knows as another\n"
                   "device's: a copied chip image, a faulty part, or a fraud. It names both. Set\n"
                   "both aside, and see docs/guide/ledger.md. Board number and microcontroller of a\n"
                   "device that was retired since are no alarm. With line.yaml, those of the line's\n"
                   "server too in which this station has a part: also what was found when entries\n"
                   "arrived.\n"
                   "\n"
                   "--server lists all of a line, for who can read its entries (line add-planner)\n"
                   "and its administrator. Changes nothing.\n",
    .examples = "  imprint ledger alarms\n"
                "  imprint ledger alarms --server 'host=db.example dbname=line user=office'\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = 0,
    .run = run_ledger_alarms,
};
