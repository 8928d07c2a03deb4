/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Config zone decoded where a command asks for it. Bit positions are those of the public ATECC508A data sheet
 * (DS20005927, 2.2) and of the Trust&GO and TrustFLEX sheets for the ATECC608; docs/internals/virtual-chip.md lists the
 * choices made where they are silent.
 */
#include "virtual/chip/policy.h"
#include "virtual/chip/crypto.h"

#include <string.h>

#define COUNTER_MAX 2097151u /* 21 bits */

static uint16_t word_at(const uint8_t *config, size_t at)
{
    return (uint16_t)(config[at] | config[at + 1] << 8);
}

bool virtual_is_608(const struct virtual_chip *chip)
{
    return chip->memory.config[VIRTUAL_AT_REVISION + 2] == 0x60;
}

bool virtual_is_i2c(const struct virtual_chip *chip)
{
    return (chip->memory.config[VIRTUAL_AT_I2C_ENABLE] & 1) != 0;
}

enum virtual_gpio_mode virtual_gpio_mode(const struct virtual_chip *chip)
{
    if (virtual_is_i2c(chip))
        return VIRTUAL_GPIO_OFF;
    return (enum virtual_gpio_mode)(chip->memory.config[VIRTUAL_AT_I2C_ADDRESS] & 3);
}

bool virtual_config_locked(const struct virtual_chip *chip)
{
    return chip->memory.config[VIRTUAL_AT_LOCK_CONFIG] != VIRTUAL_UNLOCKED;
}

bool virtual_data_locked(const struct virtual_chip *chip)
{
    return chip->memory.config[VIRTUAL_AT_LOCK_VALUE] != VIRTUAL_UNLOCKED;
}

uint16_t virtual_slot_config(const struct virtual_memory *memory, unsigned slot)
{
    return word_at(memory->config, VIRTUAL_AT_SLOT_CONFIG + 2u * slot);
}

uint16_t virtual_key_config(const struct virtual_memory *memory, unsigned slot)
{
    return word_at(memory->config, VIRTUAL_AT_KEY_CONFIG + 2u * slot);
}

unsigned virtual_read_key(const struct virtual_chip *chip, unsigned slot)
{
    return virtual_slot_config(&chip->memory, slot) & 0x0fu;
}

unsigned virtual_write_key(const struct virtual_chip *chip, unsigned slot)
{
    return virtual_slot_config(&chip->memory, slot) >> 8 & 0x0fu;
}

uint16_t virtual_chip_options(const struct virtual_chip *chip)
{
    return word_at(chip->memory.config, VIRTUAL_AT_CHIP_OPTIONS);
}

bool virtual_slot_changeable(const struct virtual_chip *chip, unsigned slot)
{
    return ((unsigned)word_at(chip->memory.config, VIRTUAL_AT_SLOT_LOCKED) >> slot & 1u) != 0;
}

bool virtual_is_p256(const struct virtual_memory *memory, unsigned slot)
{
    return (virtual_key_config(memory, slot) >> 2 & 7u) == 4;
}

bool virtual_is_private(const struct virtual_memory *memory, unsigned slot)
{
    return (virtual_key_config(memory, slot) & VIRTUAL_KEY_PRIVATE) != 0;
}

bool virtual_is_signing_key(const struct virtual_chip *chip, unsigned slot)
{
    return virtual_is_private(&chip->memory, slot) && virtual_is_p256(&chip->memory, slot) &&
           (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_IS_SECRET) != 0;
}

bool virtual_is_public_key(const struct virtual_chip *chip, unsigned slot)
{
    return slot >= 8 && virtual_is_p256(&chip->memory, slot) && !virtual_is_private(&chip->memory, slot);
}

bool virtual_needs_validation(const struct virtual_chip *chip, unsigned slot)
{
    return virtual_is_public_key(chip, slot) && (virtual_key_config(&chip->memory, slot) & VIRTUAL_KEY_PUB_INFO) != 0;
}

bool virtual_is_validated(const struct virtual_chip *chip, unsigned slot)
{
    return chip->memory.data[virtual_slot_at(slot)] >> 4 == 5;
}

enum virtual_protection virtual_ecdh_protection(const struct virtual_chip *chip)
{
    return (enum virtual_protection)(virtual_chip_options(chip) >> 8 & 3);
}

enum virtual_protection virtual_kdf_protection(const struct virtual_chip *chip)
{
    return (enum virtual_protection)(virtual_chip_options(chip) >> 10 & 3);
}

bool virtual_is_aes_key(const struct virtual_chip *chip, unsigned slot)
{
    return (virtual_key_config(&chip->memory, slot) >> 2 & 7u) == 6 && !virtual_is_private(&chip->memory, slot);
}

bool virtual_accepts_result(const struct virtual_chip *chip, unsigned slot)
{
    return virtual_slot_changeable(chip, slot) && !virtual_is_private(&chip->memory, slot) &&
           !virtual_is_p256(&chip->memory, slot) && virtual_slot_config(&chip->memory, slot) >> 12 == 0;
}

const uint8_t *virtual_io_key(struct virtual_chip *chip)
{
    const uint16_t options = virtual_chip_options(chip);
    const unsigned slot = options >> 12;

    if (!virtual_is_608(chip) || (options & VIRTUAL_CHIP_OPTION_IO_KEY) == 0 || virtual_is_private(&chip->memory, slot))
        return NULL;
    return virtual_slot_bytes(&chip->memory, slot);
}

size_t virtual_slot_size(unsigned slot)
{
    if (slot < 8)
        return 36;
    return slot == 8 ? 416 : 72;
}

size_t virtual_slot_at(unsigned slot)
{
    return slot <= 8 ? 36u * slot : 36u * 8 + 416 + 72u * (slot - 9);
}

uint8_t *virtual_slot_bytes(struct virtual_memory *memory, unsigned slot)
{
    return memory->data + virtual_slot_at(slot);
}

uint8_t *virtual_slot_scalar(struct virtual_memory *memory, unsigned slot)
{
    return virtual_slot_bytes(memory, slot) + 4;
}

void virtual_load_public_key(struct virtual_memory *memory, unsigned slot, uint8_t point[static 64])
{
    const uint8_t *bytes = virtual_slot_bytes(memory, slot);

    memcpy(point, bytes + 4, 32);
    memcpy(point + 32, bytes + 40, 32);
}

void virtual_store_public_key(struct virtual_memory *memory, unsigned slot, const uint8_t point[static 64])
{
    uint8_t *bytes = virtual_slot_bytes(memory, slot);

    memset(bytes, 0, 72);
    memcpy(bytes + 4, point, 32);
    memcpy(bytes + 40, point + 32, 32);
}

/* ---- counters ---- */

static unsigned cleared_bits(unsigned linear)
{
    unsigned cleared = 0;

    for (unsigned bit = 0; bit < 16; bit++)
        cleared += (linear >> bit & 1u) == 0;
    return cleared;
}

uint32_t virtual_counter(const struct virtual_chip *chip, unsigned counter)
{
    const uint8_t *bytes = chip->memory.config + VIRTUAL_AT_COUNTERS + 8u * counter;
    const unsigned linear_a = (unsigned)bytes[0] << 8 | bytes[1];
    const unsigned linear_b = (unsigned)bytes[2] << 8 | bytes[3];
    const uint32_t binary_a = (uint32_t)bytes[4] << 8 | bytes[5];
    const uint32_t binary_b = (uint32_t)bytes[6] << 8 | bytes[7];

    /* Of each 32 steps A counts the first 16, B the others. */
    if (linear_a != 0)
        return binary_a * 32 + cleared_bits(linear_a);
    return binary_b * 32 + 16 + cleared_bits(linear_b);
}

static void store_linear(uint8_t *at, uint32_t steps)
{
    const unsigned linear = steps >= 16 ? 0 : 0xffffu >> steps;

    at[0] = (uint8_t)(linear >> 8);
    at[1] = (uint8_t)linear;
}

static void store_counter(struct virtual_chip *chip, unsigned counter, uint32_t value)
{
    uint8_t *bytes = chip->memory.config + VIRTUAL_AT_COUNTERS + 8u * counter;
    const uint32_t binary_a = value / 32;
    const uint32_t binary_b = value < 16 ? 0 : (value - 16) / 32;

    store_linear(bytes, value % 32);
    store_linear(bytes + 2, value < 16 ? 0 : (value - 16) % 32);
    bytes[4] = (uint8_t)(binary_a >> 8);
    bytes[5] = (uint8_t)binary_a;
    bytes[6] = (uint8_t)(binary_b >> 8);
    bytes[7] = (uint8_t)binary_b;
}

static uint32_t match_value(const uint8_t *bytes)
{
    return ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24) & ~31u;
}

/* With CountMatch, counter 0 stops at the match value. If its two copies differ, the smaller one is used. */
static uint32_t counter_limit(struct virtual_chip *chip, unsigned counter)
{
    const uint8_t match = chip->memory.config[VIRTUAL_AT_COUNT_MATCH];
    const uint8_t *bytes = virtual_slot_bytes(&chip->memory, match >> 4);
    const uint32_t first = match_value(bytes), second = match_value(bytes + 4);
    const uint32_t limit = first < second ? first : second;

    if (counter != 0 || !virtual_is_608(chip) || (match & 1) == 0)
        return COUNTER_MAX;
    return limit < COUNTER_MAX ? limit : COUNTER_MAX;
}

bool virtual_count(struct virtual_chip *chip, unsigned counter)
{
    const uint32_t value = virtual_counter(chip, counter);

    if (value >= counter_limit(chip, counter))
        return false;
    store_counter(chip, counter, value + 1);
    return true;
}

/* ATECC508A, slot 15: 128 bits; each use clears the left-most one that is set. */
static bool spend_last_key_use(struct virtual_chip *chip)
{
    for (unsigned i = 0; i < 16; i++) {
        uint8_t *byte = &chip->memory.config[VIRTUAL_AT_LAST_KEY_USE + i];

        for (unsigned bit = 0x80; bit != 0; bit >>= 1)
            if ((*byte & bit) != 0) {
                *byte = (uint8_t)(*byte & ~bit);
                return true;
            }
    }
    return false;
}

bool virtual_spend_use(struct virtual_chip *chip, unsigned slot)
{
    if (slot == 15 && !virtual_is_608(chip))
        return spend_last_key_use(chip);
    return virtual_count(chip, 0);
}

bool virtual_use_key(struct virtual_chip *chip, unsigned slot, unsigned uses)
{
    struct virtual_registers *registers = &chip->registers;
    const uint16_t key = virtual_key_config(&chip->memory, slot);
    const bool req_auth = (key & VIRTUAL_KEY_REQ_AUTH) != 0;
    const bool limited = (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_LIMITED_USE) != 0;

    if ((uses & VIRTUAL_USE_LATCH) != 0 && (key & VIRTUAL_KEY_LATCH) != 0 && !chip->latch)
        return false;
    if ((uses & VIRTUAL_USE_RANDOM) != 0 && (key & VIRTUAL_KEY_REQ_RANDOM) != 0 &&
        (!registers->tempkey.valid || registers->tempkey.from_host))
        return false;
    if (req_auth && (!registers->authorised || registers->authorised_key != (key >> 8 & 0x0fu)))
        return false;
    if ((uses & VIRTUAL_USE_COUNT) != 0 && limited && !virtual_spend_use(chip, slot))
        return false;
    if (req_auth)
        registers->authorised = false;
    return true;
}
