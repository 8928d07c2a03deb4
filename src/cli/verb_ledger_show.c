/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger show: all entries of one device, whole. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/error_format.h"
#include "cli/with_ledger.h"
#include "report/serial_word.h"

#define ATTEMPTS_MAX 10000 /* of one device */

static bool show_entry(const struct output *output, struct ledger *ledger, uint64_t seq, struct error *err)
{
    json_t *entry = ledger_load(ledger, seq, err);
    char *lines = entry == NULL ? NULL : json_dumps(entry, JSON_INDENT(2));

    if (lines == NULL) {
        json_decref(entry);
        error_set(err, ERROR_DATABASE_DAMAGED, error_keep_format(err, "entry %llu is damaged", (unsigned long long)seq),
                  "see all that are: imprint ledger verify");
        return false;
    }
    output_lines(output, lines);
    output_result(output, "\n");
    output_object(output,
                  json_pack("{s:s, s:I, s:o}", "event", "ledger-entry", "seq", (json_int_t)seq, "entry", entry));
    free(lines);
    return true;
}

static bool show_device(struct cli *cli, struct ledger *ledger, struct error *err)
{
    uint64_t *seqs = calloc(ATTEMPTS_MAX, sizeof *seqs);
    char serial[LEDGER_DEVICE_SIZE];
    size_t count = 0;
    bool ok;

    if (seqs == NULL) {
        error_set(err, ERROR_UNEXPECTED, "there is no memory", NULL);
        return false;
    }
    ok = serial_word_read(cli->arguments[0], serial, err);
    if (ok)
        count = ledger_attempts(ledger, serial, seqs, ATTEMPTS_MAX, err);
    if (ok && count == 0) {
        error_set(err, ERROR_USAGE, "the ledger has no entry of this device",
                  "see which devices it has: imprint ledger list");
        error_with_subject(err, serial);
        error_doing(err, "show the device");
        ok = false;
    }
    while (ok && count > 0)
        ok = show_entry(&cli->output, ledger, seqs[--count], err);
    free(seqs);
    return ok;
}

static enum cli_exit run_ledger_show(struct cli *cli)
{
    return with_ledger(cli, LEDGER_READ, show_device);
}

const struct cli_verb cli_verb_ledger_show = {
    .name = "ledger show",
    .arguments = "SERIAL",
    .summary = "Show all that the ledger has of one device",
    .description = "Every attempt at the device with this serial number, oldest first, as it was\n"
                   "recorded: who ran what, when and where, what became of it, and the evidence.\n"
                   "Changes nothing.\n",
    .examples = "  imprint ledger show 0123A1B2C3D4E5F601\n"
                "  imprint --json ledger show 0123A1B2C3D4E5F601 | jq .entry.result\n",
    .least = 1,
    .most = 1,
    .run = run_ledger_show,
};
