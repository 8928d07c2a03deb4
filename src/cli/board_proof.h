/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proof after the factory: the primary application, which is all that stays on the board, finds the recorded keys
 * by their ids, shows the recorded public keys, and signs fresh challenges of the station's with them.
 */
#ifndef IMPRINT_CLI_BOARD_PROOF_H
#define IMPRINT_CLI_BOARD_PROOF_H

#include <jansson.h>

#include "chip/chip.h"
#include "cli/board.h"

/* What is wanted of it. */
struct board_proof {
    const struct cli *cli;
    struct board *board;   /* its primary application has been greeted */
    const uint8_t *serial; /* of the device that it must be, CHIP_SERIAL_BYTES; NULL: the record says who it is */
    const char *save;      /* a folder for messages, signatures and public keys as files; NULL: none */
};

/*
 * Proves every key of the device's record and keeps the proof in it. PSA Crypto is started. False with a reason;
 * errors' subjects point into `board` or the command line.
 */
bool board_proof_run(const struct board_proof *proof, struct error *err);

#endif
