/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listens for clients of a served bus: at a Unix socket that only its owner can open, or at a TCP port, on loopback
 * unless `remote` is set (the protocol has no passwords).
 */
#ifndef IMPRINT_SERVE_LISTEN_H
#define IMPRINT_SERVE_LISTEN_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Callers may read `fd` and `device`; the rest is private. */
struct serve_listener {
    int fd;
    char device[PATH_MAX + 8]; /* "unix:PATH" or "tcp:HOST:PORT": where it really listens */
    bool has_path;
    dev_t file_device; /* of the socket's file, so that only this file is removed */
    ino_t file_number;
};

/*
 * Listens at `path`, made with mode 0600. A socket that a dead server left there is replaced; any other file, and a
 * socket with a running server, is an error. On false nothing is open.
 */
bool serve_listen_unix(struct serve_listener *listener, const char *path, struct error *err);

/* Listens at `host` and `port` ("0": any that is free). Other machines reach it only with `remote`. */
bool serve_listen_tcp(struct serve_listener *listener, const char *host, const char *port, bool remote,
                      struct error *err);

/* Stops listening and removes the socket's file. */
void serve_listener_close(struct serve_listener *listener);

#endif
