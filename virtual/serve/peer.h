/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that a host talks to over a stream of bytes: a kit, or a chip on a single wire. The streams are
 * virtual/serve/pty.h, virtual/serve/stream.h and virtual/serve/uhid.h; a peer does not depend on them.
 */
#ifndef IMPRINT_SERVE_PEER_H
#define IMPRINT_SERVE_PEER_H

#include "base/bytes.h"

/* Sends bytes to the host. Bytes that the host does not read are lost, as on a wire. */
struct serve_outlet {
    void (*put)(void *context, struct bytes bytes);
    void *context;
};

struct serve_peer {
    /* Called with each piece that the host has sent. Writes replies to `outlet` before it returns. */
    void (*receive)(void *context, struct bytes bytes, const struct serve_outlet *outlet);

    /* The host has disconnected, at any point. The next host starts from the initial state. */
    void (*disconnected)(void *context);

    void *context;
};

#endif
