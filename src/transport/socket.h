/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport to a chip on a served bus (`imprint virtual serve`), over a Unix or TCP socket. From its first wake to its
 * sleep it holds the bus, so that no other client comes between a command and its reply. Waiting moves the bus's
 * virtual clock, or is real waiting where the bus follows the wall clock.
 */
#ifndef IMPRINT_TRANSPORT_SOCKET_H
#define IMPRINT_TRANSPORT_SOCKET_H

#include "base/error.h"
#include <imprint/transport.h>

/*
 * Connects to the Unix socket `path`. `address` is the chip's 7-bit address, or 0 for the only chip there is. False
 * with a reason: no server listens, not a server of this protocol, several chips and no address. On true the caller
 * closes `transport`.
 */
bool transport_socket_open_unix(const char *path, uint8_t address, struct imprint_transport *transport,
                                struct error *err);

/* The same over TCP. */
bool transport_socket_open_tcp(const char *host, const char *port, uint8_t address, struct imprint_transport *transport,
                               struct error *err);

/* Splits "HOST:PORT" or "[HOST]:PORT", in place. False when it is neither. */
bool transport_socket_split_host(char **host, char **port);

/* The same from what follows the colon of DEVICE: PATH[@ADDRESS], HOST:PORT[@ADDRESS] (transport/kinds.h). */
bool transport_socket_open_unix_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                      struct error *err);
bool transport_socket_open_tcp_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                     struct error *err);

#endif
