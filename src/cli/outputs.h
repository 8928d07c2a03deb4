/* SPDX-License-Identifier: Apache-2.0 */
/* What the user names for output must not be what the run reads. */
#ifndef IMPRINT_CLI_OUTPUTS_H
#define IMPRINT_CLI_OUTPUTS_H

#include "cli/cli.h"

/*
 * False with ERROR_USAGE when --out or --trace names a file that this run reads: an argument, a FILE of another option,
 * or the flash image of --storage. Files are compared, not names. Key files that a profile names:
 * key_files_check_output().
 */
bool outputs_check(const struct cli *cli, struct error *err);

#endif
