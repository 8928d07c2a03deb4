/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_wait.h"

#include <stddef.h>

#include "cli/options.h"

#define SILENCE_S 30 /* the slowest step is one of some seconds, on a slow part */
#define SILENCE_S_MAX 3600

bool board_wait_option(const char *console, const char *timeout, int *silence_ms, struct error *err)
{
    uint64_t seconds = SILENCE_S;

    if (console == NULL) {
        error_set(err, ERROR_USAGE, "--console is missing",
                  "name the port of the board's console: --console /dev/ttyACM0");
        return false;
    }
    if (timeout != NULL && !options_number(timeout, 1, SILENCE_S_MAX, &seconds)) {
        error_set(err, ERROR_USAGE, "--timeout needs a number of seconds from 1 to 3600", NULL);
        error_with_subject(err, timeout);
        return false;
    }
    *silence_ms = (int)seconds * 1000;
    return true;
}
