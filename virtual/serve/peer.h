/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host talks to over a stream of bytes, whatever carries it: a kit, or a chip on a single wire. The carriers are
 * virtual/serve/pty.h, virtual/serve/stream.h and virtual/serve/uhid.h; a peer knows none of them.
 */
#ifndef IMPRINT_SERVE_PEER_H
#define IMPRINT_SERVE_PEER_H

#include "base/bytes.h"

/* The way back to the host. What it does not take is lost, as on wires. */
struct serve_outlet {
    void (*put)(void *context, struct bytes bytes);
    void *context;
};

struct serve_peer {
    /* Bytes the host has sent, in pieces as they come. Answers go to `outlet` before it returns. */
    void (*take)(void *context, struct bytes bytes, const struct serve_outlet *outlet);

    /* The host has gone, in the middle of anything. The next begins anew. */
    void (*left)(void *context);

    void *context;
};

#endif
