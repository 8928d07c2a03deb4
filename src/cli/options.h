/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line, read: global options before or after the verb, the verb's own after it. Unknown words are answered
 * with the nearest known one.
 */
#ifndef IMPRINT_CLI_OPTIONS_H
#define IMPRINT_CLI_OPTIONS_H

#include "cli/cli.h"

/* The options of every verb. */
extern const struct cli_option options_global[];
extern const size_t options_global_count;

/*
 * Fills `cli` from the arguments, whose strings must outlive it. False with ERROR_USAGE. With --help or --version the
 * verb may be NULL and its arguments are not checked. `cli->output.json` is right in any case.
 */
bool options_parse(struct cli *cli, int argc, char **argv, struct error *err);

/*
 * Finds the verb that argv[0], or argv[0] and argv[1], name: into `cli->verb`, and the number of words into `*words`.
 * The first word alone of a verb of two words goes to `cli->group`. False with ERROR_USAGE and a suggestion.
 */
bool options_find_verb(struct cli *cli, int argc, char **argv, int *words, struct error *err);

#endif
