/* SPDX-License-Identifier: Apache-2.0 */
/* PSA Crypto for verbs that only verify in software: no chip, no driver, an empty store in memory. */
#ifndef IMPRINT_STATION_VERIFIER_H
#define IMPRINT_STATION_VERIFIER_H

#include "psa/its.h"
#include "storage/memory.h"
#include "storage/storage.h"

/* Zero-initialised: not started. Must not move while started. */
struct verifier {
    struct storage_memory memory;
    struct storage storage;
    struct its its;
    uint8_t room[STORAGE_MEMORY_BYTES(0)];
    bool started;
};

/* False with ERROR_PSA. */
bool verifier_start(struct verifier *verifier, struct error *err);

/* Does nothing on one that is not started. */
void verifier_stop(struct verifier *verifier);

#endif
