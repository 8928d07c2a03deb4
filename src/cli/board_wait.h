/* SPDX-License-Identifier: Apache-2.0 */
/* How long a station waits for a board, and the options that say so. */
#ifndef IMPRINT_CLI_BOARD_WAIT_H
#define IMPRINT_CLI_BOARD_WAIT_H

#include <stdbool.h>

#include "base/error.h"

#define BOARD_GREETING_MS 10000 /* for an application that should be running */
#define BOARD_SWITCH_MS 60000   /* for one that is being flashed and reset */

/* Reads --console, which must be given, and --timeout in seconds, into milliseconds. False with ERROR_USAGE. */
bool board_wait_option(const char *console, const char *timeout, int *silence_ms, struct error *err);

#endif
