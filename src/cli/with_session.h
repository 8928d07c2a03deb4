/* SPDX-License-Identifier: Apache-2.0 */
/* What verbs that work on an opened device have in common: open the session, do the work, print a failure, close. */
#ifndef IMPRINT_CLI_WITH_SESSION_H
#define IMPRINT_CLI_WITH_SESSION_H

#include "cli/cli.h"
#include "station/session.h"

/* The verb's work. False with a reason. */
typedef bool session_work(struct cli *cli, struct session *session, struct error *err);

/* Opens the device that the command line names, calls `work`, and prints what failed. The verb's exit code. */
enum cli_exit with_session(struct cli *cli, enum session_purpose purpose, session_work *work);

#endif
