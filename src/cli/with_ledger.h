/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of the ledger have in common: open it, do the work, print a failure, close. */
#ifndef IMPRINT_CLI_WITH_LEDGER_H
#define IMPRINT_CLI_WITH_LEDGER_H

#include "cli/cli.h"
#include "station/station_ledger.h"

/* The verb's work. False with a reason. */
typedef bool ledger_work(struct cli *cli, struct ledger *ledger, struct error *err);

/* Opens the ledger of the state folder, calls `work`, and prints what failed. The verb's exit code. */
enum cli_exit with_ledger(struct cli *cli, enum ledger_mode mode, ledger_work *work);

/* The first part of it, for verbs that open something else as well. False with a reason, and closed. */
bool with_ledger_open(struct cli *cli, enum ledger_mode mode, struct ledger *ledger, struct error *err);

#endif
