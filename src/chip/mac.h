/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of an encrypted PrivWrite or Write: cipher text and MAC. Plain computation over one hash function;
 * sends nothing, keeps nothing. `tempkey` is TempKey (chip/tempkey.h computes it). All return false, with their outputs
 * wiped, only when the host's SHA-256 fails.
 */
#ifndef IMPRINT_CHIP_MAC_H
#define IMPRINT_CHIP_MAC_H

#include "chip/chip.h"
#include "chip/tempkey.h"

#define CHIP_PRIVATE_BYTES 36 /* a private key as PrivWrite carries it: 4 zeros, then the scalar */
#define CHIP_MAC_BYTES 32

/* Encrypted PrivWrite (param1 0x40): cipher text and MAC of the 36 plain bytes. `cipher` may be `plain`. */
bool chip_mac_privwrite(const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t param1, uint16_t param2,
                        const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t plain[static CHIP_PRIVATE_BYTES],
                        uint8_t cipher[static CHIP_PRIVATE_BYTES], uint8_t mac[static CHIP_MAC_BYTES]);

/* Encrypted Write: cipher text and MAC of one 32-byte block. `param1` is hashed as it is sent. `cipher` may be `plain`.
 */
bool chip_mac_write(const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t param1, uint16_t param2,
                    const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t plain[static 32],
                    uint8_t cipher[static 32], uint8_t mac[static CHIP_MAC_BYTES]);

/*
 * NumIn for the Nonce before an encrypted write of `secret`: a hash over the key and all that is to be written. Both
 * ciphers are one XOR pad, so two secrets must never meet the same TempKey, not even if a hostile bus repeats the
 * chip's random number; a NumIn that differs with the secret makes that so, and needs no random source on this side.
 */
bool chip_mac_num_in(const uint8_t key[static 32], struct bytes secret, uint16_t param2,
                     uint8_t num_in[static CHIP_NUM_IN_BYTES]);

#endif
