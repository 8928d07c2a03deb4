/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GenKey and PrivWrite: they put private keys into slots and compute public keys. They write pad and scalar, the first
 * 36 bytes of a slot, and leave the rest of it alone.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/random.h"

#include <string.h>

#define GENKEY_SHOW 0x00
#define GENKEY_CREATE 0x04
#define GENKEY_DIGEST 0x08
#define GENKEY_STORED_PUBLIC 0x10
#define KEY_IN_TEMPKEY 0xffffu
#define PRIVWRITE_ENCRYPTED 0x40

/* TempKey = H(TempKey 32 | opcode | 3 bytes | SN | zeros | X | Y). */
static void digest_public_key(struct virtual_chip *chip, const struct virtual_call *call, unsigned slot,
                              const uint8_t point[static 64])
{
    struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    struct virtual_message message = {.len = 0};
    uint8_t digest[32];

    virtual_put(&message, tempkey->value, 32);
    if (call->param1 == GENKEY_STORED_PUBLIC) {
        virtual_put_byte(&message, call->opcode);
        virtual_put(&message, call->data, 3);
    } else {
        virtual_put_call(&message, call);
    }
    virtual_put_serial(&message, chip);
    virtual_put_zeros(&message, 25);
    virtual_put(&message, point, 64);
    virtual_finish_message(&message, digest);
    virtual_set_tempkey_digest(chip, digest);
    tempkey->key_id = (uint8_t)slot;
    tempkey->genkey_data = true;
    tempkey->gendig_data = false;
    tempkey->no_mac = false;
}

/* A private key in TempKey, for ECDH only. Nothing else may use TempKey then. */
static enum virtual_answer create_in_tempkey(struct virtual_chip *chip, struct virtual_reply *reply)
{
    struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    uint8_t scalar[32];
    enum virtual_answer answer = VIRTUAL_ANSWER_ECC_FAULT;

    if (!virtual_config_locked(chip))
        return VIRTUAL_ANSWER_EXECUTION;
    virtual_drop_tempkey(chip);
    if (virtual_derive_scalar(chip->crypto, &chip->image, "ephemeral key", 0, chip->random_draws++, scalar) &&
        virtual_public_key(chip->crypto, scalar, reply->bytes)) {
        memcpy(tempkey->value, scalar, 32);
        tempkey->private_key = true;
        reply->len = 64;
        answer = VIRTUAL_ANSWER_OK;
    }
    virtual_wipe(scalar, sizeof scalar);
    return answer;
}

/* The public key of the private key in TempKey, which stays there. */
static enum virtual_answer show_tempkey_public(struct virtual_chip *chip, struct virtual_reply *reply)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;

    if (!tempkey->private_key)
        return VIRTUAL_ANSWER_EXECUTION;
    if (!virtual_public_key(chip->crypto, tempkey->value, reply->bytes))
        return VIRTUAL_ANSWER_ECC_FAULT;
    reply->len = 64;
    return VIRTUAL_ANSWER_OK;
}

/* Before the data lock any private slot will do; after it the slot's policy counts. */
static bool may_create(struct virtual_chip *chip, unsigned slot)
{
    if (!virtual_slot_changeable(chip, slot))
        return false;
    return !virtual_data_locked(chip) ||
           ((virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_GENKEY) != 0 && virtual_use_key(chip, slot, 0));
}

static bool may_show_public(struct virtual_chip *chip, unsigned slot)
{
    return (!virtual_data_locked(chip) && chip->public_rule == VIRTUAL_PUBLIC_ONCE_LOCKED) ||
           ((virtual_key_config(&chip->memory, slot) & VIRTUAL_KEY_PUB_INFO) != 0 && virtual_use_key(chip, slot, 0));
}

/* Can the digest modes use TempKey as it is? */
static bool tempkey_suits_digest(const struct virtual_chip *chip, unsigned slot)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    const bool req_random = (virtual_key_config(&chip->memory, slot) & VIRTUAL_KEY_REQ_RANDOM) != 0;

    return tempkey->valid && !(req_random && tempkey->from_host);
}

static enum virtual_answer private_key(struct virtual_chip *chip, const struct virtual_call *call, unsigned slot,
                                       struct virtual_reply *reply)
{
    const bool create = (call->param1 & GENKEY_CREATE) != 0;
    const bool digest = (call->param1 & GENKEY_DIGEST) != 0;
    uint8_t scalar[32];
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    memcpy(scalar, virtual_slot_scalar(&chip->memory, slot), 32);
    if (!virtual_config_locked(chip) || !virtual_is_signing_key(chip, slot) ||
        (digest && !tempkey_suits_digest(chip, slot)) || (!create && !virtual_scalar_is_valid(scalar)) ||
        !(create ? may_create(chip, slot) : may_show_public(chip, slot)))
        goto out;
    answer = VIRTUAL_ANSWER_ECC_FAULT;
    if ((create && !virtual_derive_scalar(chip->crypto, &chip->image, "slot key", slot, 0, scalar)) ||
        !virtual_public_key(chip->crypto, scalar, reply->bytes))
        goto out;
    if (create) {
        memset(virtual_slot_bytes(&chip->memory, slot), 0, 4);
        memcpy(virtual_slot_scalar(&chip->memory, slot), scalar, 32);
    }
    if (digest)
        digest_public_key(chip, call, slot, reply->bytes);
    reply->len = 64;
    answer = VIRTUAL_ANSWER_OK;
out:
    if (digest && answer != VIRTUAL_ANSWER_OK)
        virtual_drop_tempkey(chip);
    virtual_wipe(scalar, sizeof scalar);
    return answer;
}

static enum virtual_answer stored_public_key(struct virtual_chip *chip, const struct virtual_call *call, unsigned slot)
{
    uint8_t point[64];

    if (!virtual_config_locked(chip) || !virtual_is_public_key(chip, slot) || !tempkey_suits_digest(chip, slot) ||
        !virtual_use_key(chip, slot, 0)) {
        virtual_drop_tempkey(chip);
        return VIRTUAL_ANSWER_EXECUTION;
    }
    virtual_load_public_key(&chip->memory, slot, point);
    digest_public_key(chip, call, slot, point);
    return VIRTUAL_ANSWER_OK;
}

VIRTUAL_HANDLER(virtual_command_genkey)
{
    const unsigned slot = call->param2;

    if (slot == KEY_IN_TEMPKEY && virtual_is_608(chip)) {
        if (call->param1 == GENKEY_CREATE)
            return create_in_tempkey(chip, reply);
        if (call->param1 == GENKEY_SHOW)
            return show_tempkey_public(chip, reply);
    }
    if (slot >= VIRTUAL_SLOTS)
        return VIRTUAL_ANSWER_PARSE;
    if (call->param1 == GENKEY_STORED_PUBLIC) {
        if (slot < 8 || call->data_len != 3)
            return VIRTUAL_ANSWER_PARSE;
        return stored_public_key(chip, call, slot);
    }
    if ((call->param1 & ~(unsigned)(GENKEY_CREATE | GENKEY_DIGEST)) != 0 ||
        ((call->param1 & GENKEY_DIGEST) != 0 && call->data_len != 0))
        return VIRTUAL_ANSWER_PARSE;
    return private_key(chip, call, slot, reply);
}

/* ---- PrivWrite ---- */

/* Decrypts the 36 bytes and checks the MAC, both with TempKey, which is used up even when the MAC is wrong. */
static bool decrypt_private(struct virtual_chip *chip, const struct virtual_call *call, uint8_t plain[static 36])
{
    struct virtual_tempkey *tempkey = &chip->registers.tempkey;
    struct virtual_message message = {.len = 0};
    uint8_t more[32];
    uint8_t expected[32];
    bool good = false;

    if (tempkey->valid) {
        virtual_sha256(tempkey->value, 32, more);
        for (unsigned i = 0; i < 36; i++)
            plain[i] = call->data[i] ^ (i < 32 ? tempkey->value[i] : more[i - 32]);
        virtual_put(&message, tempkey->value, 32);
        virtual_put_call(&message, call);
        virtual_put_serial(&message, chip);
        virtual_put_zeros(&message, 21);
        virtual_put(&message, plain, 36);
        virtual_finish_message(&message, expected);
        good = virtual_equal(expected, call->data + 36, 32);
        virtual_wipe(more, sizeof more);
    }
    virtual_drop_tempkey(chip);
    return good;
}

/* After the data lock: encrypted, bit 14 of SlotConfig, TempKey from a random nonce and GenDig on WriteKey. */
static bool may_import(const struct virtual_chip *chip, unsigned slot, bool encrypted)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;

    if (!virtual_config_locked(chip) || !virtual_is_signing_key(chip, slot) || !virtual_slot_changeable(chip, slot))
        return false;
    return !virtual_data_locked(chip) ||
           (encrypted && (virtual_slot_config(&chip->memory, slot) & VIRTUAL_SLOT_ENCRYPTED_WRITE) != 0 &&
            tempkey->gendig_data && !tempkey->from_host && tempkey->key_id == virtual_write_key(chip, slot));
}

VIRTUAL_HANDLER(virtual_command_privwrite)
{
    static const uint8_t pad[4];
    const bool encrypted = call->param1 == PRIVWRITE_ENCRYPTED;
    const unsigned slot = call->param2;
    uint8_t plain[36];
    bool allowed = false;

    (void)reply;
    if ((call->param1 != 0 && !encrypted) || slot >= VIRTUAL_SLOTS || (encrypted && call->data_len != 68))
        return VIRTUAL_ANSWER_PARSE;
    memcpy(plain, call->data, 36);
    allowed = may_import(chip, slot, encrypted);
    if (encrypted && !decrypt_private(chip, call, plain))
        allowed = false;
    allowed = allowed && memcmp(plain, pad, 4) == 0 && virtual_scalar_is_valid(plain + 4);
    if (allowed)
        memcpy(virtual_slot_bytes(&chip->memory, slot), plain, 36);
    virtual_wipe(plain, sizeof plain);
    return allowed ? VIRTUAL_ANSWER_OK : VIRTUAL_ANSWER_EXECUTION;
}
