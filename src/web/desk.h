/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What takes its time: passwords, and pages that are made of the ledger. One thread answers one request after the
 * other; the thread that talks to browsers only hands requests over, so the sockets' page stays live meanwhile.
 */
#ifndef IMPRINT_WEB_DESK_H
#define IMPRINT_WEB_DESK_H

#include <pthread.h>

#include "web/asks.h"
#include "web/failures.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/sessions.h"
#include "web/streams.h"

#define DESK_WAITING_MAX 32 /* requests that wait for their turn */

/* Who may have an answer. */
enum desk_access {
    DESK_ANYBODY,
    DESK_USERS,   /* whoever is logged in */
    DESK_LEADS,   /* who decides */
    DESK_READERS, /* leads and auditors: what takes long */
};

struct desk;
struct call;
typedef void desk_answer(struct desk *desk, const struct call *call, struct reply *reply);

/* One thing that can be asked for. */
struct route {
    const char *path, *method;
    enum desk_access access;
    desk_answer *answer;
};

/* One request, with all that an answer needs. */
struct call {
    const struct route *route;
    struct request_form form; /* what was sent, or the query */
    struct session session;   /* id 0: nobody is logged in */
    char address[SESSIONS_ADDRESS_SIZE];
};

/* Zero-initialised but for the first two. */
struct desk {
    const struct page_settings *settings;
    struct streams *streams;
    pthread_mutex_t lock; /* of the sessions */
    struct sessions sessions;
    struct asks asks;         /* to the panel */
    struct failures failures; /* of the desk's thread alone */
    /* Private. */
    pthread_t thread;
    pthread_mutex_t queue_lock;
    pthread_cond_t queue_changed;
    struct desk_job *first, **last;
    unsigned waiting;
    bool is_started, is_closing;
};

/* A request at the desk. The caller's, until `done` is called in the desk's thread; then its reply is there. */
struct desk_job {
    struct call call;
    struct reply reply;
    void (*done)(struct desk_job *job);
    struct desk_job *next;
};

void desk_init(struct desk *desk);

/* Starts the thread. False with ERROR_UNEXPECTED. */
bool desk_start(struct desk *desk, struct error *err);

/* Turns away what waits and what comes, and ends the thread; then, when nothing can come, desk_release(). */
void desk_stop(struct desk *desk);
void desk_release(struct desk *desk);

/* Hands the job over. False: too many wait. */
bool desk_hand_over(struct desk *desk, struct desk_job *job);

/* The route of a path; NULL: none. `*other_method`: there is one, of another method. */
const struct route *desk_find_route(const char *path, const char *method, bool *other_method);

/* The order that the station works on now; "": none. */
void desk_order(struct desk *desk, char order[static PAGE_TEXT_SIZE]);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t desk_now_ms(void);

#endif
