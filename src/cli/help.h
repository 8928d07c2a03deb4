/* SPDX-License-Identifier: Apache-2.0 */
/* Help, made from the verb table, so that it cannot leave out a verb or an option. */
#ifndef IMPRINT_CLI_HELP_H
#define IMPRINT_CLI_HELP_H

#include "cli/cli.h"

/* Help for `cli->verb`, or the overview where that is NULL; with --json one object per verb. */
void help_print(const struct cli *cli);

#endif
