/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who made the part of a board: the board shows the maker's certificates, and they are verified here (station/
 * genuine.h). This is the one thing that a board with keys in software cannot answer: the certified key is in a part of
 * the maker's, and signs this station's challenge with the serial number that the certificate names.
 */
#ifndef IMPRINT_STATION_BOARD_MAKER_H
#define IMPRINT_STATION_BOARD_MAKER_H

#include <jansson.h>

#include "provision/provision.h"
#include "station/board.h"
#include "station/genuine.h"

/*
 * Asks the factory application of the device with this serial number. PSA Crypto is started. False with a reason if the
 * board does not answer; whatever it answers is a result.
 */
bool board_maker_check(struct board *board, const uint8_t serial[static CHIP_SERIAL_BYTES], struct genuine *genuine,
                       struct error *err);

/*
 * Whether the profile's key in slot 0 is the one that the maker certified, where that is proven. False with
 * ERROR_PROOF_FAILED.
 */
bool board_maker_check_key(const struct genuine *genuine, const struct provision_evidence *evidence, struct error *err);

/*
 * What is a board's word alone, as a JSON object: `serial` (true: nothing proves that a chip with this serial number is
 * there), `config` (what is configured and locked), `key_ids` (nothing proves that the chip holds them), `io_key` (nor
 * that it holds the IO protection key; absent where the profile has none). With `evidence` NULL, what it will be when
 * the plan is done. The caller's reference.
 */
json_t *board_maker_not_proven(const struct genuine *genuine, const struct profile *profile,
                               const struct provision_evidence *evidence);

/* The same for people, in one line. */
#define BOARD_NOT_PROVEN_TEXT_SIZE 256
void board_maker_not_proven_text(const json_t *not_proven, char text[static BOARD_NOT_PROVEN_TEXT_SIZE]);

#endif
