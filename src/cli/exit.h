/* SPDX-License-Identifier: Apache-2.0 */
/* What the program ends with: the exit codes of the table of reasons (base/reason.h), under the names that verbs use.
 */
#ifndef IMPRINT_CLI_EXIT_H
#define IMPRINT_CLI_EXIT_H

#include "base/reason.h"

enum cli_exit {
    CLI_DONE = ERROR_EXIT_DONE,
    CLI_REFUSED = ERROR_EXIT_REFUSED,
    CLI_USAGE = ERROR_EXIT_INPUT,
    CLI_UNREACHABLE = ERROR_EXIT_UNREACHABLE,
    CLI_WRONG_DEVICE = ERROR_EXIT_WRONG_DEVICE,
    CLI_NO_RECORD = ERROR_EXIT_NO_RECORD,
    CLI_ISSUER = ERROR_EXIT_ISSUER,
    CLI_INTERRUPTED = ERROR_EXIT_INTERRUPTED,
};

#endif
