/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service tells the service manager that started it: one datagram of VARIABLE=VALUE lines to the socket that
 * NOTIFY_SOCKET names (systemd's sd_notify(3), "Standalone Implementations").
 */
#ifndef IMPRINT_SERVICE_NOTIFY_H
#define IMPRINT_SERVICE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sends `lines`, such as "READY=1". Without NOTIFY_SOCKET nothing happens, which is no failure. False with errno where
 * the manager cannot be told.
 */
bool service_notify(const char *lines);

/* How often the manager expects "WATCHDOG=1", in milliseconds: half of WATCHDOG_USEC. 0: it does not watch us. */
int64_t service_watchdog_ms(void);

#endif
