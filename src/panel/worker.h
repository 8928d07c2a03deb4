/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker: this program as a child process, because the PSA core is one per process (panel/fork_server.h starts it).
 * It prints JSON lines, which are handed on as they come. It ends with its parent, and by itself: it is asked to end,
 * and only then killed.
 */
#ifndef IMPRINT_PANEL_WORKER_H
#define IMPRINT_PANEL_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "panel/fork_server.h"

#define WORKER_LINE_MAX ((size_t)256 * 1024) /* a line that is longer is no answer of this program */
#define WORKER_ANSWER_MAX 128                /* bytes of a line; a longer one is cut, and so no answer */
#define WORKER_ARGUMENTS_MAX FORK_SERVER_ARGUMENTS_MAX

/*
 * From asking a worker to end to killing it. Longer than anything that a chip does in one piece: at most 1.3 s, its
 * watchdog (ATECC608B data sheet, watchdog failsafe), and STOP_GRACE_MS of station/stop.h.
 */
#define WORKER_KILL_MS 5000

/* How a worker ended. */
struct worker_end {
    bool by_exit;     /* false: by a signal */
    int code;         /* exit code, or the signal */
    bool is_readable; /* all its lines were JSON objects */
};

/* Zero-initialised with both descriptors -1: none is running. */
struct worker {
    int pid, pidfd, out; /* `out`: its stdin and stdout, for poll() */
    int64_t deadline_ms; /* of CLOCK_MONOTONIC: it is asked to end then */
    bool was_asked;      /* it was asked to end; then the deadline is that of killing it */
    bool is_readable;
    char *line; /* what has come of a line */
    size_t len, cap;
};

#define WORKER_NONE {.pid = 0, .pidfd = -1, .out = -1}

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t worker_now_ms(void);

/*
 * Starts one with arguments that end with NULL, and the descriptor `given` (-1: none), which stays the caller's.
 * `is_asking`: it will wait for worker_answer(); else its stdin is at its end. False with a reason, and none is
 * running.
 */
bool worker_start(struct worker *worker, struct fork_server *server, int given, const char *const *arguments,
                  bool is_asking, int64_t patience_ms, struct error *err);

static inline bool worker_is_running(const struct worker *worker)
{
    return worker->pid > 0;
}

/* Reads what has come, and hands each line on as an object. Call it when `out` is readable. */
void worker_read(struct worker *worker, void (*take)(void *context, const json_t *object), void *context);

/*
 * Answers one that is asking, and gives it new time; `line` NULL: the end of its stdin is the answer. One that has
 * ended meanwhile gets nothing, and is found by its end.
 */
void worker_answer(struct worker *worker, const char *line, int64_t patience_ms);

/* Asks it to end: between two steps. */
void worker_ask_to_end(struct worker *worker);

/* Asks it to end, or kills it, when its time is over. */
void worker_tend(struct worker *worker);

/*
 * Lets one go on by itself, with its stdin at its end: its process id, for the caller's waitpid(). What it still prints
 * is lost.
 */
int worker_leave(struct worker *worker);

/* Takes it down when `pidfd` is readable: it has ended, and all its lines were read. */
struct worker_end worker_finish(struct worker *worker, void (*take)(void *context, const json_t *object),
                                void *context);

#endif
