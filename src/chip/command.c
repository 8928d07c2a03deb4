/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opcodes: Microchip, ATECC608B-TNGTLS data sheet (DS40002138 family), section 5. Worst cases: the longer of the
 * ATECC508A's and the ATECC608's at each clock divider, from the execution time tables of cryptoauthlib
 * (lib/calib/calib_execution.c). First polls: half the shortest typical time published, which is the ATECC508A's
 * (Atmel's eccX08 host library), except SHA, where Coldcard measured 1 ms on an ATECC608A; AES has none and is asked
 * early.
 *
 * Registers, repeatable and effect follow from what the data sheets say each command reads, uses up and changes. Every
 * command that reads TempKey uses it up; a command that does not change memory is repeatable as long as what it reads
 * is still there.
 */
#include "chip/command.h"

/* ---- identity and random numbers ---- */

const struct chip_command chip_command_info = {
    .name = "Info",
    .opcode = 0x30,
    .exec_max_ms = {5, 5, 5},
    .first_poll_us = 100,
    .repeatable = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_random = {
    .name = "Random",
    .opcode = 0x1B,
    .exec_max_ms = {23, 23, 23},
    .first_poll_us = 500,
    .repeatable = true,
    .effect = CHIP_SEEDS,
};

/* ---- zones ---- */

const struct chip_command chip_command_read = {
    .name = "Read",
    .opcode = 0x02,
    .exec_max_ms = {5, 5, 5},
    .first_poll_us = 100,
    .repeatable = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_write = {
    .name = "Write",
    .opcode = 0x12,
    .exec_max_ms = {45, 45, 45},
    .first_poll_us = 3500,
    .repeatable = true,
    .effect = CHIP_WRITES,
};

const struct chip_command chip_command_write_encrypted = {
    .name = "Write",
    .opcode = 0x12,
    .exec_max_ms = {45, 45, 45},
    .first_poll_us = 3500,
    .repeatable = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_WRITES,
};

/* A second Lock is refused. */
const struct chip_command chip_command_lock = {
    .name = "Lock",
    .opcode = 0x17,
    .exec_max_ms = {35, 35, 35},
    .first_poll_us = 4000,
    .repeatable = false,
    .effect = CHIP_LOCKS,
};

/* Each byte can be set once: a second UpdateExtra is refused. */
const struct chip_command chip_command_update_extra = {
    .name = "UpdateExtra",
    .opcode = 0x20,
    .exec_max_ms = {10, 10, 10},
    .first_poll_us = 4000,
    .repeatable = false,
    .effect = CHIP_LOCKS,
};

const struct chip_command chip_command_counter = {
    .name = "Counter",
    .opcode = 0x24,
    .exec_max_ms = {25, 25, 25},
    .first_poll_us = 2500,
    .repeatable = true,
    .effect = CHIP_READS,
};

/* ---- TempKey, the message digest buffer and the SHA context ---- */

const struct chip_command chip_command_nonce = {
    .name = "Nonce",
    .opcode = 0x16,
    .exec_max_ms = {29, 29, 29},
    .first_poll_us = 100,
    .repeatable = true,
    .registers = CHIP_REGISTERS_FILLED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_nonce_seeding = {
    .name = "Nonce",
    .opcode = 0x16,
    .exec_max_ms = {29, 29, 29},
    .first_poll_us = 100,
    .repeatable = true,
    .registers = CHIP_REGISTERS_FILLED,
    .effect = CHIP_SEEDS,
};

const struct chip_command chip_command_gendig = {
    .name = "GenDig",
    .opcode = 0x15,
    .exec_max_ms = {25, 35, 35},
    .first_poll_us = 2500,
    .repeatable = false,
    .uses_key = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_sha = {
    .name = "SHA",
    .opcode = 0x47,
    .exec_max_ms = {36, 42, 75},
    .first_poll_us = 500,
    .repeatable = false,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_sha_hmac = {
    .name = "SHA",
    .opcode = 0x47,
    .exec_max_ms = {36, 42, 75},
    .first_poll_us = 500,
    .repeatable = true,
    .uses_key = true,
    .registers = CHIP_REGISTERS_FILLED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_mac = {
    .name = "MAC",
    .opcode = 0x08,
    .exec_max_ms = {55, 55, 55},
    .first_poll_us = 2500,
    .repeatable = false,
    .uses_key = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

/* ---- private and public keys ---- */

/* A second GenKey makes a second key. */
const struct chip_command chip_command_genkey = {
    .name = "GenKey",
    .opcode = 0x40,
    .exec_max_ms = {115, 215, 653},
    .first_poll_us = 5500,
    .repeatable = false,
    .effect = CHIP_WRITES,
};

const struct chip_command chip_command_genkey_public = {
    .name = "GenKey",
    .opcode = 0x40,
    .exec_max_ms = {115, 215, 653},
    .first_poll_us = 5500,
    .repeatable = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_privwrite = {
    .name = "PrivWrite",
    .opcode = 0x46,
    .exec_max_ms = {50, 50, 50},
    .first_poll_us = 400,
    .repeatable = true,
    .effect = CHIP_WRITES,
};

const struct chip_command chip_command_privwrite_encrypted = {
    .name = "PrivWrite",
    .opcode = 0x46,
    .exec_max_ms = {50, 50, 50},
    .first_poll_us = 400,
    .repeatable = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_WRITES,
};

const struct chip_command chip_command_sign = {
    .name = "Sign",
    .opcode = 0x41,
    .exec_max_ms = {115, 220, 665},
    .first_poll_us = 21000,
    .repeatable = true,
    .uses_key = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_verify = {
    .name = "Verify",
    .opcode = 0x45,
    .exec_max_ms = {105, 295, 1085},
    .first_poll_us = 19000,
    .repeatable = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_verify_stored = {
    .name = "Verify",
    .opcode = 0x45,
    .exec_max_ms = {105, 295, 1085},
    .first_poll_us = 19000,
    .repeatable = true,
    .uses_key = true,
    .registers = CHIP_REGISTERS_NEEDED,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_ecdh = {
    .name = "ECDH",
    .opcode = 0x43,
    .exec_max_ms = {75, 172, 531},
    .first_poll_us = 19000,
    .repeatable = true,
    .uses_key = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_ecdh_as_configured = {
    .name = "ECDH",
    .opcode = 0x43,
    .exec_max_ms = {75, 172, 531},
    .first_poll_us = 19000,
    .repeatable = true,
    .uses_key = true,
    .effect = CHIP_WRITES,
};

/* ---- symmetric keys ---- */

const struct chip_command chip_command_aes = {
    .name = "AES",
    .opcode = 0x51,
    .exec_max_ms = {27, 27, 27},
    .first_poll_us = 500,
    .repeatable = true,
    .uses_key = true,
    .effect = CHIP_READS,
};

const struct chip_command chip_command_aes_gfm = {
    .name = "AES",
    .opcode = 0x51,
    .exec_max_ms = {27, 27, 27},
    .first_poll_us = 500,
    .repeatable = true,
    .effect = CHIP_READS,
};
