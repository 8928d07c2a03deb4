/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the alarms of a line's server again, and the SQL for it. */
#ifndef IMPRINT_LEDGER_LINE_ALARMS_H
#define IMPRINT_LEDGER_LINE_ALARMS_H

#include "ledger/line.h"

/* Makes a version of the line's tables of the one before it (line_tables.c): the function that lists alarms. */
extern const char line_alarms_upgrade[];

/*
 * Calls `alarm` for each alarm that the line has, oldest first: a station's role gets those in which it has a part, who
 * can read the line's entries gets all. `*count` is how many. False with a reason.
 */
bool ledger_line_list_alarms(struct database *line, void (*alarm)(void *context, const struct ledger_line_alarm *alarm),
                             void *context, uint64_t *count, struct error *err);

#endif
