/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A MAC with a secret that stays in the chip, over a challenge that the chip makes itself: what a slot with ReqRandom
 * can prove, such as that of the IO protection key, with which the chip computes no HMAC.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_MAC_H
#define IMPRINT_CHIP_OPERATIONS_MAC_H

#include "chip/chip.h"
#include "chip/tempkey.h"

/*
 * Nonce with a random number, then MAC with the first 32 bytes of `slot` over TempKey, which `challenge` gets: the
 * chip's random number and the host's `num_in` make it. CHIP_EXECUTION: the slot is private or has NoMac, or the latch
 * or its use count forbids it. After CHIP_RESET the whole runs once more by itself, unless the key counts its uses.
 */
enum chip_status chip_mac_of_slot(struct chip *chip, uint8_t slot, const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                  uint8_t challenge[static CHIP_TEMPKEY_BYTES], uint8_t mac[static CHIP_DIGEST_BYTES],
                                  struct error *err);

/* The same MAC as who has the `secret` computes it. False, with `mac` wiped, only when the host's SHA-256 fails. */
bool chip_mac_compute(const uint8_t secret[static 32], const uint8_t challenge[static CHIP_TEMPKEY_BYTES], uint8_t slot,
                      const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t mac[static CHIP_DIGEST_BYTES]);

#endif
