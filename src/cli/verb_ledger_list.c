/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger list: a line for each entry. */
#include <inttypes.h>

#include "base/error_format.h"
#include "cli/csv.h"
#include "cli/ledger_parts.h"
#include "cli/with_ledger.h"
#include "station/value.h"

enum ledger_list_option { OPTION_CSV, OPTION_KEYS, OPTION_CERTIFICATES, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_CSV] = {"csv", 0, NULL, "comma-separated values with a heading, for spreadsheets", NULL},
    [OPTION_KEYS] = {"keys", 0, NULL, "the keys of finished devices, as comma-separated values", NULL},
    [OPTION_CERTIFICATES] = {"certificates", 0, NULL, "the certificates of finished devices, as comma-separated values",
                             NULL},
};

/* In this order in every form. */
static const char *const fields[] = {"time",     "device",  "kind",    "result", "reason",
                                     "operator", "station", "started", "ended"};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static const char *text_of(const json_t *entry, const char *field)
{
    const char *text = json_string_value(json_object_get(entry, field));

    return text != NULL ? text : "";
}

/* Digest of the image that ran on the board; NULL: the entry has none. Borrowed. */
static json_t *firmware_of(const json_t *entry)
{
    const json_t *run = json_object_get(json_object_get(entry, "evidence"), "run");

    return json_object_get(json_object_get(run, "board"), "firmware");
}

static void print_csv(const struct output *output, uint64_t seq, const json_t *entry)
{
    const json_t *profile = json_object_get(entry, "profile");
    struct csv csv = {.output = output};

    csv_number(&csv, seq);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        csv_text(&csv, text_of(entry, fields[i]));
    csv_text(&csv, text_of(profile, "name"));
    csv_text(&csv, text_of(profile, "digest"));
    csv_text(&csv, json_string_value(firmware_of(entry)));
    csv_end(&csv);
}

static void print_line(const struct output *output, uint64_t seq, const json_t *entry)
{
    const char *device = text_of(entry, "device"), *reason = text_of(entry, "reason");

    output_result(output, "%6" PRIu64 "  %s  %-18s  %s: %s%s%s\n", seq, text_of(entry, "time"),
                  device[0] != '\0' ? device : "no device", text_of(entry, "kind"), text_of(entry, "result"),
                  reason[0] != '\0' ? ", " : "", reason);
}

static void print_object(const struct output *output, uint64_t seq, const json_t *entry)
{
    json_t *object = json_pack("{s:s, s:I}", "event", "ledger-entry", "seq", (json_int_t)seq);

    for (size_t i = 0; i < FIELD_COUNT; i++)
        json_object_set(object, fields[i], json_object_get(entry, fields[i]));
    json_object_set(object, "profile", json_object_get(entry, "profile"));
    if (json_is_string(firmware_of(entry)))
        json_object_set(object, "firmware", firmware_of(entry));
    output_object(output, object);
}

static void print_entry(const struct cli *cli, uint64_t seq, const json_t *entry)
{
    print_object(&cli->output, seq, entry);
    if (cli->values[OPTION_CSV] != NULL)
        print_csv(&cli->output, seq, entry);
    else
        print_line(&cli->output, seq, entry);
}

/* Of the run that last finished the device, so that each key is there once. False with a reason. */
static bool print_parts(const struct cli *cli, struct ledger *ledger, uint64_t seq, const json_t *entry,
                        struct error *err)
{
    const char *device = text_of(entry, "device");
    uint64_t made;

    if (device[0] == '\0' || !ledger_last_made(ledger, device, &made, err))
        return err->reason == ERROR_NONE;
    if (made == seq)
        ledger_parts_print(&cli->output,
                           cli->values[OPTION_KEYS] != NULL ? LEDGER_PARTS_KEYS : LEDGER_PARTS_CERTIFICATES, entry);
    return true;
}

static bool print_row(const struct cli *cli, struct ledger *ledger, struct statement *entries, struct error *err)
{
    const uint64_t seq = (uint64_t)statement_number(entries, 0);
    const struct bytes body = statement_bytes(entries, 2);
    json_t *entry = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    bool ok = true;

    if (entry == NULL) {
        error_set(err, ERROR_DATABASE_DAMAGED, error_keep_format(err, "entry %llu is damaged", (unsigned long long)seq),
                  "see all that are: imprint ledger verify");
        return false;
    }
    if (cli->values[OPTION_KEYS] != NULL || cli->values[OPTION_CERTIFICATES] != NULL)
        ok = print_parts(cli, ledger, seq, entry, err);
    else
        print_entry(cli, seq, entry);
    json_decref(entry);
    return ok;
}

static void print_heading(const struct cli *cli)
{
    if (cli->values[OPTION_KEYS] != NULL)
        ledger_parts_heading(&cli->output, LEDGER_PARTS_KEYS);
    else if (cli->values[OPTION_CERTIFICATES] != NULL)
        ledger_parts_heading(&cli->output, LEDGER_PARTS_CERTIFICATES);
    else if (cli->values[OPTION_CSV] != NULL)
        csv_heading(&cli->output,
                    "number,time,device,kind,result,reason,operator,station,started,ended,profile,digest,firmware");
}

static bool list(struct cli *cli, struct ledger *ledger, struct error *err)
{
    enum statement_result result = STATEMENT_DONE;
    struct statement entries = {.handle = NULL};
    bool ok = true;

    if (cli->values[OPTION_KEYS] != NULL && cli->values[OPTION_CERTIFICATES] != NULL) {
        error_set(err, ERROR_USAGE, "--keys and --certificates exclude each other", "run it once for each");
        return false;
    }
    ok = ledger_select_entries(ledger, &entries, err);
    if (ok)
        print_heading(cli);
    while (ok && (result = statement_step(&entries, err)) == STATEMENT_ROW)
        ok = print_row(cli, ledger, &entries, err);
    statement_finish(&entries);
    return ok && result == STATEMENT_DONE;
}

static enum cli_exit run_ledger_list(struct cli *cli)
{
    return with_ledger(cli, LEDGER_READ, list);
}

const struct cli_verb cli_verb_ledger_list = {
    .name = "ledger list",
    .arguments = "",
    .summary = "List the entries of the ledger: every attempt at every device",
    .description = "A line for each entry, oldest first: number, time, device, what was done, and\n"
                   "what became of it. Failed and refused runs are entries too. --csv writes the\n"
                   "same with operator, station, profile and the digest of a board's firmware for a\n"
                   "spreadsheet. --keys and --certificates list those of each device that was\n"
                   "finished, of its last successful run. Changes nothing.\n",
    .examples = "  imprint ledger list\n"
                "  imprint ledger list --csv > made.csv\n"
                "  imprint ledger list --certificates > certificates.csv\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = 0,
    .run = run_ledger_list,
};
