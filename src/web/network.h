/* SPDX-License-Identifier: Apache-2.0 */
/* Whom an address stands for, where somebody is counted by it. */
#ifndef IMPRINT_WEB_NETWORK_H
#define IMPRINT_WEB_NETWORK_H

#include <stddef.h>

/*
 * Of IPv6 the network, in which one customer has 2^64 addresses, as 16 hex digits, for its text may leave zeros out;
 * else the address as it is.
 */
void network_of(const char *address, char *network, size_t size);

#endif
