/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger alarms: the entries in which a device has what another device has already. */
#include <inttypes.h>

#include "cli/with_ledger.h"

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
    bool ok = ledger_find_conflict(ledger, entry, &conflict, err);

    if (ok && conflict.what != NULL) {
        ++*alarms;
        show(&cli->output, (uint64_t)statement_number(row, 0), entry, &conflict);
    }
    json_decref(entry);
    return ok;
}

static bool list_alarms(struct cli *cli, struct ledger *ledger, struct error *err)
{
    enum statement_result result = STATEMENT_FAILED;
    struct statement entries;
    uint64_t alarms = 0;
    bool ok = ledger_select_entries(ledger, &entries, err);

    while (ok && (result = statement_step(&entries, err)) == STATEMENT_ROW)
        ok = look_at(cli, ledger, &entries, &alarms, err);
    statement_finish(&entries);
    if (ok && result == STATEMENT_DONE) {
        output_say(&cli->output, "imprint: %" PRIu64 " alarm%s", alarms, alarms == 1 ? "" : "s");
        return true;
    }
    error_doing(err, "list the ledger's alarms");
    return false;
}

static enum cli_exit run_ledger_alarms(struct cli *cli)
{
    return with_ledger(cli, LEDGER_READ, list_alarms);
}

const struct cli_verb cli_verb_ledger_alarms = {
    .name = "ledger alarms",
    .arguments = "",
    .summary = "List the entries in which a device has what another one has",
    .description = "A line for each entry whose device showed a public key, a certificate serial\n"
                   "number or a board number that the ledger knows as another device's: a copied\n"
                   "chip image, a faulty part, or a fraud. It names both. Set both aside, and see\n"
                   "docs/guide/ledger.md. An alarm of the line is in the line's database. Changes\n"
                   "nothing.\n",
    .examples = "  imprint ledger alarms\n",
    .least = 0,
    .most = 0,
    .run = run_ledger_alarms,
};
