/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SecureBoot: did the maker sign this firmware, or was it accepted before? The answer can be a MAC with the IO
 * protection key, so that it cannot be forged on the bus.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

enum { BOOT_FULL = 5, BOOT_FULL_STORE = 6, BOOT_FULL_COPY = 7 };
enum { CONFIG_OFF, CONFIG_FULL_BOTH, CONFIG_FULL_SIGNATURE, CONFIG_FULL_DIGEST };
#define BOOT_NO_MORE 0x40u
#define BOOT_WITH_MAC 0x80u

/* SecureBootConfig. cryptoauthlib and the TrustFLEX sheet disagree on bits 2 to 4; these are the former's. */
#define CONFIG_SETS_LATCH 0x0008u
#define CONFIG_WANTS_NONCE 0x0010u

struct boot {
    unsigned mode;
    unsigned config; /* one of CONFIG_ */
    unsigned key_slot;
    unsigned stored_slot;
    bool with_mac;
    uint8_t mac_key[32];
    uint8_t digest[32];
    uint8_t signature[64];
};

static uint16_t boot_config(const struct virtual_chip *chip)
{
    const uint8_t *bytes = chip->memory.config + VIRTUAL_AT_SECURE_BOOT;

    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* A slot for stored digests and signatures: the chip may write it, and it is long enough. */
static bool stored_slot_suits(const struct virtual_chip *chip, const struct boot *boot)
{
    const size_t len = boot->config == CONFIG_FULL_DIGEST ? 32 : 64;

    return !virtual_is_private(&chip->memory, boot->stored_slot) && virtual_slot_size(boot->stored_slot) >= len &&
           (boot->mode != BOOT_FULL_COPY || virtual_slot_changeable(chip, boot->stored_slot));
}

static bool may_boot(struct virtual_chip *chip, const struct boot *boot)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;

    if (!virtual_config_locked(chip) || !virtual_data_locked(chip) || chip->boot_over || boot->config == CONFIG_OFF)
        return false;
    if (boot->mode != BOOT_FULL && (boot->config == CONFIG_FULL_BOTH || !stored_slot_suits(chip, boot)))
        return false;
    if (boot->with_mac ? virtual_io_key(chip) == NULL || !tempkey->valid || tempkey->from_host
                       : (boot_config(chip) & CONFIG_WANTS_NONCE) != 0)
        return false;
    /* ReqRandom would need a nonce, which this command does not use. */
    return virtual_is_public_key(chip, boot->key_slot) &&
           (virtual_key_config(&chip->memory, boot->key_slot) & VIRTUAL_KEY_REQ_RANDOM) == 0 &&
           (!virtual_needs_validation(chip, boot->key_slot) || virtual_is_validated(chip, boot->key_slot)) &&
           virtual_use_key(chip, boot->key_slot, VIRTUAL_USE_LATCH | VIRTUAL_USE_COUNT);
}

/* Digest and signature, from the command or the stored slot; the digest travels under H(IO key | TempKey). */
static void collect(struct virtual_chip *chip, const struct virtual_call *call, struct boot *boot)
{
    struct virtual_message message = {.len = 0};

    memcpy(boot->digest, call->data, 32);
    if (boot->with_mac) {
        virtual_put(&message, virtual_io_key(chip), 32);
        virtual_put(&message, chip->registers.tempkey.value, 32);
        virtual_finish_message(&message, boot->mac_key);
        for (unsigned i = 0; i < 32; i++)
            boot->digest[i] ^= boot->mac_key[i];
    }
    if (boot->mode != BOOT_FULL_STORE)
        memcpy(boot->signature, call->data + 32, 64);
    else if (boot->config == CONFIG_FULL_SIGNATURE)
        memcpy(boot->signature, virtual_slot_bytes(&chip->memory, boot->stored_slot), 64);
}

static enum virtual_answer judge(struct virtual_chip *chip, const struct boot *boot)
{
    uint8_t point[64];

    if (boot->mode == BOOT_FULL_STORE && boot->config == CONFIG_FULL_DIGEST)
        return virtual_equal(boot->digest, virtual_slot_bytes(&chip->memory, boot->stored_slot), 32)
                   ? VIRTUAL_ANSWER_OK
                   : VIRTUAL_ANSWER_MISCOMPARE;
    virtual_load_public_key(&chip->memory, boot->key_slot, point);
    return virtual_judge_signature(chip, point, boot->digest, boot->signature);
}

static void keep(struct virtual_chip *chip, const struct boot *boot)
{
    uint8_t *stored = virtual_slot_bytes(&chip->memory, boot->stored_slot);

    if (boot->config == CONFIG_FULL_DIGEST)
        memcpy(stored, boot->digest, 32);
    else
        memcpy(stored, boot->signature, 64);
}

static void prove(const struct virtual_call *call, const struct boot *boot, struct virtual_reply *reply)
{
    struct virtual_message message = {.len = 0};

    virtual_put(&message, boot->mac_key, 32);
    virtual_put(&message, boot->digest, 32);
    if (!(boot->mode == BOOT_FULL_STORE && boot->config == CONFIG_FULL_DIGEST))
        virtual_put(&message, boot->signature, 64);
    virtual_put_call(&message, call);
    virtual_finish_message(&message, reply->bytes);
    reply->len = 32;
}

VIRTUAL_HANDLER(virtual_command_secureboot)
{
    const uint16_t config = boot_config(chip);
    struct boot boot = {.mode = call->param1 & 7u,
                        .config = config & 3u,
                        .key_slot = config >> 12,
                        .stored_slot = config >> 8 & 0x0fu,
                        .with_mac = (call->param1 & BOOT_WITH_MAC) != 0};
    enum virtual_answer answer = VIRTUAL_ANSWER_EXECUTION;

    if ((call->param1 & 0x38) != 0 || boot.mode < BOOT_FULL || call->param2 != 0 ||
        call->data_len != (boot.mode == BOOT_FULL_STORE ? 32 : 96))
        return VIRTUAL_ANSWER_PARSE;
    if (may_boot(chip, &boot)) {
        collect(chip, call, &boot);
        answer = judge(chip, &boot);
    }
    if (answer == VIRTUAL_ANSWER_OK) {
        if (boot.mode == BOOT_FULL_COPY)
            keep(chip, &boot);
        if ((config & CONFIG_SETS_LATCH) != 0)
            chip->latch = true;
        if ((call->param1 & BOOT_NO_MORE) != 0)
            chip->boot_over = true;
        if (boot.with_mac)
            prove(call, &boot, reply);
    }
    if (boot.with_mac)
        virtual_drop_tempkey(chip);
    virtual_wipe(&boot, sizeof boot);
    return answer;
}
