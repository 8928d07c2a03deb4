/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger sync and status: the entries that wait for the line. */
#include <inttypes.h>

#include "cli/line_print.h"
#include "cli/with_ledger.h"
#include "station/order_line.h"
#include "station/value.h"

/* --- sync --- */

static void on_progress(void *context, uint64_t sent, uint64_t of)
{
    const struct output *output = context;

    output_detail(output, "imprint: %" PRIu64 " of %" PRIu64 " entries sent", sent, of);
    output_object(
        output, json_pack("{s:s, s:I, s:I}", "event", "line-progress", "sent", (json_int_t)sent, "of", (json_int_t)of));
}

static bool sync_ledger(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct station_line line = {.config = &cli->station.config};
    struct outbox_run run = {.context = &cli->output, .progress = on_progress, .alarm = line_print_alarm};
    uint64_t told = 0;
    bool ok = station_line_require(&line, err);

    if (ok) {
        ok = outbox_send(ledger, &line.database, &run, err);
        line_print_sent(&cli->output, &run);
        ok = ok && order_line_sync(ledger, &line.file, &told, err);
        line_print_told(&cli->output, told);
    }
    station_line_close(&line);
    return ok && line_print_alarmed(run.alarms, err);
}

static enum cli_exit run_ledger_sync(struct cli *cli)
{
    return with_ledger(cli, LEDGER_USE, sync_ledger);
}

const struct cli_verb cli_verb_ledger_sync = {
    .name = "ledger sync",
    .arguments = "",
    .summary = "Send the ledger's new entries to the line's server",
    .description = "Sends what the server has not confirmed, in batches, each with a signed\n"
                   "checkpoint. The server is the one of line.yaml in the state folder. Before that\n"
                   "it compares: what the server has must be the beginning of this ledger. A state\n"
                   "folder that was copied and used twice is found here (exit code 6). Of orders of\n"
                   "the line it tells which devices this station made (order sync).\n"
                   "\n"
                   "You can always run it again: what the server has is not sent twice, and what\n"
                   "arrives twice counts once. Every run of provision, adopt, retire and of boards\n"
                   "does the same at its end, for a few seconds at most.\n"
                   "\n"
                   "An ALARM names two devices that have the same key or certificate number, and\n"
                   "their stations. The entries are kept; the exit code is 6.\n",
    .examples = "  imprint ledger status\n"
                "  imprint ledger sync\n",
    .least = 0,
    .most = 0,
    .run = run_ledger_sync,
};

/* --- status --- */

static bool show_status(struct cli *cli, struct ledger *ledger, struct error *err)
{
    struct line_file file = {.timeout_s = 0};
    struct outbox_state state;
    uint64_t waiting;
    bool is_there;

    if (!outbox_read(ledger, &state, err) || !line_file_read(&cli->station.config, &file, &is_there, err))
        return false;
    waiting = state.entries - (state.sent < state.entries ? state.sent : state.entries);
    output_result(&cli->output, "%s: %" PRIu64 " entr%s\n", ledger->log, state.entries,
                  state.entries == 1 ? "y" : "ies");
    if (!is_there)
        output_result(&cli->output, "This station belongs to no line: there is no line.yaml.\n");
    else if (state.time[0] == '\0')
        output_result(&cli->output, "%" PRIu64 " wait for the line; none was sent yet.\n", waiting);
    else
        output_result(&cli->output, "%" PRIu64 " wait for the line; it confirmed %" PRIu64 " at %s.\n", waiting,
                      state.sent, state.time);
    output_object(&cli->output, json_pack("{s:s, s:s, s:I, s:o, s:I, s:I, s:o}", "event", "ledger-status", "log",
                                          ledger->log, "entries", (json_int_t)state.entries, "server",
                                          is_there ? value_text(file.server) : json_null(), "sent",
                                          (json_int_t)state.sent, "waiting", (json_int_t)waiting, "time",
                                          state.time[0] == '\0' ? json_null() : json_string(state.time)));
    return true;
}

static enum cli_exit run_ledger_status(struct cli *cli)
{
    return with_ledger(cli, LEDGER_READ, show_status);
}

const struct cli_verb cli_verb_ledger_status = {
    .name = "ledger status",
    .arguments = "",
    .summary = "Show how many entries wait for the line",
    .description = "What this station knows by itself; the server is not asked. Changes nothing.\n",
    .examples = "  imprint ledger status\n",
    .least = 0,
    .most = 0,
    .run = run_ledger_status,
};
