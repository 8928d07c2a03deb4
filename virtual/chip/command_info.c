/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Info, Counter and UpdateExtra: state of the chip, monotonic counters, and the two bytes of the config zone that only
 * UpdateExtra can write.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

enum { INFO_REVISION = 0, INFO_KEY_VALID = 1, INFO_STATE = 2, INFO_GPIO = 3, INFO_LATCH = 4 };
enum { LATCH_READ = 0, LATCH_CLEAR = 2, LATCH_SET = 3 };

static bool key_is_valid(struct virtual_chip *chip, unsigned slot)
{
    uint8_t point[64];

    if (!virtual_is_p256(&chip->memory, slot))
        return false;
    if (virtual_is_private(&chip->memory, slot))
        return virtual_scalar_is_valid(virtual_slot_scalar(&chip->memory, slot));
    if (slot < 8)
        return false;
    if (virtual_needs_validation(chip, slot))
        return virtual_is_validated(chip, slot);
    virtual_load_public_key(&chip->memory, slot, point);
    return virtual_point_is_valid(chip->crypto, point);
}

static void describe_state(const struct virtual_chip *chip, uint8_t state[static 4])
{
    const struct virtual_registers *registers = &chip->registers;
    const struct virtual_tempkey *tempkey = &registers->tempkey;

    state[0] = (uint8_t)(tempkey->no_mac << 7 | tempkey->genkey_data << 6 | tempkey->gendig_data << 5 |
                         tempkey->from_host << 4 | tempkey->key_id);
    state[1] = (uint8_t)(tempkey->valid << 7 | (registers->authorised ? registers->authorised_key << 3 : 0) |
                         registers->authorised << 2);
    if (!virtual_is_608(chip))
        state[1] |= (uint8_t)(registers->generator_seeded << 1 | 1);
}

static enum virtual_answer change_latch(struct virtual_chip *chip, uint16_t param2, uint8_t *answer)
{
    const struct virtual_registers *registers = &chip->registers;
    const uint8_t permission = chip->memory.config[VIRTUAL_AT_LATCH_PERMISSION];

    switch (param2) {
    case LATCH_READ:
        break;
    case LATCH_CLEAR:
        chip->latch = false;
        break;
    case LATCH_SET:
        if ((permission & 0x80) == 0 || !registers->authorised || registers->authorised_key != (permission & 0x0f))
            return VIRTUAL_ANSWER_EXECUTION;
        chip->latch = true;
        break;
    default:
        return VIRTUAL_ANSWER_PARSE;
    }
    *answer = chip->latch;
    return VIRTUAL_ANSWER_OK;
}

/* The pin SCL of a single-wire part. As authorisation output it is set only after the signal key was authorised. */
static enum virtual_answer use_gpio(struct virtual_chip *chip, uint16_t param2, uint8_t *answer)
{
    const struct virtual_registers *registers = &chip->registers;
    const uint8_t config = chip->memory.config[VIRTUAL_AT_I2C_ADDRESS];
    const enum virtual_gpio_mode mode = virtual_gpio_mode(chip);

    if (mode == VIRTUAL_GPIO_OFF || (param2 != 0 && param2 != 2 && param2 != 3))
        return VIRTUAL_ANSWER_PARSE;
    if (param2 != 0) {
        const bool authorised = registers->authorised && registers->authorised_key == config >> 4;
        const bool detects_intrusion = (config & 8) != 0;

        if (mode == VIRTUAL_GPIO_INPUT || (mode == VIRTUAL_GPIO_AUTHORISATION && (detects_intrusion || !authorised)))
            return VIRTUAL_ANSWER_EXECUTION;
        chip->gpio = (param2 & 1) != 0;
    }
    *answer = chip->gpio;
    return VIRTUAL_ANSWER_OK;
}

VIRTUAL_HANDLER(virtual_command_info)
{
    enum virtual_answer answer = VIRTUAL_ANSWER_OK;

    memset(reply->bytes, 0, 4);
    if ((call->param1 == INFO_REVISION || call->param1 == INFO_STATE) && call->param2 != 0)
        return VIRTUAL_ANSWER_PARSE;
    switch (call->param1) {
    case INFO_REVISION:
        memcpy(reply->bytes,
               chip->image.has_revision ? chip->image.revision : chip->memory.config + VIRTUAL_AT_REVISION, 4);
        break;
    case INFO_KEY_VALID:
        if (call->param2 >= VIRTUAL_SLOTS)
            return VIRTUAL_ANSWER_PARSE;
        reply->bytes[0] = key_is_valid(chip, call->param2);
        break;
    case INFO_STATE:
        describe_state(chip, reply->bytes);
        break;
    case INFO_GPIO:
        answer = use_gpio(chip, call->param2, reply->bytes);
        break;
    case INFO_LATCH:
        answer = virtual_is_608(chip) ? change_latch(chip, call->param2, reply->bytes) : VIRTUAL_ANSWER_PARSE;
        break;
    default:
        return VIRTUAL_ANSWER_PARSE;
    }
    reply->len = 4;
    return answer;
}

VIRTUAL_HANDLER(virtual_command_counter)
{
    uint32_t value = 0;

    if (call->param1 > 1 || call->param2 > 1)
        return VIRTUAL_ANSWER_PARSE;
    if (call->param1 == 1 && (!virtual_config_locked(chip) || !virtual_count(chip, call->param2)))
        return VIRTUAL_ANSWER_EXECUTION;
    value = virtual_counter(chip, call->param2);
    for (unsigned i = 0; i < 4; i++)
        reply->bytes[i] = (uint8_t)(value >> (8 * i));
    reply->len = 4;
    return VIRTUAL_ANSWER_OK;
}

VIRTUAL_HANDLER(virtual_command_update_extra)
{
    uint8_t *byte = chip->memory.config + VIRTUAL_AT_USER_EXTRA + (call->param1 & 1u);
    const bool selector_mode = (chip->memory.config[VIRTUAL_AT_CHIP_MODE] & 1) != 0;
    const uint16_t slot = call->param2;

    (void)reply;
    if (call->param1 == 2 && !virtual_is_608(chip)) {
        if (slot >= VIRTUAL_SLOTS)
            return VIRTUAL_ANSWER_PARSE;
        if (!virtual_config_locked(chip) ||
            (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_LIMITED_USE) == 0 ||
            !virtual_spend_use(chip, slot))
            return VIRTUAL_ANSWER_EXECUTION;
        return VIRTUAL_ANSWER_OK;
    }
    if (call->param1 > 1 || call->param2 > 0xff)
        return VIRTUAL_ANSWER_PARSE;
    /* Only a zero can be replaced. The ATECC508A's Selector can always be written while SelectorMode is 0. */
    if (*byte != 0 && (call->param1 == 0 || virtual_is_608(chip) || selector_mode))
        return VIRTUAL_ANSWER_EXECUTION;
    *byte = (uint8_t)call->param2;
    return VIRTUAL_ANSWER_OK;
}
