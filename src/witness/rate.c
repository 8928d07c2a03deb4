/* SPDX-License-Identifier: Apache-2.0 */
#include "witness/rate.h"

#include <stddef.h>
#include <string.h>

#include <netinet/in.h>

#define ONE 1000u /* a request, in tokens */

#define V4_MAPPED_AT 12 /* where the IPv4 address is in an IPv6 address that stands for one */

/* The family that the key is of: a socket for both has IPv4 addresses as IPv6 addresses, which all begin alike. */
static int write_key(const struct sockaddr *from, uint8_t key[static RATE_KEY_BYTES])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    memset(key, 0, RATE_KEY_BYTES);
    if (from->sa_family == AF_INET) {
        memcpy(&v4, from, sizeof v4);
        memcpy(key, &v4.sin_addr, sizeof v4.sin_addr);
    } else if (from->sa_family == AF_INET6) {
        memcpy(&v6, from, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            memcpy(key, &v6.sin6_addr.s6_addr[V4_MAPPED_AT], sizeof v4.sin_addr);
            return AF_INET;
        }
        memcpy(key, &v6.sin6_addr, RATE_KEY_BYTES);
    }
    return from->sa_family;
}

/* The row of the address, or one that it may have: a free one, or the one that has been quiet longest. */
static struct rate_address *find(struct rate *rate, const uint8_t *key, int family, bool *is_new)
{
    struct rate_address *oldest = &rate->addresses[0];

    for (size_t i = 0; i < RATE_ADDRESSES; i++) {
        struct rate_address *row = &rate->addresses[i];

        if (row->family == family && memcmp(row->key, key, RATE_KEY_BYTES) == 0) {
            *is_new = false;
            return row;
        }
        if (row->seen_ms < oldest->seen_ms || (row->family == 0 && oldest->family != 0))
            oldest = row;
    }
    *is_new = true;
    return oldest;
}

static uint64_t filled(uint64_t tokens, uint64_t ms)
{
    const uint64_t most = (uint64_t)RATE_BURST * ONE;

    return ms >= most / RATE_PER_S || tokens + ms * RATE_PER_S > most ? most : tokens + ms * RATE_PER_S;
}

bool rate_allows(struct rate *rate, const struct sockaddr *from, uint64_t now_ms)
{
    uint8_t key[RATE_KEY_BYTES];
    struct rate_address *row;
    bool is_new;
    const int family = write_key(from, key);

    row = find(rate, key, family, &is_new);
    if (is_new) {
        *row = (struct rate_address){.family = family, .tokens = (uint64_t)RATE_BURST * ONE};
        memcpy(row->key, key, RATE_KEY_BYTES);
    } else {
        row->tokens = filled(row->tokens, now_ms - row->seen_ms);
    }
    row->seen_ms = now_ms;
    if (row->tokens < ONE)
        return false;
    row->tokens -= ONE;
    return true;
}
