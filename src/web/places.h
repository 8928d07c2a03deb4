/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of the pages: from where each is, and what it has done since when. libmicrohttpd ends one where
 * nothing comes; here one ends whose request or answer takes too long in all, however it drips, and new ones always
 * find room: where there are many, the oldest goes that has no whole request. Two threads call it: the one of HTTP,
 * and the panel's for places_tend().
 */
#ifndef IMPRINT_WEB_PLACES_H
#define IMPRINT_WEB_PLACES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define PLACES_MAX 256
/* Connections that may be open before room is made for the next one: what is ended needs a moment to go. */
#define PLACES_FULL 224
/* Without a whole request, of one address: behind a factory's, more browsers than a line has people keep some open. */
#define PLACES_UNFINISHED_MAX 48
#define PLACES_WAIT_MS 10000   /* from the opening, or from the answer before, to the next request's line */
#define PLACES_READ_MS 10000   /* from that line to the whole request: head and form */
#define PLACES_SEND_MS 60000   /* for an answer: a report over a slow line */
#define PLACES_NETWORK_SIZE 48 /* an address, or of IPv6 the network */

enum place_use {
    PLACE_FREE,
    PLACE_WAITING, /* no request, or not its first line */
    PLACE_READING, /* a request that is not whole */
    PLACE_ASKED,   /* the answer is being made: as long as it takes */
    PLACE_SENDING, /* the answer is on its way */
    PLACE_STREAM,  /* server-sent events: has a limit of its own (web/streams.h), and goes on */
};

struct place {
    enum place_use use;
    int fd;
    bool is_ending;
    int64_t since_ms;
    char network[PLACES_NETWORK_SIZE];
};

/* `end` has the connection end: its closing follows, in the thread of HTTP. */
struct places {
    pthread_mutex_t lock;
    void (*end)(int fd);
    struct place all[PLACES_MAX];
};

void places_init(struct places *places, void (*end)(int fd));
void places_release(struct places *places);

/* A connection from `address` is open. NULL: there are PLACES_MAX, which the caller never has. */
struct place *places_open(struct places *places, int fd, const char *address, int64_t now_ms);

/* What it does from now on. NULL is allowed. */
void places_use(struct places *places, struct place *place, enum place_use use, int64_t now_ms);

/* It is about to be closed: `fd` is no longer touched. NULL is allowed. */
void places_close(struct places *places, struct place *place);

/* Ends those that have taken too long. To be called at least once a second. */
void places_tend(struct places *places, int64_t now_ms);

#endif
