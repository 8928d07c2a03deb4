/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA: SHA-256 and HMAC-SHA256 in pieces. One calculation at a time. Only the SHA command, sleep and loss of power
 * change it.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

enum {
    SHA_START = 0,
    SHA_UPDATE = 1,
    SHA_END = 2,
    SHA_PUBLIC = 3,
    SHA_HMAC_START = 4,
    SHA_HMAC_END = 5,
    SHA_READ = 6,
    SHA_WRITE = 7
};
#define CONTEXT_FIXED 36u /* length of the message and eight state words, 4 bytes each; then the unfinished block */
enum { TARGET_TEMPKEY = 0x00, TARGET_MESSAGE = 0x40, TARGET_NONE = 0xc0 };
#define KEY_IN_TEMPKEY 0xffffu

static enum virtual_answer start_hash(struct virtual_chip *chip)
{
    virtual_hash_start(chip->crypto);
    chip->registers.sha_phase = VIRTUAL_SHA_HASH;
    if (!virtual_is_608(chip))
        virtual_drop_tempkey(chip); /* the ATECC508A works in TempKey */
    return VIRTUAL_ANSWER_OK;
}

/* The 32-byte key of an HMAC. NULL when it may not be used for that. */
static const uint8_t *hmac_key(struct virtual_chip *chip, unsigned slot)
{
    if (slot == KEY_IN_TEMPKEY)
        return chip->registers.tempkey.valid ? chip->registers.tempkey.value : NULL;
    if (!virtual_config_locked(chip) || virtual_is_private(&chip->memory, slot) ||
        (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_NO_MAC) != 0 ||
        (virtual_key_config(&chip->memory, slot) & VIRTUAL_KEY_REQ_RANDOM) != 0 ||
        !virtual_use_key(chip, slot, VIRTUAL_USE_LATCH | VIRTUAL_USE_COUNT))
        return NULL;
    return virtual_slot_bytes(&chip->memory, slot);
}

static enum virtual_answer start_hmac(struct virtual_chip *chip, unsigned slot)
{
    struct virtual_registers *registers = &chip->registers;
    const uint8_t *key = NULL;
    uint8_t inner[64];

    if (slot >= VIRTUAL_SLOTS && !(slot == KEY_IN_TEMPKEY && virtual_is_608(chip)))
        return VIRTUAL_ANSWER_PARSE;
    key = hmac_key(chip, slot);
    if (key == NULL)
        return VIRTUAL_ANSWER_EXECUTION;
    for (unsigned i = 0; i < 64; i++) { /* RFC 2104 */
        const uint8_t byte = i < 32 ? key[i] : 0;

        inner[i] = byte ^ 0x36;
        registers->hmac_outer_key[i] = byte ^ 0x5c;
    }
    (void)start_hash(chip);
    virtual_hash_update(chip->crypto, inner, sizeof inner);
    registers->sha_phase = VIRTUAL_SHA_HMAC;
    virtual_wipe(inner, sizeof inner);
    return VIRTUAL_ANSWER_OK;
}

static enum virtual_answer add_public_key(struct virtual_chip *chip, unsigned slot)
{
    uint8_t point[64];

    if (!virtual_config_locked(chip) || !virtual_is_public_key(chip, slot) ||
        chip->registers.sha_phase == VIRTUAL_SHA_NONE)
        return VIRTUAL_ANSWER_EXECUTION;
    virtual_load_public_key(&chip->memory, slot, point);
    virtual_hash_update(chip->crypto, point, sizeof point);
    return VIRTUAL_ANSWER_OK;
}

static void deliver(struct virtual_chip *chip, unsigned target, const uint8_t digest[static 32])
{
    struct virtual_registers *registers = &chip->registers;

    if (!virtual_is_608(chip)) {
        virtual_drop_tempkey(chip);
    } else if (target == TARGET_TEMPKEY) {
        virtual_load_tempkey(chip, digest, 32, true);
    } else if (target == TARGET_MESSAGE) {
        memcpy(registers->message, digest, 32);
        if (registers->message_len < 32)
            registers->message_len = 32;
    }
}

static enum virtual_answer end(struct virtual_chip *chip, const struct virtual_call *call, struct virtual_reply *reply)
{
    struct virtual_registers *registers = &chip->registers;
    const bool hmac_only = (call->param1 & 7u) == SHA_HMAC_END;
    const bool hmac = registers->sha_phase == VIRTUAL_SHA_HMAC;

    /* The ATECC508A ends an HMAC with mode 5 and a hash with mode 2; the ATECC608 both with mode 2. */
    if (registers->sha_phase == VIRTUAL_SHA_NONE || (!virtual_is_608(chip) && hmac != hmac_only))
        return VIRTUAL_ANSWER_EXECUTION;
    virtual_hash_update(chip->crypto, call->data, call->data_len);
    virtual_hash_finish(chip->crypto, reply->bytes);
    if (hmac) {
        virtual_hash_start(chip->crypto);
        virtual_hash_update(chip->crypto, registers->hmac_outer_key, sizeof registers->hmac_outer_key);
        virtual_hash_update(chip->crypto, reply->bytes, 32);
        virtual_hash_finish(chip->crypto, reply->bytes);
        virtual_wipe(registers->hmac_outer_key, sizeof registers->hmac_outer_key);
    }
    registers->sha_phase = VIRTUAL_SHA_NONE;
    deliver(chip, call->param1 & 0xc0u, reply->bytes);
    reply->len = 32;
    return VIRTUAL_ANSWER_OK;
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Only a hash can be saved: the context of an HMAC would reveal its key. */
static enum virtual_answer read_context(const struct virtual_chip *chip, struct virtual_reply *reply)
{
    struct virtual_hash_state state;

    if (chip->registers.sha_phase != VIRTUAL_SHA_HASH)
        return VIRTUAL_ANSWER_EXECUTION;
    virtual_hash_save(chip->crypto, &state);
    put32(reply->bytes, state.total);
    for (unsigned i = 0; i < 8; i++)
        put32(reply->bytes + 4 + 4 * (size_t)i, state.words[i]);
    memcpy(reply->bytes + CONTEXT_FIXED, state.rest, state.total % 64);
    reply->len = CONTEXT_FIXED + state.total % 64;
    virtual_wipe(&state, sizeof state);
    return VIRTUAL_ANSWER_OK;
}

static enum virtual_answer write_context(struct virtual_chip *chip, const struct virtual_call *call)
{
    struct virtual_hash_state state = {.total = 0};

    if (call->param2 != call->data_len || call->data_len < CONTEXT_FIXED ||
        call->data_len - CONTEXT_FIXED != get32(call->data) % 64)
        return VIRTUAL_ANSWER_PARSE;
    state.total = get32(call->data);
    for (unsigned i = 0; i < 8; i++)
        state.words[i] = get32(call->data + 4 + 4 * (size_t)i);
    memcpy(state.rest, call->data + CONTEXT_FIXED, state.total % 64);
    virtual_hash_restore(chip->crypto, &state);
    virtual_wipe(chip->registers.hmac_outer_key, sizeof chip->registers.hmac_outer_key);
    chip->registers.sha_phase = VIRTUAL_SHA_HASH;
    virtual_wipe(&state, sizeof state);
    return VIRTUAL_ANSWER_OK;
}

VIRTUAL_HANDLER(virtual_command_sha)
{
    const unsigned mode = call->param1 & 7u;
    const unsigned target = call->param1 & 0xf8u;
    const bool is_608 = virtual_is_608(chip);

    if (target != 0 && !(is_608 && mode == SHA_END && (target == TARGET_MESSAGE || target == TARGET_NONE)))
        return VIRTUAL_ANSWER_PARSE;
    switch (mode) {
    case SHA_START:
        return call->param2 == 0 && call->data_len == 0 ? start_hash(chip) : VIRTUAL_ANSWER_PARSE;
    case SHA_UPDATE:
        if (call->param2 != call->data_len || call->data_len > 64 || (!is_608 && call->data_len != 64))
            return VIRTUAL_ANSWER_PARSE;
        if (chip->registers.sha_phase == VIRTUAL_SHA_NONE)
            return VIRTUAL_ANSWER_EXECUTION;
        virtual_hash_update(chip->crypto, call->data, call->data_len);
        return VIRTUAL_ANSWER_OK;
    case SHA_HMAC_END:
        if (is_608)
            return VIRTUAL_ANSWER_PARSE;
        /* fall through */
    case SHA_END:
        if (call->param2 != call->data_len || call->data_len > 63)
            return VIRTUAL_ANSWER_PARSE;
        return end(chip, call, reply);
    case SHA_PUBLIC:
        if (call->param2 < 8 || call->param2 >= VIRTUAL_SLOTS || call->data_len != 0)
            return VIRTUAL_ANSWER_PARSE;
        return add_public_key(chip, call->param2);
    case SHA_HMAC_START:
        return call->data_len == 0 ? start_hmac(chip, call->param2) : VIRTUAL_ANSWER_PARSE;
    case SHA_READ:
        return is_608 && call->param2 == 0 && call->data_len == 0 ? read_context(chip, reply) : VIRTUAL_ANSWER_PARSE;
    default: /* SHA_WRITE */
        return is_608 ? write_context(chip, call) : VIRTUAL_ANSWER_PARSE;
    }
}
