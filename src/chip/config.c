/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config zone's identity, locks and per-slot policy words. Meanings: ATECC508A data sheet DS20005927, sections 2.2
 * to 2.4; for the ATECC608 the TNGTLS data sheet, table 2-3. Offsets: chip/config_layout.h.
 */
#include "chip/config.h"

#include "base/order.h"
#include "chip/config_layout.h"

#include <stddef.h>
#include <string.h>

/* KeyConfig: Private, and the three bits of KeyType with 4, a P-256 key. */
#define KEY_PAIR_MASK 0x001D
#define KEY_PAIR 0x0011

static const struct {
    uint8_t family, first, last; /* revision byte 2, and the range of byte 3 */
    enum chip_part part;
} revisions[] = {
    {0x50, 0x00, 0xFF, CHIP_PART_ATECC508A},
    {0x60, 0x00, 0x02, CHIP_PART_ATECC608A}, /* 01 and 02 seen in parts, 00 in templates */
    {0x60, 0x03, 0xFF, CHIP_PART_ATECC608B}, /* 03 seen in parts: chip_config_revision_is_known() */
};

#define REVISION_LAST_KNOWN_608 0x03

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
    const uint8_t *revision = chip_config_revision(config).data;

    for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++)
        if (revision[2] == revisions[i].family && revision[3] >= revisions[i].first && revision[3] <= revisions[i].last)
            return revisions[i].part;
    return CHIP_PART_UNKNOWN;
}

void chip_config_serial(const struct chip_config *config, uint8_t serial[static CHIP_SERIAL_BYTES])
{
    memcpy(serial, config->zone + CONFIG_SERIAL_FIRST_AT, CONFIG_SERIAL_FIRST_BYTES);
    memcpy(serial + CONFIG_SERIAL_FIRST_BYTES, config->zone + CONFIG_SERIAL_SECOND_AT, CONFIG_SERIAL_SECOND_BYTES);
}

bool chip_config_revision_is_known(const struct chip_config *config)
{
    const enum chip_part part = chip_config_part(config);

    return part != CHIP_PART_UNKNOWN &&
           (part != CHIP_PART_ATECC608B || chip_config_revision(config).data[3] <= REVISION_LAST_KNOWN_608);
}

struct bytes chip_config_revision(const struct chip_config *config)
{
    return bytes_of(config->has_revision ? config->revision : config->zone + CONFIG_REVISION_AT, CHIP_REVISION_BYTES);
}

void chip_config_set_revision(struct chip_config *config, const uint8_t revision[static CHIP_REVISION_BYTES])
{
    memcpy(config->revision, revision, CHIP_REVISION_BYTES);
    config->has_revision = true;
}

bool chip_config_revision_differs(const struct chip_config *config)
{
    return config->has_revision &&
           memcmp(config->revision, config->zone + CONFIG_REVISION_AT, CHIP_REVISION_BYTES) != 0;
}

bool chip_config_is_locked(const struct chip_config *config)
{
    return config->zone[CONFIG_LOCK_CONFIG_AT] != CONFIG_UNLOCKED;
}

bool chip_data_is_locked(const struct chip_config *config)
{
    return config->zone[CONFIG_LOCK_VALUE_AT] != CONFIG_UNLOCKED;
}

bool chip_config_is_i2c(const struct chip_config *config)
{
    return (config->zone[CONFIG_I2C_ENABLE_AT] & 1) != 0;
}

/* On the ATECC508A byte 85 is the Selector and bit 0 of ChipMode its write rule: neither moves the address. */
uint8_t chip_config_i2c_address(const struct chip_config *config)
{
    uint8_t user_address = config->zone[CONFIG_USER_EXTRA_ADD_AT];

    if (chip_config_part(config) != CHIP_PART_ATECC508A && user_address != 0 &&
        (config->zone[CONFIG_CHIP_MODE_AT] & CONFIG_CHIP_MODE_USER_ADDRESS) != 0)
        return user_address >> 1;
    return config->zone[CONFIG_I2C_ADDRESS_AT] >> 1;
}

enum chip_clock chip_config_clock(const struct chip_config *config)
{
    switch (config->zone[CONFIG_CHIP_MODE_AT] & CONFIG_CHIP_MODE_CLOCK) {
    case CONFIG_CLOCK_M0:
        return CHIP_CLOCK_M0;
    case CONFIG_CLOCK_M1:
        return CHIP_CLOCK_M1;
    default:
        return CHIP_CLOCK_M2;
    }
}

void chip_config_mark_locked(struct chip_config *config)
{
    config->zone[CONFIG_LOCK_CONFIG_AT] = 0x00;
}

void chip_config_mark_data_locked(struct chip_config *config)
{
    config->zone[CONFIG_LOCK_VALUE_AT] = 0x00;
}

uint8_t chip_config_address_byte(const struct chip_config *config)
{
    return config->zone[CONFIG_I2C_ADDRESS_AT];
}

void chip_config_set_address_byte(struct chip_config *config, uint8_t value)
{
    config->zone[CONFIG_I2C_ADDRESS_AT] = value;
}

uint16_t chip_config_secure_boot(const struct chip_config *config)
{
    return load16_le(config->zone + CONFIG_SECURE_BOOT_AT);
}

void chip_config_set_secure_boot(struct chip_config *config, uint16_t value)
{
    store16_le(config->zone + CONFIG_SECURE_BOOT_AT, value);
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
    return load16_le(config->zone + CONFIG_SLOT_CONFIG_AT + 2 * slot);
}

uint16_t chip_key_config(const struct chip_config *config, uint8_t slot)
{
    return load16_le(config->zone + CONFIG_KEY_CONFIG_AT + 2 * slot);
}

bool chip_slot_is_locked(const struct chip_config *config, uint8_t slot)
{
    return !bit(load16_le(config->zone + CONFIG_SLOT_LOCKED_AT), slot);
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

bool chip_slot_is_limited(const struct chip_config *config, uint8_t slot)
{
    return bit(chip_slot_config(config, slot), 5);
}

bool chip_slot_keeps_secret(const struct chip_config *config, uint8_t slot)
{
    return bit(chip_slot_config(config, slot), 3);
}

bool chip_slot_takes_secret(const struct chip_config *config, uint8_t slot)
{
    const uint8_t beside = (uint8_t)(slot & ~1u);

    return beside != slot && chip_slot_is_private(config, beside) && bit(chip_slot_config(config, beside), 2);
}

bool chip_slot_needs_latch(const struct chip_config *config, uint8_t slot)
{
    return bit(chip_key_config(config, slot), 12);
}

void chip_set_slot_policy(struct chip_config *config, uint8_t slot, uint16_t slot_config, uint16_t key_config)
{
    store16_le(config->zone + CONFIG_SLOT_CONFIG_AT + 2 * slot, slot_config);
    store16_le(config->zone + CONFIG_KEY_CONFIG_AT + 2 * slot, key_config);
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
        .persistent_disable = chip_slot_needs_latch(config, slot),
        .x509_id = (key_config >> 14) & 3,
        .is_secret = bit(slot_config, 7),
        .limited_use = chip_slot_is_limited(config, slot),
        .read_key = slot_config & 0x0F,
        .write_key = chip_slot_write_key(config, slot),
    };

    if (policy.is_private)
        decode_private(&policy);
    else
        decode_other(&policy);
    return policy;
}

/* Where the runs of `struct chip_policy_bytes` lie. */
static const struct policy_run {
    uint8_t offset, width;
    uint8_t member; /* offsetof the run in struct chip_policy_bytes */
    bool not_508a;
} policy_runs[] = {
    {CONFIG_I2C_ADDRESS_AT, 36, offsetof(struct chip_policy_bytes, low), false},
    {CONFIG_USE_LOCK_AT, 16, offsetof(struct chip_policy_bytes, middle), true},
    {CONFIG_CHIP_OPTIONS_AT, 38, offsetof(struct chip_policy_bytes, high), false},
};
#define POLICY_RUNS (sizeof(policy_runs) / sizeof(policy_runs[0]))

static bool run_is_policy(const struct policy_run *run, enum chip_part part)
{
    return !(run->not_508a && part == CHIP_PART_ATECC508A);
}

bool chip_config_byte_is_policy(enum chip_part part, uint8_t offset)
{
    for (size_t i = 0; i < POLICY_RUNS; i++)
        if (offset >= policy_runs[i].offset && offset < policy_runs[i].offset + policy_runs[i].width)
            return run_is_policy(&policy_runs[i], part);
    return false;
}

void chip_config_set_policy(struct chip_config *config, enum chip_part part, const struct chip_policy_bytes *policy)
{
    for (size_t i = 0; i < POLICY_RUNS; i++)
        if (run_is_policy(&policy_runs[i], part))
            memcpy(config->zone + policy_runs[i].offset, (const uint8_t *)policy + policy_runs[i].member,
                   policy_runs[i].width);
}

void chip_config_get_policy(const struct chip_config *config, enum chip_part part, struct chip_policy_bytes *policy)
{
    *policy = (struct chip_policy_bytes){.low = {0}};
    for (size_t i = 0; i < POLICY_RUNS; i++)
        if (run_is_policy(&policy_runs[i], part))
            memcpy((uint8_t *)policy + policy_runs[i].member, config->zone + policy_runs[i].offset,
                   policy_runs[i].width);
}

void chip_config_model(struct chip_config *config, enum chip_part part, const struct chip_policy_bytes *policy)
{
    const uint8_t revision[CHIP_REVISION_BYTES] = {0, 0, part == CHIP_PART_ATECC508A ? 0x50 : 0x60,
                                                   part == CHIP_PART_ATECC608B ? REVISION_LAST_KNOWN_608 : 0};

    memset(config, 0, sizeof *config);
    chip_config_set_revision(config, revision);
    config->zone[CONFIG_AES_ENABLE_AT] = part != CHIP_PART_ATECC508A;
    config->zone[CONFIG_I2C_ENABLE_AT] = 1;
    config->zone[CONFIG_LOCK_VALUE_AT] = CONFIG_UNLOCKED;
    config->zone[CONFIG_LOCK_CONFIG_AT] = CONFIG_UNLOCKED;
    memset(config->zone + CONFIG_SLOT_LOCKED_AT, 0xFF, 2); /* a bit for each slot: none is locked */
    chip_config_set_policy(config, part, policy);
}

unsigned chip_config_policy_distance(const struct chip_config *config, enum chip_part part,
                                     const struct chip_policy_bytes *policy)
{
    struct chip_config applied = *config;
    unsigned distance = 0;

    chip_config_set_policy(&applied, part, policy);
    for (size_t i = 0; i < CHIP_CONFIG_BYTES; i++)
        distance += applied.zone[i] != config->zone[i];
    return distance;
}

int chip_config_compare_policy(enum chip_part part, const struct chip_config *a, const struct chip_config *b)
{
    for (uint8_t i = 0; i < CHIP_CONFIG_BYTES; i++)
        if (chip_config_byte_is_policy(part, i) && a->zone[i] != b->zone[i])
            return i;
    return -1;
}

int chip_config_compare_unlocked(const struct chip_config *a, const struct chip_config *b)
{
    for (uint8_t i = 0; i < CHIP_CONFIG_BYTES; i++)
        if (i != CONFIG_LOCK_VALUE_AT && i != CONFIG_LOCK_CONFIG_AT && a->zone[i] != b->zone[i])
            return i;
    return -1;
}

void chip_config_note_difference(struct error *err, int offset, const struct chip_config *expected,
                                 const struct chip_config *found)
{
    if (err == NULL)
        return;
    err->has_config_offset = true;
    err->config_offset = (uint8_t)offset;
    err->expected = expected->zone[offset];
    err->found = found->zone[offset];
}
