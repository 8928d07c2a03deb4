/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES: one block of AES-128 under a key in a slot or in TempKey, and the field multiplication of GCM, which uses
 * no key. Nothing but the key's use count changes.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"

#include <string.h>

enum { AES_ENCRYPT = 0, AES_DECRYPT = 1, AES_GFM = 3 };
#define KEY_IN_TEMPKEY 0xffffu
#define KEY_BYTES 16u

/* Product in GF(2^128) with the bit order of GCM (NIST SP 800-38D, 6.3): bit 0 is the most significant of byte 0. */
static void multiply(const uint8_t x[static 16], const uint8_t y[static 16], uint8_t product[static 16])
{
    uint8_t v[16];

    memcpy(v, y, sizeof v);
    memset(product, 0, 16);
    for (unsigned bit = 0; bit < 128; bit++) {
        const bool odd = (v[15] & 1) != 0;

        if ((x[bit / 8] >> (7 - bit % 8) & 1) != 0)
            for (unsigned i = 0; i < 16; i++)
                product[i] ^= v[i];
        for (unsigned i = 16; i-- > 1;)
            v[i] = (uint8_t)(v[i] >> 1 | v[i - 1] << 7);
        v[0] >>= 1;
        if (odd)
            v[0] ^= 0xe1; /* x^128 = x^7 + x^2 + x + 1 */
    }
    virtual_wipe(v, sizeof v);
}

/* No slot's key is used before both zones are locked; one in TempKey is, in any lock state. */
static bool key_is_within_reach(const struct virtual_chip *chip, unsigned slot, size_t at)
{
    if (slot == KEY_IN_TEMPKEY)
        return true;
    return slot < VIRTUAL_SLOTS && at + KEY_BYTES <= virtual_slot_size(slot) && virtual_config_locked(chip) &&
           virtual_data_locked(chip);
}

/* NULL: the key may not be used. */
static const uint8_t *find_key(struct virtual_chip *chip, unsigned slot, size_t at)
{
    const struct virtual_tempkey *tempkey = &chip->registers.tempkey;

    if (slot == KEY_IN_TEMPKEY)
        return tempkey->valid && (at < 32 || tempkey->is_64) ? tempkey->value + at : NULL;
    if (!virtual_is_aes_key(chip, slot) || !virtual_use_key(chip, slot, VIRTUAL_USE_LATCH | VIRTUAL_USE_COUNT))
        return NULL;
    return virtual_slot_bytes(&chip->memory, slot) + at;
}

VIRTUAL_HANDLER(virtual_command_aes)
{
    const unsigned mode = call->param1 & 7u;
    const unsigned slot = call->param2;
    const size_t at = KEY_BYTES * (size_t)(call->param1 >> 6);
    const uint8_t *key = NULL;

    if ((chip->memory.config[VIRTUAL_AT_AES_ENABLE] & 1) == 0)
        return VIRTUAL_ANSWER_PARSE;
    if (mode == AES_GFM) { /* the other bits of the mode are ignored */
        if (call->data_len != 32 || call->param2 != 0)
            return VIRTUAL_ANSWER_PARSE;
        multiply(call->data, call->data + 16, reply->bytes);
        reply->len = 16;
        return VIRTUAL_ANSWER_OK;
    }
    if (mode > AES_DECRYPT || (call->param1 & 0x38) != 0 || call->data_len != 16 ||
        !key_is_within_reach(chip, slot, at))
        return VIRTUAL_ANSWER_PARSE;
    key = find_key(chip, slot, at);
    if (key == NULL)
        return VIRTUAL_ANSWER_EXECUTION;
    virtual_aes(chip->crypto, mode == AES_ENCRYPT, key, call->data, reply->bytes);
    reply->len = 16;
    return VIRTUAL_ANSWER_OK;
}
