/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command table: one datasheet row, one const row. A further command is a further row here and, where callers want
 * one, a typed call in `chip/operations.h`; two uses of one opcode that differ in what they do are two rows. The
 * executor is the only reader. SelfTest is no row: its one-byte reply is a bitmap that cannot be told from a status.
 */
#ifndef IMPRINT_CHIP_COMMAND_H
#define IMPRINT_CHIP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

enum chip_effect {
    CHIP_READS,  /* changes nothing that lasts */
    CHIP_WRITES, /* may change non-volatile memory */
    CHIP_LOCKS,  /* changes it for ever */
};

/* What a command has to do with TempKey, the message digest buffer and the SHA context, all lost when the chip sleeps.
 */
enum chip_registers {
    CHIP_REGISTERS_UNUSED,
    CHIP_REGISTERS_FILLED, /* begins a sequence: nothing earlier matters, later commands build on it */
    CHIP_REGISTERS_NEEDED, /* builds on earlier commands: CHIP_RESET when the chip slept or restarted since */
};

struct chip_command {
    const char *name; /* Microchip's: "GenKey" */
    uint8_t opcode;
    uint16_t exec_max_ms;   /* worst case of any supported part and clock divider M0 */
    uint32_t first_poll_us; /* when to ask first: half the shortest typical time of any part, at least 100 */
    bool repeatable;        /* may be sent again when its reply is lost: running twice equals running once */
    enum chip_registers registers;
    enum chip_effect effect;
};

extern const struct chip_command chip_command_info;
extern const struct chip_command chip_command_read;
extern const struct chip_command chip_command_write;
extern const struct chip_command chip_command_write_encrypted; /* same opcode, 32 bytes and a MAC */
extern const struct chip_command chip_command_lock;
extern const struct chip_command chip_command_random;
extern const struct chip_command chip_command_nonce;
extern const struct chip_command chip_command_gendig;
extern const struct chip_command chip_command_genkey;        /* private key creation: not repeatable */
extern const struct chip_command chip_command_genkey_public; /* same opcode, public key from the stored private one */
extern const struct chip_command chip_command_sign;
extern const struct chip_command chip_command_verify;
extern const struct chip_command chip_command_privwrite;
extern const struct chip_command chip_command_privwrite_encrypted; /* same opcode, cipher text and a MAC */
extern const struct chip_command chip_command_update_extra;
extern const struct chip_command chip_command_sha_start;
extern const struct chip_command chip_command_sha; /* same opcode, update and end */

#endif
