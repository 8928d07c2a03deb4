/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station's side of the process that keeps its connection to the line (station/line_keeper.h): starts it where the
 * state folder has a line.yaml, and anew when it has ended and a worker needs the line; gives each worker a socket that
 * leads to it. Never waits for it, nor for the server: without it workers connect by themselves. Where it takes no
 * more workers (its ten minutes are over, or it hangs), it is left to those that it has, and another one is started.
 */
#ifndef IMPRINT_PANEL_LINE_LINK_H
#define IMPRINT_PANEL_LINE_LINK_H

#include "panel/worker.h"

#define LINE_LINK_LEFT_MAX 8

struct line_link {
    struct worker keeper;
    int left[LINE_LINK_LEFT_MAX]; /* processes that were left; 0: none */
    bool is_open;                 /* it has a connection, and serves new workers */
    bool was_open;                /* it has, or had */
    int64_t again_ms;             /* when it may be started again */
    int64_t given_ms;             /* when the oldest socket was given that it has not taken yet */
};

#define LINE_LINK_NONE {.keeper = WORKER_NONE, .is_open = false, .was_open = false, .again_ms = 0}

/*
 * Starts the process where there is a line, it is not there or is of no more use, and was not started a moment ago.
 * With LINE_LINK_LEFT_MAX that were left and still have workers, none is left.
 */
void line_link_start(struct line_link *link, struct fork_server *workers, const char *state);

/* Call it when `keeper.out` or `keeper.pidfd` is readable. */
void line_link_read(struct line_link *link);
void line_link_finish(struct line_link *link);

/* A worker's end of a socket that leads to it, for the caller to close; -1: the worker connects by itself. */
int line_link_connect(struct line_link *link);

/* Ends it, and those that were left. Workers that still ask it connect by themselves, or find the line away. */
void line_link_close(struct line_link *link);

#endif
