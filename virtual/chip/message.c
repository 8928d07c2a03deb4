/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands' handlers share: messages to be hashed, TempKey, replies encrypted with the IO protection key. */
#include "virtual/chip/commands.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/random.h"

#include <string.h>

void virtual_put(struct virtual_message *message, const uint8_t *data, size_t len)
{
    memcpy(message->bytes + message->len, data, len);
    message->len += len;
}

void virtual_put_byte(struct virtual_message *message, uint8_t value)
{
    message->bytes[message->len++] = value;
}

void virtual_put_zeros(struct virtual_message *message, size_t count)
{
    memset(message->bytes + message->len, 0, count);
    message->len += count;
}

void virtual_put_call(struct virtual_message *message, const struct virtual_call *call)
{
    virtual_put_byte(message, call->opcode);
    virtual_put_byte(message, call->param1);
    virtual_put_byte(message, (uint8_t)call->param2);
    virtual_put_byte(message, (uint8_t)(call->param2 >> 8));
}

void virtual_put_serial(struct virtual_message *message, const struct virtual_chip *chip)
{
    virtual_put_byte(message, chip->memory.config[12]);
    virtual_put(message, chip->memory.config, 2);
}

void virtual_finish_message(struct virtual_message *message, uint8_t digest[static 32])
{
    virtual_sha256(message->bytes, message->len, digest);
    virtual_wipe(message, sizeof *message);
}

void virtual_set_tempkey_digest(struct virtual_chip *chip, const uint8_t digest[static 32])
{
    struct virtual_tempkey *tempkey = &chip->registers.tempkey;

    memcpy(tempkey->value, digest, 32);
    virtual_wipe(tempkey->value + 32, 32);
    tempkey->valid = true;
    tempkey->is_64 = false;
    tempkey->private_key = false;
}

void virtual_load_tempkey(struct virtual_chip *chip, const uint8_t *value, size_t len, bool from_host)
{
    virtual_drop_tempkey(chip);
    memcpy(chip->registers.tempkey.value, value, len);
    chip->registers.tempkey.valid = true;
    chip->registers.tempkey.is_64 = len == 64;
    chip->registers.tempkey.from_host = from_host;
}

void virtual_drop_tempkey(struct virtual_chip *chip)
{
    virtual_wipe(&chip->registers.tempkey, sizeof chip->registers.tempkey);
}

void virtual_reply_encrypted(struct virtual_chip *chip, const uint8_t *io_key, const uint8_t *plain, size_t len,
                             struct virtual_reply *reply)
{
    struct virtual_message message = {.len = 0};
    uint8_t nonce[32];
    uint8_t pad[32];

    virtual_generate(chip, nonce);
    for (size_t at = 0; at < len; at += 32) { /* each block has a key of its own: H(IO key | half of the nonce) */
        virtual_put(&message, io_key, 32);
        virtual_put(&message, nonce + at / 2, 16);
        virtual_finish_message(&message, pad);
        for (size_t i = 0; i < 32; i++)
            reply->bytes[at + i] = plain[at + i] ^ pad[i];
    }
    memcpy(reply->bytes + len, nonce, 32);
    reply->len = len + 32;
    virtual_wipe(pad, sizeof pad);
}
