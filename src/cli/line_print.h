/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of the line: what was sent to it, what waits, and its alarms. */
#ifndef IMPRINT_CLI_LINE_PRINT_H
#define IMPRINT_CLI_LINE_PRINT_H

#include "cli/output.h"
#include "station/station_ledger.h"

/* For struct outbox_run: prints an alarm. `context`: the output. */
void line_print_alarm(void *context, const struct ledger_line_alarm *alarm);

/* What was sent, and what waits. */
void line_print_sent(const struct output *output, const struct outbox_run *run);

/* What the line was told of this station's orders; nothing for none. */
void line_print_told(const struct output *output, uint64_t told);

/* Notes that the line raised alarms: ERROR_DUPLICATE. Always false. */
bool line_print_alarmed(uint64_t alarms, struct error *err);

/*
 * At the end of a run that was recorded: sends what waits to the line, where there is one, and prints what became of
 * it. What cannot be sent now waits, and is no failure of the run. `ok`: the run succeeded; else `err` has why not.
 * False where it failed, or where the line raises an alarm: ERROR_DUPLICATE.
 */
bool line_print_send(const struct output *output, struct station_ledger *ledger, bool ok, struct error *err);

#endif
