/* SPDX-License-Identifier: Apache-2.0 */
#include "web/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

#define NETWORK_BYTES 8

void network_of(const char *address, char *network, size_t size)
{
    char text[INET6_ADDRSTRLEN], digits[HEX_SIZE(NETWORK_BYTES)];
    struct in6_addr found;

    (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(address, "%"), address); /* without the interface */
    if (inet_pton(AF_INET6, text, &found) == 1 && !IN6_IS_ADDR_V4MAPPED(&found)) {
        hex_encode(bytes_of(found.s6_addr, NETWORK_BYTES), digits);
        address = digits;
    }
    (void)snprintf(network, size, "%s", address);
}
