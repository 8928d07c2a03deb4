/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many requests an address may send to a witness: a bucket of tokens, which fills again with time. One witness
 * answers one request after the other; without a limit whoever sends rubbish keeps the stations waiting.
 */
#ifndef IMPRINT_WITNESS_RATE_H
#define IMPRINT_WITNESS_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#define RATE_BURST 200     /* requests at once; a station sends two a minute */
#define RATE_PER_S 20      /* and so many each second from then on */
#define RATE_ADDRESSES 256 /* that are remembered; then the one that has been quiet longest is forgotten */
#define RATE_KEY_BYTES 8   /* an IPv4 address, or the first half of an IPv6 address */

/* Zero-initialised: everybody is new. */
struct rate {
    struct rate_address {
        uint8_t key[RATE_KEY_BYTES];
        int family;       /* 0: free */
        uint64_t seen_ms; /* the last request */
        uint64_t tokens;  /* thousandths of a request */
    } addresses[RATE_ADDRESSES];
};

/* Whether a request of this address at `now_ms` (a clock that never goes back) may be answered; takes its token. */
bool rate_allows(struct rate *rate, const struct sockaddr *from, uint64_t now_ms);

#endif
