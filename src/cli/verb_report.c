/* SPDX-License-Identifier: Apache-2.0 */
/* imprint report: the figures of the line, from its ledger. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/figures_print.h"
#include "cli/with_ledger.h"
#include "imprint_version.h"
#include "report/html.h"
#include "station/line_file.h"
#include "station/file.h"
#include "station/value.h"

enum report_option {
    OPTION_FROM,
    OPTION_TO,
    OPTION_ORDER,
    OPTION_SHIFTS,
    OPTION_REHEARSALS,
    OPTION_CSV,
    OPTION_HTML,
    OPTION_LINE,
    OPTION_SERVER,
    OPTION_COUNT
};
#define LINE_ANSWER_S 600 /* for the line's server, which reads all that it has of the time */

static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_FROM] = {"from", 0, "TIME", "attempts that ended at or after TIME: 2026-01-31, or 2026-01-31T06:00", NULL},
    [OPTION_TO] = {"to", 0, "TIME", "attempts that ended before TIME; a day counts whole", NULL},
    [OPTION_ORDER] = {"order", 0, "ORDER", "attempts of this work order alone", NULL},
    [OPTION_SHIFTS] = {"shifts", 0, "TIMES", "divide days into shifts that begin at these times: 06:00,14:00,22:00",
                       NULL},
    [OPTION_REHEARSALS] = {"rehearsals", 0, NULL, "report rehearsals, and no production", NULL},
    [OPTION_CSV] = {"csv", 0, NULL, "comma-separated values with a heading, for spreadsheets", NULL},
    [OPTION_HTML] = {"html", 0, "FILE", "write one HTML page with plots to FILE, and print its name", NULL},
    [OPTION_LINE] = {"line", 0, NULL, "of all stations of the line: the entries that its server has", NULL},
    [OPTION_SERVER] = {"server", 0, "SETTINGS", "the server of --line, instead of line.yaml's, without a password",
                       NULL},
};

static bool refuse(const char *cause, const char *subject, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_with_subject(err, subject);
    return false;
}

static bool read_range(const struct cli *cli, struct figures_range *range, struct error *err)
{
    const char *from = cli->values[OPTION_FROM], *to = cli->values[OPTION_TO];
    const char *shifts = cli->values[OPTION_SHIFTS];

    tzset();
    range->has_from = from != NULL;
    range->has_to = to != NULL;
    range->order = cli->values[OPTION_ORDER];
    range->rehearsals = cli->values[OPTION_REHEARSALS] != NULL;
    if ((from != NULL && !period_read_bound(from, false, &range->from, err)) ||
        (to != NULL && !period_read_bound(to, true, &range->to, err)) ||
        (shifts != NULL && !period_read_shifts(shifts, &range->shifts, err)))
        return false;
    if (from != NULL && to != NULL && range->from >= range->to)
        return refuse("the end is not after the beginning", to, "exchange --from and --to", err);
    if (cli->values[OPTION_CSV] != NULL && cli->values[OPTION_HTML] != NULL)
        return refuse("--csv and --html are two forms", "--csv", "run it once for each form", err);
    return true;
}

/* --- progress --- */

struct reading {
    const struct output *output;
    time_t shown; /* when a line was last shown */
    bool is_shown;
};

/* On a terminal, once a second: a million entries take some seconds. */
static void show_progress(void *context, uint64_t done, uint64_t all)
{
    struct reading *reading = context;
    const time_t now = time(NULL);

    if (reading->output->json || reading->output->talk == OUTPUT_QUIET || now == reading->shown ||
        !isatty(STDERR_FILENO))
        return;
    reading->shown = now;
    reading->is_shown = true;
    fprintf(stderr, "\r\033[Kimprint: %" PRIu64 " of %" PRIu64 " entries", done, all);
}

static void end_progress(const struct reading *reading)
{
    if (reading->is_shown)
        fputs("\r\033[K", stderr);
}

/* --- the page --- */

/* The page in memory, which the caller frees; NULL without memory. */
static char *make_page(const struct figures *figures, size_t *len)
{
    char *text = NULL;
    FILE *page = open_memstream(&text, len);
    bool ok;

    if (page == NULL)
        return NULL;
    html_write(page, figures, (int64_t)time(NULL), "imprint " IMPRINT_VERSION);
    ok = ferror(page) == 0;
    if (fclose(page) == 0 && ok)
        return text;
    free(text);
    return NULL;
}

/* `ledger` NULL: it is of the line. */
static bool write_page(const struct output *output, const struct ledger *ledger, const struct figures *figures,
                       const char *file, struct error *err)
{
    size_t len = 0;
    char *text;
    bool ok;

    if (ledger != NULL &&
        (!file_check_output(file, ledger->database.path, err) || !file_check_output(file, ledger->key_path, err)))
        return false;
    text = make_page(figures, &len);
    ok = text != NULL && file_replace(file, bytes_of(text, len), 0666, ERROR_INPUT_FILE, err);
    free(text);
    if (!ok) {
        error_set(err, ERROR_UNEXPECTED, "there is no memory for the page", NULL);
        error_doing(err, "write the report");
        return false;
    }
    output_result(output, "%s: attempts: %" PRIu64 ", devices made: %" PRIu64 "\n", file, figures->total.attempts,
                  figures->total.made);
    output_object(output, json_pack("{s:s, s:o}", "event", "report-written", "file", value_text(file)));
    return true;
}

/* A line that rehearses has nothing else; say how to see it. */
static void say_other_mode(const struct output *output, const struct figures *figures)
{
    if (figures->total.attempts == 0 && !figures->range.rehearsals && figures->left_out[FIGURES_OTHER_MODE] > 0)
        output_next(output, "the ledger has rehearsals: imprint report --rehearsals");
    if (figures->left_out[FIGURES_UNREADABLE] > 0)
        output_warn(output, "entries that cannot be read: %" PRIu64 "; see which: imprint ledger verify",
                    figures->left_out[FIGURES_UNREADABLE]);
}

/* Of this station's ledger, or of the line; the other is NULL. */
static bool report_of(struct cli *cli, struct ledger *ledger, struct database *line, struct error *err)
{
    struct reading reading = {.output = &cli->output, .shown = time(NULL)};
    struct figures *figures = calloc(1, sizeof *figures);
    const char *page = cli->values[OPTION_HTML];
    bool ok;

    if (figures == NULL) {
        error_set(err, ERROR_UNEXPECTED, "there is no memory", NULL);
        return false;
    }
    figures->progress = show_progress;
    figures->context = &reading;
    ok = read_range(cli, &figures->range, err) &&
         (line != NULL ? figures_collect_line(figures, line, err) : figures_collect(figures, ledger, err));
    end_progress(&reading);
    if (ok) {
        figures_print_objects(&cli->output, figures);
        if (page != NULL)
            ok = write_page(&cli->output, ledger, figures, page, err);
        else if (cli->values[OPTION_CSV] != NULL)
            figures_print_csv(&cli->output, figures);
        else
            figures_print_text(&cli->output, figures);
        say_other_mode(&cli->output, figures);
    }
    figures_release(figures);
    free(figures);
    if (!ok)
        error_doing(err, "make the report");
    return ok;
}

static bool report(struct cli *cli, struct ledger *ledger, struct error *err)
{
    return report_of(cli, ledger, NULL, err);
}

static bool open_line(struct cli *cli, struct database *line, struct error *err)
{
    const struct database_server server = {.settings = cli->values[OPTION_SERVER], .answer_ms = LINE_ANSWER_S * 1000};
    struct line_file file = {.timeout_s = 0};
    bool is_there;

    if (server.settings != NULL)
        return database_connect(line, &server, &ledger_line_kind, DATABASE_READ, err);
    if (!line_file_read(&cli->station.config, &file, &is_there, err))
        return false;
    if (!is_there)
        return refuse("there is no line.yaml in the state folder", "--line",
                      "write one (docs/guide/line.md), or name the server: --server SETTINGS", err);
    file.answer_s = LINE_ANSWER_S;
    return line_file_connect(&file, &ledger_line_kind, DATABASE_READ, line, err);
}

static enum cli_exit report_line(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct database line = {.handle = NULL};
    const bool is_open = open_line(cli, &line, &err);
    const bool ok = is_open && report_of(cli, NULL, &line, &err);

    database_close(&line);
    /* A station's role sees no entry of another station: operators are in them. */
    if (is_open && err.reason == ERROR_SERVER_REFUSED)
        err.next = "use a role that plans orders: imprint line add-planner NAME";
    return ok ? CLI_DONE : output_error(&cli->output, &err);
}

static enum cli_exit run_report(struct cli *cli)
{
    if (cli->values[OPTION_LINE] != NULL || cli->values[OPTION_SERVER] != NULL)
        return report_line(cli);
    return with_ledger(cli, LEDGER_READ, report);
}

const struct cli_verb cli_verb_report = {
    .name = "report",
    .arguments = "",
    .summary = "Report what the line made: yield, times, failures",
    .description = "First pass yield, cycle time (median, and what 90 % of the devices took at\n"
                   "most), devices per hour and failures by reason, from the ledger: in all, and by\n"
                   "day or shift, order, profile, station and, of boards, firmware. A rehearsal is\n"
                   "no production: --rehearsals reports those instead. Confirming runs and\n"
                   "adoptions are no attempts. The page of --html defines each figure.\n"
                   "\n"
                   "With --line it is of all stations, by the entries that the line's server has; a\n"
                   "station is then its role there. The role must be one that plans orders (imprint\n"
                   "line add-planner), or the database's administrator.\n"
                   "\n"
                   "Times are in this host's time zone (TZ). A day as the end of a range counts\n"
                   "whole. Changes nothing.\n",
    .examples = "  imprint report\n"
                "  imprint report --from 2026-01-01 --to 2026-01-31 --html january.html\n"
                "  imprint report --order WO-1042 --shifts 06:00,14:00,22:00 --csv\n"
                "  imprint --state office report --line --html week.html\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = 0,
    .run = run_report,
};
