/* SPDX-License-Identifier: Apache-2.0 */
/* provision and board provision with --confirm: whoever started the run reads its plan, then says on stdin whether it
 * continues. */
#ifndef IMPRINT_CLI_CONFIRM_H
#define IMPRINT_CLI_CONFIRM_H

#include "cli/output.h"
#include "provision/provision.h"
#include "station/arming.h"

/*
 * Says what to answer, and waits for the answer: one line, SERIAL:DIGEST or SERIAL, or the end of stdin. Only the first
 * arms. `*continues` is false at the end of stdin, and it was said that the device was not changed. False when the line
 * is another one or has no end (ERROR_USAGE), when stdin cannot be read, and when a signal came (ERROR_INTERRUPTED).
 */
bool confirm_ask(const struct output *output, const struct profile *profile, const struct provision_plan *plan,
                 struct arming *arming, bool *continues, struct error *err);

#endif
