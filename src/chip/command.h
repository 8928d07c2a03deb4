/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command table: one datasheet row, one const row. A further command is a further row here and a typed call in
 * one of the headers that `chip/operations.h` lists; two uses of one opcode that differ in what they do are two rows.
 * The executor is the only reader.
 */
#ifndef IMPRINT_CHIP_COMMAND_H
#define IMPRINT_CHIP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

enum chip_effect {
    CHIP_READS,  /* changes nothing that lasts */
    CHIP_SEEDS,  /* may move the generator's seed in an ATECC508A's EEPROM; on an ATECC608 the same as CHIP_READS */
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

/* ChipMode's clock dividers: 00 is M0, 05 M1, 0D M2. The slower ones are the ATECC608's alone. */
enum chip_clock { CHIP_CLOCK_M0, CHIP_CLOCK_M1, CHIP_CLOCK_M2, CHIP_CLOCKS };

struct chip_command {
    const char *name; /* Microchip's: "GenKey" */
    uint8_t opcode;
    uint16_t exec_max_ms[CHIP_CLOCKS]; /* worst case of any supported part at clock divider M0, M1, M2 */
    uint16_t first_poll_us;            /* when to ask first: half the shortest typical time of any part, at least 100 */
    bool repeatable;                   /* may be sent again when its reply is lost: running twice equals running once */
    /*
     * Runs with the key in the slot that the low byte of Param2 names. Where its SlotConfig says LimitedUse, each run
     * uses up one of its uses for good: the executor treats the command as CHIP_WRITES and not repeatable then.
     */
    bool uses_key;
    enum chip_registers registers;
    enum chip_effect effect;
};

/* Identity and random numbers. */
extern const struct chip_command chip_command_info;
extern const struct chip_command chip_command_random; /* updates the seed of an ATECC508A */

/* Zones. */
extern const struct chip_command chip_command_read;
extern const struct chip_command chip_command_write;
extern const struct chip_command chip_command_write_encrypted; /* 32 bytes and a MAC */
extern const struct chip_command chip_command_lock;
extern const struct chip_command chip_command_update_extra; /* a byte of the config zone, once */
extern const struct chip_command chip_command_counter;      /* reads */

/* What fills TempKey, the message digest buffer and the SHA context. */
extern const struct chip_command chip_command_nonce;         /* the host's value */
extern const struct chip_command chip_command_nonce_seeding; /* with a random number; updates the seed as Random does */
extern const struct chip_command chip_command_gendig;        /* the key of a slot */
extern const struct chip_command chip_command_sha;           /* update and end */
extern const struct chip_command chip_command_sha_hmac;      /* HMAC start with a slot */
extern const struct chip_command chip_command_mac;           /* the key of a slot over TempKey */

/* Private and public keys. */
extern const struct chip_command chip_command_genkey;        /* private key creation */
extern const struct chip_command chip_command_genkey_public; /* public key from the stored private one */
extern const struct chip_command chip_command_privwrite;
extern const struct chip_command chip_command_privwrite_encrypted; /* cipher text and a MAC */
extern const struct chip_command chip_command_sign;
extern const struct chip_command chip_command_verify;             /* with a key that is part of the command */
extern const struct chip_command chip_command_verify_stored;      /* with a key in a slot */
extern const struct chip_command chip_command_ecdh;               /* ATECC608: the secret goes to the host */
extern const struct chip_command chip_command_ecdh_as_configured; /* ATECC508A: SlotConfig says where it goes */

/* Symmetric keys. */
extern const struct chip_command chip_command_aes;     /* key of a slot */
extern const struct chip_command chip_command_aes_gfm; /* multiplication of GCM: no key */

#endif
