/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGINT, SIGTERM and SIGHUP end the program, wherever it waits. A thread of its own waits for them, so that no system
 * call of a run is ever interrupted by a signal. A run that changes a device is given a moment to end between two
 * steps; if it cannot (a file that is a pipe, a server or board that does not answer), the program ends all the same:
 * like after a power cut, the same command then finishes the job. A second signal ends it at once.
 */
#ifndef IMPRINT_STATION_STOP_H
#define IMPRINT_STATION_STOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

/* How long a run may take to end by itself after a signal; with all else the program ends within a second. */
#define STOP_GRACE_MS 700

/* What the thread says and does when it ends the program. */
struct stop_ending {
    const char *text; /* must outlive the program's threads; NULL: nothing is said */
    FILE *stream;     /* where the text is written, as its last line, unless that would have to wait */
    int exit_code;
};

/* The three signals, without those that were ignored when the program started (nohup, a job in the background). */
void stop_signals(sigset_t *set);

/* From now on a signal ends the program. Call it once, before any other thread exists. False with errno. */
bool stop_start_watching(const struct stop_ending *ending);

/* For verbs that read the signals themselves: the thread ends, and the signals stay blocked and pending. */
void stop_end_watching(void);

/* From now on the first signal is only noted, for stop_is_wanted(), and ends the program after STOP_GRACE_MS. */
void stop_hold_signals(void);

/* Whether one has come. */
bool stop_is_wanted(void);

/*
 * The run has said how it ended: from now on a signal ends the program with this exit code, and says nothing. Where
 * that was said on the stream of stop_start_watching(), the caller holds its lock (flockfile) from before the text
 * until after this call, so that either this text or the thread's is the last one, and never both.
 */
void stop_after_last_word(int exit_code);

#endif
