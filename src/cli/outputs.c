/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outputs.h"

#include <string.h>

#include "station/file.h"
#include "station/folder.h"
#include "station/store.h"

static bool is_output(const struct cli_option *option)
{
    return strcmp(option->name, "out") == 0 || strcmp(option->name, "html") == 0;
}

/* Files that options name for reading: --ca, --certificate. */
static bool check_options(const struct cli *cli, const char *output, struct error *err)
{
    bool ok = true;

    for (size_t i = 0; cli->verb != NULL && i < cli->verb->option_count && ok; i++) {
        const struct cli_option *option = &cli->verb->options[i];

        if (cli->values[i] != NULL && option->argument != NULL && strcmp(option->argument, "FILE") == 0 &&
            !is_output(option))
            ok = file_check_output(output, cli->values[i], err);
    }
    return ok;
}

static bool check_output(const struct cli *cli, const char *output, struct error *err)
{
    char image[PATH_MAX];
    struct store_flash flash;
    struct error ignored = {.reason = ERROR_NONE}; /* a storage that is no place is refused by whoever opens it */
    bool ok = folder_check_output(&cli->station.config, output, err) && check_options(cli, output, err);

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
        if (is_output(&cli->verb->options[i]) && cli->values[i] != NULL)
            ok = check_output(cli, cli->values[i], err);
    return ok;
}
