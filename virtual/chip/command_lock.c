/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lock: config zone, data and OTP zones, one slot. It cannot be undone. For the first two the CRC in
 * Param2 must match, unless bit 7 of Param1 says not to check it.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/group.h"
#include "virtual/chip/policy.h"

enum { LOCK_CONFIG = 0, LOCK_DATA = 1, LOCK_SLOT = 2 };
#define LOCK_NO_CRC 0x80

static uint16_t config_summary(const struct virtual_chip *chip)
{
    return virtual_crc(0, chip->memory.config, VIRTUAL_CONFIG_BYTES);
}

/* All slots in order, whole, without those of ECC private keys; then OTP. */
static uint16_t data_summary(struct virtual_chip *chip)
{
    uint16_t crc = 0;

    for (unsigned slot = 0; slot < VIRTUAL_SLOTS; slot++)
        if (!(virtual_is_private(&chip->memory, slot) && virtual_is_p256(&chip->memory, slot)))
            crc = virtual_crc(crc, virtual_slot_bytes(&chip->memory, slot), virtual_slot_size(slot));
    return virtual_crc(crc, chip->memory.otp, VIRTUAL_OTP_BYTES);
}

static enum virtual_answer lock_slot(struct virtual_chip *chip, unsigned slot)
{
    uint8_t *locks = chip->memory.config + VIRTUAL_AT_SLOT_LOCKED;

    if (!virtual_config_locked(chip) || !virtual_slot_changeable(chip, slot) ||
        (virtual_key_config(&chip->memory, slot) & VIRTUAL_KEY_LOCKABLE) == 0)
        return VIRTUAL_ANSWER_EXECUTION;
    locks[slot / 8] = (uint8_t)(locks[slot / 8] & ~(1u << slot % 8));
    return VIRTUAL_ANSWER_OK;
}

VIRTUAL_HANDLER(virtual_command_lock)
{
    const unsigned mode = call->param1 & 3u;
    const bool no_crc = (call->param1 & LOCK_NO_CRC) != 0;

    (void)reply;
    if (mode > LOCK_SLOT || (call->param1 & 0x40) != 0 || (mode != LOCK_SLOT && (call->param1 & 0x3c) != 0))
        return VIRTUAL_ANSWER_PARSE;
    if (mode == LOCK_SLOT)
        return lock_slot(chip, call->param1 >> 2 & 0x0fu);
    if (mode == LOCK_CONFIG) {
        if (virtual_config_locked(chip) || (!no_crc && call->param2 != config_summary(chip)))
            return VIRTUAL_ANSWER_EXECUTION;
        chip->memory.config[VIRTUAL_AT_LOCK_CONFIG] = 0;
        return VIRTUAL_ANSWER_OK;
    }
    if (!virtual_config_locked(chip) || virtual_data_locked(chip) || (!no_crc && call->param2 != data_summary(chip)))
        return VIRTUAL_ANSWER_EXECUTION;
    chip->memory.config[VIRTUAL_AT_LOCK_VALUE] = 0;
    return VIRTUAL_ANSWER_OK;
}
