/* SPDX-License-Identifier: Apache-2.0 */
/* imprint explain: the same as info for a config zone dump; no chip, no state folder. */
#include "cli/cli.h"

#include "cli/describe.h"
#include "station/input.h"

static enum cli_exit run_explain(struct cli *cli)
{
    struct chip_config config;
    struct error err = ERROR_IN(cli->error_room);

    if (!input_read_config(&config, cli->arguments[0], &err)) {
        error_doing(&err, "read the config zone dump");
        return output_error(&cli->output, &err);
    }
    describe_chip(&cli->output, &config, NULL, NULL);
    return CLI_DONE;
}

const struct cli_verb cli_verb_explain = {
    .name = "explain",
    .arguments = "FILE",
    .summary = "Decode a config zone dump, without a chip",
    .description = "FILE has the 128 bytes of a config zone: as hex digits with white space and\n"
                   "# comments, or raw. - is stdin. With --verbose also every field.\n",
    .examples = "  imprint explain dump.hex\n"
                "  imprint --verbose explain - < dump.bin\n",
    .least = 1,
    .most = 1,
    .run = run_explain,
};
