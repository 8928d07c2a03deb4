/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of the chip's symmetric commands: what MAC and HMAC answer, what CheckMac and DeriveKey expect, and
 * the cipher text and MAC of an encrypted PrivWrite, Write or Read. Plain computation over one hash function; sends
 * nothing, keeps nothing. `tempkey` is the lower half of TempKey (chip/tempkey.h computes it). All that return a bool
 * return false, with their outputs wiped, only when the host's SHA-256 fails.
 */
#ifndef IMPRINT_CHIP_MAC_H
#define IMPRINT_CHIP_MAC_H

#include "chip/chip.h"
#include "chip/tempkey.h"

#define CHIP_PRIVATE_BYTES 36 /* a private key as PrivWrite carries it: 4 zeros, then the scalar */
#define CHIP_MAC_BYTES 32
#define CHIP_OTHER_DATA_BYTES 13 /* of CheckMac */
#define CHIP_MAC_OTP_BYTES 11    /* OTP[0:10], as far as the mode includes them */

/* Bits of the mode of MAC, and of CheckMac and HMAC where they have them. */
enum chip_mac_mode {
    CHIP_MAC_BY_TEMPKEY = 0x01,    /* the challenge is TempKey, not part of the command */
    CHIP_MAC_UNDER_TEMPKEY = 0x02, /* the key is TempKey, not a slot's */
    CHIP_MAC_FROM_HOST = 0x04,     /* where TempKey takes part: its SourceFlag is "host" */
    CHIP_MAC_OTP_11 = 0x10,        /* includes OTP[0:10]: MAC of the ATECC508A */
    CHIP_MAC_OTP_8 = 0x20,         /* includes OTP[0:7]: MAC and CheckMac of the ATECC508A */
    CHIP_MAC_SERIAL = 0x40,        /* includes all of the serial number: MAC and HMAC */
};

/*
 * What MAC answers: `key` and `challenge` are 32 bytes each, whichever of them is TempKey. `otp` are the first 11 bytes
 * of OTP, read only for the modes that include them; NULL stands for zeros.
 */
bool chip_mac_response(uint8_t mode, uint16_t slot, const uint8_t key[static 32], const uint8_t challenge[static 32],
                       const uint8_t *otp, const uint8_t serial[static CHIP_SERIAL_BYTES],
                       uint8_t mac[static CHIP_MAC_BYTES]);

/*
 * The response that CheckMac accepts. `serial` and `otp` (its first 8 bytes, only for CHIP_MAC_OTP_8) are of the chip
 * that checks; what a MAC of another chip has hashed in their places comes in `other_data`.
 */
bool chip_mac_check(uint8_t mode, const uint8_t key[static 32], const uint8_t challenge[static 32],
                    const uint8_t other_data[static CHIP_OTHER_DATA_BYTES], const uint8_t *otp,
                    const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t response[static CHIP_MAC_BYTES]);

/*
 * The OtherData with which CheckMac reproduces a MAC made with `mode` and `slot` on a chip with this serial number and
 * OTP. Both chips' SN[0:1] and SN[8] must be the same.
 */
void chip_mac_other_data(uint8_t mode, uint16_t slot, const uint8_t *otp,
                         const uint8_t serial[static CHIP_SERIAL_BYTES],
                         uint8_t other_data[static CHIP_OTHER_DATA_BYTES]);

/* What HMAC of the ATECC508A answers: mode CHIP_MAC_FROM_HOST and CHIP_MAC_SERIAL. */
bool chip_mac_hmac(uint8_t mode, uint16_t slot, const uint8_t key[static 32],
                   const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], const uint8_t serial[static CHIP_SERIAL_BYTES],
                   uint8_t mac[static CHIP_MAC_BYTES]);

/*
 * DeriveKey: the key that `slot` holds afterwards. `parent` is the key of the slot itself (roll) or of its WriteKey
 * slot (create); `mode` 0, or CHIP_MAC_FROM_HOST. `key` may be `parent`.
 */
bool chip_mac_derive(uint8_t mode, uint8_t slot, const uint8_t parent[static 32],
                     const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], const uint8_t serial[static CHIP_SERIAL_BYTES],
                     uint8_t key[static 32]);

/* The MAC that DeriveKey wants where bit 15 of SlotConfig is set; `write_key` is the key of the WriteKey slot. */
bool chip_mac_derive_permission(uint8_t mode, uint8_t slot, const uint8_t write_key[static 32],
                                const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t mac[static CHIP_MAC_BYTES]);

/* Encrypted PrivWrite (param1 0x40): cipher text and MAC of the 36 plain bytes. `cipher` may be `plain`. */
bool chip_mac_privwrite(const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t param1, uint16_t param2,
                        const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t plain[static CHIP_PRIVATE_BYTES],
                        uint8_t cipher[static CHIP_PRIVATE_BYTES], uint8_t mac[static CHIP_MAC_BYTES]);

/* Encrypted Write: cipher text and MAC of one 32-byte block. `param1` is hashed as it is sent. `cipher` may be `plain`.
 */
bool chip_mac_write(const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t param1, uint16_t param2,
                    const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t plain[static 32],
                    uint8_t cipher[static 32], uint8_t mac[static CHIP_MAC_BYTES]);

/* Encrypted Read: the plain text of one block, in place. */
void chip_mac_read(const uint8_t tempkey[static CHIP_TEMPKEY_BYTES], uint8_t block[static 32]);

/*
 * NumIn for the Nonce before an encrypted write of `secret`: a hash over the key and all that is to be written. Both
 * ciphers are one XOR pad, so two secrets must never meet the same TempKey, not even if a hostile bus repeats the
 * chip's random number; a NumIn that differs with the secret makes that so, and needs no random source on this side.
 */
bool chip_mac_num_in(const uint8_t key[static 32], struct bytes secret, uint16_t param2,
                     uint8_t num_in[static CHIP_NUM_IN_BYTES]);

#endif
