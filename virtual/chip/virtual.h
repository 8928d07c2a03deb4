/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual chip: a model of one ATECC508A, 608A or 608B at the level of its bus pins. It computes with OpenSSL's
 * libcrypto and shares no code and no constant with the rest of imprint, so that each side checks the other. Where the
 * documents are silent it is strict, unless programs written for real parts show otherwise.
 *
 * Non-volatile memory is one file. It is consistent at every moment, even when the process is killed: each change is
 * written to the older of two halves, and the newest half with a right checksum is valid. Volatile state is in the
 * process: opening the file applies power, closing it removes power. Time is virtual: only bus traffic and
 * virtual_wait_ns() advance it.
 *
 * Not for real devices: the file holds private keys in clear. Every file is marked as virtual.
 */
#ifndef IMPRINT_VIRTUAL_VIRTUAL_H
#define IMPRINT_VIRTUAL_VIRTUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTUAL_SERIAL_BYTES 9
#define VIRTUAL_CONFIG_BYTES 128

enum virtual_status {
    VIRTUAL_OK = 0,
    VIRTUAL_NO_FILE,   /* the file does not exist */
    VIRTUAL_EXISTS,    /* virtual_create() never overwrites */
    VIRTUAL_NOT_CHIP,  /* a file, but not a virtual chip's */
    VIRTUAL_DAMAGED,   /* a virtual chip's file, truncated or with no half whose checksum is right */
    VIRTUAL_VERSION,   /* made by a later imprint */
    VIRTUAL_IN_USE,    /* another process uses it: see virtual_problem.holder_pid */
    VIRTUAL_BAD_IMAGE, /* the config image is not one a part can have */
    VIRTUAL_SYSTEM,    /* the operating system refused: see virtual_problem.system_errno */
};

/* Details of a status other than VIRTUAL_OK. */
struct virtual_problem {
    int system_errno;  /* 0 when no system call failed */
    long holder_pid;   /* VIRTUAL_IN_USE: the process that holds the file; 0 if not known */
    const char *cause; /* a string literal for messages: lower case, no full stop */
};

/* What a part is when it leaves its maker. */
enum virtual_part {
    VIRTUAL_BLANK,        /* ATECC608B, factory default configuration, unlocked, no keys */
    VIRTUAL_TRUST_AND_GO, /* ATECC608B-TNGTLS: locked, keys in slots 0 to 4, I2C address 0x35 */
    VIRTUAL_TRUST_FLEX,   /* ATECC608B-TFLXTLS: config and data locked, keys in slots 0 to 4, I2C address 0x36 */
    VIRTUAL_FROM_CONFIG,  /* any config zone: part and locks as its bytes say; see virtual_making.config */
};

struct virtual_making {
    enum virtual_part part;
    const uint8_t *config;   /* VIRTUAL_FROM_CONFIG: VIRTUAL_CONFIG_BYTES bytes; else NULL */
    bool single_wire;        /* true: the variant without I2C; not with VIRTUAL_FROM_CONFIG, whose byte 14 says */
    const uint8_t *revision; /* what Info(Revision) answers, 4 bytes; NULL: bytes 4 to 7 of the config zone */
    bool has_seed;           /* true: everything the maker puts in, and every key made later, follows from `seed` */
    uint64_t seed;
};

struct virtual_chip; /* opaque: it holds a file */

/*
 * Makes a new part in a new file (mode 0600). If `config` says that the data zone is locked, every private-key
 * slot gets a key, as from the maker; else none does. A serial number of zeros in `config` is replaced by one of this
 * part's own.
 */
enum virtual_status virtual_create(const char *path, const struct virtual_making *making,
                                   struct virtual_problem *problem);

/* Whether the file at `path` begins like a virtual chip's, whole or damaged: nothing else may be written over it. */
bool virtual_is_chip_file(const char *path);

/* Applies power: opens and locks the file. `*chip` is the caller's until virtual_close(). */
enum virtual_status virtual_open(const char *path, struct virtual_chip **chip, struct virtual_problem *problem);

/* Removes power, unlocks and closes the file. NULL does nothing. */
void virtual_close(struct virtual_chip *chip);

/*
 * The I2C pins, a byte at a time. `address_byte` is the 8-bit form (bit 0 set: read). Each byte takes nine bit times
 * of the bus clock, start and stop conditions one each: virtual_i2c_start() takes ten. True means the chip pulled SDA
 * low: acknowledged.
 */
bool virtual_i2c_start(struct virtual_chip *chip, uint8_t address_byte);
bool virtual_i2c_write(struct virtual_chip *chip, uint8_t byte);
uint8_t virtual_i2c_read(struct virtual_chip *chip); /* 0xFF where the chip does not drive the bus */
void virtual_i2c_stop(struct virtual_chip *chip);

/* SDA pulled low for `microseconds`, then released: wakes the chip when long enough. */
void virtual_i2c_sda_low(struct virtual_chip *chip, uint32_t microseconds);

/* Bus clock in hertz, from now on; 400,000 when never set. */
void virtual_i2c_set_clock(struct virtual_chip *chip, uint32_t clock_hz);

/*
 * The single wire of a part without I2C, seen from a UART whose transmitter and receiver are both on it: 7 data bits (8
 * with the highest set will do), 1 stop bit. At 230,400 baud 7F is a one and 7D a zero, bytes least significant bit
 * first; a wake pulse is 00 at 115,200 baud or slower. Parts with I2C ignore it.
 * virtual_swi_receive() returns what the receiver gets while the host does not send: the echo of all that was sent,
 * then the part's bits, for which it waits in virtual time. Sending before all of them are read loses the rest. Returns
 * the number of bytes, at most `cap`.
 */
void virtual_swi_send(struct virtual_chip *chip, uint32_t baud, uint8_t uart_byte);
size_t virtual_swi_receive(struct virtual_chip *chip, uint8_t *uart_bytes, size_t cap);

/* Has this part a single wire in place of I2C? (It answers I2C all the same, at 0x60: for tools that know only that.)
 */
bool virtual_is_single_wire(const struct virtual_chip *chip);

/* How long commands take. The watchdog always assumes the maximum. */
enum virtual_times {
    VIRTUAL_TIMES_MAXIMUM, /* as published for hosts that wait; from the start */
    VIRTUAL_TIMES_TYPICAL, /* published for the ATECC508A, mostly estimated for the ATECC608; a wake takes 0.4 ms */
    VIRTUAL_TIMES_NONE,    /* commands, bus and waking take no time: only virtual_wait_ns() advances the clock */
};
void virtual_set_times(struct virtual_chip *chip, enum virtual_times times);

/* Has libcrypto ready before the first command: it takes milliseconds, which would be late where time is the wall
 * clock's. */
void virtual_prepare(struct virtual_chip *chip);

/* Virtual time since power was first applied, in nanoseconds, and waiting. */
uint64_t virtual_now_ns(const struct virtual_chip *chip);
void virtual_wait_ns(struct virtual_chip *chip, uint64_t nanoseconds);

/* How long it stays busy with a command or with waking. 0: it answers now, or it must be woken first. */
uint64_t virtual_busy_ns(const struct virtual_chip *chip);

/* The 8-bit I2C address this part answers to now. */
uint8_t virtual_i2c_address(const struct virtual_chip *chip);

/* A copy of the config zone as it stands, without bus traffic: for tests and for tools that make parts. */
void virtual_peek_config(const struct virtual_chip *chip, uint8_t config[static VIRTUAL_CONFIG_BYTES]);

/*
 * Faults, counted in groups the host sends to the chip (the first is 1, wake pulses not counted). A fault is armed by
 * its short id, "KIND@N": the same id on the same command sequence does the same thing again.
 *   silent@N    the chip stops answering at all from group N on, until power is cycled
 *   nack@N      group N is not acknowledged (once)
 *   garbage@N   the reply to group N is random bytes with a random count
 *   badcrc@N    the reply to group N has one CRC bit flipped (every time it is read)
 *   flip@N      one bit of group N as received is flipped (the chip then answers 0xFF: it saw a bad CRC)
 *   lost@N      group N is executed, its reply is lost: the chip is in sleep afterwards
 *   reset@N     the supply collapses while group N executes: nothing done, chip freshly powered, replies 0x11
 *   slow@N      group N takes five times its execution time
 *   kill@N      the process is killed with SIGKILL just after the non-volatile writes of group N
 *   watchdog@N  the watchdog strikes half way through group N: what it writes is written, the chip is in sleep
 *   brownout@N  group N is executed and its change stays; then the supply dips: freshly powered, replies 0x11
 *   swap@N      group N and all later ones meet another part: other serial number and private keys, freshly powered,
 *               so that group N is not acknowledged; changes kept in this process only, until virtual_close()
 * Loss of power. The chip is dead until virtual_power_cycle() or a new virtual_open():
 *   cut@N         before anything of group N is written; cut@N.before is the same
 *   cut@N.after   when group N has been written, before its reply
 *   tear@N.K      while group N is being written. Each changed page (32 bytes, zones and slots start new ones) is left
 *                 old, torn or new, as the digits 0, 1 and 2 of K in base 3 say, lowest digit for the lowest page; a
 *                 torn page has some of its changed bits new, others old, which ones following from N and K. With P
 *                 pages, K from 0 to 3^P - 1 are all patterns; from there on they repeat with other torn bits.
 *                 Monotonic counters are old or new, never torn.
 *   buscut@T      at the start of bus transaction T (the first is 1)
 * selftest@N.B  the tests whose bits are set in B (a decimal number; bits as the SelfTest command has them) fail in the
 *               first self test made by group N or later, or by a wake after group N - 1
 * And on the bus:
 *   busnack@T     the address byte of bus transaction T is not acknowledged (once)
 * False when `id` is none of these.
 */
bool virtual_arm_fault(struct virtual_chip *chip, const char *id);

#endif
