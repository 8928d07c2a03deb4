/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDH: the shared secret of a private key in a slot or in TempKey and a public key of the host's, and where it goes.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

#define KEY_IN_TEMPKEY 0xffffu

enum ecdh_target { TO_SLOT_CONFIG, TO_SLOT, TO_TEMPKEY, TO_OUTPUT, TO_OUTPUT_ENCRYPTED };

/* Legal modes. The ATECC508A knows only the first. */
static const struct ecdh_mode {
    uint8_t mode;
    bool from_tempkey;
    enum ecdh_target target;
} modes[] = {
    {0x00, false, TO_SLOT_CONFIG},      {0x04, false, TO_SLOT},  {0x08, false, TO_TEMPKEY},
    {0x0c, false, TO_OUTPUT},           {0x05, true, TO_SLOT},   {0x09, true, TO_TEMPKEY},
    {0x0e, false, TO_OUTPUT_ENCRYPTED}, {0x0d, true, TO_OUTPUT}, {0x0f, true, TO_OUTPUT_ENCRYPTED},
};

static const struct ecdh_mode *find_mode(const struct virtual_chip *chip, uint8_t mode)
{
    const size_t count = virtual_is_608(chip) ? sizeof modes / sizeof modes[0] : 1;

    for (size_t i = 0; i < count; i++)
        if (modes[i].mode == mode)
            return &modes[i];
    return NULL;
}

/*
 * Where the secret goes in the end. Bit 3 of SlotConfig decides for mode 00 alone: two independent hosts, written
 * against real parts, get the secret in clear with mode 0C from a slot that has this bit set.
 */
static enum ecdh_target resolve_target(const struct virtual_chip *chip, const struct ecdh_mode *mode, unsigned slot)
{
    if (mode->target != TO_SLOT_CONFIG)
        return mode->target;
    return (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_ECDH_TO_SLOT) != 0 ? TO_SLOT : TO_OUTPUT;
}

/* May the slot be given the result? It is the odd one of the pair, or the one named where the key is in TempKey. */
static bool slot_accepts(const struct virtual_chip *chip, const struct ecdh_mode *mode, unsigned slot)
{
    if (mode->from_tempkey)
        return virtual_accepts_result(chip, slot);
    return virtual_slot_changeable(chip, slot | 1u) && !virtual_is_private(&chip->memory, slot | 1u) &&
           !virtual_is_p256(&chip->memory, slot | 1u);
}

static bool target_is_allowed(struct virtual_chip *chip, const struct ecdh_mode *mode, enum ecdh_target target,
                              unsigned slot)
{
    const enum virtual_protection protection =
        virtual_is_608(chip) ? virtual_ecdh_protection(chip) : VIRTUAL_OUTPUT_CLEAR;

    switch (target) {
    case TO_SLOT:
        return slot_accepts(chip, mode, slot);
    case TO_OUTPUT:
        return protection == VIRTUAL_OUTPUT_CLEAR;
    case TO_OUTPUT_ENCRYPTED:
        return protection <= VIRTUAL_OUTPUT_ENCRYPTED && virtual_io_key(chip) != NULL;
    case TO_TEMPKEY:
    case TO_SLOT_CONFIG:
        break;
    }
    return true;
}

/* The private scalar. NULL: there is none, or it may not be used. Counts the use. */
static const uint8_t *use_private_key(struct virtual_chip *chip, bool from_tempkey, unsigned slot)
{
    const uint8_t *scalar = NULL;

    if (from_tempkey)
        return chip->registers.tempkey.private_key ? chip->registers.tempkey.value : NULL;
    scalar = virtual_slot_scalar(&chip->memory, slot);
    if (!virtual_is_signing_key(chip, slot) || !virtual_scalar_is_valid(scalar) ||
        (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_ECDH) == 0 ||
        !virtual_use_key(chip, slot, VIRTUAL_USE_LATCH | VIRTUAL_USE_COUNT))
        return NULL;
    return scalar;
}

static void deliver(struct virtual_chip *chip, enum ecdh_target target, unsigned slot, const uint8_t secret[static 32],
                    struct virtual_reply *reply)
{
    switch (target) {
    case TO_SLOT:
        memcpy(virtual_slot_bytes(&chip->memory, slot), secret, 32);
        break;
    case TO_TEMPKEY:
        virtual_load_tempkey(chip, secret, 32, true);
        break;
    case TO_OUTPUT_ENCRYPTED:
        virtual_reply_encrypted(chip, virtual_io_key(chip), secret, 32, reply);
        break;
    case TO_OUTPUT:
    case TO_SLOT_CONFIG:
        memcpy(reply->bytes, secret, 32);
        reply->len = 32;
        break;
    }
}

/* KeyID counts where a slot gives the key or takes the result. */
static bool needs_slot(const struct ecdh_mode *mode)
{
    return !mode->from_tempkey || mode->target == TO_SLOT;
}

VIRTUAL_HANDLER(virtual_command_ecdh)
{
    const struct ecdh_mode *mode = find_mode(chip, call->param1);
    const unsigned slot = call->param2;
    const uint8_t *scalar = NULL;
    enum ecdh_target target = TO_OUTPUT;
    uint8_t secret[32];
    bool good = false;
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    if (mode == NULL)
        return VIRTUAL_ANSWER_PARSE;
    /* FFFF means TempKey. A mode that takes the key from a slot then finds no key, and the ATECC608 answers 0F. */
    if (virtual_is_608(chip) && !mode->from_tempkey && slot == KEY_IN_TEMPKEY)
        return VIRTUAL_ANSWER_EXECUTION;
    if (slot >= VIRTUAL_SLOTS && needs_slot(mode))
        return VIRTUAL_ANSWER_PARSE;
    target = resolve_target(chip, mode, slot);
    if (virtual_config_locked(chip) && virtual_data_locked(chip) && target_is_allowed(chip, mode, target, slot))
        scalar = use_private_key(chip, mode->from_tempkey, slot);
    if (scalar != NULL) {
        good = virtual_ecdh(chip->crypto, scalar, call->data, secret);
        answer = good ? VIRTUAL_ANSWER_OK : VIRTUAL_ANSWER_OFF_CURVE;
    }
    if (mode->from_tempkey)
        virtual_drop_tempkey(chip);
    if (good)
        deliver(chip, target, mode->from_tempkey ? slot : slot | 1u, secret, reply);
    virtual_wipe(secret, sizeof secret);
    return answer;
}
