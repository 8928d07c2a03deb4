/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a reason to what the shell sees, and to what a person may do where nothing more precise is known. One row per
 * reason of error.h.
 */
#ifndef IMPRINT_CLI_EXIT_H
#define IMPRINT_CLI_EXIT_H

#include "base/error.h"

/* Documented in imprint(1): scripts rely on them. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_REFUSED = 1,      /* the chip or PSA said no */
    CLI_USAGE = 2,        /* usage, profile or another input file */
    CLI_UNREACHABLE = 3,  /* the device does not answer, or somebody else holds it */
    CLI_WRONG_DEVICE = 4, /* not the device the profile expects */
    CLI_NO_RECORD = 5,    /* the record could not be written */
    CLI_INTERRUPTED = 130 /* safe to run again */
};

/* The exit code of a reason; CLI_REFUSED for a reason no row names. */
enum cli_exit exit_code(enum error_reason reason);

/* What to do when the error itself does not say; never NULL. */
const char *exit_advice(enum error_reason reason);

#endif
