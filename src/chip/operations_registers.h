/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fills TempKey, the message digest buffer and the alternate key buffer: Nonce, GenDig and GenKey's digests. Each
 * leaves a state on the chip that the next command builds on; chip/tempkey.h computes the same on the host's side, call
 * by call. The registers last until the chip sleeps. CHIP_RESET: they are lost, begin again with Nonce. A refused
 * command that builds on TempKey has lost it, too.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_REGISTERS_H
#define IMPRINT_CHIP_OPERATIONS_REGISTERS_H

#include "chip/chip.h"
#include "chip/tempkey.h"

/* Nonce's modes with a random number. The seed is the ATECC508A's, in its EEPROM: the ATECC608 makes no difference. */
#define CHIP_NONCE_UPDATE_SEED 0x00
#define CHIP_NONCE_KEEP_SEED 0x01

/*
 * Nonce with a random number: TempKey is a digest over it and `num_in`. With the config zone unlocked the number is a
 * fixed pattern. Needs no lock.
 */
enum chip_status chip_nonce_random(struct chip *chip, uint8_t mode, const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                   uint8_t rand_out[static 32], struct error *err);

/* Where a Nonce puts the host's own bytes. All but 32 bytes to TempKey are the ATECC608's alone. */
enum chip_register { CHIP_REGISTER_TEMPKEY, CHIP_REGISTER_MESSAGE_DIGEST, CHIP_REGISTER_ALTERNATE_KEY };

/*
 * Nonce with the host's own `value`: 32 bytes, or 64 to TempKey or the message digest buffer. TempKey's SourceFlag is
 * "host" afterwards, whichever register was filled.
 */
enum chip_status chip_nonce_load(struct chip *chip, enum chip_register target, struct bytes value, struct error *err);

/* Nonce with Param2 8000: a digest over TempKey and `num_in`, which the chip gives back. ATECC608. */
enum chip_status chip_nonce_mix(struct chip *chip, uint8_t mode, const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                uint8_t tempkey[static CHIP_TEMPKEY_BYTES], struct error *err);

/*
 * GenDig: TempKey becomes a digest over itself and something that the chip holds. TempKey must be valid.
 * `other_data` NULL, or four bytes for a slot with NoMac, which hashes them in the place of the command. Refused
 * (CHIP_EXECUTION) for a private slot, and where latch, ReqAuth, ReqRandom or LimitedUse of the slot forbid it.
 */
enum chip_status chip_gendig_slot(struct chip *chip, uint8_t slot, const uint8_t *other_data, struct error *err);
enum chip_status chip_gendig_config(struct chip *chip, uint8_t block, struct error *err); /* 0..3 */
enum chip_status chip_gendig_otp(struct chip *chip, uint8_t block, struct error *err);    /* 0 or 1 */

/* The same with what only the ATECC608 takes: a nonce that both sides know, a counter (0 or 1), the policy of a slot.
 */
enum chip_status chip_gendig_nonce(struct chip *chip, bool tempkey_first, const uint8_t nonce[static 32],
                                   struct error *err);
enum chip_status chip_gendig_counter(struct chip *chip, uint8_t counter, struct error *err);
enum chip_status chip_gendig_policy(struct chip *chip, uint8_t slot, struct error *err);

/*
 * GenKey with a digest: TempKey, which must be valid, becomes a digest over itself and a public key, to be signed with
 * an internal Sign, or to validate the key. Of the private key in the slot, which comes back as well; of a new private
 * key made there (not repeatable: CHIP_REPLY_LOST means that the slot holds the old or a new key); of a public key
 * stored in slot 8..15, with three bytes of OtherData.
 */
enum chip_status chip_genkey_digest(struct chip *chip, uint8_t slot, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                    struct error *err);
enum chip_status chip_genkey_create_digest(struct chip *chip, uint8_t slot,
                                           uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err);
enum chip_status chip_genkey_stored_digest(struct chip *chip, uint8_t slot, const uint8_t other_data[static 3],
                                           struct error *err);

#endif
