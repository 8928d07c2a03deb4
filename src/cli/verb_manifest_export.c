/* SPDX-License-Identifier: Apache-2.0 */
/* imprint manifest export: devices of the ledger as a list of parts in Microchip's format. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include "cli/ask.h"
#include "cli/with_ledger.h"
#include "report/serial_word.h"
#include "station/issuers_file.h"
#include "station/manifest_export.h"
#include "station/stop.h"
#include "station/value.h"

enum export_option { OPTION_ISSUER, OPTION_ORDER, OPTION_SINCE, OPTION_REHEARSAL, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_ISSUER] = {"issuer", 0, "NAME",
                       "who signs: a name in the issuers file, with a key in a file or a token; its certificate is "
                       "what readers need",
                       NULL},
    [OPTION_ORDER] = {"order", 0, "ORDER", "only devices of this work order", NULL},
    [OPTION_SINCE] = {"since", 0, "DATE", "only devices made then or later: 2026-01-31, 2026-01-31T12:00:00Z (UTC)",
                      NULL},
    [OPTION_REHEARSAL] = {"rehearsal", 0, NULL, "devices of rehearsals too", NULL},
};

static void show_progress(void *context, uint64_t parts)
{
    const struct cli *cli = context;

    output_say(&cli->output, "imprint: %s: %" PRIu64 " devices", cli->arguments[0], parts);
    output_object(&cli->output, json_pack("{s:s, s:o, s:I}", "event", "manifest-progress", "file",
                                          value_text(cli->arguments[0]), "elements", (json_int_t)parts));
}

static void show_left_out(const struct output *output, const struct manifest_export *export)
{
    if (export->rehearsals > 0)
        output_say(output,
                   "imprint: %" PRIu64 " device%s of rehearsals left out; to have them in the manifest: --rehearsal",
                   export->rehearsals, export->rehearsals == 1 ? "" : "s");
    if (export->unchecked > 0)
        output_say(output, "imprint: %" PRIu64 " device%s left out: the serial number is a board's word alone",
                   export->unchecked, export->unchecked == 1 ? "" : "s");
    if (export->is_chain_missing)
        output_warn(output, "some certificates are alone in the manifest: the issuers file does not have their "
                            "issuer's own certificate (any more)");
}

static void show_result(const struct output *output, const struct manifest_export *export, const char *file,
                        const struct issuer *signer)
{
    show_left_out(output, export);
    output_result(output, "%s: %" PRIu64 " device%s, signed by %s\n", file, export->parts,
                  export->parts == 1 ? "" : "s", issuer_subject(signer));
    output_object(output, json_pack("{s:s, s:o, s:I, s:o, s:I, s:I}", "event", "manifest-exported", "file",
                                    value_text(file), "devices", (json_int_t) export->parts, "signer",
                                    value_text(issuer_subject(signer)), "rehearsals", (json_int_t) export->rehearsals,
                                    "unchecked", (json_int_t) export->unchecked));
}

static bool check_options(const struct cli *cli, struct error *err)
{
    const char *since = cli->values[OPTION_SINCE];

    if (cli->values[OPTION_ISSUER] == NULL) {
        error_set(err, ERROR_USAGE, "--issuer is missing",
                  "name an issuer of the issuers file, which signs the manifest: --issuer NAME; how to make one: "
                  "docs/guide/manifests.md");
        return false;
    }
    if (since == NULL || manifest_export_is_date(since))
        return true;
    error_set(err, ERROR_USAGE, "not a date", "write a date in UTC: 2026-01-31 or 2026-01-31T12:00:00Z");
    error_with_subject(err, since);
    return false;
}

/* The serial numbers as the ledger has them: in upper case, each once. */
static bool read_devices(const struct cli *cli, char (*serials)[LEDGER_DEVICE_SIZE], const char **devices,
                         size_t *count, struct error *err)
{
    for (int i = 1; i < cli->argument_count; i++) {
        bool is_new = true;

        if (!serial_word_read(cli->arguments[i], serials[*count], err))
            return false;
        for (size_t j = 0; j < *count && is_new; j++)
            is_new = strcmp(serials[j], serials[*count]) != 0;
        devices[*count] = serials[*count];
        *count += is_new;
    }
    return true;
}

static bool export_with(struct cli *cli, struct ledger *ledger, const char *const *devices, size_t count,
                        struct error *err)
{
    struct manifest_export export = {.config = &cli->station.config,
                                     .order = cli->values[OPTION_ORDER],
                                     .since = cli->values[OPTION_SINCE],
                                     .devices = devices,
                                     .device_count = count,
                                     .is_rehearsal = cli->values[OPTION_REHEARSAL] != NULL,
                                     .context = cli,
                                     .progress = show_progress};
    const struct issuer_prompt prompt = ask_prompt();
    struct issuer *signer = NULL;
    bool ok = issuers_file_open_for_manifests(export.config, cli->values[OPTION_ISSUER], &prompt, &signer, err) &&
              manifest_export_write(&export, ledger, signer, cli->arguments[0], err);

    if (ok)
        show_result(&cli->output, &export, cli->arguments[0], signer);
    else
        error_doing(err, "export the manifest");
    issuer_close(signer);
    return ok;
}

static bool export_ledger(struct cli *cli, struct ledger *ledger, struct error *err)
{
    const size_t room = (size_t)cli->argument_count;
    char(*serials)[LEDGER_DEVICE_SIZE] = calloc(room, sizeof *serials);
    const char **devices = (const char **)calloc(room, sizeof *devices);
    size_t count = 0;
    bool ok = false;

    if (serials == NULL || devices == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    else
        ok = check_options(cli, err) && read_devices(cli, serials, devices, &count, err) &&
             export_with(cli, ledger, devices, count, err);
    free((void *)devices);
    free(serials);
    return ok;
}

static enum cli_exit run_manifest_export(struct cli *cli)
{
    /* Passphrases and keys will be in memory: no core file is to keep them. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    stop_hold_signals();
    return with_ledger(cli, LEDGER_READ, export_ledger);
}

const struct cli_verb cli_verb_manifest_export = {
    .name = "manifest export",
    .arguments = "FILE [SERIAL...]",
    .summary = "Write finished devices as a signed manifest, as clouds take it",
    .description = "Writes the devices that the ledger has as finished, with their public keys and\n"
                   "certificates, as a manifest in Microchip's format: each device is signed by the\n"
                   "key of --issuer. SERIAL names devices; without one all are taken. FILE must not\n"
                   "be there. A retired device is left out. Changes nothing.\n"
                   "\n"
                   "Readers need the certificate of --issuer, which is not in the manifest: give it\n"
                   "to them by another way.\n",
    .examples = "  imprint manifest export --issuer log march.json --since 2026-03-01\n"
                "  imprint manifest export --issuer log two.json 0123A1B2C3D4E5F601 \\\n"
                "      0123A1B2C3D4E5F602\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = INT_MAX,
    .run = run_manifest_export,
};
