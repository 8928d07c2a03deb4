/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip's commands as typed calls: thin, one purpose each. This file has what provisioning, and signing with the
 * provisioned keys, need; operations_encrypted.h writes secrets, operations_aes.h, _hmac.h, _mac.h, _agreement.h and
 * _device.h have the rest. Commands without a use in this tree or in its plans are left out. Each call is linked only
 * where it is used. All take a `struct error *` that may be NULL, leave the chip awake (chip_sleep() ends a piece of
 * work) and wipe every secret they held. Slots are 0..15 and checked: CHIP_BAD_ARGUMENT before anything is sent.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_H
#define IMPRINT_CHIP_OPERATIONS_H

#include "chip/chip.h"
#include "chip/config.h"

/* Info(Revision): four bytes as on the wire, 00 00 60 02. */
enum chip_status chip_read_revision(struct chip *chip, uint8_t revision[static 4], struct error *err);

/* Info(KeyValid): whether the slot holds a valid ECC key. */
enum chip_status chip_read_key_valid(struct chip *chip, uint8_t slot, bool *valid, struct error *err);

/* Reads all 128 bytes in four reads, and notes the serial in `chip` for later errors. Works in every lock state. */
enum chip_status chip_read_config(struct chip *chip, struct chip_config *config, struct error *err);

/*
 * Asks a chip whose config zone has been read which part it is: Info(Revision). The answer is noted in `config`, and
 * in every config zone that is read from this chip later.
 */
enum chip_status chip_identify_part(struct chip *chip, struct chip_config *config, struct error *err);

/*
 * Reads again what can still change in a locked config zone: block 2, which has the locks, SlotLocked and UserExtra.
 * Only the counters lie elsewhere too (bytes 52 to 67). One read.
 */
enum chip_status chip_refresh_locks(struct chip *chip, struct chip_config *config, struct error *err);

/* One 32-byte block (short last blocks are filled up with zeros by the chip). Data zone locked, clear-read slots. */
enum chip_status chip_read_slot_block(struct chip *chip, uint8_t slot, uint8_t block, uint8_t out[static 32],
                                      struct error *err);

/* 32 bytes of the OTP zone, `block` 0 or 1. Data zone locked. */
enum chip_status chip_read_otp_block(struct chip *chip, uint8_t block, uint8_t out[static 32], struct error *err);

/* 32 bytes of the chip's random numbers. A chip with an unlocked config zone gives a fixed pattern: not random. */
enum chip_status chip_random(struct chip *chip, uint8_t out[static 32], struct error *err);

/*
 * GenKey(create): a new private key in the slot, whatever was there before. Not repeatable: CHIP_REPLY_LOST means that
 * the slot holds the old or a new key; ask with chip_read_public_key().
 */
enum chip_status chip_generate_key(struct chip *chip, uint8_t slot, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                   struct error *err);

/* GenKey(public): the public key of the private key in the slot. CHIP_EXECUTION: none there, or PubInfo forbids. */
enum chip_status chip_read_public_key(struct chip *chip, uint8_t slot, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                      struct error *err);

/* Signs a 32-byte digest with the private key in the slot (Nonce, then external Sign). `part` picks the register. */
enum chip_status chip_sign_digest(struct chip *chip, enum chip_part part, uint8_t slot,
                                  const uint8_t digest[static CHIP_DIGEST_BYTES],
                                  uint8_t signature[static CHIP_SIGNATURE_BYTES], struct error *err);

/* Verify(External): CHIP_MISCOMPARE when the signature is not that key's over this digest. */
enum chip_status chip_verify_external(struct chip *chip, enum chip_part part,
                                      const uint8_t digest[static CHIP_DIGEST_BYTES],
                                      const uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                      const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err);

/* Verify(Stored) with the public key in the slot (8..15). */
enum chip_status chip_verify_stored(struct chip *chip, enum chip_part part, uint8_t slot,
                                    const uint8_t digest[static CHIP_DIGEST_BYTES],
                                    const uint8_t signature[static CHIP_SIGNATURE_BYTES], struct error *err);

/*
 * PrivWrite in clear (data zone unlocked): the 32-byte scalar, big-endian. The caller wipes its copy.
 */
enum chip_status chip_import_key(struct chip *chip, uint8_t slot, const uint8_t scalar[static 32], struct error *err);

/* A public key (X|Y) into slot 8..15 in three clear 32-byte writes, padded as the chip needs it. */
enum chip_status chip_write_public_key(struct chip *chip, uint8_t slot,
                                       const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err);

/* Reads such a key back (data zone locked). CHIP_EXECUTION: may not be read. */
enum chip_status chip_read_stored_public_key(struct chip *chip, uint8_t slot,
                                             uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err);

/* One 32-byte block into a data slot, in clear. */
enum chip_status chip_write_slot_block(struct chip *chip, uint8_t slot, uint8_t block, const uint8_t in[static 32],
                                       struct error *err);

/* 32 bytes into OTP block 0 or 1, in clear. Config zone locked, data zone unlocked. */
enum chip_status chip_write_otp_block(struct chip *chip, uint8_t block, const uint8_t in[static 32], struct error *err);

/*
 * Brings the writable bytes of the config zone from `now` to `wanted`: only words that differ are written, never
 * identity and lock bytes; UserExtra and UserExtraAdd by UpdateExtra where they differ. Config zone unlocked.
 * Idempotent.
 */
enum chip_status chip_write_config(struct chip *chip, const struct chip_config *now, const struct chip_config *wanted,
                                   struct error *err);

/*
 * Lock, for ever. Only provision/gate.c calls these. The config lock carries the CRC of all 128 bytes in `expected`, so
 * that the chip itself refuses if it holds anything else; the data lock carries the CRC given, or none when
 * `has_summary` is false.
 */
enum chip_status chip_lock_config(struct chip *chip, const struct chip_config *expected, struct error *err);
enum chip_status chip_lock_data(struct chip *chip, bool has_summary, uint16_t summary, struct error *err);
enum chip_status chip_lock_slot(struct chip *chip, uint8_t slot, struct error *err);

#endif
