/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several clients on one bus: one thread answers one request at a time, so transfers do not mix. A client may hold the
 * bus for a conversation; requests of the others then wait. A client that disconnects or sends an invalid frame is
 * closed. This does not affect the others, because every request leaves the bus stopped.
 *
 * No client can keep the others out by doing nothing, or too little: one that does not say hello is closed, one that
 * holds the bus without using it loses it, and when all places are taken the client that has been silent for longest
 * is closed for the new one.
 */
#ifndef IMPRINT_SERVE_SERVER_H
#define IMPRINT_SERVE_SERVER_H

#include "virtual/serve/bus.h"
#include "virtual/serve/session.h"

#define SERVE_CLIENTS_MAX 1000 /* below 1024, the number of open files that a process may usually have */

struct serve_client; /* opaque: a connection and its buffers */

/* The caller sets the members up to `limits` and zeroes the rest, which are private. */
struct serve_server {
    struct serve_bus *bus;
    int listen_fd; /* non-blocking; stays the caller's */
    int stop_fd;   /* readable: serve_run() returns. Stays the caller's */
    struct {
        /* A client was refused or lost: `cause` is a literal. NULL: not reported. */
        void (*refused)(void *context, const char *cause);
        void *context;
    } callbacks;
    struct {
        uint32_t hello_ms;   /* from connecting to the hello; 0: BUS_HELLO_MAX_MS */
        uint32_t silence_ms; /* of a holder while others wait; 0: BUS_HOLD_SILENCE_MS */
        uint32_t hold_ms;    /* a hold while others wait; 0: BUS_HOLD_MAX_MS */
    } limits;
    struct serve_client *clients[SERVE_CLIENTS_MAX + 1]; /* the last place is for one that is refused */
    size_t count;
    uint64_t greeted;            /* how many clients have said hello so far; callers may read it */
    struct serve_client *holder; /* NULL: the bus is free */
    uint64_t holder_request_ms;  /* when it got the bus or last used it */
    uint64_t waited_since_ms;    /* when another client began to wait for it; 0: nobody waits */
    unsigned lost_in_a_row;      /* holders that lost the bus since one last released it */
    uint64_t accept_from_ms;     /* no client is accepted before */
};

/*
 * Serves until `stop_fd` is readable, which is left unread; may be called again. False when the operating system
 * call fails, with errno set.
 */
bool serve_run(struct serve_server *server);

/* Closes all clients. */
void serve_close(struct serve_server *server);

#endif
