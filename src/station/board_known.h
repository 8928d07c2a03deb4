/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells a board's factory application what this station has on record of the device's keys, so that the board can spare
 * a key that counts its uses, and refuses by itself what the record forbids. Nothing is learned from the board here.
 */
#ifndef IMPRINT_STATION_BOARD_KNOWN_H
#define IMPRINT_STATION_BOARD_KNOWN_H

#include <jansson.h>

#include "base/p256.h"
#include "profile/profile.h"
#include "station/board.h"

/*
 * Which keys of the profile need not sign: `spared[i]` is set where `record` says that the key at index i proved itself
 * by a signature and that its slot counts the uses of its key, and where the certificate request that the profile asks
 * for is beside the record. PSA Crypto is started. `record` may be NULL.
 */
void board_known_find_spared(const struct station_config *config, const struct profile *profile, const json_t *record,
                             const uint8_t serial[static CHIP_SERIAL_BYTES], bool spared[static PROFILE_KEYS_MAX]);

/*
 * Has the board forget what any station told it, then names each key of the profile that `record` knows (NULL: none).
 * False with a reason.
 */
bool board_known_tell(struct board *board, const struct profile *profile, const json_t *record,
                      const bool spared[static PROFILE_KEYS_MAX], struct error *err);

/*
 * Names one key to the board by its public key. `proven`: it has signed for this station, and need not sign again where
 * each use counts. False with a reason.
 */
bool board_known_tell_key(struct board *board, uint32_t id, const uint8_t point[static P256_POINT_BYTES], bool proven,
                          struct error *err);

/*
 * Whether the chip is still on the board that its record names: the same microcontroller. True where either tells no
 * unique number. False with ERROR_DUPLICATE, and both numbers.
 */
bool board_known_check_mcu(const struct board *board, const json_t *record, struct error *err);

#endif
