/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/figures_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/csv.h"
#include "station/value.h"

#define FIELD_SIZE 32
#define NAME_WIDTH 34

/* The figures of one sum that are computed; "-" for what there is none of. */
struct words {
    char yield[FIELD_SIZE], median[FIELD_SIZE], most[FIELD_SIZE], rate[FIELD_SIZE];
};

static void cycle_words(const struct sum *sum, unsigned percent, char text[static FIELD_SIZE])
{
    unsigned seconds;

    if (sum_cycle(sum, percent, &seconds))
        snprintf(text, FIELD_SIZE, "%u s", seconds);
    else
        snprintf(text, FIELD_SIZE, "-");
}

static struct words words_of(const struct sum *sum)
{
    struct words words = {.yield = "-", .rate = "-"};
    uint64_t rate;
    unsigned yield;

    if (sum_yield(sum, &yield))
        snprintf(words.yield, FIELD_SIZE, "%u.%u %%", yield / 10, yield % 10);
    if (sum_rate(sum, &rate))
        snprintf(words.rate, FIELD_SIZE, "%" PRIu64 ".%" PRIu64, rate / 10, rate % 10);
    cycle_words(sum, 50, words.median);
    cycle_words(sum, 90, words.most);
    return words;
}

/* --- text --- */

static void print_total(const struct output *output, const struct figures *figures)
{
    const struct sum *sum = &figures->total;
    const struct words words = words_of(sum);
    char first[PERIOD_TEXT_SIZE], last[PERIOD_TEXT_SIZE], zone[PERIOD_TEXT_SIZE];

    period_text(figures->first, first);
    period_text(figures->last, last);
    period_zone(figures->last, zone);
    output_result(output, "%s from %s to %s, %s\n", figures->range.rehearsals ? "REHEARSALS" : "production", first,
                  last, zone);
    output_result(output, "\n");
    output_result(output, "first pass yield   %s   (%" PRIu64 " of %" PRIu64 " devices)\n", words.yield,
                  sum->passed_first, sum->entered);
    output_result(output, "devices made       %" PRIu64 "\n", sum->made);
    output_result(
        output, "attempts           %" PRIu64 ", of which %" PRIu64 " failed, %" PRIu64 " without reaching a device\n",
        sum->attempts, sum->failed, sum->without);
    output_result(output, "cycle time         median %s, 90 %% within %s\n", words.median, words.most);
    output_result(output, "devices per hour   %s   (hours with an attempt: %" PRIu64 ")\n", words.rate, sum_hours(sum));
}

/* After an empty line. */
static void print_heading(const struct output *output, const char *text)
{
    output_result(output, "\n");
    output_result(output, "%s\n", text);
}

static void print_reasons(const struct output *output, const struct figures *figures)
{
    if (figures->reasons.count > 0)
        print_heading(output, "failed attempts by reason");
    for (size_t i = 0; i < figures->reasons.count; i++)
        output_result(output, "%8" PRIu64 "  %s\n", figures->reasons.list[i]->sum.failed,
                      figures->reasons.list[i]->name);
}

static void print_groups(const struct output *output, const struct figures *figures, enum figures_by by)
{
    const struct groups *groups = &figures->by[by];
    char name[GROUP_NAME_SIZE];

    if (!figures_has_list(figures, by))
        return;
    output_result(output, "\n");
    output_result(output, "%-*s  %8s %8s %8s %8s %8s %7s %7s %8s\n", NAME_WIDTH, figures_by_name(by), "entered",
                  "yield", "made", "attempts", "failed", "median", "90 %", "per hour");
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = groups->list[i];
        const struct words words = words_of(&group->sum);

        output_result(output, "%-*s  %8" PRIu64 " %8s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %7s %7s %8s\n", NAME_WIDTH,
                      figures_shown_name(by, group, name), group->sum.entered, words.yield, group->sum.made,
                      group->sum.attempts, group->sum.failed, words.median, words.most, words.rate);
    }
}

static void print_left_out(const struct output *output, const struct figures *figures)
{
    bool has_heading = false;

    for (int i = 0; i < FIGURES_LEFT_OUT_COUNT; i++) {
        if (figures->left_out[i] == 0)
            continue;
        if (!has_heading)
            print_heading(output, "not counted");
        has_heading = true;
        output_result(output, "%8" PRIu64 "  %s\n", figures->left_out[i],
                      figures_left_out_name((enum figures_left_out)i, figures->range.rehearsals));
    }
}

void figures_print_text(const struct output *output, const struct figures *figures)
{
    if (figures->total.attempts == 0) {
        output_result(output, "no attempt %sin this range\n", figures->range.rehearsals ? "of a rehearsal " : "");
    } else {
        print_total(output, figures);
        print_reasons(output, figures);
        for (int by = 0; by < FIGURES_BY_COUNT; by++)
            print_groups(output, figures, (enum figures_by)by);
        output_result(output, "\n");
        if (figures->no_order > 0)
            output_result(output, "%" PRIu64 " of the %" PRIu64 " attempts belong to no order\n", figures->no_order,
                          figures->total.attempts);
    }
    print_left_out(output, figures);
}

/* --- CSV --- */

static void csv_sum(struct csv *csv, const char *by, const char *name, const struct sum *sum)
{
    unsigned yield = 0, seconds = 0;
    uint64_t rate = 0;
    bool is_known;

    csv_text(csv, by);
    csv_text(csv, name);
    csv_number(csv, sum->entered);
    csv_number(csv, sum->passed_first);
    is_known = sum_yield(sum, &yield);
    csv_tenths(csv, is_known, yield);
    csv_number(csv, sum->made);
    csv_number(csv, sum->attempts);
    csv_number(csv, sum->failed);
    csv_number(csv, sum->without);
    is_known = sum_cycle(sum, 50, &seconds);
    csv_tenths(csv, is_known, (uint64_t)seconds * 10);
    is_known = sum_cycle(sum, 90, &seconds);
    csv_tenths(csv, is_known, (uint64_t)seconds * 10);
    csv_number(csv, sum_hours(sum));
    is_known = sum_rate(sum, &rate);
    csv_tenths(csv, is_known, rate);
    csv_end(csv);
}

void figures_print_csv(const struct output *output, const struct figures *figures)
{
    struct csv csv = {.output = output};

    csv_heading(output, "by,name,entered,passed_first,first_pass_yield_percent,made,attempts,failed,without_device,"
                        "cycle_median_s,cycle_90_percent_s,hours,made_per_hour");
    csv_sum(&csv, figures->range.rehearsals ? "rehearsals" : "production", "", &figures->total);
    for (int by = 0; by < FIGURES_BY_COUNT; by++)
        for (size_t i = 0; figures_has_list(figures, (enum figures_by)by) && i < figures->by[by].count; i++)
            csv_sum(&csv, figures_by_name((enum figures_by)by), figures->by[by].list[i]->name,
                    &figures->by[by].list[i]->sum);
    for (size_t i = 0; i < figures->reasons.count; i++)
        csv_sum(&csv, "reason", figures->reasons.list[i]->name, &figures->reasons.list[i]->sum);
}

/* --- objects --- */

static json_t *known(bool is_known, uint64_t number)
{
    return is_known ? json_integer((json_int_t)number) : json_null();
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}

static void add_sum(json_t *object, const struct sum *sum)
{
    unsigned yield = 0, median = 0, most = 0;
    uint64_t rate = 0;
    const bool has_yield = sum_yield(sum, &yield), has_rate = sum_rate(sum, &rate);
    const bool has_median = sum_cycle(sum, 50, &median), has_most = sum_cycle(sum, 90, &most);

    set_number(object, "entered", sum->entered);
    set_number(object, "passed_first", sum->passed_first);
    json_object_set_new(object, "first_pass_permille", known(has_yield, yield));
    set_number(object, "made", sum->made);
    set_number(object, "attempts", sum->attempts);
    set_number(object, "failed", sum->failed);
    set_number(object, "without_device", sum->without);
    json_object_set_new(object, "cycle_median_s", known(has_median, median));
    json_object_set_new(object, "cycle_90_percent_s", known(has_most, most));
    set_number(object, "hours", sum_hours(sum));
    json_object_set_new(object, "made_per_10_hours", known(has_rate, rate));
}

static json_t *moment_or_null(bool is_known, int64_t moment)
{
    char text[PERIOD_TEXT_SIZE];

    period_text(moment, text);
    return is_known ? json_string(text) : json_null();
}

static json_t *total_object(const struct figures *figures)
{
    static const char *const left_out[FIGURES_LEFT_OUT_COUNT] = {
        [FIGURES_OUT_OF_RANGE] = "out_of_range",
        [FIGURES_OTHER_MODE] = "other_mode",
        [FIGURES_CONFIRMED] = "confirmed",
        [FIGURES_ADOPTED] = "adopted",
        [FIGURES_RETIRED] = "retired",
        [FIGURES_PROVEN] = "proven",
        [FIGURES_OTHER] = "other",
        [FIGURES_UNREADABLE] = "unreadable",
    };
    const struct figures_range *range = &figures->range;
    const bool has_attempts = figures->total.attempts > 0;
    json_t *object = json_pack("{s:s, s:b, s:s, s:s*, s:I}", "event", "report", "rehearsals", (int)range->rehearsals,
                               "log", figures->log, "root", figures->logs > 0 ? NULL : figures->root, "entries",
                               (json_int_t)figures->entries);
    json_t *others = json_object();

    if (figures->logs > 0) {
        set_number(object, "logs", figures->logs);
        set_number(object, "stations", figures->stations);
    }
    json_object_set_new(object, "from", moment_or_null(range->has_from, range->from));
    json_object_set_new(object, "to", moment_or_null(range->has_to, range->to));
    json_object_set_new(object, "order", value_text(range->order));
    json_object_set_new(object, "first", moment_or_null(has_attempts, figures->first));
    json_object_set_new(object, "last", moment_or_null(has_attempts, figures->last));
    add_sum(object, &figures->total);
    set_number(object, "no_order", figures->no_order);
    for (int i = 0; i < FIGURES_LEFT_OUT_COUNT; i++)
        set_number(others, left_out[i], figures->left_out[i]);
    json_object_set_new(object, "not_counted", others);
    return object;
}

void figures_print_objects(const struct output *output, const struct figures *figures)
{
    output_object(output, total_object(figures));
    for (int by = 0; by < FIGURES_BY_COUNT; by++)
        for (size_t i = 0; figures_has_list(figures, (enum figures_by)by) && i < figures->by[by].count; i++) {
            const struct group *group = figures->by[by].list[i];
            json_t *object =
                json_pack("{s:s, s:s, s:o}", "event", "report-group", "by", figures_by_name((enum figures_by)by),
                          "name", value_text(group->name[0] != '\0' ? group->name : NULL));

            add_sum(object, &group->sum);
            output_object(output, object);
        }
    for (size_t i = 0; i < figures->reasons.count; i++)
        output_object(output, json_pack("{s:s, s:o, s:I}", "event", "report-reason", "reason",
                                        value_text(figures->reasons.list[i]->name), "attempts",
                                        (json_int_t)figures->reasons.list[i]->sum.failed));
}
