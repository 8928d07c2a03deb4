/* SPDX-License-Identifier: Apache-2.0 */
/* The chip as a whole: its registers' state, latch and pin, counters, self test, and what only the ATECC508A has. */
#ifndef IMPRINT_CHIP_OPERATIONS_DEVICE_H
#define IMPRINT_CHIP_OPERATIONS_DEVICE_H

#include "chip/chip.h"

/* Info(State), decoded: TempKey's flags, and whose authorisation stands. */
struct chip_state {
    bool tempkey_valid;
    bool from_host;   /* TempKey's SourceFlag */
    bool gendig_data; /* filled by GenDig with `slot` */
    bool genkey_data; /* filled by GenKey about `slot` */
    bool no_mac;
    uint8_t slot; /* TempKey's KeyID */
    bool authorised;
    uint8_t authorised_key; /* the slot whose key was shown */
};
enum chip_status chip_read_state(struct chip *chip, struct chip_state *state, struct error *err);

/*
 * The persistent latch of the ATECC608: one bit that lasts until power goes, and that keys with PersistentDisable want
 * set. Setting it wants the feature enabled (VolatileKeyPermission) and its key authorised just before
 * (chip_authorise()): CHIP_EXECUTION otherwise; CHIP_RESET: authorise again.
 */
enum chip_status chip_read_latch(struct chip *chip, bool *set, struct error *err);
enum chip_status chip_set_latch(struct chip *chip, struct error *err);
enum chip_status chip_clear_latch(struct chip *chip, struct error *err);

/* The pin beside the wire of a single-wire part, as byte 16 of the config zone has it. CHIP_PARSE: there is none. */
enum chip_status chip_read_pin(struct chip *chip, bool *level, struct error *err);
enum chip_status chip_set_pin(struct chip *chip, bool level, struct error *err);

#define CHIP_COUNTER_MAX 2097151 /* 2^21 - 1 */

/* Monotonic counter 0 or 1. */
enum chip_status chip_read_counter(struct chip *chip, uint8_t counter, uint32_t *value, struct error *err);

/*
 * One step up, for ever; `*value` is the new one. CHIP_EXECUTION: at its end, or Counter0 at its match value. Not
 * repeatable: CHIP_REPLY_LOST means that it has counted or not; read it. Power lost meanwhile may skip counts.
 */
enum chip_status chip_count(struct chip *chip, uint8_t counter, uint32_t *value, struct error *err);

/* 32 random bytes without a new seed for the ATECC508A's generator in its EEPROM; the ATECC608 makes no difference. */
enum chip_status chip_random_keeping_seed(struct chip *chip, uint8_t out[static 32], struct error *err);

/* Self tests of the ATECC608, a set of these. */
enum chip_self_test {
    CHIP_TEST_RANDOM = 0x01,
    CHIP_TEST_ECDSA = 0x04,
    CHIP_TEST_ECDH = 0x08,
    CHIP_TEST_AES = 0x10,
    CHIP_TEST_SHA = 0x20,
    CHIP_TEST_ALL = 0x3D,
};

/*
 * Runs the tests: CHIP_OK with those that failed in `*failed`, 0 when all passed. After a failure the chip refuses
 * nearly everything (CHIP_SELF_TEST) until the failed tests pass or it wakes anew, as it may for any next command. No
 * tests: the failures that stand. Takes up to 2.4 s.
 */
enum chip_status chip_self_test(struct chip *chip, uint8_t tests, uint8_t *failed, struct error *err);

/*
 * ATECC508A: sends all chips on the bus to idle but the one whose Selector (config byte 85) is `selector`: to be called
 * for the one that is to stay. CHIP_NO_ANSWER, after 2.5 s and another try: this chip is none with that Selector.
 */
enum chip_status chip_pause_others(struct chip *chip, uint8_t selector, struct error *err);

/* ATECC508A: UpdateExtra, one use less of a LimitedUse key, for ever. CHIP_REPLY_LOST: one less, or not. */
enum chip_status chip_spend_use(struct chip *chip, uint8_t slot, struct error *err);

#endif
