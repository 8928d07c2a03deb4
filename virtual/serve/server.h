/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several clients on one bus: one thread answers one request at a time, so transfers do not mix. A client may hold the
 * bus for a conversation; requests of the others then wait. A client that disconnects or sends an invalid frame is
 * closed. This does not affect the others, because every request leaves the bus stopped.
 */
#ifndef IMPRINT_SERVE_SERVER_H
#define IMPRINT_SERVE_SERVER_H

#include "virtual/serve/bus.h"
#include "virtual/serve/session.h"

#define SERVE_CLIENTS_MAX 64

struct serve_client; /* opaque: a connection and its buffers */

/* The caller sets the first four members and zeroes the rest, which are private. */
struct serve_server {
    struct serve_bus *bus;
    int listen_fd; /* non-blocking; stays the caller's */
    int stop_fd;   /* readable: serve_run() returns. Stays the caller's */
    struct {
        /* A client was refused or lost: `cause` is a literal. NULL: not reported. */
        void (*refused)(void *context, const char *cause);
        void *context;
    } callbacks;
    struct serve_client *clients[SERVE_CLIENTS_MAX];
    size_t count;
    struct serve_client *holder; /* NULL: the bus is free */
    uint64_t holder_request_ms;
};

/*
 * Serves until `stop_fd` is readable, which is left unread; may be called again. False when the operating system
 * call fails, with errno set.
 */
bool serve_run(struct serve_server *server);

/* Closes all clients. */
void serve_close(struct serve_server *server);

#endif
