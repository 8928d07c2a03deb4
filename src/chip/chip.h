/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One secure element: its context, its statuses and the executor that every command goes through. The executor alone
 * wakes, sends, polls, resends (only what is repeatable), watches the watchdog and counts. No malloc, no stdio, no
 * globals. A chip is used by one caller at a time.
 */
#ifndef IMPRINT_CHIP_CHIP_H
#define IMPRINT_CHIP_CHIP_H

#include "base/bytes.h"
#include "base/error.h"
#include <imprint/transport.h>

#define CHIP_SERIAL_BYTES 9
#define CHIP_SLOTS 16
#define CHIP_CONFIG_BYTES 128
#define CHIP_OTP_BYTES 64
#define CHIP_PUBLIC_KEY_BYTES 64 /* X | Y, big-endian, no prefix */
#define CHIP_SIGNATURE_BYTES 64  /* R | S, big-endian */
#define CHIP_DIGEST_BYTES 32
#define CHIP_COUNTERS 2

enum chip_status {
    CHIP_OK = 0,
    /* The chip answered with an error status, whose value stands beside each. */
    CHIP_MISCOMPARE,   /* 0x01: executed, the comparison or signature is false */
    CHIP_PARSE,        /* 0x03: length, opcode or parameter not legal */
    CHIP_ECC_FAULT,    /* 0x05: computation fault; sending again may help */
    CHIP_SELF_TEST,    /* 0x07: the chip is in its self-test failure state */
    CHIP_HEALTH_TEST,  /* 0x08: random number health test failed */
    CHIP_EXECUTION,    /* 0x0F: legal, but not allowed in this state */
    CHIP_WATCHDOG,     /* 0xEE: not enough time left before the watchdog, also after a fresh wake */
    CHIP_COMMAND_CRC,  /* 0xFF: the chip kept receiving damaged commands */
    CHIP_STATUS_OTHER, /* a status byte no data sheet names */
    /* No usable answer. */
    CHIP_NO_ANSWER, /* nothing acknowledges: no wake reply, or no end of execution within the limit */
    CHIP_GARBLED,   /* replies come, but not a chip's: bad count, bad CRC again and again */
    /*
     * The chip restarted or fell asleep, and registers this command built on are lost; or 0x11 came in place of a
     * reply. Sequences start again. A command that is not repeatable may have run: read the state back.
     */
    CHIP_RESET,
    CHIP_REPLY_LOST, /* the command may have run: its reply is lost and it is not repeatable; read the state back */
    CHIP_GONE,       /* the transport itself failed */
    CHIP_EXCHANGED,  /* another chip answers, by its serial number, than since chip_init(); the command was not sent */
    /* Ours. */
    CHIP_BAD_ARGUMENT, /* refused before anything was sent: slot, length or mode out of range, or by the guard */
    CHIP_HOST_FAILED,  /* this side's own SHA-256 failed (out of memory); the chip's state did not change */
    /* The bus. */
    CHIP_BUS_BUSY,  /* another task kept the bus or the chip longer than the time limit; the command was not sent */
    CHIP_BUS_STUCK, /* a line of the bus stays low, or transfers break off; the command was not executed, or is
                       repeatable */
    CHIP_BUS_LIMIT, /* the bus carries no message as long as the command or its reply; a command that was executed is
                       repeatable */
    CHIP_STATUS_COUNT
};

/* Traffic since chip_init(): for measurements and for tests that count. */
struct chip_counters {
    uint32_t commands; /* groups sent and acknowledged, resends included */
    uint32_t resends;
    uint32_t polls;
    uint32_t wakes;
    uint32_t bytes_sent; /* group bytes, without addresses and flags */
    uint32_t bytes_received;
    uint32_t irreversible; /* commands that cannot be undone, sent */
    uint32_t writing;      /* commands that may change non-volatile memory, sent */
    uint32_t counted;      /* of them, those that used up one use of a LimitedUse key */
    uint64_t busy_us;      /* time in chip_execute(): commands, waking, waiting and the bus */
};

/*
 * Called before each command that changes non-volatile memory. Returning false stops it: nothing is sent and the call
 * ends with CHIP_BAD_ARGUMENT and ERROR_NOT_ARMED. Dry runs and the arming of locks are built on it.
 */
struct chip_command;
struct chip_guard {
    bool (*allow)(void *context, const struct chip_command *command, uint8_t param1, uint16_t param2);
    void *context;
};

/* Initialise with chip_init(). Everything below `guard` but `counters` is private to chip/. */
struct chip {
    struct imprint_transport transport;
    struct chip_guard guard;       /* .allow NULL: everything is allowed */
    struct chip_counters counters; /* callers may read them */

    /* Who it is: known from the first reading of the config zone's block 0 on. */
    bool identified;
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t revision[4];
    bool has_revision; /* it is the answer to Info(Revision); else RevNum of that block */

    /* Its state on the bus. */
    bool acquired; /* it is reserved for this caller: transport's acquire() */
    bool awake;
    uint64_t woken_at_us;
    bool confirmed;      /* its serial number has been read since it was woken */
    bool registers_lost; /* since the last command that filled them */

    /* From the config zone as read or written last; before that M0 and 0. */
    uint8_t clock;        /* enum chip_clock */
    uint16_t limited_use; /* bit n: the key in slot n counts its uses */
};

/*
 * Sets up `chip` on `transport`. Sends nothing. Once the chip's serial number has been read, every command that does
 * not build on registers goes to that chip only: after each wake its serial number is read first (one Read of 32
 * bytes).
 */
void chip_init(struct chip *chip, const struct imprint_transport *transport);

/* Sets a guard that stops each command it is asked about: for a program that only looks. */
void chip_forbid_changes(struct chip *chip);

/*
 * Runs one command: wakes the chip where needed, sends, polls until it is done, checks the reply.
 * `data` are the command's data bytes; `reply` receives the reply's payload, without count and CRC. BYTES_NONE and NULL
 * for none: a command that answers with a bare status needs no reply. A reply longer than `reply.cap` counts as
 * garbled. TempKey and the other registers survive between calls unless a status says otherwise. On failure `err` gets
 * the command, its status byte, the cause and the chip's serial where it is known.
 */
enum chip_status chip_execute(struct chip *chip, const struct chip_command *command, uint8_t param1, uint16_t param2,
                              struct bytes data, struct bytes_out *reply, struct error *err);

/*
 * The chip may have moved, or be about to move, to this 7-bit I2C address: from its next wake on it is looked for there
 * as well. Does nothing on a bus without addresses.
 */
void chip_also_at(struct chip *chip, uint8_t address);

/* Does any device answer at this 7-bit address? False also where the bus has no addresses to probe. */
bool chip_address_is_taken(struct chip *chip, uint8_t address);

/* Bytes of a command's group with `data` bytes of data, and of a reply's with `payload` bytes. */
#define CHIP_SENT_BYTES(data) (7 + (data))
#define CHIP_REPLY_BYTES(payload) (3 + (payload))

/*
 * Whether the bus carries groups as long as these, both ways. Sends no command. True where the bus does not tell, or
 * fails: the next command then says why.
 */
bool chip_bus_carries(struct chip *chip, size_t sent, size_t received);

/*
 * Puts the chip to sleep, forgets its registers, and releases it for other tasks, if the transport shares it: call it
 * when done, also after failures. Never fails.
 */
void chip_sleep(struct chip *chip);

#endif
