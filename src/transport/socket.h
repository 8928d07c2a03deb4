/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport to a chip on a served bus (`imprint virtual serve`), over a Unix or TCP socket. From its first wake to its
 * sleep it holds the bus, so that no other client comes between a command and its reply. Waiting moves the bus's
 * virtual clock, or is real waiting where the bus follows the wall clock.
 */
#ifndef IMPRINT_TRANSPORT_SOCKET_H
#define IMPRINT_TRANSPORT_SOCKET_H

#include "base/error.h"
#include "transport/bus_client.h"
#include <imprint/transport.h>

/* Must stay valid, and in place, as long as the transport made from it is used. Private. */
struct transport_socket {
    struct bus_client client;
    uint8_t address;     /* 7-bit; 0: that of the only chip on the bus, which may change it */
    uint8_t other;       /* where the chip may be as well; 0: nowhere */
    uint64_t pending_ns; /* waits not sent yet */
    size_t ahead;        /* replies still to come to what travelled with the last command */
    bool held;
    bool gone;
};

/*
 * Connects to the Unix socket `path`. `address` is the chip's 7-bit address, or 0 for the only chip there is. False
 * with a reason: nobody listens, no server of this protocol, several chips and no address. On true `self` must be
 * closed.
 */
bool transport_socket_open_unix(struct transport_socket *self, const char *path, uint8_t address,
                                struct imprint_transport *transport, struct error *err);

/* The same over TCP. */
bool transport_socket_open_tcp(struct transport_socket *self, const char *host, const char *port, uint8_t address,
                               struct imprint_transport *transport, struct error *err);

void transport_socket_close(struct transport_socket *self);

#endif
