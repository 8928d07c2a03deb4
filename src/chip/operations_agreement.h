/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared secrets by ECDH. Both zones locked. The secret leaves the chip in clear, or encrypted with the IO protection
 * key (ChipOptions says whether there is one, and in which slot; `io_key` is what that slot holds); ChipOptions may
 * forbid the first or both. CHIP_EXECUTION: SlotConfig, ChipOptions, ReqAuth, latch or a use count forbids it.
 * CHIP_ECC_FAULT: `peer`, the other side's public key, is no point of the curve.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_AGREEMENT_H
#define IMPRINT_CHIP_OPERATIONS_AGREEMENT_H

#include "chip/chip.h"
#include "chip/config.h"

#define CHIP_SECRET_BYTES 32 /* the x coordinate, big-endian */

/*
 * With the private key in the slot; the secret comes back in clear. On a part that is not known to be an ATECC608 the
 * slot's policy says where the secret goes. Where it says "into the next slot", the call counts as a write for the
 * guard and returns no secret (CHIP_GARBLED).
 */
enum chip_status chip_ecdh(struct chip *chip, enum chip_part part, uint8_t slot,
                           const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], uint8_t secret[static CHIP_SECRET_BYTES],
                           struct error *err);

/* ATECC608: the same, encrypted on the bus. */
enum chip_status chip_ecdh_encrypted(struct chip *chip, uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                     const uint8_t io_key[static 32], uint8_t secret[static CHIP_SECRET_BYTES],
                                     struct error *err);

#endif
