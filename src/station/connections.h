/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections file of a station: the servers that finished devices must be accepted by, by name, in YAML
 * (docs/reference/connections.md). A profile names a connection; which server that is here, and whom to trust for it,
 * is the station's matter. Reading it opens no connection.
 */
#ifndef IMPRINT_STATION_CONNECTIONS_H
#define IMPRINT_STATION_CONNECTIONS_H

#include "profile/profile.h"
#include "station/station.h"
#include "station/tls_settings.h"

#define CONNECTIONS_MAX 16
#define CONNECTIONS_TEXT 1024 /* of a setting, with the NUL */

/* One connection. `settings` points into the struct, which must not move; its certificate and key are the caller's. */
struct connection {
    char name[PROFILE_NAME_MAX];
    struct tls_settings settings;
    /* Private. */
    char server_name[NET_HOST_SIZE], ca[PATH_MAX], alpn[TLS_ALPN_SIZE];
};

/* The file's path: as `config->connections` says, else STATE/connections.yaml. False with a reason. */
bool connections_find_file(const struct station_config *config, char path[static PATH_MAX], struct error *err);

/*
 * Reads and checks the whole file, and gives the connection `name`. Relative names of files in it start in its folder.
 * False with ERROR_INPUT_FILE: file, line and column, what was found and expected; no such connection, with the nearest
 * name; also for a file that every user of this machine can write, because it says whom to trust.
 */
bool connections_read(const struct station_config *config, const char *name, struct connection *connection,
                      struct error *err);

#endif
