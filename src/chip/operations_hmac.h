/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 with a key that stays in the chip. */
#ifndef IMPRINT_CHIP_OPERATIONS_HMAC_H
#define IMPRINT_CHIP_OPERATIONS_HMAC_H

#include "chip/chip.h"
#include "chip/config.h"

/*
 * HMAC-SHA256 of `message` with the first 32 bytes of `slot` as key. CHIP_EXECUTION: the slot is private or has NoMac
 * or ReqRandom, or ReqAuth, the latch or its use count forbids it. After CHIP_RESET the whole runs once more by itself,
 * unless the key counts its uses. On the ATECC508A TempKey holds the result afterwards.
 */
enum chip_status chip_hmac_sha256(struct chip *chip, enum chip_part part, uint8_t slot, struct bytes message,
                                  uint8_t mac[static CHIP_DIGEST_BYTES], struct error *err);

#endif
