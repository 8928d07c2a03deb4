/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client's side of the bus protocol: a whole frame in, a whole frame out. Knows no sockets; whose turn it is, the
 * server decides before it hands a frame on. Whatever a frame holds, the bus is left stopped.
 */
#ifndef IMPRINT_SERVE_SESSION_H
#define IMPRINT_SERVE_SESSION_H

#include "base/bytes.h"
#include "virtual/serve/bus.h"

/* Zero-initialised: a client that has just connected. */
struct serve_session {
    uint32_t clock_hz; /* 0: the bus's own */
    bool greeted;
    bool hold_lost; /* set by the server; the next request is refused */
};

enum serve_answer {
    SERVE_ANSWERED,
    SERVE_REFUSED, /* the reply is an error frame: send it and close */
};

/* What a session wants of the server besides its reply. */
enum serve_wish { SERVE_WISH_NOTHING, SERVE_WISH_HOLD, SERVE_WISH_RELEASE };

/*
 * Answers `frame` (type and body; not empty) with a frame in `reply` (its length field included), which has room for
 * BUS_LENGTH_BYTES + BUS_FRAME_MAX bytes. `*cause` is for people: why it was refused, a literal; NULL when it was not.
 */
enum serve_answer serve_session_answer(struct serve_session *session, struct serve_bus *bus, struct bytes frame,
                                       struct bytes_out *reply, const char **cause);

/* An error frame, for what the server itself refuses. */
void serve_session_refuse(enum bus_refusal refusal, const char *cause, struct bytes_out *reply);

/* What a frame of this type asks of the server. */
enum serve_wish serve_session_wish(struct bytes frame);

#endif
