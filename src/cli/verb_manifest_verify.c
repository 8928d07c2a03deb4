/* SPDX-License-Identifier: Apache-2.0 */
/* imprint manifest verify and imprint manifest import: lists of parts from their maker, element by element. */
#include <inttypes.h>

#include "base/hex.h"
#include "cli/cli.h"
#include "station/manifest_files.h"
#include "station/stop.h"
#include "station/value.h"

enum manifest_option { OPTION_SIGNER, OPTION_CA, OPTION_ANY_DATE, OPTION_REHEARSAL, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_SIGNER] = {"signer", 0, "FILE",
                       "certificates of those who sign manifests, PEM one after the other, or one in DER; Microchip's "
                       "are called log signers",
                       NULL},
    [OPTION_CA] = {"ca", 0, "FILE",
                   "roots of the device certificates in the manifest, beside Microchip's: PEM one after the other, or "
                   "one in DER",
                   NULL},
    [OPTION_ANY_DATE] = {"any-date", 0, NULL,
                         "take parts that are dated outside of their signer's validity, as pytrustplatform and "
                         "esp-cryptoauth-utility date them",
                         NULL},
    [OPTION_REHEARSAL] = {"rehearsal", 0, NULL, "take certificates of the virtual maker too", NULL},
};

/* What one run of either verb holds. */
struct run {
    struct cli *cli;
    const char *file; /* the manifest that is read */
    struct manifest_pass pass;
    uint64_t bad; /* of all files */
};

static void show_finding(void *context, const struct manifest_finding *finding)
{
    const struct run *run = context;
    const struct output *output = &run->cli->output;
    char serial[HEX_SIZE(MANIFEST_SERIAL_BYTES)] = "";

    if (finding->has_serial)
        hex_encode(bytes_of(finding->serial, sizeof finding->serial), serial);
    output_result(output, "BAD   %s: element %" PRIu64 "%s%s: %s: %s\n", run->file, finding->index,
                  finding->has_serial ? ", part " : "", serial, manifest_fault_name(finding->fault), finding->cause);
    output_object(output, json_pack("{s:s, s:o, s:I, s:o, s:s, s:o}", "event", "manifest-fault", "file",
                                    value_text(run->file), "index", (json_int_t)finding->index, "serial",
                                    finding->has_serial ? json_string(serial) : json_null(), "fault",
                                    manifest_fault_name(finding->fault), "text", value_text(finding->cause)));
}

static void show_progress(void *context, uint64_t elements)
{
    const struct run *run = context;

    output_say(&run->cli->output, "imprint: %s: %" PRIu64 " elements", run->file, elements);
    output_object(&run->cli->output, json_pack("{s:s, s:o, s:I}", "event", "manifest-progress", "file",
                                               value_text(run->file), "elements", (json_int_t)elements));
}

static bool trust(struct run *run, struct error *err)
{
    const char *signers = run->cli->values[OPTION_SIGNER];

    if (signers == NULL) {
        error_set(err, ERROR_USAGE, "--signer is missing",
                  "name the certificate of who signs the manifests: --signer FILE; where Microchip's are: "
                  "docs/guide/manifests.md");
        return false;
    }
    run->pass.trust.any_date = run->cli->values[OPTION_ANY_DATE] != NULL;
    return manifest_files_trust_signers(&run->pass, signers, err) &&
           manifest_files_trust_roots(&run->pass, run->cli->values[OPTION_CA],
                                      run->cli->values[OPTION_REHEARSAL] != NULL, err);
}

/* The verb's work on one file. False with a reason. */
typedef bool file_work(struct run *run, struct error *err);

static enum cli_exit run_with(struct cli *cli, file_work *work)
{
    struct error err = ERROR_IN(cli->error_room);
    struct run run = {.cli = cli};
    bool ok;

    stop_hold_signals();
    run.pass.context = &run;
    run.pass.finding = show_finding;
    run.pass.progress = show_progress;
    ok = trust(&run, &err);
    for (int i = 0; i < cli->argument_count && ok; i++) {
        run.file = cli->arguments[i];
        ok = work(&run, &err);
        run.bad += run.pass.bad;
    }
    manifest_files_release(&run.pass);
    if (ok && run.bad > 0) {
        error_set(&err, ERROR_MANIFEST_REFUTED, "elements of the manifest do not hold", NULL);
        error_doing(&err, "verify the manifest");
        ok = false;
    }
    return ok ? CLI_DONE : output_error(&cli->output, &err);
}

/* --- verify --- */

static bool verify(struct run *run, struct error *err)
{
    const struct manifest_pass *pass = &run->pass;

    if (!manifest_files_verify(&run->pass, run->file, err))
        return false;
    output_result(&run->cli->output, "%s: %" PRIu64 " part%s%s\n", run->file, pass->elements - pass->bad,
                  pass->elements - pass->bad == 1 ? "" : "s",
                  pass->bad == 0 ? ", all as they were signed" : " as signed; the others are not");
    output_object(&run->cli->output, json_pack("{s:s, s:o, s:b, s:I, s:I}", "event", "manifest-verified", "file",
                                               value_text(run->file), "holds", pass->bad == 0, "elements",
                                               (json_int_t)pass->elements, "bad", (json_int_t)pass->bad));
    return true;
}

static enum cli_exit run_manifest_verify(struct cli *cli)
{
    return run_with(cli, verify);
}

const struct cli_verb cli_verb_manifest_verify = {
    .name = "manifest verify",
    .arguments = "FILE...",
    .summary = "Verify lists of parts in Microchip's format",
    .description = "Verifies each element of the manifests: signature, signer, date, serial number,\n"
                   "keys, their certificates up to Microchip's root or one of --ca, and that no part\n"
                   "is listed twice. Every element that does not hold is named with its index and\n"
                   "the reason; the exit code is then 1. FILE \"-\" is stdin. Changes nothing.\n",
    .examples = "  imprint manifest verify --signer log-signers.pem delivery-17.json\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = INT_MAX,
    .run = run_manifest_verify,
};

/* --- import --- */

static bool import(struct run *run, struct error *err)
{
    const struct manifest_pass *pass = &run->pass;

    if (!manifest_files_import(&run->pass, &run->cli->station.config, run->file, err))
        return false;
    output_result(&run->cli->output, "%s: %" PRIu64 " part%s imported", run->file, pass->added,
                  pass->added == 1 ? "" : "s");
    if (pass->known > 0)
        output_result(&run->cli->output, ", %" PRIu64 " had been before", pass->known);
    output_result(&run->cli->output, "\n");
    output_object(&run->cli->output, json_pack("{s:s, s:o, s:I, s:I, s:I}", "event", "manifest-imported", "file",
                                               value_text(run->file), "elements", (json_int_t)pass->elements, "added",
                                               (json_int_t)pass->added, "known", (json_int_t)pass->known));
    return true;
}

static enum cli_exit run_manifest_import(struct cli *cli)
{
    return run_with(cli, import);
}

const struct cli_verb cli_verb_manifest_import = {
    .name = "manifest import",
    .arguments = "FILE...",
    .summary = "Keep manifests as the list of parts that may come in",
    .description = "Verifies the manifests as manifest verify does, and keeps their parts and keys\n"
                   "in the state folder. A manifest with an element that does not hold is not\n"
                   "imported at all. Importing it again changes nothing.\n"
                   "\n"
                   "A profile with chip.listed: required then accepts no other part, and a plan says\n"
                   "where a key that will be lost is the maker's unused one.\n",
    .examples = "  imprint manifest import --signer log-signers.pem delivery-17.json\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = INT_MAX,
    .run = run_manifest_import,
};
