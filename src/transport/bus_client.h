/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a served bus (docs/reference/bus-protocol.md). Requests are queued, sent together, and answered in
 * the same order. It does not interpret chip data and never retries. After a failure only bus_client_close() may be
 * called. It does not call read() or write(), because imprint-run.so replaces those.
 */
#ifndef IMPRINT_TRANSPORT_BUS_CLIENT_H
#define IMPRINT_TRANSPORT_BUS_CLIENT_H

#include "base/bytes.h"
#include "transport/bus_protocol.h"

enum bus_client_status {
    BUS_CLIENT_OK = 0,
    BUS_CLIENT_SYSTEM,       /* a system call failed: see system_errno */
    BUS_CLIENT_CLOSED,       /* the server closed the connection */
    BUS_CLIENT_TIMEOUT,      /* no whole reply in time: 60 seconds, 10 for the hello and for the rest of a frame */
    BUS_CLIENT_NOT_PROTOCOL, /* the reply does not follow the bus protocol */
    BUS_CLIENT_REFUSED,      /* an error frame: see refusal */
    BUS_CLIENT_FULL,         /* the request does not fit the queue: nothing was added */
};

/* Callers may read the members from `now_ns` to `refusal`; the others are private. */
struct bus_client {
    int fd;
    uint64_t now_ns;                  /* the bus's clock, as of the last reply */
    bool real_time;                   /* the bus follows the wall clock: the client waits in real time */
    bool can_await;                   /* the server accepts BUS_AWAIT */
    uint8_t addresses[BUS_CHIPS_MAX]; /* 8-bit, as of the last hello or wake */
    size_t address_count;
    int system_errno;
    enum bus_refusal refusal; /* 0: none */
    uint8_t out[BUS_LENGTH_BYTES + BUS_FRAME_MAX];
    size_t out_len;
    uint8_t in[BUS_LENGTH_BYTES + BUS_FRAME_MAX];
    bool greeted;           /* the hello is answered */
    int64_t until_ms;       /* when the replies to what was flushed last are overdue */
    size_t in_len, in_used; /* bytes received; of these, bytes of replies already handed out */
};

/* One reply; `body`, without the time, points into the client and is valid until the next bus_client_receive(). */
struct bus_reply {
    struct bytes body;
};

/* Connects to the socket `path`, sends the hello and reads the chips' addresses. On failure nothing is open. */
enum bus_client_status bus_client_open_unix(struct bus_client *client, const char *path);

/* The same over TCP; `port` is a number or a service's name. */
enum bus_client_status bus_client_open_tcp(struct bus_client *client, const char *host, const char *port);

/* Takes over a connected socket, as bus_client_open_*() do after connecting; `fd` is closed on failure. */
enum bus_client_status bus_client_start(struct bus_client *client, int fd);

void bus_client_close(struct bus_client *client);

/* Adds a request to the queue. */
enum bus_client_status bus_client_queue(struct bus_client *client, enum bus_request type, struct bytes body);

/* Sends all queued requests. */
enum bus_client_status bus_client_flush(struct bus_client *client);

/* Waits for the reply to the oldest request that has none yet. */
enum bus_client_status bus_client_receive(struct bus_client *client, struct bus_reply *reply);

/* Reads the addresses out of the reply to BUS_WAKE. */
enum bus_client_status bus_client_note_addresses(struct bus_client *client, struct bytes body);

#endif
