/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer behind a listening socket, one host at a time: for programs that take a socket for a serial port, such as
 * QEMU. A host may close at any point; the peer is then ready for the next. The next host waits until the present one
 * has closed. A host that does nothing while another waits is closed for it.
 */
#ifndef IMPRINT_SERVE_STREAM_H
#define IMPRINT_SERVE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "virtual/serve/peer.h"

#define SERVE_STREAM_SILENCE_MS 5000

/* Set by the caller, who keeps both descriptors. */
struct serve_stream {
    int listen_fd;
    int stop_fd; /* readable: serve_stream_run() returns */
    struct {
        /* A host was closed: `cause` is a literal. NULL: not reported. */
        void (*refused)(void *context, const char *cause);
        void *context;
    } callbacks;
};

/*
 * Serves `peer` to the hosts that connect until `stop_fd` is readable. False when the operating system call fails, with
 * errno set.
 */
bool serve_stream_run(const struct serve_stream *stream, const struct serve_peer *peer);

#endif
