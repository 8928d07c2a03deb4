/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the virtual chip share: parts in a scratch folder, a small I2C host with its own CRC, and libcrypto
 * on the other side of every signature and digest. Every function fails the running test when it cannot do its work.
 * Beside test/support/world.h, because that talks to the chip through src/chip/: here nothing of src/ may stand between
 * test and chip, or one mistake in both would pass.
 */
#ifndef IMPRINT_TEST_VIRTUAL_LAB_H
#define IMPRINT_TEST_VIRTUAL_LAB_H

#include "virtual/chip/virtual.h"

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/support/scratch.h"

#define NO_ANSWER (-1)

/* Lock states: A config unlocked, B config locked, C both locked. */
enum lab_state { LAB_A, LAB_B, LAB_C };

struct lab {
    char folder[SCRATCH_PATH_MAX];
    char path[SCRATCH_PATH_MAX + 8];
    struct virtual_chip *chip;
};

/* What a command answered: status 0 with `len` bytes of payload, a status byte, or NO_ANSWER. */
struct answer {
    int status;
    size_t len;
    uint8_t bytes[160];
};

/* A scratch folder; lab_close() removes it with everything in it. */
void lab_open_empty(struct lab *lab);
void lab_open_part(struct lab *lab, const struct virtual_making *making);
void lab_close(struct lab *lab);

/* The file stays. */
void lab_power_off(struct lab *lab);

/* Closes and opens the file again. */
void lab_reopen(struct lab *lab);

/*
 * The lab configuration (ATECC608B, serial 0123456789ABCDEFEE, all kinds of slots: see lab.c) in lock state `state`. In
 * states B and C every slot has been filled: LAB_KEY in the secret slots, keys in the private ones but slot 2.
 */
void lab_open(struct lab *lab, enum lab_state state);

extern const uint8_t lab_config[128];
extern const uint8_t lab_key[32]; /* 40..5F */

/* Wakes, sends, waits, reads, idles. */
struct answer lab_command(struct lab *lab, uint8_t opcode, uint8_t param1, uint16_t param2, const uint8_t *data,
                          size_t data_len);

/* The same without data, of which only the status counts. */
int lab_status(struct lab *lab, uint8_t opcode, uint8_t param1, uint16_t param2);

/* Pieces of lab_command(). */
void lab_wake(struct lab *lab);
bool lab_write(struct lab *lab, uint8_t word_address, const uint8_t *data, size_t len);
bool lab_send(struct lab *lab, uint8_t opcode, uint8_t param1, uint16_t param2, const uint8_t *data, size_t data_len);
struct answer lab_receive(struct lab *lab);
void lab_idle(struct lab *lab);
void lab_sleep(struct lab *lab);

/* Common steps; each must succeed. */
void lab_nonce_fixed(struct lab *lab, const uint8_t value[32]);
void lab_nonce_message(struct lab *lab, const uint8_t value[32]);
void lab_nonce_random(struct lab *lab); /* TempKey of value T0 of the worked vectors, source "random" */
void lab_gendig(struct lab *lab, unsigned slot);
void lab_public_key(struct lab *lab, unsigned slot, uint8_t point[64]);
void lab_write_public_key(struct lab *lab, unsigned slot, const uint8_t point[64]);

/* Fails unless TempKey's lower half is `expected`; TempKey holds something else afterwards. */
void lab_assert_tempkey(struct lab *lab, const uint8_t expected[32]);

uint16_t lab_crc(const uint8_t *data, size_t len);
void lab_sha256(const void *data, size_t len, uint8_t digest[32]);
void lab_hex(const char *hex, uint8_t *bytes, size_t len);

/* A host-side key, always the same for the same name. */
struct lab_key_pair {
    uint8_t scalar[32];
    uint8_t point[64];
};
struct lab_key_pair lab_make_key(const char *name);

void lab_sign(const struct lab_key_pair *key, const uint8_t digest[32], uint8_t signature[64]);
bool lab_verify(const uint8_t point[64], const uint8_t digest[32], const uint8_t signature[64]);

/* A config dump of test/data/configs. */
void lab_read_dump(const char *name, uint8_t config[128]);

/* The first two bytes of Info(State), flags first. Counter 0 as the Counter command gives it. */
unsigned lab_state_of(struct lab *lab);
uint32_t lab_counter0(struct lab *lab);

/* Signs a digest in the given mode, checks the signature with libcrypto, and that the message is spent afterwards. */
void lab_sign_and_check(struct lab *lab, unsigned slot, uint8_t mode, const uint8_t point[64]);

/* Authorises key 13 by a signature of its private half. */
void lab_authorise(struct lab *lab);

#endif
