/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages that are open: each is a stream of server-sent events (HTML standard, section 9.2) that carries the whole
 * state of the panel at each change, and a beat. libmicrohttpd reads them in its thread; the panel's thread publishes.
 */
#ifndef IMPRINT_WEB_STREAMS_H
#define IMPRINT_WEB_STREAMS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#define STREAMS_MAX 48u

struct stream;

/* Zero-initialised but for the first two; streams_init() before use. */
struct streams {
    void *context;
    bool (*may_go_on)(void *context, uint64_t session); /* whether the session that opened it is still there */
    /* Private. */
    pthread_mutex_t lock; /* of all below */
    struct stream *all;
    unsigned count;
    char *state; /* for free() */
    uint64_t generation, beat;
    int64_t beat_ms;
    bool is_closing;
};

void streams_init(struct streams *streams);

/* Ends all streams, so that libmicrohttpd can stop: it does so only when no connection is suspended. */
void streams_end(struct streams *streams);
void streams_release(struct streams *streams);

/* A response that goes on until the client or the session leaves. NULL: there are too many, or no memory. */
struct MHD_Response *streams_add(struct streams *streams, struct MHD_Connection *connection, uint64_t session);

/* What every page shows from now on: a JSON text in one line, copied. */
void streams_publish(struct streams *streams, const char *state);

/* The text that was published last, "{}" before: the caller's, for free(). NULL without memory. */
char *streams_state(struct streams *streams);

/* At least once a second: the beat, and the end of streams whose session is over. */
void streams_tend(struct streams *streams, int64_t now_ms);

#endif
