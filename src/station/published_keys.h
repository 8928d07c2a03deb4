/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that everybody has: TEST keys of this project and of others. A device that holds one protects nothing. The table
 * has only their hashes.
 */
#ifndef IMPRINT_STATION_PUBLISHED_KEYS_H
#define IMPRINT_STATION_PUBLISHED_KEYS_H

#include "base/bytes.h"

/*
 * Where the key is published, as a literal ("RFC 6979, A.2.5"); NULL: not known to be. `key` is a private key (32
 * bytes), a public key (04 | X | Y) or a secret (32 bytes, such as an IO protection key; an AES key 16). Secrets that
 * are a pattern (all bytes equal, or counting) count as published.
 */
const char *published_keys_name(struct bytes key);

#endif
