/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAC, CheckMac, HMAC and DeriveKey: they prove a shared secret, or derive a new one. All hash a key, a challenge and
 * the serial number. Where TempKey is used, it is used up.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

#define BY_TEMPKEY 0x01u    /* second block: TempKey in place of the challenge */
#define UNDER_TEMPKEY 0x02u /* first block: TempKey in place of the slot's key */
#define FROM_HOST 0x04u     /* SourceFlag that TempKey must have */
#define OTP_11 0x10u        /* ATECC508A only, both */
#define OTP_8 0x20u
#define WHOLE_SERIAL 0x40u

#define ALL_USES (VIRTUAL_USE_LATCH | VIRTUAL_USE_RANDOM | VIRTUAL_USE_COUNT)

/* Can a mode that uses TempKey use it as it is? */
static bool tempkey_suits(const struct virtual_chip *chip, unsigned mode)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;

    return tempkey->valid && !tempkey->no_mac && tempkey->from_host == ((mode & FROM_HOST) != 0);
}

/* The first 32 bytes of a slot whose key may make MACs; else NULL. Counts the use. */
static const uint8_t *use_mac_key(struct virtual_chip *chip, unsigned slot, bool no_mac_counts)
{
    if (virtual_is_private(&chip->memory, slot) ||
        (no_mac_counts && (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_NO_MAC) != 0) ||
        !virtual_use_key(chip, slot, ALL_USES))
        return NULL;
    return virtual_slot_bytes(&chip->memory, slot);
}

/* What follows opcode, mode and KeyID in the messages of MAC and HMAC: 20 bytes. */
static void put_identity(struct virtual_message *message, const struct virtual_chip *chip, unsigned mode)
{
    const uint8_t *config = chip->memory.config;

    if ((mode & (OTP_8 | OTP_11)) != 0)
        virtual_put(message, chip->memory.otp, 8);
    else
        virtual_put_zeros(message, 8);
    if ((mode & OTP_11) != 0)
        virtual_put(message, chip->memory.otp + 8, 3);
    else
        virtual_put_zeros(message, 3);
    virtual_put_byte(message, config[12]);
    if ((mode & WHOLE_SERIAL) != 0)
        virtual_put(message, config + 8, 4);
    else
        virtual_put_zeros(message, 4);
    virtual_put(message, config, 2);
    if ((mode & WHOLE_SERIAL) != 0)
        virtual_put(message, config + 2, 2);
    else
        virtual_put_zeros(message, 2);
}

VIRTUAL_HANDLER(virtual_command_mac)
{
    const unsigned mode = call->param1;
    const unsigned legal =
        BY_TEMPKEY | UNDER_TEMPKEY | FROM_HOST | WHOLE_SERIAL | (virtual_is_608(chip) ? 0 : OTP_8 | OTP_11);
    const bool tempkey_used = (mode & (BY_TEMPKEY | UNDER_TEMPKEY)) != 0;
    const uint8_t *tempkey = chip->registers.tempkey.value;
    struct virtual_message message = {.len = 0};
    const uint8_t *key = tempkey;
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    if ((mode & ~legal) != 0 || call->param2 >= VIRTUAL_SLOTS || (!tempkey_used && (mode & FROM_HOST) != 0) ||
        call->data_len != ((mode & BY_TEMPKEY) != 0 ? 0 : 32))
        return VIRTUAL_ANSWER_PARSE;
    if (!virtual_config_locked(chip) || (tempkey_used && !tempkey_suits(chip, mode)))
        goto out;
    if ((mode & UNDER_TEMPKEY) == 0)
        key = use_mac_key(chip, call->param2, true);
    if (key == NULL)
        goto out;
    virtual_put(&message, key, 32);
    virtual_put(&message, (mode & BY_TEMPKEY) != 0 ? tempkey : call->data, 32);
    virtual_put_call(&message, call);
    put_identity(&message, chip, mode);
    virtual_finish_message(&message, reply->bytes);
    reply->len = 32;
    answer = VIRTUAL_ANSWER_OK;
out:
    if (tempkey_used)
        virtual_drop_tempkey(chip);
    return answer;
}

/* A right answer to a challenge in TempKey, under a key whose ReadKey is 0, copies the other slot of the pair into
 * TempKey. */
static void copy_key(struct virtual_chip *chip, unsigned slot)
{
    const unsigned target = slot | 1u;

    if (virtual_read_key(chip, slot) == 0 && !virtual_is_private(&chip->memory, target))
        virtual_load_tempkey(chip, virtual_slot_bytes(&chip->memory, target), 32, true);
}

/* What the other side has hashed: its 13 bytes `other`, and between them what this chip has of its own. */
static void put_checked(struct virtual_message *message, const struct virtual_chip *chip, unsigned mode,
                        const uint8_t *key, const uint8_t *challenge, const uint8_t *other)
{
    virtual_put(message, key, 32);
    virtual_put(message, challenge, 32);
    virtual_put(message, other, 4);
    if ((mode & OTP_8) != 0)
        virtual_put(message, chip->memory.otp, 8);
    else
        virtual_put_zeros(message, 8);
    virtual_put(message, other + 4, 3);
    virtual_put_byte(message, chip->memory.config[12]);
    virtual_put(message, other + 7, 4);
    virtual_put(message, chip->memory.config, 2);
    virtual_put(message, other + 11, 2);
}

/* Data: challenge 32, the other side's answer 32, and 13 bytes of the message that side has hashed. */
VIRTUAL_HANDLER(virtual_command_checkmac)
{
    struct virtual_registers *registers = &chip->registers;
    const unsigned mode = call->param1;
    const unsigned legal = BY_TEMPKEY | UNDER_TEMPKEY | FROM_HOST | (virtual_is_608(chip) ? 0 : OTP_8);
    const bool by_tempkey = (mode & BY_TEMPKEY) != 0;
    const bool tempkey_used = (mode & (BY_TEMPKEY | UNDER_TEMPKEY)) != 0;
    const bool from_host = registers->tempkey.from_host;
    const uint8_t *tempkey = registers->tempkey.value;
    const uint8_t *key = tempkey;
    struct virtual_message message = {.len = 0};
    uint8_t expected[32];
    bool equal = false;
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    (void)reply;
    if ((mode & ~legal) != 0 || (mode & (BY_TEMPKEY | UNDER_TEMPKEY)) == (BY_TEMPKEY | UNDER_TEMPKEY) ||
        call->param2 >= VIRTUAL_SLOTS)
        return VIRTUAL_ANSWER_PARSE;
    if (!virtual_config_locked(chip) || (tempkey_used && !tempkey_suits(chip, mode)))
        goto out;
    if ((mode & UNDER_TEMPKEY) == 0)
        key = use_mac_key(chip, call->param2, false);
    if (key == NULL)
        goto out;
    put_checked(&message, chip, mode, key, by_tempkey ? tempkey : call->data, call->data + 64);
    virtual_finish_message(&message, expected);
    equal = virtual_equal(expected, call->data + 32, 32);
    answer = equal ? VIRTUAL_ANSWER_OK : VIRTUAL_ANSWER_MISCOMPARE;
out:
    if (tempkey_used)
        virtual_drop_tempkey(chip);
    if (!equal)
        registers->authorised = false;
    if (equal && by_tempkey && !from_host) { /* only a challenge that the chip made itself authorises */
        registers->authorised = true;
        registers->authorised_key = (uint8_t)call->param2;
    }
    if (equal && by_tempkey)
        copy_key(chip, call->param2);
    return answer;
}

/* ATECC508A: HMAC-SHA256 with a slot's key over TempKey and the chip's identity. */
VIRTUAL_HANDLER(virtual_command_hmac)
{
    const unsigned mode = call->param1;
    struct virtual_message message = {.len = 0};
    const uint8_t *key = NULL;

    if ((mode & ~(FROM_HOST | WHOLE_SERIAL)) != 0 || call->param2 >= VIRTUAL_SLOTS)
        return VIRTUAL_ANSWER_PARSE;
    if (virtual_config_locked(chip) && virtual_data_locked(chip) && tempkey_suits(chip, mode))
        key = use_mac_key(chip, call->param2, true);
    if (key != NULL) {
        virtual_put_zeros(&message, 32);
        virtual_put(&message, chip->registers.tempkey.value, 32);
        virtual_put_call(&message, call);
        put_identity(&message, chip, mode);
        virtual_hmac(chip->crypto, key, 32, message.bytes, message.len, NULL, 0, reply->bytes);
        virtual_wipe(&message, sizeof message);
        reply->len = 32;
    }
    virtual_drop_tempkey(chip);
    return key == NULL ? VIRTUAL_ANSWER_EXECUTION : VIRTUAL_ANSWER_OK;
}

/* ---- DeriveKey ---- */

/* H(WriteKey | opcode | mode | target | SN): the MAC that SlotConfig may require for a derivation. */
static bool derivation_is_authentic(struct virtual_chip *chip, const struct virtual_call *call, unsigned key_slot)
{
    struct virtual_message message = {.len = 0};
    uint8_t expected[32];

    if (call->data_len != 32 || virtual_is_private(&chip->memory, key_slot))
        return false;
    virtual_put(&message, virtual_slot_bytes(&chip->memory, key_slot), 32);
    virtual_put_call(&message, call);
    virtual_put_serial(&message, chip);
    virtual_finish_message(&message, expected);
    return virtual_equal(expected, call->data, 32);
}

static bool may_derive(struct virtual_chip *chip, const struct virtual_call *call, unsigned parent)
{
    const unsigned target = call->param2;
    const uint16_t policy = virtual_slot_config(&chip->memory, target);
    const bool authentic = (policy & VIRTUAL_SLOT_DERIVE_MAC) == 0
                               ? call->data_len == 0
                               : derivation_is_authentic(chip, call, virtual_write_key(chip, target));

    return virtual_config_locked(chip) && (policy & VIRTUAL_SLOT_DERIVE) != 0 && authentic &&
           !virtual_is_private(&chip->memory, target) && !virtual_is_p256(&chip->memory, target) &&
           virtual_slot_changeable(chip, target) && tempkey_suits(chip, call->param1) &&
           !virtual_is_private(&chip->memory, parent) && virtual_use_key(chip, parent, ALL_USES);
}

VIRTUAL_HANDLER(virtual_command_derivekey)
{
    const unsigned target = call->param2;
    struct virtual_message message = {.len = 0};
    unsigned parent = 0;
    bool allowed = false;

    (void)reply;
    if ((call->param1 & ~FROM_HOST) != 0 || target >= VIRTUAL_SLOTS)
        return VIRTUAL_ANSWER_PARSE;
    parent = (virtual_slot_config(&chip->memory, target) & VIRTUAL_SLOT_DERIVE_CREATE) != 0
                 ? virtual_write_key(chip, target)
                 : target;
    allowed = may_derive(chip, call, parent);
    if (allowed) {
        virtual_put(&message, virtual_slot_bytes(&chip->memory, parent), 32);
        virtual_put_call(&message, call);
        virtual_put_serial(&message, chip);
        virtual_put_zeros(&message, 25);
        virtual_put(&message, chip->registers.tempkey.value, 32);
        virtual_finish_message(&message, virtual_slot_bytes(&chip->memory, target));
    }
    virtual_drop_tempkey(chip);
    return allowed ? VIRTUAL_ANSWER_OK : VIRTUAL_ANSWER_EXECUTION;
}
