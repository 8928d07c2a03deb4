/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers one client's frames of the bus protocol. It does not use sockets; the server decides which client may use the
 * bus before it passes a frame on. After every frame, valid or not, the bus is stopped.
 */
#ifndef IMPRINT_SERVE_SESSION_H
#define IMPRINT_SERVE_SESSION_H

#include "base/bytes.h"
#include "virtual/serve/bus.h"

/* Zero-initialised: a client that has just connected. */
struct serve_session {
    uint32_t clock_hz; /* 0: the bus's own */
    bool hello_done;
    bool hold_lost; /* set by the server; the next request is refused */
};

enum serve_answer {
    SERVE_ANSWERED,
    SERVE_REFUSED, /* the reply is an error frame: send it and close */
};

/* What a request changes about the right to use the bus. */
enum serve_turn { SERVE_TURN_UNCHANGED, SERVE_TURN_HOLD, SERVE_TURN_RELEASE };

/*
 * Answers `frame` (type and body; not empty) with a frame in `reply` (its length field included), which has space for
 * BUS_LENGTH_BYTES + BUS_FRAME_MAX bytes. `*cause` gets why it was refused, a string literal; NULL if it was not.
 */
enum serve_answer serve_session_answer(struct serve_session *session, struct serve_bus *bus, struct bytes frame,
                                       struct bytes_out *reply, const char **cause);

/* An error frame, for what the server itself refuses. */
void serve_session_refuse(enum bus_refusal refusal, const char *cause, struct bytes_out *reply);

/* What a frame of this type changes about the right to use the bus. */
enum serve_turn serve_session_turn(struct bytes frame);

/* True if a frame of this type does something on the bus: a client that only sends others does not use what it holds.
 */
bool serve_session_uses_bus(struct bytes frame);

#endif
