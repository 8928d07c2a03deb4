/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign and Verify: ECDSA over a digest in TempKey or in the message digest buffer, the chip's own internal messages,
 * and the validity of stored public keys.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

#define SIGN_EXTERNAL 0x80u
#define SIGN_SERIAL 0x40u
#define FROM_MESSAGE 0x20u
#define SIGN_INVALIDATE 0x01u

enum {
    VERIFY_STORED = 0,
    VERIFY_VALIDATE_EXTERNAL = 1,
    VERIFY_EXTERNAL = 2,
    VERIFY_VALIDATE = 3,
    VERIFY_INVALIDATE = 7
};
#define VERIFY_WITH_MAC 0x80u
#define VERIFY_P256 0x0004u

/* The register that held the message is used up, even when the command is refused. */
static void spend_message(struct virtual_chip *chip, bool from_message)
{
    if (from_message) {
        virtual_wipe(chip->registers.message, sizeof chip->registers.message);
        chip->registers.message_len = 0;
    } else {
        virtual_drop_tempkey(chip);
    }
}

/* The 32-byte message of an external signature. NULL when none is loaded. */
static const uint8_t *find_message(const struct virtual_chip *chip, bool from_message)
{
    if (from_message)
        return chip->registers.message_len != 0 ? chip->registers.message : NULL;
    return chip->registers.tempkey.valid ? chip->registers.tempkey.value : NULL;
}

/* The message that the chip builds itself, about the slot that GenDig or GenKey put into TempKey. */
static void internal_digest(struct virtual_chip *chip, const struct virtual_call *call, uint8_t digest[static 32])
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    const uint8_t *config = chip->memory.config;
    const unsigned slot = tempkey->key_id;
    const bool whole_serial = (call->param1 & SIGN_SERIAL) != 0;
    struct virtual_message message = {.len = 0};

    virtual_put(&message, tempkey->value, 32);
    virtual_put_call(&message, call);
    virtual_put(&message, config + VIRTUAL_AT_SLOT_CONFIG + 2u * slot, 2);
    virtual_put(&message, config + VIRTUAL_AT_KEY_CONFIG + 2u * slot, 2);
    virtual_put_byte(&message, (uint8_t)(tempkey->no_mac << 7 | tempkey->genkey_data << 6 | tempkey->gendig_data << 5 |
                                         tempkey->from_host << 4 | tempkey->key_id));
    virtual_put_zeros(&message, 2);
    virtual_put_byte(&message, config[12]);
    if (whole_serial)
        virtual_put(&message, config + 8, 4);
    else
        virtual_put_zeros(&message, 4);
    virtual_put(&message, config, 2);
    if (whole_serial)
        virtual_put(&message, config + 2, 2);
    else
        virtual_put_zeros(&message, 2);
    virtual_put_byte(&message, virtual_slot_changeable(chip, slot));
    virtual_put_byte(&message, virtual_needs_validation(chip, slot) && virtual_is_validated(chip, slot));
    virtual_put_byte(&message, 0);
    virtual_finish_message(&message, digest);
}

/* Puts the digest to sign into `digest`. False: SlotConfig or TempKey does not allow it. */
static bool prepare_signature(struct virtual_chip *chip, const struct virtual_call *call, uint8_t digest[static 32])
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    const uint16_t rights = virtual_slot_config(&chip->memory, call->param2);
    const uint8_t *message = find_message(chip, (call->param1 & FROM_MESSAGE) != 0);

    if (message == NULL)
        return false;
    if ((call->param1 & SIGN_EXTERNAL) != 0) {
        memcpy(digest, message, 32);
        return !virtual_data_locked(chip) || (rights & VIRTUAL_SLOT_EXTERNAL_SIGN) != 0;
    }
    internal_digest(chip, call, digest);
    return virtual_data_locked(chip) && (rights & VIRTUAL_SLOT_INTERNAL_SIGN) != 0 &&
           (tempkey->gendig_data || tempkey->genkey_data);
}

VIRTUAL_HANDLER(virtual_command_sign)
{
    const bool external = (call->param1 & SIGN_EXTERNAL) != 0;
    const bool from_message = (call->param1 & FROM_MESSAGE) != 0;
    const unsigned legal =
        SIGN_SERIAL | (external ? SIGN_EXTERNAL | (virtual_is_608(chip) ? FROM_MESSAGE : 0) : SIGN_INVALIDATE);
    const unsigned slot = call->param2;
    const uint8_t *scalar = NULL;
    uint8_t digest[32];
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    if ((call->param1 & ~legal) != 0 || slot >= VIRTUAL_SLOTS)
        return VIRTUAL_ANSWER_PARSE;
    scalar = virtual_slot_scalar(&chip->memory, slot);
    if (!virtual_config_locked(chip) || !virtual_is_signing_key(chip, slot) || !virtual_scalar_is_valid(scalar) ||
        !prepare_signature(chip, call, digest) || !virtual_use_key(chip, slot, VIRTUAL_USE_LATCH | VIRTUAL_USE_COUNT))
        goto out;
    answer = VIRTUAL_ANSWER_ECC_FAULT;
    if (virtual_ecdsa_sign(chip->crypto, scalar, digest, reply->bytes)) {
        reply->len = 64;
        answer = VIRTUAL_ANSWER_OK;
    }
out:
    spend_message(chip, from_message);
    return answer;
}

/* ---- Verify ---- */

/*
 * The MAC that proves a good signature to the host: H(IO key | message | system nonce | R | S | opcode | mode |
 * Param2). The system nonce is the part of the message digest buffer that does not hold the message.
 */
static bool validating_mac(struct virtual_chip *chip, const struct virtual_call *call, const uint8_t *text,
                           uint8_t mac[static 32])
{
    const uint8_t *key = virtual_io_key(chip);
    const bool from_message = (call->param1 & FROM_MESSAGE) != 0;
    const uint8_t *nonce = chip->registers.message + (from_message ? 32 : 0);
    struct virtual_message message = {.len = 0};

    if (key == NULL || chip->registers.message_len < (from_message ? 64u : 32u))
        return false;
    virtual_put(&message, key, 32);
    virtual_put(&message, text, 32);
    virtual_put(&message, nonce, 32);
    virtual_put(&message, call->data, 64);
    virtual_put_call(&message, call);
    virtual_finish_message(&message, mac);
    return true;
}

enum virtual_answer virtual_judge_signature(struct virtual_chip *chip, const uint8_t point[static 64],
                                            const uint8_t digest[static 32], const uint8_t signature[static 64])
{
    switch (virtual_ecdsa_verify(chip->crypto, point, digest, signature)) {
    case VIRTUAL_SIGNATURE_GOOD:
        return VIRTUAL_ANSWER_OK;
    case VIRTUAL_SIGNATURE_WRONG:
        return VIRTUAL_ANSWER_MISCOMPARE;
    case VIRTUAL_SIGNATURE_FAULT:
        break;
    }
    return VIRTUAL_ANSWER_OFF_CURVE;
}

/* May the public key in `slot` verify now? */
static bool may_verify(struct virtual_chip *chip, unsigned slot, bool from_message)
{
    const bool req_random = (virtual_key_config(&chip->memory, slot) & VIRTUAL_KEY_REQ_RANDOM) != 0;

    if (!virtual_is_public_key(chip, slot) || (req_random && from_message) ||
        (virtual_needs_validation(chip, slot) && !virtual_is_validated(chip, slot)))
        return false;
    return virtual_use_key(chip, slot, VIRTUAL_USE_LATCH | VIRTUAL_USE_RANDOM | VIRTUAL_USE_COUNT);
}

/* Modes 0 and 2: verifies a message with a stored key or one in the command. */
static enum virtual_answer verify_message(struct virtual_chip *chip, const struct virtual_call *call,
                                          struct virtual_reply *reply)
{
    const bool stored = (call->param1 & 7u) == VERIFY_STORED;
    const bool from_message = (call->param1 & FROM_MESSAGE) != 0;
    const bool with_mac = (call->param1 & VERIFY_WITH_MAC) != 0;
    const bool needs_lock = stored || with_mac; /* a key in the command works in any lock state */
    const unsigned slot = call->param2;
    const uint8_t *message = find_message(chip, from_message);
    uint8_t point[64];
    uint8_t mac[32];
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    if ((needs_lock && !virtual_config_locked(chip)) || message == NULL ||
        (with_mac && !validating_mac(chip, call, message, mac)) || (stored && !may_verify(chip, slot, from_message)))
        goto out;
    if (stored)
        virtual_load_public_key(&chip->memory, slot, point);
    else
        memcpy(point, call->data + 64, 64);
    answer = virtual_judge_signature(chip, point, message, call->data);
    if (stored) {
        chip->registers.authorised = answer == VIRTUAL_ANSWER_OK;
        chip->registers.authorised_key = (uint8_t)slot;
    } else if (answer != VIRTUAL_ANSWER_OK) {
        chip->registers.authorised = false;
    }
    if (answer == VIRTUAL_ANSWER_OK && with_mac) {
        memcpy(reply->bytes, mac, 32);
        reply->len = 32;
    }
out:
    spend_message(chip, from_message);
    return answer;
}

/* Modes 3 and 7: verifies the parent key's signature over an internal message that the host rebuilt. */
static enum virtual_answer change_validity(struct virtual_chip *chip, const struct virtual_call *call)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    const bool validate = (call->param1 & 7u) == VERIFY_VALIDATE;
    const unsigned slot = call->param2;
    const unsigned parent = virtual_read_key(chip, slot);
    const uint8_t *other = call->data + 64;
    const uint8_t format =
        chip->memory.config[VIRTUAL_AT_X509_FORMAT + (virtual_key_config(&chip->memory, slot) >> 14)];
    struct virtual_message message = {.len = 0};
    uint8_t digest[32];
    uint8_t point[64];
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    if (!virtual_config_locked(chip) || !virtual_needs_validation(chip, slot) || format != 0 || !tempkey->valid ||
        !tempkey->genkey_data || tempkey->key_id != slot || tempkey->no_mac || (other[17] & 1) != !validate ||
        !may_verify(chip, parent, false))
        goto out;
    virtual_put(&message, tempkey->value, 32);
    virtual_put_byte(&message, 0x41); /* as Sign would have made it */
    virtual_put(&message, other, 10);
    virtual_put_byte(&message, chip->memory.config[12]);
    virtual_put(&message, other + 10, 4);
    virtual_put(&message, chip->memory.config, 2);
    virtual_put(&message, other + 14, 5);
    virtual_finish_message(&message, digest);
    virtual_load_public_key(&chip->memory, parent, point);
    answer = virtual_judge_signature(chip, point, digest, call->data);
    if (answer == VIRTUAL_ANSWER_OK) {
        uint8_t *first = virtual_slot_bytes(&chip->memory, slot);

        *first = (uint8_t)((validate ? 0x50 : 0xa0) | (*first & 0x0f));
    } else {
        chip->registers.authorised = false;
    }
out:
    spend_message(chip, false);
    return answer;
}

VIRTUAL_HANDLER(virtual_command_verify)
{
    const unsigned mode = call->param1 & 7u;
    const unsigned options = call->param1 & ~7u;
    const unsigned legal =
        virtual_is_608(chip) && (mode == VERIFY_STORED || mode == VERIFY_EXTERNAL) ? FROM_MESSAGE | VERIFY_WITH_MAC : 0;

    if ((options & ~legal) != 0)
        return VIRTUAL_ANSWER_PARSE;
    if (mode == VERIFY_EXTERNAL)
        return call->param2 == VERIFY_P256 && call->data_len == 128 ? verify_message(chip, call, reply)
                                                                    : VIRTUAL_ANSWER_PARSE;
    if (call->param2 < 8 || call->param2 >= VIRTUAL_SLOTS)
        return VIRTUAL_ANSWER_PARSE;
    switch (mode) {
    case VERIFY_STORED:
        return call->data_len == 64 ? verify_message(chip, call, reply) : VIRTUAL_ANSWER_PARSE;
    case VERIFY_VALIDATE:
    case VERIFY_INVALIDATE:
        return call->data_len == 83 ? change_validity(chip, call) : VIRTUAL_ANSWER_PARSE;
    case VERIFY_VALIDATE_EXTERNAL: /* needs an X509format, whose digest is not public */
        return call->data_len == 128 ? VIRTUAL_ANSWER_EXECUTION : VIRTUAL_ANSWER_PARSE;
    default:
        return VIRTUAL_ANSWER_PARSE;
    }
}
