/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random, Nonce and GenDig: they load TempKey, the message digest buffer and the alternate key buffer, and hash stored
 * data into TempKey.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/random.h"

#include <string.h>

#define NONCE_OF_TEMPKEY 0x8000u /* Param2: hash the present TempKey instead of a random number */

VIRTUAL_HANDLER(virtual_command_random)
{
    if (call->param1 > 1 || call->param2 != 0)
        return VIRTUAL_ANSWER_PARSE;
    virtual_generate(chip, reply->bytes);
    reply->len = 32;
    return VIRTUAL_ANSWER_OK;
}

/* Modes 00 and 01: TempKey = H(random or TempKey 32 | NumIn 20 | opcode | mode | 00). */
static enum virtual_answer random_nonce(struct virtual_chip *chip, const struct virtual_call *call,
                                        struct virtual_reply *reply)
{
    struct virtual_message message = {.len = 0};
    uint8_t random[32];
    uint8_t digest[32];

    if (call->data_len != 20 || (call->param2 != 0 && !(call->param2 == NONCE_OF_TEMPKEY && virtual_is_608(chip))))
        return VIRTUAL_ANSWER_PARSE;
    if (call->param2 == 0) {
        virtual_generate(chip, random);
    } else {
        if (!chip->registers.tempkey.valid)
            return VIRTUAL_ANSWER_EXECUTION;
        memcpy(random, chip->registers.tempkey.value, 32);
    }
    virtual_put(&message, random, 32);
    virtual_put(&message, call->data, 20);
    virtual_put_byte(&message, call->opcode);
    virtual_put_byte(&message, call->param1);
    virtual_put_byte(&message, 0); /* low byte of Param2, 00 also for 8000 */
    virtual_finish_message(&message, digest);
    virtual_load_tempkey(chip, digest, 32, false);
    memcpy(reply->bytes, call->param2 == 0 ? random : digest, 32);
    reply->len = 32;
    virtual_wipe(random, sizeof random);
    virtual_wipe(digest, sizeof digest);
    return VIRTUAL_ANSWER_OK;
}

/* A nonce from the host: its target, for each mode. */
static const struct fixed_nonce {
    uint8_t mode;
    uint8_t len;
    bool only_608;
    enum { TO_TEMPKEY, TO_MESSAGE, TO_ALTERNATE_KEY } target;
} fixed_nonces[] = {
    {0x03, 32, false, TO_TEMPKEY}, {0x23, 64, true, TO_TEMPKEY},       {0x43, 32, true, TO_MESSAGE},
    {0x63, 64, true, TO_MESSAGE},  {0x83, 32, true, TO_ALTERNATE_KEY},
};

static enum virtual_answer load_nonce(struct virtual_chip *chip, const struct virtual_call *call)
{
    struct virtual_registers *registers = &chip->registers;
    const struct fixed_nonce *nonce = NULL;

    for (size_t i = 0; i < sizeof fixed_nonces / sizeof fixed_nonces[0]; i++)
        if (fixed_nonces[i].mode == call->param1 && (virtual_is_608(chip) || !fixed_nonces[i].only_608))
            nonce = &fixed_nonces[i];
    if (nonce == NULL || call->data_len != nonce->len || call->param2 != 0)
        return VIRTUAL_ANSWER_PARSE;
    switch (nonce->target) {
    case TO_TEMPKEY:
        virtual_load_tempkey(chip, call->data, nonce->len, true);
        break;
    case TO_MESSAGE:
        memset(registers->message, 0, sizeof registers->message);
        memcpy(registers->message, call->data, nonce->len);
        registers->message_len = nonce->len;
        registers->tempkey.from_host = true; /* data sheets: a fixed nonce always sets it. The value stays */
        break;
    case TO_ALTERNATE_KEY:
        memcpy(registers->alternate_key, call->data, 32);
        registers->alternate_key_valid = true;
        registers->tempkey.from_host = true;
        break;
    }
    return VIRTUAL_ANSWER_OK;
}

VIRTUAL_HANDLER(virtual_command_nonce)
{
    return call->param1 <= 1 ? random_nonce(chip, call, reply) : load_nonce(chip, call);
}

/* ---- GenDig ---- */

enum { DIG_CONFIG, DIG_OTP, DIG_DATA, DIG_SHARED, DIG_COUNTER, DIG_POLICY };
#define DIG_BY_TEMPKEY 0x8000u    /* zone 3: TempKey and input are exchanged */
#define DIG_TRANSPORT_KEY 0x8000u /* zone 2: a transport key, which no part on sale has */

/* For each zone: legal data lengths and the highest KeyID. */
static const struct dig_zone {
    bool only_608;
    bool accepts_4;
    bool accepts_32;
    uint16_t last;
} dig_zones[] = {
    [DIG_CONFIG] = {.last = 3},
    [DIG_OTP] = {.last = 1},
    [DIG_DATA] = {.accepts_4 = true, .last = VIRTUAL_SLOTS - 1},
    [DIG_SHARED] = {.accepts_32 = true, .last = 0xff},
    [DIG_COUNTER] = {.only_608 = true, .last = 1},
    [DIG_POLICY] = {.only_608 = true, .last = VIRTUAL_SLOTS - 1},
};

static bool gendig_is_well_formed(const struct virtual_chip *chip, const struct virtual_call *call)
{
    const struct dig_zone *zone = NULL;
    uint16_t key_id = call->param2;

    if (call->param1 >= sizeof dig_zones / sizeof dig_zones[0])
        return false;
    zone = &dig_zones[call->param1];
    if (call->param1 == DIG_SHARED || call->param1 == DIG_DATA)
        key_id = (uint16_t)(key_id & ~DIG_BY_TEMPKEY);
    if ((zone->only_608 && !virtual_is_608(chip)) || key_id > zone->last)
        return false;
    if (call->data_len == 0)
        return !zone->accepts_32;
    return call->data_len == 4 ? zone->accepts_4 : zone->accepts_32;
}

/* Data zone: the first 32 bytes of a slot, under the rules of its key. */
static bool put_slot(struct virtual_chip *chip, const struct virtual_call *call, struct virtual_message *message)
{
    const unsigned slot = call->param2;
    const bool no_mac = slot < VIRTUAL_SLOTS && (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_NO_MAC) != 0;

    if ((call->param2 & DIG_TRANSPORT_KEY) != 0 || virtual_is_private(&chip->memory, slot) ||
        (no_mac && call->data_len != 4) ||
        !virtual_use_key(chip, slot, VIRTUAL_USE_LATCH | VIRTUAL_USE_RANDOM | VIRTUAL_USE_COUNT))
        return false;
    virtual_put(message, virtual_slot_bytes(&chip->memory, slot), 32);
    if (no_mac)
        virtual_put(message, call->data, 4);
    else
        virtual_put_call(message, call);
    return true;
}

static void put_counter(const struct virtual_chip *chip, const struct virtual_call *call,
                        struct virtual_message *message)
{
    const uint32_t value = virtual_counter(chip, call->param2);

    virtual_put_byte(message, 0);
    for (unsigned i = 0; i < 4; i++)
        virtual_put_byte(message, (uint8_t)(value >> (8 * i)));
    virtual_put_zeros(message, 20);
}

static void put_policy(const struct virtual_chip *chip, unsigned slot, struct virtual_message *message)
{
    virtual_put_byte(message, 0);
    virtual_put(message, chip->memory.config + VIRTUAL_AT_SLOT_CONFIG + 2u * slot, 2);
    virtual_put(message, chip->memory.config + VIRTUAL_AT_KEY_CONFIG + 2u * slot, 2);
    virtual_put_byte(message, virtual_slot_changeable(chip, slot));
    virtual_put_zeros(message, 19);
}

/* The first 64 of the 96 bytes that GenDig hashes; `last` is set to the final 32. */
static bool put_dig(struct virtual_chip *chip, const struct virtual_call *call, struct virtual_message *message,
                    const uint8_t **last)
{
    const uint8_t *tempkey = chip->registers.tempkey.value;
    const struct virtual_call shared = {
        .opcode = call->opcode, .param1 = call->param1, .param2 = (uint16_t)(call->param2 & 0xff)};
    const bool by_tempkey = (call->param2 & DIG_BY_TEMPKEY) != 0;

    *last = tempkey;
    switch (call->param1) {
    case DIG_CONFIG:
        virtual_put(message, chip->memory.config + 32u * call->param2, 32);
        virtual_put_call(message, call);
        break;
    case DIG_OTP:
        virtual_put(message, chip->memory.otp + 32u * call->param2, 32);
        virtual_put_call(message, call);
        break;
    case DIG_DATA:
        if (!put_slot(chip, call, message))
            return false;
        break;
    case DIG_SHARED:
        virtual_put(message, by_tempkey ? tempkey : call->data, 32);
        virtual_put_call(message, &shared); /* the high byte is hashed as 00 although 80 was sent */
        *last = by_tempkey ? call->data : tempkey;
        break;
    default:
        virtual_put_zeros(message, 32);
        virtual_put_call(message, call);
        break;
    }
    virtual_put_serial(message, chip);
    if (call->param1 == DIG_COUNTER)
        put_counter(chip, call, message);
    else if (call->param1 == DIG_POLICY)
        put_policy(chip, call->param2, message);
    else
        virtual_put_zeros(message, 25);
    return true;
}

VIRTUAL_HANDLER(virtual_command_gendig)
{
    struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    struct virtual_message message = {.len = 0};
    const uint8_t *last = NULL;
    uint8_t digest[32];

    (void)reply;
    if (!gendig_is_well_formed(chip, call))
        return VIRTUAL_ANSWER_PARSE;
    if (!virtual_config_locked(chip) || !tempkey->valid || !put_dig(chip, call, &message, &last)) {
        virtual_drop_tempkey(chip);
        return VIRTUAL_ANSWER_EXECUTION;
    }
    virtual_put(&message, last, 32);
    virtual_finish_message(&message, digest);
    virtual_set_tempkey_digest(chip, digest);
    virtual_wipe(digest, sizeof digest);
    tempkey->gendig_data = call->param1 == DIG_DATA;
    tempkey->genkey_data = false;
    tempkey->key_id = call->param1 == DIG_DATA ? (uint8_t)call->param2 : 0;
    if (call->param1 == DIG_DATA)
        tempkey->no_mac = (virtual_slot_config(&chip->memory, call->param2) & VIRTUAL_SLOT_NO_MAC) != 0;
    return VIRTUAL_ANSWER_OK;
}
