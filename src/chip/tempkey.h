/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TempKey as the host knows it: what it holds after each command that fills it, and the flags that the chip keeps
 * beside it, hashes into its own messages and checks. One call here for each call in chip/operations_registers.h; sends
 * nothing. The calls that hash return false only when the host's SHA-256 fails; the value is zeros then. A `struct
 * chip_tempkey` is a secret as soon as a key went in: its owner wipes it.
 */
#ifndef IMPRINT_CHIP_TEMPKEY_H
#define IMPRINT_CHIP_TEMPKEY_H

#include "chip/chip.h"
#include "chip/config.h"

#define CHIP_NUM_IN_BYTES 20 /* the host's share of a random Nonce */
#define CHIP_TEMPKEY_BYTES 32

struct chip_tempkey {
    uint8_t value[2 * CHIP_TEMPKEY_BYTES]; /* the upper half is defined after a load of 64 bytes only */
    bool from_host;                        /* SourceFlag: no random number took part */
    bool gendig_data;                      /* filled last by GenDig with `slot` */
    bool genkey_data;                      /* filled last by GenKey about `slot` */
    bool no_mac;                           /* that slot has NoMac */
    uint8_t slot;                          /* KeyID */
};

/* After Nonce with a random number: `rand_out` is the chip's reply. `mode` 0 or 1, as sent. */
bool chip_tempkey_nonce(struct chip_tempkey *tempkey, uint8_t mode, const uint8_t rand_out[static 32],
                        const uint8_t num_in[static CHIP_NUM_IN_BYTES]);

/* After Nonce with the host's own 32 or 64 bytes. */
void chip_tempkey_load(struct chip_tempkey *tempkey, struct bytes value);

/* After Nonce with Param2 8000: TempKey hashed with NumIn. */
bool chip_tempkey_mix(struct chip_tempkey *tempkey, uint8_t mode, const uint8_t num_in[static CHIP_NUM_IN_BYTES]);

/*
 * After GenDig with a slot: `key` is its first 32 bytes. `other_data` NULL for a slot without NoMac, else the four
 * bytes sent to one that has it.
 */
bool chip_tempkey_gendig_slot(struct chip_tempkey *tempkey, uint8_t slot, const uint8_t key[static 32],
                              const uint8_t *other_data, const uint8_t serial[static CHIP_SERIAL_BYTES]);

/* After GenDig with block 0 to 3 of the config zone, or block 0 or 1 of OTP: `content` are its 32 bytes. */
bool chip_tempkey_gendig_config(struct chip_tempkey *tempkey, uint8_t block, const uint8_t content[static 32],
                                const uint8_t serial[static CHIP_SERIAL_BYTES]);
bool chip_tempkey_gendig_otp(struct chip_tempkey *tempkey, uint8_t block, const uint8_t content[static 32],
                             const uint8_t serial[static CHIP_SERIAL_BYTES]);

/* After GenDig with a nonce that both sides know; `tempkey_first` as sent. */
bool chip_tempkey_gendig_nonce(struct chip_tempkey *tempkey, bool tempkey_first, const uint8_t nonce[static 32],
                               const uint8_t serial[static CHIP_SERIAL_BYTES]);

/* After GenDig with counter 0 or 1, of which `value` is expected. */
bool chip_tempkey_gendig_counter(struct chip_tempkey *tempkey, uint8_t counter, uint32_t value,
                                 const uint8_t serial[static CHIP_SERIAL_BYTES]);

/* After GenDig with the policy of a slot, which `config` is expected to hold. The serial number is config's too. */
bool chip_tempkey_gendig_policy(struct chip_tempkey *tempkey, uint8_t slot, const struct chip_config *config);

/* GenKey's modes with a digest of the key in a private slot. */
#define CHIP_GENKEY_DIGEST 0x08        /* of the key that is there */
#define CHIP_GENKEY_CREATE_DIGEST 0x0C /* of one that is made */

/* After GenKey with a digest: of the key in a private slot, or of a stored public key (mode 10), where the
 * three bytes of `other_data` stand in for mode and slot. */
bool chip_tempkey_genkey_private(struct chip_tempkey *tempkey, uint8_t mode, uint8_t slot,
                                 const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                 const uint8_t serial[static CHIP_SERIAL_BYTES]);
bool chip_tempkey_genkey_stored(struct chip_tempkey *tempkey, uint8_t slot, const uint8_t other_data[static 3],
                                const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                const uint8_t serial[static CHIP_SERIAL_BYTES]);

/* The flags in one byte, as Info(State) gives them and the internal message carries them. */
uint8_t chip_tempkey_flags(const struct chip_tempkey *tempkey);

#endif
