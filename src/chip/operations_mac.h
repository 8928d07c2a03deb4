/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAC, CheckMac, HMAC and DeriveKey: proofs with a secret that chip and host share, and new secrets made of it.
 * chip/mac.h computes the host's side of each, with the same arguments. What takes TempKey uses it up, refused or not;
 * CHIP_RESET there means: begin again with the Nonce. The key's slot must not be a private key's nor have NoMac; its
 * latch, ReqRandom, ReqAuth and LimitedUse apply (CHIP_EXECUTION). Config zone locked.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_MAC_H
#define IMPRINT_CHIP_OPERATIONS_MAC_H

#include "chip/chip.h"
#include "chip/mac.h"

/*
 * MAC: `mode` is a set of enum chip_mac_mode. `challenge` are 32 bytes, NULL with CHIP_MAC_BY_TEMPKEY. With
 * CHIP_MAC_UNDER_TEMPKEY `slot` is hashed only: 0 as a rule.
 */
enum chip_status chip_compute_mac(struct chip *chip, uint8_t mode, uint8_t slot, const uint8_t *challenge,
                                  uint8_t mac[static CHIP_MAC_BYTES], struct error *err);

/*
 * CheckMac: CHIP_OK when `response` is right, CHIP_MISCOMPARE when it is not. `challenge` are 32 bytes, NULL with
 * CHIP_MAC_BY_TEMPKEY; not both BY_ and UNDER_TEMPKEY. Right by a TempKey with a random number, it authorises its key
 * for one use of a key that asks for it (ReqAuth); wrong, it takes an authorisation back. By TempKey, on a slot whose
 * ReadKey is 0, the slot's key (of an odd slot its own, of an even one the next slot's) is copied into TempKey.
 */
enum chip_status chip_check_mac(struct chip *chip, uint8_t mode, uint8_t slot, const uint8_t *challenge,
                                const uint8_t response[static CHIP_MAC_BYTES],
                                const uint8_t other_data[static CHIP_OTHER_DATA_BYTES], struct error *err);

/*
 * Authorises with the key in `slot`, which the host knows: Nonce, then CheckMac. Lasts for one use of a key that asks
 * for it (ReqAuth), or for setting the persistent latch, and until the chip sleeps. CHIP_MISCOMPARE: not that key. Run
 * once more by itself after CHIP_RESET, unless the key counts its uses.
 */
enum chip_status chip_authorise(struct chip *chip, uint8_t slot, const uint8_t key[static 32],
                                const uint8_t serial[static CHIP_SERIAL_BYTES],
                                const uint8_t num_in[static CHIP_NUM_IN_BYTES], struct error *err);

/* HMAC of the ATECC508A over TempKey, which must be valid: `mode` CHIP_MAC_FROM_HOST and CHIP_MAC_SERIAL. */
enum chip_status chip_compute_hmac(struct chip *chip, uint8_t mode, uint8_t slot, uint8_t mac[static CHIP_MAC_BYTES],
                                   struct error *err);

/*
 * DeriveKey: the slot's first 32 bytes become a digest over its own key (roll) or that of its WriteKey slot (create),
 * as SlotConfig says, and TempKey. `mode` 0, or CHIP_MAC_FROM_HOST. `permission`: the MAC of
 * chip_mac_derive_permission(), NULL where SlotConfig wants none. Not repeatable: CHIP_REPLY_LOST means that the slot
 * holds the old or the new key; a MAC with either tells which.
 */
enum chip_status chip_derive_key(struct chip *chip, uint8_t mode, uint8_t slot, const uint8_t *permission,
                                 struct error *err);

#endif
