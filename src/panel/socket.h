/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One socket of a panel as a state machine: a table and one step function, without files, time or processes. Whoever
 * drives it (panel/panel.c) tells it what happened and does what it asks for.
 *
 *     EMPTY -> SEEN -> LOOKING -> CLAIMED -> WORKING -> PASS | FAIL -> REMOVE -> EMPTY
 *
 * A board that is new, or whose worker ended without an answer, is always looked at first: what it is is told by the
 * chip and the records, never by what this program remembers.
 */
#ifndef IMPRINT_PANEL_SOCKET_H
#define IMPRINT_PANEL_SOCKET_H

#include <stdbool.h>

/* How often the same board may lose its worker, or not answer it, before it counts as failed. */
#define SOCKET_TRIES 3

enum socket_state {
    SOCKET_EMPTY,   /* no board */
    SOCKET_SEEN,    /* something answers; the next look must confirm it: contacts bounce */
    SOCKET_LOOKING, /* a worker looks at the board and writes nothing */
    SOCKET_CLAIMED, /* the board is known, and may not be in another socket at the same time */
    SOCKET_WORKING, /* a worker brings the board to the profile's state */
    SOCKET_PASS,    /* done, proven and recorded */
    SOCKET_FAIL,    /* not done */
    SOCKET_REMOVE,  /* the board is being taken out; the next look at the bus must confirm it */
    SOCKET_STATE_COUNT
};

enum socket_event {
    SOCKET_CHIP,       /* the bus: the chip answers; the same one as before, or the first */
    SOCKET_OTHER_CHIP, /* the bus: another chip than before answers */
    SOCKET_NO_CHIP,    /* the bus: nothing answers */
    SOCKET_LOOKED,     /* the worker that looked: this is the board, and this is to be done */
    SOCKET_GRANTED,    /* no other socket has this board */
    SOCKET_DENIED,     /* another socket has it */
    SOCKET_DONE,       /* the worker that worked: done */
    SOCKET_REFUSED,    /* a worker: this board is refused, or has failed */
    SOCKET_SILENT,     /* a worker: the chip does not answer */
    SOCKET_LOST,       /* a worker ended without saying what became of the board */
    SOCKET_BUSY,       /* a worker: another process still uses the chip; this is no lost try */
    SOCKET_AGAIN,      /* what the failed board has lacked is there: it is tried again where it is */
    SOCKET_EVENT_COUNT
};

enum socket_action {
    SOCKET_NOTHING,
    SOCKET_LOOK,   /* start a worker that looks */
    SOCKET_CLAIM,  /* find out whether another socket has the board, and say GRANTED or DENIED */
    SOCKET_WORK,   /* start a worker that works */
    SOCKET_STOP,   /* have the worker end between two steps; it says what became of the board */
    SOCKET_FINISH, /* the result is there: show and count it */
    SOCKET_FORGET, /* the board has left: nothing that is known of it holds any more */
    SOCKET_ACTION_COUNT
};

/* Zero-initialised: empty. */
struct socket {
    enum socket_state state;
    unsigned tries; /* workers that this board has lost */
};

/* Takes the event in, and says what is to be done. An event that cannot be in this state changes nothing. */
enum socket_action socket_step(struct socket *socket, enum socket_event event);

/* Whether a worker is running in this state. */
bool socket_has_worker(enum socket_state state);

/* "empty", "seen" ...: for programs. */
const char *socket_state_name(enum socket_state state);

#endif
