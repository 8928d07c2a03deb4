/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the virtual chip is made of: its non-volatile memory, its volatile registers and its bus state, shared by the
 * files of this folder alone. The running command changes `memory`; `committed` is what the file holds.
 * They are equal between commands. Only virtual_execute() copies one to the other.
 */
#ifndef IMPRINT_VIRTUAL_MODEL_H
#define IMPRINT_VIRTUAL_MODEL_H

#include "virtual/chip/virtual_invasive.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTUAL_SLOTS 16
#define VIRTUAL_OTP_BYTES 64
#define VIRTUAL_DATA_BYTES 1208 /* 8 x 36 + 416 + 7 x 72 */
#define VIRTUAL_GROUP_MIN 7     /* count, opcode, two parameters and CRC */
#define VIRTUAL_GROUP_MAX 162   /* 155 data bytes + count, opcode, two parameters and CRC */
#define VIRTUAL_FAULTS_MAX 16
#define VIRTUAL_SELF_TESTS 0x3d /* RNG, ECDSA, ECDH, AES, SHA; bit 1 is no test */

struct virtual_memory {
    uint8_t config[VIRTUAL_CONFIG_BYTES];
    uint8_t otp[VIRTUAL_OTP_BYTES];
    uint8_t data[VIRTUAL_DATA_BYTES];
};

/* The file: see image.c. `sequence` grows by one with each change of memory. */
struct virtual_image {
    int fd;
    unsigned newest_half;
    uint64_t sequence;
    bool has_seed;
    uint64_t seed;
    bool has_revision;
    uint8_t revision[4]; /* what Info(Revision) answers; without it bytes 4 to 7 of the config zone */
};

struct virtual_tempkey {
    uint8_t value[64];
    bool valid;
    bool from_host;   /* SourceFlag: false = the random generator took part */
    bool is_64;       /* all 64 bytes are defined */
    bool gendig_data; /* last change: GenDig on a data slot, number in key_id */
    bool genkey_data; /* last change: GenKey digest, slot in key_id */
    bool no_mac;      /* the slot used by GenDig had NoMac */
    bool private_key; /* holds a private key made by GenKey, of use to ECDH only; valid is false then */
    uint8_t key_id;
};

enum virtual_sha_phase { VIRTUAL_SHA_NONE, VIRTUAL_SHA_HASH, VIRTUAL_SHA_HMAC };

/* Everything that sleep destroys. Zero is the state after wake from sleep. */
struct virtual_registers {
    struct virtual_tempkey tempkey;
    uint8_t message[64]; /* message digest buffer */
    size_t message_len;  /* 0, 32 or 64 bytes loaded */
    uint8_t alternate_key[32];
    bool alternate_key_valid;
    bool authorised;
    uint8_t authorised_key;
    bool generator_seeded; /* ATECC508A: reported by Info */
    enum virtual_sha_phase sha_phase;
    uint8_t hmac_outer_key[64]; /* key XOR 0x5c.. while sha_phase is HMAC */
};

enum virtual_power { VIRTUAL_OFF, VIRTUAL_ASLEEP, VIRTUAL_IDLE, VIRTUAL_AWAKE };

enum virtual_bus {
    VIRTUAL_BUS_FREE,
    VIRTUAL_BUS_OTHER, /* a transaction that is not ours */
    VIRTUAL_BUS_WORD_ADDRESS,
    VIRTUAL_BUS_COMMAND,
    VIRTUAL_BUS_SINGLE, /* reset, sleep or idle seen, waiting for the stop */
    VIRTUAL_BUS_IGNORE, /* ours, but what is written is refused */
    VIRTUAL_BUS_READ,
};

enum virtual_fault_kind {
    VIRTUAL_FAULT_SILENT,
    VIRTUAL_FAULT_NACK,
    VIRTUAL_FAULT_GARBAGE,
    VIRTUAL_FAULT_BADCRC,
    VIRTUAL_FAULT_FLIP,
    VIRTUAL_FAULT_LOST,
    VIRTUAL_FAULT_RESET,
    VIRTUAL_FAULT_SLOW,
    VIRTUAL_FAULT_KILL,
    VIRTUAL_FAULT_WATCHDOG,
    VIRTUAL_FAULT_BROWNOUT,
    VIRTUAL_FAULT_SWAP,
    VIRTUAL_FAULT_CUT_BEFORE,
    VIRTUAL_FAULT_CUT_AFTER,
    VIRTUAL_FAULT_TEAR,
    VIRTUAL_FAULT_BUS_CUT, /* counted in transactions, as the next */
    VIRTUAL_FAULT_BUS_NACK,
    VIRTUAL_FAULT_SELF_TEST,
};

struct virtual_fault {
    enum virtual_fault_kind kind;
    uint64_t at;     /* the group, or the bus transaction */
    uint32_t choice; /* K of a tear, the tests that fail */
};

enum virtual_swi {
    VIRTUAL_SWI_FLAG,
    VIRTUAL_SWI_COMMAND,
    VIRTUAL_SWI_LOST, /* an illegal token or flag: nothing is understood until the I/O timeout */
};

#define VIRTUAL_SWI_QUEUE 2048 /* UART bytes; the longest reply is 162 x 8 */

struct virtual_crypto;

struct virtual_chip {
    struct virtual_image image;
    struct virtual_memory memory;
    struct virtual_memory committed;
    struct virtual_crypto *crypto;
    struct virtual_problem file_problem; /* the last change that could not be written to the file; cause NULL: none */

    struct virtual_registers registers;
    bool latch;            /* persistent latch: only loss of power clears it */
    bool boot_over;        /* SecureBoot refuses until power is lost */
    bool gpio;             /* level of the pin SCL of a single-wire part */
    uint8_t failed_tests;  /* bits of SelfTest; not 0: failure state. Cleared by wake */
    uint64_t random_draws; /* since power-up */

    enum virtual_power power;
    uint64_t now_ns;
    uint64_t answers_from_ns; /* acknowledges nothing before: wake delay or command execution */
    uint64_t watchdog_ns;     /* the moment of forced sleep, while awake */

    uint32_t clock_hz;
    uint8_t address; /* 8-bit form, as taken over at power-up and at sleep */
    enum virtual_bus bus;
    uint8_t word_address;
    uint8_t input[VIRTUAL_GROUP_MAX];
    size_t input_len;
    uint8_t output[VIRTUAL_GROUP_MAX];
    size_t output_len;
    size_t output_pos;

    enum virtual_swi swi;
    uint8_t swi_byte; /* bits received so far */
    unsigned swi_bits;
    uint64_t io_timeout_ns;               /* the moment of sleep when no further token comes; 0: not within a group */
    uint8_t swi_queue[VIRTUAL_SWI_QUEUE]; /* for the host's receiver: echo, then the part's bits */
    size_t swi_queue_len;
    size_t swi_echo_len; /* how much of it is echo */

    enum virtual_times times;
    enum virtual_public_rule public_rule;

    struct virtual_counters counters; /* `groups` is the number of the current group */
    struct virtual_write writes[VIRTUAL_WRITES_KEPT];
    bool swapped; /* another part answers: the file is not written */
    struct virtual_fault faults[VIRTUAL_FAULTS_MAX];
    size_t fault_count;
    bool silent;
};

/* commands.c: faults that refuse a group before its first byte. True: the chip does not acknowledge it. */
bool virtual_refuse_group(struct virtual_chip *chip);

/* commands.c: runs the complete group in `input`, leaves the reply in `output` and the time it takes. */
void virtual_execute(struct virtual_chip *chip);

/* fault.c: is this fault armed for group, or bus transaction, `at`? */
bool virtual_fault_armed(const struct virtual_chip *chip, enum virtual_fault_kind kind, uint64_t at);

/* fault.c: changes of the input before, of the output after the execution of the current group. */
void virtual_fault_input(struct virtual_chip *chip);
void virtual_fault_output(struct virtual_chip *chip);

/* fault.c: keeps the record of a change about to be written, and tears it when the current group is to be torn. */
void virtual_fault_write(struct virtual_chip *chip);

/* fault.c: which tests fail in a self test after `group` groups have started. Only the first call returns them. */
uint8_t virtual_fault_self_test(struct virtual_chip *chip, uint64_t group);

/* fault.c: exchanges the part if a fault says so for `group`. True: it was exchanged now; power it up. */
bool virtual_fault_swap(struct virtual_chip *chip, uint64_t group);

#endif
