/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts workers without starting a program: a process of its own has the program loaded and its libraries bound, and
 * each worker is a copy of it. A worker is the station's own child all the same (the server forks twice, and the
 * station adopts what has lost its parent), so workers outlive the server, and the station sees how each one ends.
 *
 *     station                         server (this program, started anew; "imprint: workers")
 *     fork_server_start() ----------> fork_server_serve()
 *     fork_server_launch() ---------> fork, fork: the worker tells its pid, waits for a byte, and runs
 *
 * The server does nothing but fork: it has no threads, no random numbers and no keys that copies could share.
 */
#ifndef IMPRINT_PANEL_FORK_SERVER_H
#define IMPRINT_PANEL_FORK_SERVER_H

#include <stdbool.h>

#include "base/error.h"

#define FORK_SERVER_ARGUMENTS_MAX 32

/* --- in the station --- */

struct fork_server {
    const char *program; /* its file; must stay valid */
    int pid, socket;
};

#define FORK_SERVER_NONE {.program = NULL, .pid = 0, .socket = -1}

/* Starts the server, and makes this process the one that adopts. False with a reason, and none is running. */
bool fork_server_start(struct fork_server *server, const char *program, struct error *err);

/*
 * Starts a worker with arguments that end with NULL: its pid, and the socket `*out` that is its stdout, not blocking;
 * the caller waits for the one and closes the other. It is the worker's stdin, too. `given` is a descriptor that the
 * worker gets as well, and stays the caller's; -1: none. A server that has ended is started once more. 0 with a reason.
 */
int fork_server_launch(struct fork_server *server, const char *const *arguments, int given, int *out,
                       struct error *err);

/* Workers that it has started go on. */
void fork_server_stop(struct fork_server *server);

/* --- in the program, before anything else --- */

/* Whether this process was started as a server. */
bool fork_server_is_asked(int argc, char **argv);

/*
 * Serves until the station ends; gives 0 then. Each worker ends with what `run` gave, at once: nothing that was to be
 * done at exit() is, stdio's buffers aside. Its stdin and stdout are the station's socket, and it gets SIGTERM when the
 * station dies. `given`: the descriptor that the station gave it; -1: none.
 */
int fork_server_serve(int (*run)(int argc, char **argv, int given));

#endif
