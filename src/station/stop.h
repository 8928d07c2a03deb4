/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that ask a provisioning run to stop: they wait until the run asks for them, between two steps. */
#ifndef IMPRINT_STATION_STOP_H
#define IMPRINT_STATION_STOP_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP wait. */
void stop_hold_signals(void);

/* Whether one has come. */
bool stop_is_wanted(void);

#endif
