/* SPDX-License-Identifier: Apache-2.0 */
/* What the user names for output must not be what the run reads, nor what imprint keeps. */
#ifndef IMPRINT_CLI_OUTPUTS_H
#define IMPRINT_CLI_OUTPUTS_H

#include "cli/cli.h"

/*
 * False with ERROR_USAGE when --out, --html or --trace names a file that this run reads: an argument, a FILE of another
 * option, or the flash image of --storage; or a file that imprint keeps in the state folder (station/folder.h). Files
 * are compared, not names. Key files that a profile names: key_files_check_output().
 */
bool outputs_check(const struct cli *cli, struct error *err);

#endif
