/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of the IO protection key, a secret that chip and host share against a hostile bus. Plain computation
 * over one hash function; sends nothing, keeps nothing.
 */
#ifndef IMPRINT_CHIP_PROTECTION_H
#define IMPRINT_CHIP_PROTECTION_H

#include "chip/chip.h"

#define CHIP_OUT_NONCE_BYTES 32 /* follow the cipher text; the first 16 take part in the key of its 32 bytes */

/* Decrypts the 32 bytes of `data` in place. False, with `data` wiped, only when the host's SHA-256 fails. */
bool chip_protection_decrypt(const uint8_t io_key[static 32], const uint8_t out_nonce[static CHIP_OUT_NONCE_BYTES],
                             uint8_t data[static 32]);

#endif
