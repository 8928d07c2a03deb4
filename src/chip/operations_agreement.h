/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared secrets: ECDH, and KDF on the ATECC608. Both zones locked. A secret that leaves the chip leaves in clear, or
 * encrypted with the IO protection key (ChipOptions says whether there is one, and in which slot; `io_key` is what it
 * holds); ChipOptions may forbid the first or both. All else stays: in a slot or a register, for the next command.
 * CHIP_EXECUTION: SlotConfig, ChipOptions, ReqAuth, latch or a use count forbid it, or nothing is in the register.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_AGREEMENT_H
#define IMPRINT_CHIP_OPERATIONS_AGREEMENT_H

#include "chip/chip.h"
#include "chip/config.h"

#define CHIP_SECRET_BYTES 32 /* of ECDH: the x coordinate, big-endian */

/* ---- ECDH: `peer` is the other side's public key. CHIP_ECC_FAULT: it is no point of the curve. ---- */

/*
 * With the private key in the slot; the secret comes back. On a part that is not known to be an ATECC608 the slot's
 * policy says where the secret goes: where it says "the slot beside", the guard is asked and the answer is no secret
 * (CHIP_GARBLED).
 */
enum chip_status chip_ecdh(struct chip *chip, enum chip_part part, uint8_t slot,
                           const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], uint8_t secret[static CHIP_SECRET_BYTES],
                           struct error *err);

/* The secret goes to the odd one of the pair of slots, `slot | 1`. On an ATECC508A only if the slot's policy says so.
 */
enum chip_status chip_ecdh_to_slot(struct chip *chip, enum chip_part part, uint8_t slot,
                                   const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], struct error *err);

/* ATECC608: to TempKey, whose SourceFlag is "host" then; or back over the bus, encrypted. */
enum chip_status chip_ecdh_to_tempkey(struct chip *chip, uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                      struct error *err);
enum chip_status chip_ecdh_encrypted(struct chip *chip, uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                     const uint8_t io_key[static 32], uint8_t secret[static CHIP_SECRET_BYTES],
                                     struct error *err);

/*
 * ATECC608: a private key of one use, in TempKey, and its public key. Of use to the calls below only, each of which
 * uses it up. CHIP_RESET there: it is lost, and so is what the other side made of it; begin again with another.
 */
enum chip_status chip_generate_ephemeral(struct chip *chip, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                         struct error *err);
enum chip_status chip_ecdh_ephemeral(struct chip *chip, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                     uint8_t secret[static CHIP_SECRET_BYTES], struct error *err);
enum chip_status chip_ecdh_ephemeral_encrypted(struct chip *chip, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                               const uint8_t io_key[static 32],
                                               uint8_t secret[static CHIP_SECRET_BYTES], struct error *err);
enum chip_status chip_ecdh_ephemeral_to_tempkey(struct chip *chip, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                                struct error *err);
/* Into a slot that may be written in clear. CHIP_REPLY_LOST: the slot holds what it held, or the secret. */
enum chip_status chip_ecdh_ephemeral_to_slot(struct chip *chip, uint8_t slot,
                                             const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], struct error *err);

/* ---- KDF ---- */

enum chip_kdf_algorithm { CHIP_KDF_PRF = 0x00, CHIP_KDF_AES = 0x20, CHIP_KDF_HKDF = 0x40 };
enum chip_kdf_source {
    CHIP_KDF_FROM_TEMPKEY = 0x00,
    CHIP_KDF_FROM_UPPER_TEMPKEY = 0x01,
    CHIP_KDF_FROM_SLOT = 0x02,
    CHIP_KDF_FROM_ALTERNATE_KEY = 0x03,
};
enum chip_kdf_target {
    CHIP_KDF_TO_TEMPKEY = 0x00,
    CHIP_KDF_TO_UPPER_TEMPKEY = 0x04,
    CHIP_KDF_TO_SLOT = 0x08,
    CHIP_KDF_TO_ALTERNATE_KEY = 0x0C,
    CHIP_KDF_TO_CALLER = 0x10,
    CHIP_KDF_TO_CALLER_ENCRYPTED = 0x14,
};
/* Where the message of HKDF is. */
enum chip_kdf_message {
    CHIP_KDF_MESSAGE_IN_SLOT,
    CHIP_KDF_MESSAGE_IN_TEMPKEY,
    CHIP_KDF_MESSAGE_HERE,         /* as with PRF and AES */
    CHIP_KDF_MESSAGE_HERE_WITH_IV, /* the chip insists on KdfIvStr at KdfIvLoc in it */
};

#define CHIP_KDF_MESSAGE_MAX 128

/* What to make of what. Zero in all fields that the algorithm, source and target do not name. */
struct chip_kdf {
    enum chip_kdf_algorithm algorithm;
    enum chip_kdf_source source;
    enum chip_kdf_target target;
    uint8_t source_slot, target_slot;
    /* PRF: 1 to 128 bytes; AES: 16; HKDF: 0 to 128. Where the chip has it, `len` says how much, and `data` is not read.
     */
    struct bytes message;
    uint8_t key_bytes; /* PRF: 16, 32, 48 or 64 of the source */
    bool result_64;    /* PRF: 64 bytes, else 32 */
    bool aead;         /* PRF: 64 bytes, the first half to a target on the chip, the second to the caller, in clear */
    uint8_t key_unit;  /* AES: which 16 bytes of the source, 0 to 3 */
    bool zero_key;     /* HKDF: 32 zeros in the place of the source */
    enum chip_kdf_message message_in; /* HKDF */
    uint8_t message_slot;
};

/* How many bytes come back to the caller: 0, 32 or 64. */
size_t chip_kdf_result_bytes(const struct chip_kdf *kdf);

/*
 * KDF: chip/kdf.h computes the same. `result` takes chip_kdf_result_bytes(); NULL for none. `io_key` only for a result
 * that comes encrypted, NULL else. A register that was the source keeps its content. CHIP_PARSE: this part has no KDF,
 * or no AES in it. CHIP_REPLY_LOST, where a slot is the target: it holds the old or the new key.
 */
enum chip_status chip_kdf(struct chip *chip, const struct chip_kdf *kdf, const uint8_t *io_key, uint8_t *result,
                          struct error *err);

#endif
