/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128 on the ATECC608, one block at a time, and GCM's multiplication. CHIP_PARSE: this part has no AES
 * (AES_Enable), or the slot has no such unit. CHIP_EXECUTION: the slot is not for AES keys (KeyType 6), or the latch,
 * ReqAuth or LimitedUse forbids it. TempKey does not change.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_AES_H
#define IMPRINT_CHIP_OPERATIONS_AES_H

#include "chip/chip.h"

#define CHIP_AES_BYTES 16

/*
 * One block, ECB, with 16 bytes of a slot as key: `unit` 0 to 3 says which. Both zones locked. `out` may be `in`, in
 * all of these calls.
 */
enum chip_status chip_aes_encrypt(struct chip *chip, uint8_t slot, uint8_t unit,
                                  const uint8_t in[static CHIP_AES_BYTES], uint8_t out[static CHIP_AES_BYTES],
                                  struct error *err);
enum chip_status chip_aes_decrypt(struct chip *chip, uint8_t slot, uint8_t unit,
                                  const uint8_t in[static CHIP_AES_BYTES], uint8_t out[static CHIP_AES_BYTES],
                                  struct error *err);

/* `out` = `in` * `h` in GF(2^128), in GCM's order of bits. */
enum chip_status chip_aes_gfm(struct chip *chip, const uint8_t h[static CHIP_AES_BYTES],
                              const uint8_t in[static CHIP_AES_BYTES], uint8_t out[static CHIP_AES_BYTES],
                              struct error *err);

#endif
