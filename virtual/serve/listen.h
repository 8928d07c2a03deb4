/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where clients of a served bus come in: a Unix socket of its owner only, or a TCP port, on loopback unless told
 * otherwise (the protocol knows no passwords).
 */
#ifndef IMPRINT_SERVE_LISTEN_H
#define IMPRINT_SERVE_LISTEN_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Private, but for reading: `fd` and `device`. */
struct serve_listener {
    int fd;
    char device[PATH_MAX + 8]; /* "unix:PATH" or "tcp:HOST:PORT": where it really listens */
    bool has_path;
    dev_t file_device; /* of the socket's file, so that nobody else's is removed */
    ino_t file_number;
};

/*
 * Listens at `path`, made with mode 0600. A socket that a dead server left there is replaced; any other file, and a
 * socket somebody listens at, is an error. On false nothing is held.
 */
bool serve_listen_unix(struct serve_listener *listener, const char *path, struct error *err);

/* Listens at `host` and `port` ("0": any that is free). Other machines reach it only with `remote`. */
bool serve_listen_tcp(struct serve_listener *listener, const char *host, const char *port, bool remote,
                      struct error *err);

/* Stops listening and removes the socket's file. */
void serve_listener_close(struct serve_listener *listener);

#endif
