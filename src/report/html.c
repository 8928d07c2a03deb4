/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include <inttypes.h>

#include "report/markup.h"
#include "report/svg.h"

#define BARS_MOST 31    /* of a plot; the tables have all */
#define COLUMNS_MOST 20 /* of the histogram */
#define NOTE_SIZE 48

const struct html_definition html_definitions[] = {
    {"Attempt",
     "A run of provision or board provision that was to make a device: it was provisioned, refused, failed or "
     "interrupted. A run that finds a finished device (confirmed), an adoption, a retirement and a proof by a "
     "primary application are no attempts. Dry runs leave no entry."},
    {"Rehearsal", "A run with a virtual chip, a published test key or a test root. Production and rehearsals are never "
                  "in one report."},
    {"Devices entered",
     "Devices whose first attempt in this ledger is in this report. A device is a chip's serial number. "
     "An attempt that reached no device counts as an attempt, not as a device."},
    {"First pass yield",
     "Devices that were made by their first attempt, divided by devices entered. Rounded down: only a line "
     "without a failure has 100 %."},
    {"Devices made",
     "Devices whose first successful attempt is in this report. A device that is provisioned again, for another "
     "profile or after it was retired, does not count twice."},
    {"Cycle time",
     "From the start to the end of a successful attempt, by the station's clock, in whole seconds; over two minutes "
     "rounded up to ten seconds; over an hour counted as an hour. 90 %: nine of ten took no longer. "
     "Time for handling the board is not in it."},
    {"Devices per hour",
     "Devices made, divided by the clock hours in which at least one attempt ended. Hours without an "
     "attempt, such as breaks and nights, do not count."},
    {"Failures by reason",
     "Failed attempts by the reason in their entry, not devices: one that fails twice counts twice."},
    {"Period",
     "The day, or the shift, in which the attempt ended, in the time zone above. A shift belongs to the day on "
     "which it began."},
    {"Order", "The work order in the entry. Attempts without one are shown as such."},
    {"Firmware",
     "Of boards: the start of SHA-256 of the image that ran the attempt, reported by the board; --csv and --json have "
     "all of it. Chips without a board, and boards that tell none, are shown as such."},
};
const size_t html_definition_count = sizeof html_definitions / sizeof html_definitions[0];

const char html_style[] =
    "@page { size: A4; margin: 14mm }\n"
    "body { font: 10.5pt/1.45 system-ui, \"Liberation Sans\", Arial, sans-serif; color: #1a1a1a; background: #fff;\n"
    "  max-width: 182mm; margin: 8mm auto; padding: 0 4mm }\n"
    "h1 { font-size: 20pt; margin: 0 0 2mm } h2 { font-size: 13pt; margin: 8mm 0 2mm; break-after: avoid }\n"
    ".rehearsal { border: 2px solid #1a1a1a; padding: 2mm 3mm; font-weight: bold }\n"
    ".facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.5mm 5mm; margin: 3mm 0 }\n"
    ".facts dt { color: #555 } .facts dd { margin: 0; overflow-wrap: anywhere }\n"
    ".key { display: grid; grid-template-columns: repeat(5, 1fr); gap: 3mm; margin: 5mm 0 }\n"
    ".key div { border-top: 3px solid #0b5394; padding-top: 1.5mm; break-inside: avoid }\n"
    ".key b { display: block; font-size: 17pt; line-height: 1.2; white-space: nowrap }\n"
    ".key span { display: block; color: #555; font-size: 9pt }\n"
    "figure { margin: 0; break-inside: avoid } figcaption { color: #555; font-size: 9pt; margin-bottom: 2mm }\n"
    "svg { width: 100%; height: auto; display: block } svg text { font-size: 12px; fill: #1a1a1a }\n"
    ".bar { fill: #0b5394 } .axis { stroke: #1a1a1a; stroke-width: 1 }\n"
    "table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 9.5pt }\n"
    "th, td { text-align: right; padding: 0.8mm 1.5mm; border-bottom: 1px solid #ccc; vertical-align: bottom }\n"
    "th:first-child, td:first-child { text-align: left; min-width: 34mm; overflow-wrap: break-word } thead th { border-color: #1a1a1a }\n"
    "tr { break-inside: avoid } thead { display: table-header-group } .narrow { width: auto }\n"
    ".words dt { font-weight: bold; margin-top: 2mm } .words dd { margin: 0 }\n"
    "footer { margin-top: 8mm; color: #555; font-size: 9pt; border-top: 1px solid #ccc; padding-top: 2mm }\n"
    "@media (max-width: 140mm) { .key { grid-template-columns: repeat(2, 1fr) } }\n"
    "@media print { body { margin: 0; padding: 0; max-width: none }\n"
    "  * { -webkit-print-color-adjust: exact; print-color-adjust: exact } }\n";

static void put_yield(FILE *out, const struct sum *sum)
{
    unsigned tenths;

    if (sum_yield(sum, &tenths))
        fprintf(out, "%u.%u&nbsp;%%", tenths / 10, tenths % 10);
    else
        fputs("&ndash;", out);
}

static void put_cycle(FILE *out, const struct sum *sum, unsigned percent)
{
    unsigned seconds;

    if (sum_cycle(sum, percent, &seconds))
        fprintf(out, "%u&nbsp;s", seconds);
    else
        fputs("&ndash;", out);
}

static void put_rate(FILE *out, const struct sum *sum)
{
    uint64_t tenths;

    if (sum_rate(sum, &tenths))
        fprintf(out, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
    else
        fputs("&ndash;", out);
}

/* --- the head of the page --- */

static void put_fact(FILE *out, const char *name, const char *value)
{
    fprintf(out, "<dt>%s</dt><dd>", name);
    markup_text(out, value);
    fputs("</dd>\n", out);
}

static void put_moment(FILE *out, const char *name, bool is_given, int64_t moment, const char *otherwise)
{
    char text[PERIOD_TEXT_SIZE];

    period_text(moment, text);
    put_fact(out, name, is_given ? text : otherwise);
}

/* Which ledger it is: of a station one log, whose tree has a root; of a line many. */
static void put_ledger(FILE *out, const struct figures *figures)
{
    put_fact(out, figures->logs > 0 ? "Ledger of the line" : "Ledger", figures->log);
    if (figures->logs > 0) {
        fprintf(out, "<dt>Entries</dt><dd>%" PRIu64 ", in %" PRIu64 " logs of %" PRIu64 " stations</dd>\n",
                figures->entries, figures->logs, figures->stations);
        return;
    }
    fprintf(out, "<dt>Entries, and root over them</dt><dd>%" PRIu64 ", ", figures->entries);
    markup_text(out, figures->root);
    fputs("</dd>\n", out);
}

static void put_facts(FILE *out, const struct figures *figures, int64_t made)
{
    const bool has_attempts = figures->total.attempts > 0;
    char text[PERIOD_TEXT_SIZE];

    fputs("<dl class=\"facts\">\n", out);
    put_moment(out, "From", figures->range.has_from, figures->range.from, "the beginning of the ledger");
    put_moment(out, "To, not included", figures->range.has_to, figures->range.to, "its end");
    put_fact(out, "Order", figures->range.order != NULL ? figures->range.order : "all, and attempts without one");
    put_moment(out, "First attempt ended", has_attempts, figures->first, "there is none");
    put_moment(out, "Last attempt ended", has_attempts, figures->last, "there is none");
    period_zone(has_attempts ? figures->last : made, text);
    put_fact(out, "Time zone", text);
    put_moment(out, "Report made", true, made, "");
    put_ledger(out, figures);
    fputs("</dl>\n", out);
}

static void put_key_figures(FILE *out, const struct figures *figures)
{
    const struct sum *sum = &figures->total;

    fputs("<div class=\"key\">\n<div><b>", out);
    put_yield(out, sum);
    fprintf(out, "</b>first pass yield<span>%" PRIu64 " of %" PRIu64 " devices</span></div>\n", sum->passed_first,
            sum->entered);
    fprintf(out, "<div><b>%" PRIu64 "</b>devices made<span>%" PRIu64 " attempts</span></div>\n", sum->made,
            sum->attempts);
    fprintf(out, "<div><b>%" PRIu64 "</b>failed attempts<span>%" PRIu64 " reached no device</span></div>\n<div><b>",
            sum->failed, sum->without);
    put_cycle(out, sum, 50);
    fputs("</b>cycle time, median<span>90 % within ", out);
    put_cycle(out, sum, 90);
    fputs("</span></div>\n<div><b>", out);
    put_rate(out, sum);
    fprintf(out, "</b>devices per hour<span>in %" PRIu64 " hours of work</span></div>\n</div>\n", sum_hours(sum));
}

/* --- plots --- */

static void begin_figure(FILE *out, const char *heading, const char *caption)
{
    fprintf(out, "<h2>%s</h2>\n<figure>\n<figcaption>%s</figcaption>\n", heading, caption);
}

static void plot_periods(FILE *out, const struct figures *figures)
{
    static const struct svg_words words = {
        "made", "Devices made by period",
        "A bar for each period: devices made, then first pass yield. The same figures "
        "are in the table by period."};
    const struct groups *groups = &figures->by[FIGURES_BY_PERIOD];
    const size_t first = groups->count > BARS_MOST ? groups->count - BARS_MOST : 0, count = groups->count - first;
    struct svg_bar bars[BARS_MOST];
    char notes[BARS_MOST][NOTE_SIZE];

    begin_figure(out, figures->range.shifts.count > 0 ? "Devices made by shift" : "Devices made by day",
                 first > 0 ? "Devices made, then first pass yield. The last 31 periods; the table below has all."
                           : "Devices made, then first pass yield.");
    for (size_t i = 0; i < count; i++) {
        const struct group *group = groups->list[first + i];
        unsigned tenths;

        if (sum_yield(&group->sum, &tenths))
            (void)snprintf(notes[i], NOTE_SIZE, "%" PRIu64 ", %u.%u %%", group->sum.made, tenths / 10, tenths % 10);
        else
            (void)snprintf(notes[i], NOTE_SIZE, "%" PRIu64, group->sum.made);
        bars[i] = (struct svg_bar){.label = group->name, .note = notes[i], .value = group->sum.made};
    }
    svg_bars(out, &words, bars, count);
    fputs("</figure>\n", out);
}

static size_t bars_of(const struct groups *groups)
{
    return groups->count > BARS_MOST ? BARS_MOST : groups->count;
}

static void plot_reasons(FILE *out, const struct figures *figures)
{
    static const struct svg_words words = {"reasons", "Failed attempts by reason",
                                           "A bar for each reason, the most frequent first: failed attempts, and their "
                                           "share of all failed attempts."};
    const size_t count = bars_of(&figures->reasons);
    struct svg_bar bars[BARS_MOST];
    char notes[BARS_MOST][NOTE_SIZE];

    begin_figure(out, "Failures by reason",
                 count == 0 ? "No attempt failed." : "Failed attempts, and their share of all failed attempts.");
    for (size_t i = 0; i < count; i++) {
        const struct group *group = figures->reasons.list[i];
        const uint64_t tenths = (group->sum.failed * 1000 + figures->total.failed / 2) / figures->total.failed;

        (void)snprintf(notes[i], NOTE_SIZE, "%" PRIu64 ", %" PRIu64 ".%" PRIu64 " %%", group->sum.failed, tenths / 10,
                       tenths % 10);
        bars[i] = (struct svg_bar){.label = group->name, .note = notes[i], .value = group->sum.failed};
    }
    if (count > 0)
        svg_bars(out, &words, bars, count);
    fputs("</figure>\n", out);
}

/* The least width of a column, in seconds, with which all times have a place. */
static unsigned column_width(const struct sum *sum)
{
    static const unsigned widths[] = {1, 2, 5, 10, 20, 30, 60, 120, 300};
    unsigned most = 0;
    size_t i = 0;

    (void)sum_cycle(sum, 100, &most);
    while (i + 1 < sizeof widths / sizeof widths[0] && most / widths[i] >= COLUMNS_MOST)
        i++;
    return widths[i];
}

static void plot_cycle(FILE *out, const struct figures *figures)
{
    static const struct svg_words words = {"cycle", "Cycle times",
                                           "A column for each range of cycle times, in seconds: how many successful "
                                           "attempts took as long."};
    const unsigned width = column_width(&figures->total);
    struct svg_bar columns[COLUMNS_MOST] = {{.value = 0}};
    char labels[COLUMNS_MOST][NOTE_SIZE], notes[COLUMNS_MOST][NOTE_SIZE];
    size_t count = 0;

    begin_figure(out, "Cycle times",
                 figures->total.timed == 0 ? "No attempt succeeded." : "Successful attempts by their time in seconds.");
    for (size_t place = 0; place < CYCLE_PLACES; place++) {
        const size_t column = sum_cycle_value(place) / width;

        if (figures->total.cycle[place] == 0 || column >= COLUMNS_MOST)
            continue;
        columns[column].value += figures->total.cycle[place];
        count = column + 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (width == 1)
            (void)snprintf(labels[i], NOTE_SIZE, "%zu", i);
        else
            (void)snprintf(labels[i], NOTE_SIZE, "%zu\xe2\x80\x93%zu", i * width, (i + 1) * width - 1);
        (void)snprintf(notes[i], NOTE_SIZE, "%" PRIu64, columns[i].value);
        columns[i].label = labels[i];
        columns[i].note = notes[i];
    }
    if (count > 0)
        svg_columns(out, &words, columns, count);
    fputs("</figure>\n", out);
}

/* --- tables --- */

static void put_row(FILE *out, const char *name, const struct sum *sum)
{
    fputs("<tr><td>", out);
    markup_text(out, name);
    fprintf(out, "</td><td>%" PRIu64 "</td><td>", sum->entered);
    put_yield(out, sum);
    fprintf(out, "</td><td>%" PRIu64 "</td><td>%" PRIu64 "</td><td>%" PRIu64 "</td><td>", sum->made, sum->attempts,
            sum->failed);
    put_cycle(out, sum, 50);
    fputs("</td><td>", out);
    put_cycle(out, sum, 90);
    fputs("</td><td>", out);
    put_rate(out, sum);
    fputs("</td></tr>\n", out);
}

static void put_table(FILE *out, const struct figures *figures, enum figures_by by, const char *heading,
                      const char *column)
{
    const struct groups *groups = &figures->by[by];
    char name[GROUP_NAME_SIZE];

    if (!figures_has_list(figures, by))
        return;
    fprintf(out,
            "<h2>%s</h2>\n<table>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">Devices entered</th>"
            "<th scope=\"col\">First pass yield</th><th scope=\"col\">Devices made</th><th scope=\"col\">Attempts</th>"
            "<th scope=\"col\">Failed</th><th scope=\"col\">Cycle, median</th><th scope=\"col\">Cycle, 90&nbsp;%%</th>"
            "<th scope=\"col\">Per hour</th></tr></thead>\n<tbody>\n",
            heading, column);
    for (size_t i = 0; i < groups->count; i++)
        put_row(out, figures_shown_name(by, groups->list[i], name), &groups->list[i]->sum);
    fputs("</tbody>\n</table>\n", out);
}

static void put_left_out(FILE *out, const struct figures *figures)
{
    uint64_t all = 0;

    for (int i = 0; i < FIGURES_LEFT_OUT_COUNT; i++)
        all += figures->left_out[i];
    fprintf(out,
            "<h2>What is not counted</h2>\n<p>%" PRIu64 " of the ledger's %" PRIu64
            " entries are in none of the figures%s",
            all, figures->entries, all > 0 ? ":</p>\n<table class=\"narrow\">\n<tbody>\n" : ".</p>\n");
    for (int i = 0; i < FIGURES_LEFT_OUT_COUNT; i++)
        if (figures->left_out[i] > 0)
            fprintf(out, "<tr><td>%s</td><td>%" PRIu64 "</td></tr>\n",
                    figures_left_out_name((enum figures_left_out)i, figures->range.rehearsals), figures->left_out[i]);
    if (all > 0)
        fputs("</tbody>\n</table>\n", out);
    if (figures->no_order > 0)
        fprintf(out, "<p>%" PRIu64 " of the %" PRIu64 " attempts belong to no order.</p>\n", figures->no_order,
                figures->total.attempts);
}

static void put_definitions(FILE *out)
{
    fputs("<h2>What the figures mean</h2>\n<dl class=\"words\">\n", out);
    for (size_t i = 0; i < html_definition_count; i++)
        fprintf(out, "<dt>%s</dt><dd>%s</dd>\n", html_definitions[i].term, html_definitions[i].meaning);
    fputs("</dl>\n", out);
}

static const char *title_of(const struct figures *figures)
{
    return figures->range.rehearsals ? "Rehearsal report" : "Production report";
}

void html_write_content(FILE *out, const struct figures *figures, int64_t made, const char *program)
{
    const bool has_shifts = figures->range.shifts.count > 0;

    fprintf(out, "<h1>%s</h1>\n", title_of(figures));
    if (figures->range.rehearsals)
        fputs("<p class=\"rehearsal\">REHEARSAL: virtual chips, test keys or test roots. Nothing here was "
              "production.</p>\n",
              out);
    put_facts(out, figures, made);
    put_key_figures(out, figures);
    if (figures->total.attempts == 0) {
        fputs("<p>The ledger has no attempt of this kind in this range.</p>\n", out);
    } else {
        plot_periods(out, figures);
        plot_reasons(out, figures);
        plot_cycle(out, figures);
        put_table(out, figures, FIGURES_BY_PERIOD, has_shifts ? "By shift" : "By day",
                  has_shifts ? "Shift, by its beginning" : "Day");
        put_table(out, figures, FIGURES_BY_ORDER, "By order", "Order");
        put_table(out, figures, FIGURES_BY_PROFILE, "By profile", "Profile");
        put_table(out, figures, FIGURES_BY_STATION, "By station", "Station");
        put_table(out, figures, FIGURES_BY_FIRMWARE, "By firmware", "Firmware");
    }
    put_left_out(out, figures);
    put_definitions(out);
    fputs("<footer>Made by ", out);
    markup_text(out, program);
    fputs(" from the ledger that is named above: imprint report. Who has the ledger can make it again.</footer>\n",
          out);
}

void html_write(FILE *out, const struct figures *figures, int64_t made, const char *program)
{
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n<style>\n%s</style>\n</head>\n"
            "<body>\n",
            title_of(figures), html_style);
    html_write_content(out, figures, made, program);
    fputs("</body>\n</html>\n", out);
}
