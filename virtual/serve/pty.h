/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves a peer at a pseudo terminal. A host may close the terminal at any point; the next host can then open it. Two
 * hosts at the same time disturb each other, as at a real serial port.
 */
#ifndef IMPRINT_SERVE_PTY_H
#define IMPRINT_SERVE_PTY_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"
#include "virtual/serve/peer.h"

/* Private, except `name`: the terminal's path, for hosts to open. */
struct serve_pty {
    int fd;
    char name[128];
};

/* Makes the terminal, raw. On false nothing is open. */
bool serve_pty_open(struct serve_pty *pty, struct error *err);

/* Serves `peer` there until `stop_fd` is readable. False when the operating system call fails, with errno set. */
bool serve_pty_run(struct serve_pty *pty, const struct serve_peer *peer, int stop_fd);

void serve_pty_close(struct serve_pty *pty);

#endif
