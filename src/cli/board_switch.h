/* SPDX-License-Identifier: Apache-2.0 */
/* How a board is made to run another image: by a command of the user's. */
#ifndef IMPRINT_CLI_BOARD_SWITCH_H
#define IMPRINT_CLI_BOARD_SWITCH_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Runs the command in a shell and waits for its end; a signal that asks imprint to stop ends it. What it prints is
 * talk, on stderr, for imprint's results are on stdout. False with ERROR_INPUT_FILE when it fails, or
 * ERROR_INTERRUPTED.
 */
bool board_switch_run(const char *command, struct error *err);

#endif
