/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SecureBoot of the ATECC608: is this digest of the host's firmware signed by the key that the chip holds? Which slots
 * hold key and stored digest or signature, and which modes there are, is in SecureBootConfig. Both zones locked.
 * CHIP_MISCOMPARE: it is not. CHIP_EXECUTION: SecureBootConfig does not allow this mode, nothing is stored, or an
 * earlier call was the last until power is cycled. Right, it may set the persistent latch (SecureBootConfig bit 3).
 */
#ifndef IMPRINT_CHIP_OPERATIONS_BOOT_H
#define IMPRINT_CHIP_OPERATIONS_BOOT_H

#include "chip/chip.h"
#include "chip/tempkey.h"

enum chip_boot_mode {
    CHIP_BOOT_FULL = 0x05,   /* verifies the signature that comes along */
    CHIP_BOOT_STORED = 0x06, /* compares with the stored digest, or verifies with the stored signature */
    CHIP_BOOT_COPY = 0x07,   /* as FULL, and stores what STORED will need */
};

/*
 * `signature` is NULL with CHIP_BOOT_STORED. `last`: after a success the chip answers no SecureBoot more until its
 * power is cycled; such a call is not repeatable (CHIP_REPLY_LOST: the digest may have been right, or not).
 */
enum chip_status chip_boot(struct chip *chip, enum chip_boot_mode mode, bool last,
                           const uint8_t digest[static CHIP_DIGEST_BYTES], const uint8_t *signature, struct error *err);

/*
 * The same against a hostile bus: the digest goes encrypted, and a MAC proves the answer; `io_key` is the IO protection
 * key, `num_in` 20 bytes for the Nonce before. `signature` with CHIP_BOOT_STORED: NULL where the chip stores the
 * digest, else the stored signature, which the MAC covers. CHIP_MISCOMPARE also for a wrong MAC. Run once more by
 * itself after CHIP_RESET, unless it is the `last`.
 */
enum chip_status chip_boot_proven(struct chip *chip, enum chip_boot_mode mode, bool last,
                                  const uint8_t digest[static CHIP_DIGEST_BYTES], const uint8_t *signature,
                                  const uint8_t io_key[static 32], const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                  struct error *err);

#endif
