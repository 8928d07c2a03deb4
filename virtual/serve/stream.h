/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer behind a listening socket, one host at a time: for programs that take a socket for a serial port, such as
 * QEMU. A host that closes, in the middle of anything, leaves it ready for the next, who waits until then.
 */
#ifndef IMPRINT_SERVE_STREAM_H
#define IMPRINT_SERVE_STREAM_H

#include <stdbool.h>

#include "virtual/serve/peer.h"

/*
 * Serves `peer` to whoever connects to `listen_fd` until `stop_fd` is readable; both stay the caller's. False when the
 * operating system refuses to go on, with errno set.
 */
bool serve_stream_run(int listen_fd, const struct serve_peer *peer, int stop_fd);

#endif
