/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ca new: a certificate authority for rehearsals, as files in the state folder. */
#include "cli/cli.h"

#include <stdio.h>
#include <sys/resource.h>

#include "profile/profile.h"
#include "station/rehearsal_ca_files.h"
#include "station/value.h"

enum ca_option { OPTION_NAME, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_NAME] = {"name", 'n', "NAME",
                     "the issuer's name, by which profiles call it (default: " REHEARSAL_CA_ISSUER ")", NULL},
};

static enum cli_exit run_ca_new(struct cli *cli)
{
    const struct output *output = &cli->output;
    struct error err = ERROR_IN(cli->error_room);
    struct rehearsal_ca_files files;
    const char *name = cli->values[OPTION_NAME] != NULL ? cli->values[OPTION_NAME] : REHEARSAL_CA_ISSUER;
    char next[PROFILE_NAME_MAX + 32];

    /* Private keys will be in memory: no core file is to keep them. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    if (!rehearsal_ca_files_make(&cli->station.config, name, &files, &err))
        return output_error(output, &err);
    output_result(output, "%s\n", files.folder);
    output_object(output, json_pack("{s:s, s:o, s:o, s:b, s:o}", "event", "ca", "folder", value_text(files.folder),
                                    "issuers", value_text(files.issuers), "made_issuers", files.made_issuers, "issuer",
                                    files.made_issuers ? value_text(name) : json_null()));
    output_say(output, "imprint: a TEST root and a TEST signer: no product or server may trust what they sign");
    if (files.made_issuers) {
        snprintf(next, sizeof next, "try it: imprint issuers %s", name);
        output_next(output, next);
    } else
        output_say(output,
                   "imprint: %s was there and is as it was; add an issuer of kind file to it, with certificate "
                   "ca/signer.pem and key ca/signer.key",
                   files.issuers);
    return CLI_DONE;
}

const struct cli_verb cli_verb_ca_new = {
    .name = "ca new",
    .arguments = "",
    .summary = "Make a certificate authority for rehearsals",
    .description = "Makes a root and a signer with new keys, named TEST, as files in the folder ca\n"
                   "of the state folder, and writes an issuers file with the issuer rehearsal, if\n"
                   "there is none. Never replaces what is there. With --name factory the issuer has\n"
                   "the name that the ready profiles call.\n"
                   "\n"
                   "For rehearsals alone: the keys lie unencrypted on this machine. Real devices get\n"
                   "their certificates from an issuer whose key is kept better; see\n"
                   "docs/reference/issuers.md.\n",
    .examples = "  imprint ca new --name factory\n"
                "  imprint issuers factory\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run_ca_new,
};
