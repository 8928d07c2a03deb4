/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign and Verify beyond digests of the host's (chip/operations.h): what TempKey holds, attestations that the chip
 * makes itself, answers that prove themselves with the IO protection key, and the validity of stored public keys. What
 * takes TempKey uses it up, refused or not; CHIP_RESET there means: begin again with the Nonce.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_SIGNATURE_H
#define IMPRINT_CHIP_OPERATIONS_SIGNATURE_H

#include "chip/chip.h"
#include "chip/internal_message.h"

/* External Sign over TempKey as it is, whatever filled it. SlotConfig bit 0. */
enum chip_status chip_sign_tempkey(struct chip *chip, uint8_t slot, uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                   struct error *err);

/* Bits of an internal Sign's mode. */
#define CHIP_SIGN_SERIAL 0x40     /* the message includes all of the serial number */
#define CHIP_SIGN_INVALIDATE 0x01 /* it is for Verify(Invalidate) */

/*
 * Internal Sign: over the message about what GenDig or GenKey put into TempKey; chip/internal_message.h rebuilds it.
 * The slot's SlotConfig bit 1 must allow it; both zones locked.
 */
enum chip_status chip_sign_internal(struct chip *chip, uint8_t mode, uint8_t slot,
                                    uint8_t signature[static CHIP_SIGNATURE_BYTES], struct error *err);

/*
 * Verify(Stored) of a signature over TempKey, with the public key in slot 8..15: the way for a key with ReqRandom,
 * which takes random nonces only. Right, it authorises its key as chip_authorise() does. CHIP_MISCOMPARE: the signature
 * is wrong. CHIP_EXECUTION: the key is not validated.
 */
enum chip_status chip_verify_tempkey(struct chip *chip, uint8_t slot,
                                     const uint8_t signature[static CHIP_SIGNATURE_BYTES], struct error *err);

/*
 * Verify with a MAC, on the ATECC608: the chip's "good" is proven with the IO protection key, so that a bus cannot make
 * it up. `system_nonce` are 32 fresh bytes of the host's. CHIP_MISCOMPARE: the signature is wrong, or the proof is.
 */
enum chip_status chip_verify_external_proven(struct chip *chip, const uint8_t digest[static CHIP_DIGEST_BYTES],
                                             const uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                             const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                             const uint8_t io_key[static 32], const uint8_t system_nonce[static 32],
                                             struct error *err);
enum chip_status chip_verify_stored_proven(struct chip *chip, uint8_t slot,
                                           const uint8_t digest[static CHIP_DIGEST_BYTES],
                                           const uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                           const uint8_t io_key[static 32], const uint8_t system_nonce[static 32],
                                           struct error *err);

/*
 * Verify(Validate) or Verify(Invalidate): the public key in slot 8..15, which GenKey has just mixed into TempKey
 * (chip_genkey_stored_digest()), becomes valid or not. `signature` is its parent key's (the slot's ReadKey) over the
 * message of which `other_data` is the part that the chip does not know; chip/internal_message.h makes both.
 * CHIP_MISCOMPARE: nothing has changed.
 */
enum chip_status chip_change_validity(struct chip *chip, uint8_t slot, bool valid,
                                      const uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                      const uint8_t other_data[static CHIP_VERIFY_OTHER_DATA_BYTES], struct error *err);

#endif
