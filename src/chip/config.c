/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config zone's identity, locks and per-slot policy words. Offsets and meanings: ATECC508A data sheet DS20005927,
 * table 2-5 and sections 2.2 to 2.4; for the ATECC608 the TNGTLS data sheet, table 2-3.
 */
#include "chip/config.h"

#include "base/order.h"

#include <string.h>

#define REVISION_AT 4
#define I2C_ENABLE_AT 14
#define I2C_ADDRESS_AT 16
#define CHIP_MODE_AT 19
#define SLOT_CONFIG_AT 20
#define USER_EXTRA_ADDRESS_AT 85
#define LOCK_VALUE_AT 86
#define LOCK_CONFIG_AT 87
#define SLOT_LOCKED_AT 88
#define KEY_CONFIG_AT 96

/* KeyConfig: Private, and the three bits of KeyType with 4, a P-256 key. */
#define KEY_PAIR_MASK 0x001D
#define KEY_PAIR 0x0011

#define UNLOCKED 0x55 /* any other value means locked */
#define CHIP_MODE_USER_ADDRESS 0x01

static const struct {
    uint8_t family, first, last; /* revision byte 2, and the range of byte 3 */
    enum chip_part part;
} revisions[] = {
    {0x50, 0x00, 0xFF, CHIP_PART_ATECC508A},
    {0x60, 0x00, 0x02, CHIP_PART_ATECC608A}, /* 01 and 02 seen in parts, 00 in templates */
    {0x60, 0x03, 0x03, CHIP_PART_ATECC608B},
};

const char *chip_part_name(enum chip_part part)
{
    static const char *const names[] = {
        [CHIP_PART_UNKNOWN] = "unknown part",
        [CHIP_PART_ATECC508A] = "ATECC508A",
        [CHIP_PART_ATECC608A] = "ATECC608A",
        [CHIP_PART_ATECC608B] = "ATECC608B",
    };

    if ((unsigned)part >= sizeof(names) / sizeof(names[0]))
        part = CHIP_PART_UNKNOWN;
    return names[part];
}

enum chip_part chip_config_part(const struct chip_config *config)
{
    const uint8_t *revision = config->bytes + REVISION_AT;

    for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++)
        if (revision[2] == revisions[i].family && revision[3] >= revisions[i].first && revision[3] <= revisions[i].last)
            return revisions[i].part;
    return CHIP_PART_UNKNOWN;
}

void chip_config_serial(const struct chip_config *config, uint8_t serial[static CHIP_SERIAL_BYTES])
{
    memcpy(serial, config->bytes, 4);
    memcpy(serial + 4, config->bytes + 8, 5);
}

bool chip_config_is_locked(const struct chip_config *config)
{
    return config->bytes[LOCK_CONFIG_AT] != UNLOCKED;
}

bool chip_data_is_locked(const struct chip_config *config)
{
    return config->bytes[LOCK_VALUE_AT] != UNLOCKED;
}

bool chip_config_is_i2c(const struct chip_config *config)
{
    return (config->bytes[I2C_ENABLE_AT] & 1) != 0;
}

/* On the ATECC508A byte 85 is the Selector and bit 0 of ChipMode its write rule: neither moves the address. */
uint8_t chip_config_i2c_address(const struct chip_config *config)
{
    uint8_t user_address = config->bytes[USER_EXTRA_ADDRESS_AT];

    if (chip_config_part(config) != CHIP_PART_ATECC508A && user_address != 0 &&
        (config->bytes[CHIP_MODE_AT] & CHIP_MODE_USER_ADDRESS) != 0)
        return user_address >> 1;
    return config->bytes[I2C_ADDRESS_AT] >> 1;
}

static bool bit(uint16_t word, unsigned number)
{
    return ((word >> number) & 1) != 0;
}

uint16_t chip_slot_bytes(uint8_t slot)
{
    if (slot < 8)
        return 36;
    return slot == 8 ? 416 : 72;
}

uint16_t chip_slot_config(const struct chip_config *config, uint8_t slot)
{
    return load16_le(config->bytes + SLOT_CONFIG_AT + 2 * slot);
}

uint16_t chip_key_config(const struct chip_config *config, uint8_t slot)
{
    return load16_le(config->bytes + KEY_CONFIG_AT + 2 * slot);
}

bool chip_slot_is_locked(const struct chip_config *config, uint8_t slot)
{
    return !bit(load16_le(config->bytes + SLOT_LOCKED_AT), slot);
}

bool chip_slot_is_private(const struct chip_config *config, uint8_t slot)
{
    return bit(chip_key_config(config, slot), 0);
}

bool chip_slot_is_key_pair(const struct chip_config *config, uint8_t slot)
{
    return (chip_key_config(config, slot) & KEY_PAIR_MASK) == KEY_PAIR;
}

uint8_t chip_slot_write_key(const struct chip_config *config, uint8_t slot)
{
    return (chip_slot_config(config, slot) >> 8) & 0x0F;
}

static enum chip_key_type key_type_of(uint16_t key_config)
{
    static const enum chip_key_type types[8] = {
        [4] = CHIP_KEY_P256,
        [6] = CHIP_KEY_AES,
        [7] = CHIP_KEY_DATA,
    };

    return types[(key_config >> 2) & 7];
}

/* By IsSecret (bit 7) and EncryptRead (bit 6). EncryptRead without IsSecret is prohibited: nothing promises a read. */
static enum chip_read_rule read_rule_of(uint16_t slot_config)
{
    static const enum chip_read_rule rules[4] = {
        [0] = CHIP_READ_CLEAR,
        [1] = CHIP_READ_NEVER,
        [2] = CHIP_READ_NEVER,
        [3] = CHIP_READ_ENCRYPTED,
    };

    return rules[(slot_config >> 6) & 3];
}

/* By WriteConfig, bits 15 to 12. */
static enum chip_write_rule write_rule_of(uint16_t slot_config)
{
    static const enum chip_write_rule rules[16] = {
        CHIP_WRITE_ALWAYS,    CHIP_WRITE_IF_INVALID, CHIP_WRITE_NEVER,     CHIP_WRITE_NEVER,
        CHIP_WRITE_ENCRYPTED, CHIP_WRITE_ENCRYPTED,  CHIP_WRITE_ENCRYPTED, CHIP_WRITE_ENCRYPTED,
        CHIP_WRITE_NEVER,     CHIP_WRITE_NEVER,      CHIP_WRITE_NEVER,     CHIP_WRITE_NEVER,
        CHIP_WRITE_ENCRYPTED, CHIP_WRITE_ENCRYPTED,  CHIP_WRITE_ENCRYPTED, CHIP_WRITE_ENCRYPTED,
    };

    return rules[slot_config >> 12];
}

/* The half of SlotConfig that only an ECC private key uses. */
static void decode_private(struct chip_slot_policy *policy)
{
    uint16_t word = policy->slot_config;

    policy->external_sign = bit(word, 0);
    policy->internal_sign = bit(word, 1);
    policy->ecdh = bit(word, 2);
    policy->ecdh_to_slot = policy->ecdh && bit(word, 3);
    policy->gen_key = bit(word, 13);
    policy->priv_write = bit(word, 14);
    policy->read = CHIP_READ_NEVER;
    policy->write = CHIP_WRITE_NEVER;
}

/* The half that every other slot uses. DeriveKey is not for ECC keys. */
static void decode_other(struct chip_slot_policy *policy)
{
    uint16_t word = policy->slot_config;

    policy->check_mac_copy = policy->read_key == 0;
    policy->no_mac = bit(word, 4);
    policy->encrypt_read = bit(word, 6);
    policy->read = read_rule_of(word);
    policy->write = write_rule_of(word);
    if (policy->type != CHIP_KEY_P256 && bit(word, 13)) {
        policy->derive = bit(word, 12) ? CHIP_DERIVE_CREATE : CHIP_DERIVE_ROLL;
        policy->derive_mac = bit(word, 15);
    }
}

struct chip_slot_policy chip_slot_policy(const struct chip_config *config, uint8_t slot)
{
    uint16_t slot_config = chip_slot_config(config, slot);
    uint16_t key_config = chip_key_config(config, slot);
    struct chip_slot_policy policy = {
        .slot_config = slot_config,
        .key_config = key_config,
        .bytes = chip_slot_bytes(slot),
        .locked = chip_slot_is_locked(config, slot),
        .is_private = bit(key_config, 0),
        .pub_info = bit(key_config, 1),
        .type = key_type_of(key_config),
        .lockable = bit(key_config, 5),
        .req_random = bit(key_config, 6),
        .req_auth = bit(key_config, 7),
        .auth_key = (key_config >> 8) & 0x0F,
        .persistent_disable = bit(key_config, 12),
        .x509_id = (key_config >> 14) & 3,
        .is_secret = bit(slot_config, 7),
        .limited_use = bit(slot_config, 5),
        .read_key = slot_config & 0x0F,
        .write_key = chip_slot_write_key(config, slot),
    };

    if (policy.is_private)
        decode_private(&policy);
    else
        decode_other(&policy);
    return policy;
}

/*
 * Ranges of offsets, first and last: all but identity, counters, UserExtra and locks. On the ATECC508A bytes 68 to 83
 * count the uses of slot 15 down.
 */
static const struct {
    uint8_t first, last;
    bool not_508a;
} policy_bytes[] = {{16, 51, false}, {68, 83, true}, {90, 127, false}};

bool chip_config_byte_is_policy(enum chip_part part, uint8_t offset)
{
    for (size_t i = 0; i < sizeof(policy_bytes) / sizeof(policy_bytes[0]); i++)
        if (offset >= policy_bytes[i].first && offset <= policy_bytes[i].last)
            return !(policy_bytes[i].not_508a && part == CHIP_PART_ATECC508A);
    return false;
}

int chip_config_compare_policy(enum chip_part part, const struct chip_config *a, const struct chip_config *b)
{
    for (size_t i = 0; i < sizeof(policy_bytes) / sizeof(policy_bytes[0]); i++) {
        if (policy_bytes[i].not_508a && part == CHIP_PART_ATECC508A)
            continue;
        for (unsigned offset = policy_bytes[i].first; offset <= policy_bytes[i].last; offset++)
            if (a->bytes[offset] != b->bytes[offset])
                return (int)offset;
    }
    return -1;
}
