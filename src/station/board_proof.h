/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proof after the factory: the primary application, which is all that stays on the board, finds the recorded keys
 * by their ids, shows the recorded public keys, and signs fresh challenges of the station's with them.
 */
#ifndef IMPRINT_STATION_BOARD_PROOF_H
#define IMPRINT_STATION_BOARD_PROOF_H

#include <jansson.h>

#include "chip/chip.h"
#include "station/board.h"

/* What is wanted of it. */
struct board_proof {
    struct board *board;       /* its primary application has been greeted */
    const uint8_t *serial;     /* of the device that it must be, CHIP_SERIAL_BYTES; NULL: the record says who it is */
    const char *operator_name; /* who runs it; NULL: not given */
    const char *save;          /* a folder for messages, signatures and public keys as files; NULL: none */
};

/* What was proven. */
struct board_proven {
    bool has_serial;
    uint8_t serial[CHIP_SERIAL_BYTES]; /* where a record of this device is here */
    /* An object for each key: id, name, public_key, signs, challenge, signature; owned by the caller. NULL: nothing. */
    json_t *keys;
};

/*
 * Proves every key of the device's record and stores the proof in it. PSA Crypto must have been started. `proven` holds
 * what was proven, also when only the record could not be written. False with a reason.
 */
bool board_proof_run(const struct board_proof *proof, struct board_proven *proven, struct error *err);

#endif
