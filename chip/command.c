/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opcodes: Microchip, ATECC608B-TNGTLS data sheet (DS40002138 family), section 5. Worst cases: the longer of the
 * ATECC508A's and the ATECC608's at clock divider M0, from the execution time tables of cryptoauthlib
 * (lib/calib/calib_execution.c). First polls: half the shortest typical time published, which is the ATECC508A's
 * (Atmel's eccX08 host library) but for SHA, where Coldcard measured 1 ms on an ATECC608A.
 */
#include "chip/command.h"

const struct chip_command chip_command_info = {
    .name = "Info",
    .opcode = 0x30,
    .exec_max_ms = 5,
    .first_poll_us = 100,
    .repeatable = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_read = {
    .name = "Read",
    .opcode = 0x02,
    .exec_max_ms = 5,
    .first_poll_us = 100,
    .repeatable = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_write = {
    .name = "Write",
    .opcode = 0x12,
    .exec_max_ms = 45,
    .first_poll_us = 3500,
    .repeatable = true,
    .effect = CHIP_WRITES,
};

const struct chip_command chip_command_write_encrypted = {
    .name = "Write",
    .opcode = 0x12,
    .exec_max_ms = 45,
    .first_poll_us = 3500,
    .repeatable = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_WRITES,
};

/* A second Lock is refused. */
const struct chip_command chip_command_lock = {
    .name = "Lock",
    .opcode = 0x17,
    .exec_max_ms = 35,
    .first_poll_us = 4000,
    .repeatable = false,
    .effect = CHIP_LOCKS,
};

const struct chip_command chip_command_random = {
    .name = "Random",
    .opcode = 0x1B,
    .exec_max_ms = 23,
    .first_poll_us = 500,
    .repeatable = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_nonce = {
    .name = "Nonce",
    .opcode = 0x16,
    .exec_max_ms = 29,
    .first_poll_us = 100,
    .repeatable = true,
    .registers = CHIP_REGISTERS_FILLED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_gendig = {
    .name = "GenDig",
    .opcode = 0x15,
    .exec_max_ms = 25,
    .first_poll_us = 2500,
    .repeatable = false,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

/* A second GenKey makes a second key. */
const struct chip_command chip_command_genkey = {
    .name = "GenKey",
    .opcode = 0x40,
    .exec_max_ms = 115,
    .first_poll_us = 5500,
    .repeatable = false,
    .effect = CHIP_WRITES,
};

const struct chip_command chip_command_genkey_public = {
    .name = "GenKey",
    .opcode = 0x40,
    .exec_max_ms = 115,
    .first_poll_us = 5500,
    .repeatable = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_sign = {
    .name = "Sign",
    .opcode = 0x41,
    .exec_max_ms = 115,
    .first_poll_us = 21000,
    .repeatable = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_verify = {
    .name = "Verify",
    .opcode = 0x45,
    .exec_max_ms = 105,
    .first_poll_us = 19000,
    .repeatable = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_privwrite = {
    .name = "PrivWrite",
    .opcode = 0x46,
    .exec_max_ms = 50,
    .first_poll_us = 400,
    .repeatable = true,
    .effect = CHIP_WRITES,
};

const struct chip_command chip_command_privwrite_encrypted = {
    .name = "PrivWrite",
    .opcode = 0x46,
    .exec_max_ms = 50,
    .first_poll_us = 400,
    .repeatable = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_WRITES,
};

/* Each byte takes one value for ever: a second one is refused. */
const struct chip_command chip_command_update_extra = {
    .name = "UpdateExtra",
    .opcode = 0x20,
    .exec_max_ms = 10,
    .first_poll_us = 4000,
    .repeatable = false,
    .effect = CHIP_LOCKS,
};

const struct chip_command chip_command_sha_start = {
    .name = "SHA",
    .opcode = 0x47,
    .exec_max_ms = 36,
    .first_poll_us = 500,
    .repeatable = true,
    .registers = CHIP_REGISTERS_FILLED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_sha = {
    .name = "SHA",
    .opcode = 0x47,
    .exec_max_ms = 36,
    .first_poll_us = 500,
    .repeatable = false,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};
