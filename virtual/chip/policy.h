/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that stored configuration puts on slots and keys: layout of the zones, SlotConfig and KeyConfig bits, use
 * limits and counters. Only virtual_use_key(), virtual_spend_use() and virtual_count() change something: they count
 * uses.
 */
#ifndef IMPRINT_VIRTUAL_POLICY_H
#define IMPRINT_VIRTUAL_POLICY_H

#include "virtual/chip/model.h"

/* Config zone offsets. */
#define VIRTUAL_AT_REVISION 4
#define VIRTUAL_AT_AES_ENABLE 13
#define VIRTUAL_AT_I2C_ENABLE 14
#define VIRTUAL_AT_I2C_ADDRESS 16
#define VIRTUAL_AT_COUNT_MATCH 18 /* ATECC508A: OTPmode */
#define VIRTUAL_AT_CHIP_MODE 19
#define VIRTUAL_AT_SLOT_CONFIG 20
#define VIRTUAL_AT_COUNTERS 52
#define VIRTUAL_AT_LAST_KEY_USE 68
#define VIRTUAL_AT_LATCH_PERMISSION 69
#define VIRTUAL_AT_SECURE_BOOT 70
#define VIRTUAL_AT_KDF_IV 72 /* offset, then the two bytes */
#define VIRTUAL_AT_USER_EXTRA 84
#define VIRTUAL_AT_USER_EXTRA_ADDRESS 85
#define VIRTUAL_AT_LOCK_VALUE 86
#define VIRTUAL_AT_LOCK_CONFIG 87
#define VIRTUAL_AT_SLOT_LOCKED 88
#define VIRTUAL_AT_CHIP_OPTIONS 90
#define VIRTUAL_AT_X509_FORMAT 92
#define VIRTUAL_AT_KEY_CONFIG 96

#define VIRTUAL_UNLOCKED 0x55 /* of LockValue and LockConfig; any other value is locked */

/* SlotConfig bits. The low four are ReadKey, or rights of a private key. */
#define VIRTUAL_SLOT_EXTERNAL_SIGN 0x0001u
#define VIRTUAL_SLOT_INTERNAL_SIGN 0x0002u
#define VIRTUAL_SLOT_ECDH 0x0004u
#define VIRTUAL_SLOT_ECDH_TO_SLOT 0x0008u
#define VIRTUAL_SLOT_NO_MAC 0x0010u
#define VIRTUAL_SLOT_LIMITED_USE 0x0020u
#define VIRTUAL_SLOT_ENCRYPT_READ 0x0040u
#define VIRTUAL_SLOT_IS_SECRET 0x0080u
#define VIRTUAL_SLOT_PUB_INVALID 0x1000u /* WriteConfig 0001 */
#define VIRTUAL_SLOT_GENKEY 0x2000u
#define VIRTUAL_SLOT_ENCRYPTED_WRITE 0x4000u
#define VIRTUAL_SLOT_DERIVE_CREATE 0x1000u /* WriteConfig bit 12, where bit 13 allows DeriveKey */
#define VIRTUAL_SLOT_DERIVE 0x2000u
#define VIRTUAL_SLOT_DERIVE_MAC 0x8000u

/* KeyConfig bits. */
#define VIRTUAL_KEY_PRIVATE 0x0001u
#define VIRTUAL_KEY_PUB_INFO 0x0002u
#define VIRTUAL_KEY_LOCKABLE 0x0020u
#define VIRTUAL_KEY_REQ_RANDOM 0x0040u
#define VIRTUAL_KEY_REQ_AUTH 0x0080u
#define VIRTUAL_KEY_LATCH 0x1000u

#define VIRTUAL_CHIP_OPTION_SELF_TEST 0x0001u
#define VIRTUAL_CHIP_OPTION_IO_KEY 0x0002u
#define VIRTUAL_CHIP_OPTION_KDF_AES 0x0004u

/* ECDHProt and KDFProt: what may leave the chip. */
enum virtual_protection { VIRTUAL_OUTPUT_CLEAR, VIRTUAL_OUTPUT_ENCRYPTED, VIRTUAL_OUTPUT_NONE, VIRTUAL_OUTPUT_INVALID };
enum virtual_protection virtual_ecdh_protection(const struct virtual_chip *chip);
enum virtual_protection virtual_kdf_protection(const struct virtual_chip *chip);

bool virtual_is_608(const struct virtual_chip *chip);
/* I2C_Enable bit 0. A part without it has one data pin, and SCL is a GPIO. */
bool virtual_is_i2c(const struct virtual_chip *chip);

/* What byte 16 makes of the other pin of a single-wire part. */
enum virtual_gpio_mode { VIRTUAL_GPIO_OFF, VIRTUAL_GPIO_AUTHORISATION, VIRTUAL_GPIO_INPUT, VIRTUAL_GPIO_OUTPUT };
enum virtual_gpio_mode virtual_gpio_mode(const struct virtual_chip *chip);

bool virtual_config_locked(const struct virtual_chip *chip);
bool virtual_data_locked(const struct virtual_chip *chip);

uint16_t virtual_slot_config(const struct virtual_memory *memory, unsigned slot);
uint16_t virtual_key_config(const struct virtual_memory *memory, unsigned slot);
unsigned virtual_read_key(const struct virtual_chip *chip, unsigned slot);
unsigned virtual_write_key(const struct virtual_chip *chip, unsigned slot);
uint16_t virtual_chip_options(const struct virtual_chip *chip);

/* SlotLocked bit is 1: the content may still change. */
bool virtual_slot_changeable(const struct virtual_chip *chip, unsigned slot);

/* KeyType 4. */
bool virtual_is_p256(const struct virtual_memory *memory, unsigned slot);
bool virtual_is_private(const struct virtual_memory *memory, unsigned slot);

/* Private, P-256 and IsSecret, as GenKey, Sign and PrivWrite require. */
bool virtual_is_signing_key(const struct virtual_chip *chip, unsigned slot);

/* P-256 and not private. Slots 0 to 7 are too short for one. */
bool virtual_is_public_key(const struct virtual_chip *chip, unsigned slot);

/* KeyType 6. */
bool virtual_is_aes_key(const struct virtual_chip *chip, unsigned slot);

/* May the chip store a result in this slot? It must be changeable, not private, and writable at any time. */
bool virtual_accepts_result(const struct virtual_chip *chip, unsigned slot);

/* The IO protection key, 32 bytes. NULL: not enabled, or in a slot that cannot hold one. */
const uint8_t *virtual_io_key(struct virtual_chip *chip);

/* A stored public key that must be validated before use: KeyConfig.PubInfo. */
bool virtual_needs_validation(const struct virtual_chip *chip, unsigned slot);
bool virtual_is_validated(const struct virtual_chip *chip, unsigned slot);

size_t virtual_slot_size(unsigned slot);

/* Where the slot's bytes begin in `data`. */
size_t virtual_slot_at(unsigned slot);
uint8_t *virtual_slot_bytes(struct virtual_memory *memory, unsigned slot);

/* Private slots keep 4 zero bytes, then the scalar. */
uint8_t *virtual_slot_scalar(struct virtual_memory *memory, unsigned slot);

/* X | Y of a stored public key, its two 4-byte pads left out. */
void virtual_load_public_key(struct virtual_memory *memory, unsigned slot, uint8_t point[static 64]);
void virtual_store_public_key(struct virtual_memory *memory, unsigned slot, const uint8_t point[static 64]);

enum virtual_use {
    VIRTUAL_USE_LATCH = 1,  /* PersistentDisable keys need the latch set */
    VIRTUAL_USE_RANDOM = 2, /* ReqRandom keys need a TempKey made with the random number generator */
    VIRTUAL_USE_COUNT = 4,  /* a LimitedUse key is counted */
};

/*
 * May the key in `slot` be used now, by its latch, ReqRandom, ReqAuth and LimitedUse bits? True uses up the
 * authorisation and counts the use, so ask this last. `uses` is a set of enum virtual_use; ReqAuth always applies.
 */
bool virtual_use_key(struct virtual_chip *chip, unsigned slot, unsigned uses);

/* Counts one use of a LimitedUse slot. False at the limit, where nothing is counted. */
bool virtual_spend_use(struct virtual_chip *chip, unsigned slot);

/* Monotonic counter 0 or 1: reads it; increments it. False at its limit. */
uint32_t virtual_counter(const struct virtual_chip *chip, unsigned counter);
bool virtual_count(struct virtual_chip *chip, unsigned counter);

#endif
