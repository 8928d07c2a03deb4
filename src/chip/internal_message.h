/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message that the chip makes itself and signs with an internal Sign: about the slot that GenKey or GenDig put into
 * TempKey. A host rebuilds it to check such an attestation, or makes one of its own and has it signed, to validate a
 * public key in a slot. Plain computation; sends nothing, keeps nothing.
 */
#ifndef IMPRINT_CHIP_INTERNAL_MESSAGE_H
#define IMPRINT_CHIP_INTERNAL_MESSAGE_H

#include "chip/tempkey.h"

#define CHIP_INTERNAL_BYTES 55
#define CHIP_VERIFY_OTHER_DATA_BYTES 19

/*
 * The message of Sign with this `mode` (bit 6: whole serial number; bit 0: for Invalidate) and the key in `slot`.
 * `tempkey` is TempKey at that moment; serial number, the policy of the slot it speaks of and that slot's lock are
 * taken from `config`. `validated`: that slot holds a public key with PubInfo that is valid.
 */
void chip_internal_message(const struct chip_tempkey *tempkey, uint8_t mode, uint8_t slot,
                           const struct chip_config *config, bool validated,
                           uint8_t message[static CHIP_INTERNAL_BYTES]);

/* Its SHA-256, which is what is signed. False, with `digest` wiped, only when the host's SHA-256 fails. */
bool chip_internal_message_digest(const uint8_t message[static CHIP_INTERNAL_BYTES],
                                  uint8_t digest[static CHIP_DIGEST_BYTES]);

/* The part of the message that Verify(Validate) and Verify(Invalidate) take as OtherData. */
void chip_internal_message_other_data(const uint8_t message[static CHIP_INTERNAL_BYTES],
                                      uint8_t other_data[static CHIP_VERIFY_OTHER_DATA_BYTES]);

#endif
