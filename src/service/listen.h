/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP port to listen at. */
#ifndef IMPRINT_SERVICE_LISTEN_H
#define IMPRINT_SERVICE_LISTEN_H

#include <stdbool.h>

#include "base/error.h"

#define SERVICE_ADDRESS_SIZE 128

/*
 * Listens at HOST:PORT, "[::]:8443" for an address with colons; port 0 takes a free one. `address` gets what it is
 * then, for people and scripts. The socket is the caller's; -1 with ERROR_USAGE (no such place) or ERROR_SERVER_AWAY
 * (the port is taken, or not ours to take).
 */
int service_listen(const char *place, char address[static SERVICE_ADDRESS_SIZE], struct error *err);

#endif
