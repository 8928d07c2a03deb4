/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets over the bus, encrypted with a secret that chip and host share: Nonce, GenDig on the slot that holds the
 * secret, then the transfer with (writes) or without (reads) a MAC. `key` is that 32-byte secret, `key_slot` where the
 * chip has it, `serial` the chip's. After CHIP_RESET in their middle they run once more by themselves, unless the key
 * counts its uses. CHIP_EXECUTION: another key than the host's is in `key_slot`, or the slot's policy or lock forbids
 * it. TempKey is used up afterwards.
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

/* Write: 32 bytes of OTP block 0 or 1. Config zone locked, data zone unlocked. */
enum chip_status chip_write_otp_block_encrypted(struct chip *chip, uint8_t block, const uint8_t in[static 32],
                                                uint8_t write_key_slot, const uint8_t write_key[static 32],
                                                const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err);

/*
 * Read: one 32-byte block of a slot with EncryptRead; `read_key_slot` is its ReadKey. There is no MAC: a bus that
 * changes bits is not noticed, and one that repeats an earlier reading only where `num_in` are 20 fresh bytes. With
 * another key than the chip's, the block is noise.
 */
enum chip_status chip_read_slot_block_encrypted(struct chip *chip, uint8_t slot, uint8_t block, uint8_t out[static 32],
                                                uint8_t read_key_slot, const uint8_t read_key[static 32],
                                                const uint8_t serial[static CHIP_SERIAL_BYTES],
                                                const uint8_t num_in[static CHIP_NUM_IN_BYTES], struct error *err);

#endif
