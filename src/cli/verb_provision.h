/* SPDX-License-Identifier: Apache-2.0 */
/* What provision and adopt share: the whole run. */
#ifndef IMPRINT_CLI_VERB_PROVISION_H
#define IMPRINT_CLI_VERB_PROVISION_H

#include "cli/cli.h"

/* The options that both have; they come first in the verbs' tables, in this order. */
enum provision_shared {
    PROVISION_DRY_RUN,
    PROVISION_ONLY,
    PROVISION_REHEARSAL,
    PROVISION_OPERATOR,
    PROVISION_BOARD,
    PROVISION_SOCKET,
    PROVISION_SHARED_COUNT
};
#define PROVISION_SHARED_OPTIONS                                                                                       \
    [PROVISION_DRY_RUN] = {"dry-run", 'n', NULL, "show the plan, change nothing", NULL},                               \
    [PROVISION_ONLY] = {"only", 0, "SERIAL", "refuse any other device than this one", NULL},                           \
    [PROVISION_REHEARSAL] = {"rehearsal", 0, NULL,                                                                     \
                             "allow virtual chips and published TEST keys for this run; the record says so", NULL},    \
    [PROVISION_OPERATOR] = {"operator", 0, "NAME", "who runs this: a name or number for the record", NULL},            \
    [PROVISION_BOARD] = {"board", 0, "NUMBER", "the number of the board that the chip is on; each is used once",       \
                         NULL},                                                                                        \
    [PROVISION_SOCKET] = {"socket", 0, "NAME", "the station's socket that the device is in, for the record", NULL}

/*
 * Runs the engine with the profile that the command line names. `adopt`: makes key records of a device that is done,
 * and writes nothing to its chip.
 */
enum cli_exit verb_provision_run(struct cli *cli, bool adopt);

#endif
