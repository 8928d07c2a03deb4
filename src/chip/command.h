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
    uint8_t bitmap;                    /* of a one-byte reply that is data: the bits it may have. 0: it is a status */
    uint16_t exec_max_ms[CHIP_CLOCKS]; /* worst case of any supported part at clock divider M0, M1, M2 */
    uint16_t first_poll_us;            /* when to ask first: half the shortest typical time of any part, at least 100 */
    bool repeatable;                   /* may be sent again when its reply is lost: running twice equals running once */
    /*
     * Runs with the key in the slot that the low byte of Param2 names. Where its SlotConfig says LimitedUse, each run
     * takes one of its uses for good: the executor treats it as CHIP_WRITES and not repeatable then.
     */
    bool uses_key;
    enum chip_registers registers;
    enum chip_effect effect;
};

/* Identity, state and the generator. */
extern const struct chip_command chip_command_info;
extern const struct chip_command chip_command_info_latch;     /* sets the persistent latch: wants an authorisation */
extern const struct chip_command chip_command_random;         /* keeps the seed */
extern const struct chip_command chip_command_random_seeding; /* updates it where it has to */
extern const struct chip_command chip_command_selftest;
extern const struct chip_command chip_command_pause; /* ATECC508A */

/* Zones. */
extern const struct chip_command chip_command_read;
extern const struct chip_command chip_command_read_encrypted; /* through TempKey, which is used up */
extern const struct chip_command chip_command_write;
extern const struct chip_command chip_command_write_encrypted; /* 32 bytes and a MAC */
extern const struct chip_command chip_command_lock;
extern const struct chip_command chip_command_update_extra; /* a byte of the config zone, once */
extern const struct chip_command chip_command_spend_use;    /* ATECC508A: one use less of a key */
extern const struct chip_command chip_command_counter;      /* reads */
extern const struct chip_command chip_command_counter_increment;

/* What comes into TempKey and its neighbours. */
extern const struct chip_command chip_command_nonce;            /* loads a register, or keeps the seed */
extern const struct chip_command chip_command_nonce_seeding;    /* from the generator, as Random */
extern const struct chip_command chip_command_nonce_mix;        /* hashes TempKey itself */
extern const struct chip_command chip_command_gendig;           /* the key of a slot */
extern const struct chip_command chip_command_gendig_zone;      /* anything else */
extern const struct chip_command chip_command_sha_start;        /* start, and write context */
extern const struct chip_command chip_command_sha;              /* update, public, end and read context */
extern const struct chip_command chip_command_sha_hmac;         /* HMAC start with a slot */
extern const struct chip_command chip_command_sha_hmac_tempkey; /* HMAC start with TempKey */

/* Private and public keys. */
extern const struct chip_command chip_command_genkey;               /* private key creation */
extern const struct chip_command chip_command_genkey_public;        /* public key from the stored private one */
extern const struct chip_command chip_command_genkey_ephemeral;     /* private key in TempKey */
extern const struct chip_command chip_command_genkey_digest;        /* public key into TempKey */
extern const struct chip_command chip_command_genkey_create_digest; /* creation, and the public key into TempKey */
extern const struct chip_command chip_command_privwrite;
extern const struct chip_command chip_command_privwrite_encrypted; /* cipher text and a MAC */
extern const struct chip_command chip_command_sign;
extern const struct chip_command chip_command_verify;          /* with a key that comes along */
extern const struct chip_command chip_command_verify_stored;   /* with a key in a slot */
extern const struct chip_command chip_command_verify_validity; /* validates or invalidates a stored public key */
extern const struct chip_command chip_command_ecdh;            /* secret to the bus */
extern const struct chip_command chip_command_ecdh_to_tempkey;
extern const struct chip_command chip_command_ecdh_to_slot;
extern const struct chip_command chip_command_ecdh_ephemeral; /* with the private key in TempKey */
extern const struct chip_command chip_command_ecdh_ephemeral_to_slot;
extern const struct chip_command chip_command_secureboot;
extern const struct chip_command chip_command_secureboot_once;      /* and no more of it until power is cycled */
extern const struct chip_command chip_command_secureboot_protected; /* digest encrypted, MAC back */
extern const struct chip_command chip_command_secureboot_copy;      /* stores digest or signature */
extern const struct chip_command chip_command_secureboot_copy_once; /* both */
extern const struct chip_command chip_command_secureboot_copy_protected;

/* Symmetric keys. */
extern const struct chip_command chip_command_mac;               /* key and challenge */
extern const struct chip_command chip_command_mac_tempkey;       /* key and TempKey */
extern const struct chip_command chip_command_mac_under_tempkey; /* TempKey is the key */
extern const struct chip_command chip_command_checkmac;          /* as MAC */
extern const struct chip_command chip_command_checkmac_tempkey;
extern const struct chip_command chip_command_checkmac_under_tempkey;
extern const struct chip_command chip_command_hmac; /* ATECC508A */
extern const struct chip_command chip_command_derivekey;
extern const struct chip_command chip_command_aes; /* key of a slot */
extern const struct chip_command chip_command_aes_tempkey;
extern const struct chip_command chip_command_aes_gfm; /* multiplication of GCM: no key */
extern const struct chip_command chip_command_kdf;     /* key of a slot, result to the bus */
extern const struct chip_command chip_command_kdf_to_register;
extern const struct chip_command chip_command_kdf_from_register;
extern const struct chip_command chip_command_kdf_to_slot;
extern const struct chip_command chip_command_kdf_from_register_to_slot;

#endif
