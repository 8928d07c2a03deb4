/* SPDX-License-Identifier: Apache-2.0 */
/* The profile that a command line names, read for a verb. */
#ifndef IMPRINT_CLI_PROFILE_FILE_H
#define IMPRINT_CLI_PROFILE_FILE_H

#include "cli/output.h"
#include "profile/profile.h"

/* Reads and checks it, or prints what is wrong with it; `*code` is then the exit code. */
bool profile_file_read(const struct output *output, const char *path, struct profile *profile, enum cli_exit *code);

#endif
