/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP connection with one absolute time limit over everything: finding the address, connecting, each read and write.
 * The resolver works in a thread of the C library, so that a name server that does not answer does not stop the
 * program.
 */
#ifndef IMPRINT_STATION_NET_H
#define IMPRINT_STATION_NET_H

#include "base/bytes.h"
#include "base/error.h"

#define NET_HOST_SIZE 256
#define NET_ADDRESS_SIZE 64

/* HOST:PORT, the host without the brackets of an IPv6 address. */
struct net_place {
    char host[NET_HOST_SIZE];
    char port[6];
};

/* An open connection, or fd -1. */
struct net_connection {
    int fd;
    uint64_t deadline_us;           /* on the clock of net_now_us() */
    char address[NET_ADDRESS_SIZE]; /* the numeric address that was reached */
};

enum net_status {
    NET_OK,
    NET_CLOSED,  /* the other side has closed the connection, or reset it */
    NET_TIMEOUT, /* the deadline has passed */
    NET_FAILED,  /* errno says why */
};

/* Microseconds of a clock that never jumps. */
uint64_t net_now_us(void);

/* Reads HOST:PORT or [ADDRESS]:PORT; ports are 1 to 65535. False with ERROR_USAGE. */
bool net_read_place(const char *text, struct net_place *place, struct error *err);

/*
 * Connects to the first of the host's addresses that accepts. False, with fd -1, with ERROR_SERVER_AWAY and the reason
 * of the last address. The caller ends it with net_close().
 */
bool net_connect(struct net_connection *connection, const struct net_place *place, uint64_t deadline_us,
                 struct error *err);

/* Waits until at least one byte was received, or sent; `*done` is how many. */
enum net_status net_receive(const struct net_connection *connection, uint8_t *data, size_t size, size_t *done);
enum net_status net_send(const struct net_connection *connection, const uint8_t *data, size_t size, size_t *done);

void net_close(struct net_connection *connection);

#endif
