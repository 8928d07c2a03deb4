/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer behind a pseudo terminal. A host that closes the terminal, in the middle of anything, leaves it ready for the
 * next; as with a real port, two hosts at once disturb each other.
 */
#ifndef IMPRINT_SERVE_PTY_H
#define IMPRINT_SERVE_PTY_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"
#include "virtual/serve/peer.h"

/* Private, but for `name`: the terminal's, for hosts to open. */
struct serve_pty {
    int fd;
    char name[128];
};

/* Makes the terminal, raw. On false nothing is held. */
bool serve_pty_open(struct serve_pty *pty, struct error *err);

/* Serves `peer` there until `stop_fd` is readable. False when the operating system refuses to go on, with errno set. */
bool serve_pty_run(struct serve_pty *pty, const struct serve_peer *peer, int stop_fd);

void serve_pty_close(struct serve_pty *pty);

#endif
