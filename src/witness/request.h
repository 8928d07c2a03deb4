/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of add-checkpoint (C2SP tlog-witness):
 *
 *     old 4711                                        the size that the witness cosigned last
 *     PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=    a consistency proof from there, a hash a line
 *
 *     station/0123456789abcdef                        the checkpoint
 *     ...
 */
#ifndef IMPRINT_WITNESS_REQUEST_H
#define IMPRINT_WITNESS_REQUEST_H

#include "ledger/note.h"

#define REQUEST_HASHES_MAX 63 /* C2SP tlog-witness */

struct request {
    uint64_t old;
    uint8_t hashes[REQUEST_HASHES_MAX][MERKLE_BYTES];
    size_t count;
    struct bytes note;            /* the checkpoint with its signatures; in what was read */
    struct checkpoint checkpoint; /* not verified yet */
    struct bytes body;            /* what is signed of it */
};

/* False: it is no such request. */
bool request_read(struct bytes text, struct request *request);

#endif
