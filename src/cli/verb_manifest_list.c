/* SPDX-License-Identifier: Apache-2.0 */
/* imprint manifest list: the manifests that were imported, and their parts. */
#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>

#include "base/hex.h"
#include "station/manifest_files.h"
#include "station/value.h"

enum list_option { OPTION_PARTS, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_PARTS] = {"parts", 0, NULL, "a line for each part instead of each manifest", NULL},
};

static void show_manifest(void *context, const struct parts_manifest *manifest)
{
    const struct output *output = context;

    output_result(output, "%s  %8" PRIu64 " part%s  %s\n", manifest->time, manifest->parts,
                  manifest->parts == 1 ? " " : "s", manifest->name);
    output_object(output,
                  json_pack("{s:s, s:o, s:s, s:I}", "event", "manifest-listed", "manifest", value_text(manifest->name),
                            "time", manifest->time, "parts", (json_int_t)manifest->parts));
}

static void show_part(void *context, const struct parts_row *part)
{
    const struct output *output = context;
    char serial[HEX_SIZE(MANIFEST_SERIAL_BYTES)];

    hex_encode(bytes_of(part->serial, MANIFEST_SERIAL_BYTES), serial);
    output_result(output, "%s  %-12s  %-24s  %" PRIu64 " key%s  %s\n", serial, part->model, part->part_number,
                  part->keys, part->keys == 1 ? " " : "s", part->manifest);
    output_object(output, json_pack("{s:s, s:s, s:o, s:o, s:I, s:o}", "event", "manifest-part", "serial", serial,
                                    "model", value_text(part->model), "part_number", value_text(part->part_number),
                                    "keys", (json_int_t)part->keys, "manifest", value_text(part->manifest)));
}

static enum cli_exit run_manifest_list(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct parts parts;
    bool ok = manifest_files_open(&cli->station.config, DATABASE_READ, &parts, &err);

    if (ok) {
        ok = cli->values[OPTION_PARTS] != NULL ? parts_list(&parts, show_part, &cli->output, &err)
                                               : parts_list_manifests(&parts, show_manifest, &cli->output, &err);
        parts_close(&parts);
    } else if (err.system_errno == ENOENT) {
        err.cause = "no manifest was imported yet";
        err.next = "import one: imprint manifest import --signer log-signers.pem FILE";
    }
    if (ok)
        return CLI_DONE;
    error_doing(&err, "list the manifests");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_manifest_list = {
    .name = "manifest list",
    .arguments = "",
    .summary = "List the manifests that were imported, or their parts",
    .description = "A line for each manifest: when it was imported, how many parts it brought, its\n"
                   "file's name. With --parts a line for each part that may come in: serial number,\n"
                   "model, part number, how many of the maker's keys are known, and the manifest.\n"
                   "Changes nothing.\n",
    .examples = "  imprint manifest list\n"
                "  imprint manifest list --parts\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 0,
    .most = 0,
    .run = run_manifest_list,
};
