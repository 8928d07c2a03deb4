/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command's handler: its input and output. To add a command, add its handler here and its row in commands.c. A
 * handler checks in this order: parameters and length (PARSE), stored and volatile state (EXECUTION); then it computes.
 * It changes `chip->memory` only when nothing can fail any more. The file is written after it returns.
 */
#ifndef IMPRINT_VIRTUAL_COMMANDS_H
#define IMPRINT_VIRTUAL_COMMANDS_H

#include "virtual/chip/model.h"

/* Status bytes on the bus. */
enum virtual_answer {
    VIRTUAL_ANSWER_OK = 0x00,
    VIRTUAL_ANSWER_MISCOMPARE = 0x01,
    VIRTUAL_ANSWER_PARSE = 0x03,
    VIRTUAL_ANSWER_ECC_FAULT = 0x05,
    VIRTUAL_ANSWER_SELF_TEST = 0x07,
    VIRTUAL_ANSWER_HEALTH = 0x08,
    VIRTUAL_ANSWER_EXECUTION = 0x0f,
    VIRTUAL_ANSWER_WOKEN = 0x11,
    VIRTUAL_ANSWER_WATCHDOG = 0xee,
    VIRTUAL_ANSWER_CRC = 0xff,
    VIRTUAL_ANSWER_OFF_CURVE = VIRTUAL_ANSWER_EXECUTION, /* a point that the host sent, or a slot holds */
};

struct virtual_call {
    uint8_t opcode;
    uint8_t param1;
    uint16_t param2;
    const uint8_t *data;
    size_t data_len;
};

/* Payload of a successful answer. Empty: the status byte 00. */
struct virtual_reply {
    uint8_t bytes[128];
    size_t len;
};

#define VIRTUAL_HANDLER(name)                                                                                          \
    enum virtual_answer name(struct virtual_chip *chip, const struct virtual_call *call, struct virtual_reply *reply)

VIRTUAL_HANDLER(virtual_command_aes);
VIRTUAL_HANDLER(virtual_command_checkmac);
VIRTUAL_HANDLER(virtual_command_counter);
VIRTUAL_HANDLER(virtual_command_derivekey);
VIRTUAL_HANDLER(virtual_command_ecdh);
VIRTUAL_HANDLER(virtual_command_gendig);
VIRTUAL_HANDLER(virtual_command_genkey);
VIRTUAL_HANDLER(virtual_command_hmac);
VIRTUAL_HANDLER(virtual_command_info);
VIRTUAL_HANDLER(virtual_command_kdf);
VIRTUAL_HANDLER(virtual_command_lock);
VIRTUAL_HANDLER(virtual_command_mac);
VIRTUAL_HANDLER(virtual_command_nonce);
VIRTUAL_HANDLER(virtual_command_pause);
VIRTUAL_HANDLER(virtual_command_privwrite);
VIRTUAL_HANDLER(virtual_command_random);
VIRTUAL_HANDLER(virtual_command_read);
VIRTUAL_HANDLER(virtual_command_secureboot);
VIRTUAL_HANDLER(virtual_command_selftest);
VIRTUAL_HANDLER(virtual_command_sha);
VIRTUAL_HANDLER(virtual_command_sign);
VIRTUAL_HANDLER(virtual_command_update_extra);
VIRTUAL_HANDLER(virtual_command_verify);
VIRTUAL_HANDLER(virtual_command_write);

/* A message about to be hashed. The longest is the validating MAC of Verify, 164 bytes. */
struct virtual_message {
    uint8_t bytes[192];
    size_t len;
};

void virtual_put(struct virtual_message *message, const uint8_t *data, size_t len);
void virtual_put_byte(struct virtual_message *message, uint8_t value);
void virtual_put_zeros(struct virtual_message *message, size_t count);

/* opcode | param1 | param2, least significant byte first: 4 bytes. */
void virtual_put_call(struct virtual_message *message, const struct virtual_call *call);

/* SN[8] | SN[0] | SN[1], which every message of this chip contains. */
void virtual_put_serial(struct virtual_message *message, const struct virtual_chip *chip);

/* SHA-256 of the message, which is wiped. */
void virtual_finish_message(struct virtual_message *message, uint8_t digest[static 32]);

/* Replaces the lower half of TempKey: valid, the source as before, no longer 64 bytes. */
void virtual_set_tempkey_digest(struct virtual_chip *chip, const uint8_t digest[static 32]);

/* TempKey is a fresh `value` of 32 or 64 bytes: valid, all flags but the source cleared. */
void virtual_load_tempkey(struct virtual_chip *chip, const uint8_t *value, size_t len, bool from_host);

/* Encrypts `len` bytes (32 or 64) with the IO protection key into the reply, followed by the nonce that was used. */
void virtual_reply_encrypted(struct virtual_chip *chip, const uint8_t *io_key, const uint8_t *plain, size_t len,
                             struct virtual_reply *reply);

/* Verify's answer to a signature (R | S) over a 32-byte digest, by the public key `point`. */
enum virtual_answer virtual_judge_signature(struct virtual_chip *chip, const uint8_t point[static 64],
                                            const uint8_t digest[static 32], const uint8_t signature[static 64]);

/* TempKey is used up. */
void virtual_drop_tempkey(struct virtual_chip *chip);

#endif
