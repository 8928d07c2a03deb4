/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outputs.h"

#include <string.h>

#include "station/file.h"
#include "station/store.h"

/* Files that options name for reading: --ca, --certificate. */
static bool check_options(const struct cli *cli, const char *output, struct error *err)
{
    bool ok = true;

    for (size_t i = 0; cli->verb != NULL && i < cli->verb->option_count && ok; i++) {
        const struct cli_option *option = &cli->verb->options[i];

        if (cli->values[i] != NULL && option->argument != NULL && strcmp(option->argument, "FILE") == 0 &&
            strcmp(option->name, "out") != 0)
            ok = file_check_output(output, cli->values[i], err);
    }
    return ok;
}

static bool check_output(const struct cli *cli, const char *output, struct error *err)
{
    char image[PATH_MAX];
    struct store_flash flash;
    struct error ignored = {.reason = ERROR_NONE}; /* a storage that is no place is refused by whoever opens it */
    bool ok = check_options(cli, output, err);

    for (int i = 0; i < cli->argument_count && ok; i++)
        ok = file_check_output(output, cli->arguments[i], err);
    if (ok && cli->station.config.storage != NULL &&
        station_store_read_place(cli->station.config.storage, &flash, image, &ignored) && flash.image != NULL)
        ok = file_check_output(output, image, err);
    return ok;
}

bool outputs_check(const struct cli *cli, struct error *err)
{
    bool ok = cli->station.config.trace == NULL || check_output(cli, cli->station.config.trace, err);

    for (size_t i = 0; cli->verb != NULL && i < cli->verb->option_count && ok; i++)
        if (strcmp(cli->verb->options[i].name, "out") == 0 && cli->values[i] != NULL)
            ok = check_output(cli, cli->values[i], err);
    return ok;
}
