/* SPDX-License-Identifier: Apache-2.0 */
/* imprint certificate export: the files with which a server is told of the device. The chip is only read. */
#include "cli/certificate_chain.h"

#include <string.h>

#include "base/hex.h"
#include "station/cloud_files.h"
#include "station/value.h"

enum export_option { OPTION_FOR, OPTION_KEY, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_FOR] = {"for", 'f', "CLOUD", "whose files: pem (default), aws or azure", "pem aws azure"},
    [OPTION_KEY] = {"key", 'k', "KEY", "the certificates that were issued here for this key", NULL},
};

/* CLOUD_KINDS: --for names none. */
static enum cloud_kind find_kind(const struct cli *cli)
{
    const char *name = cli->values[OPTION_FOR] != NULL ? cli->values[OPTION_FOR] : "pem";
    unsigned kind = 0;

    while (kind < CLOUD_KINDS && strcmp(name, cloud_files_kind_name((enum cloud_kind)kind)) != 0)
        kind++;
    return (enum cloud_kind)kind;
}

static bool write_files(struct cli *cli, const struct session *session, const struct genuine *genuine,
                        const struct device_chain *chain, struct error *err)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    const enum cloud_kind kind = find_kind(cli);
    struct cloud_files files;
    json_t *paths;

    (void)genuine;
    if (!cloud_files_write(kind, chain, session->device.serial, cli->arguments[0], &files, err))
        return false;
    paths = json_array();
    for (size_t i = 0; i < files.count; i++) {
        output_result(&cli->output, "%s%s\n", files.paths[i], files.is_new[i] ? "" : " (was there already)");
        json_array_append_new(paths, value_text(files.paths[i]));
    }
    if (chain->is_virtual)
        output_say(&cli->output, "imprint: these are certificates of the virtual maker: no server should trust them");
    hex_encode(bytes_of(session->device.serial, CHIP_SERIAL_BYTES), serial);
    output_object(&cli->output,
                  json_pack("{s:s, s:s, s:s, s:o, s:b, s:I}", "event", "exported", "serial", serial, "for",
                            cloud_files_kind_name(kind), "files", paths, "virtual", (int)chain->is_virtual,
                            "chip_commands", certificate_chain_commands(session)));
    return true;
}

static bool export_own(struct cli *cli, struct session *session, struct error *err)
{
    return certificate_chain_of_key(cli, session, cli->values[OPTION_KEY], write_files, err);
}

static bool export(struct cli *cli, struct session *session, struct error *err)
{
    return certificate_chain_of_maker(cli, session, false, write_files, err);
}

static enum cli_exit run_export(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);

    if (find_kind(cli) != CLOUD_KINDS && cli->values[OPTION_KEY] != NULL)
        return with_session(cli, SESSION_USE, export_own);
    if (find_kind(cli) != CLOUD_KINDS)
        return with_session(cli, SESSION_LOOK, export);
    error_set(&err, ERROR_USAGE, "--for needs pem, aws or azure", NULL);
    error_with_subject(&err, cli->values[OPTION_FOR]);
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_certificate_export = {
    .name = "certificate export",
    .arguments = "DIR",
    .summary = "Write the certificates as the files that a cloud needs",
    .description = "Writes the maker's certificates, or with --key those that this station had\n"
                   "issued for the key, into the folder DIR, which is made if it is not there, as\n"
                   "files for any server that reads PEM (pem), AWS IoT Core (aws) or Azure's Device\n"
                   "Provisioning Service (azure). docs/guide/cloud.md says what to do with them.\n"
                   "One folder can hold the files of many devices: a device's own have its serial\n"
                   "number in their names. A file that is there with other content is never\n"
                   "replaced.\n",
    .examples = "  imprint certificate export --for pem certificates\n"
                "  imprint certificate export --for aws things\n"
                "  imprint certificate export --for azure enrollments\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_export,
};
