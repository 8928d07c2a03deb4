/* SPDX-License-Identifier: Apache-2.0 */
/* What provision and adopt share: the whole run. */
#ifndef IMPRINT_CLI_VERB_PROVISION_H
#define IMPRINT_CLI_VERB_PROVISION_H

#include "cli/cli.h"

/*
 * Runs the engine with the profile that the command line names. `adopt`: makes key records of a device that is done,
 * and writes nothing to its chip. Both verbs have the option dry-run first; only provision has others.
 */
enum cli_exit provision_verb_run(struct cli *cli, bool adopt);

#endif
