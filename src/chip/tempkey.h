/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TempKey as the host computes it after each command that fills it. Sends nothing. `tempkey` is a secret once a key has
 * been mixed in: its owner wipes it. Both return false, with `tempkey` zeros, only when the host's SHA-256 fails.
 */
#ifndef IMPRINT_CHIP_TEMPKEY_H
#define IMPRINT_CHIP_TEMPKEY_H

#include "chip/chip.h"

#define CHIP_NUM_IN_BYTES 20 /* the host's share of a random Nonce */
#define CHIP_TEMPKEY_BYTES 32

/* After Nonce with a random number: `rand_out` is the chip's reply, `mode` as sent (0 or 1). */
bool chip_tempkey_nonce(uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t mode, const uint8_t rand_out[static 32],
                        const uint8_t num_in[static CHIP_NUM_IN_BYTES]);

/* After GenDig with a slot, whose first 32 bytes are `key`, on top of what `tempkey` was. */
bool chip_tempkey_gendig(uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t slot, const uint8_t key[static 32],
                         const uint8_t serial[static CHIP_SERIAL_BYTES]);

#endif
