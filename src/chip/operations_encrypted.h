/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes of secrets, encrypted on the bus with a secret that chip and host share: Nonce, GenDig on the slot that holds
 * the shared secret, then the write with a MAC. `write_key` is that secret, `write_key_slot` where the chip has it,
 * `serial` the chip's serial number. After CHIP_RESET the whole runs once more by itself, unless the shared key counts
 * its uses. CHIP_EXECUTION: `write_key_slot` holds another key, or the slot's policy or lock forbids the write.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_ENCRYPTED_H
#define IMPRINT_CHIP_OPERATIONS_ENCRYPTED_H

#include "chip/chip.h"
#include "chip/tempkey.h"

/* PrivWrite: the 32-byte scalar, big-endian. `write_key_slot` is the slot's WriteKey once the data zone is locked. */
enum chip_status chip_import_key_encrypted(struct chip *chip, uint8_t slot, const uint8_t scalar[static 32],
                                           uint8_t write_key_slot, const uint8_t write_key[static 32],
                                           const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

/* Write: one 32-byte block of a data slot; of a short last block only what exists is stored. */
enum chip_status chip_write_slot_block_encrypted(struct chip *chip, uint8_t slot, uint8_t block,
                                                 const uint8_t in[static 32], uint8_t write_key_slot,
                                                 const uint8_t write_key[static 32],
                                                 const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

#endif
