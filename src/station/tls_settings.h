/* SPDX-License-Identifier: Apache-2.0 */
/* What of a connection's settings a person writes as text, on the command line or in the connections file. */
#ifndef IMPRINT_STATION_TLS_SETTINGS_H
#define IMPRINT_STATION_TLS_SETTINGS_H

#include "station/tls.h"

#define TLS_ALPN_SIZE 256 /* of the names together, with commas and NUL */

/*
 * Application protocols to offer: names, separated by commas, at most TLS_ALPN_MAX. `room` keeps them as long as
 * `settings` is used. False with ERROR_USAGE.
 */
bool tls_settings_alpn(const char *text, char room[static TLS_ALPN_SIZE], struct tls_settings *settings,
                       struct error *err);

/* The name to expect in the server's certificate: `name`, or the place's host if NULL. False with ERROR_USAGE. */
bool tls_settings_name(const char *name, struct tls_settings *settings, struct error *err);

#endif
