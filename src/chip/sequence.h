/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operations share: replies of one exact length, words for errors, and sequences of commands that start again
 * when the chip lost its registers in their middle. Private to chip/.
 */
#ifndef IMPRINT_CHIP_SEQUENCE_H
#define IMPRINT_CHIP_SEQUENCE_H

#include "chip/chip.h"
#include "chip/command.h"

/* chip_execute() with a reply of exactly `len` bytes into `out` (NULL and 0: a bare status). Another length: garbled.
 */
enum chip_status chip_execute_exact(struct chip *chip, const struct chip_command *command, uint8_t param1,
                                    uint16_t param2, struct bytes data, uint8_t *out, size_t len, struct error *err);

/* A command that only asks, with an answer of one length. */
struct chip_question {
    const struct chip_command *command;
    const char *doing; /* in words, for the error */
    uint8_t mode;      /* Param1 */
    uint8_t limit;     /* Param2 is below it, or nothing is sent; 0: no limit */
    uint8_t len;       /* of the answer */
};

/* Sends the command; `out` receives `len` bytes. chip_ask_slot(): the slot is Param2 and goes into the error. */
enum chip_status chip_ask(struct chip *chip, const struct chip_question *question, uint16_t param2, uint8_t *out,
                          struct error *err);
enum chip_status chip_ask_slot(struct chip *chip, const struct chip_question *question, uint8_t slot, uint8_t *out,
                               struct error *err);

/* Some commands that build on one another. `job` is whatever they work on. */
struct chip_sequence {
    enum chip_status (*run)(struct chip *chip, void *job, struct error *err);
    void *job;
};

/*
 * Runs it, and once more from its beginning after CHIP_RESET: only for sequences where that does no harm. A sequence
 * that has used up a use of a LimitedUse key is not run again.
 */
enum chip_status chip_run_sequence(struct chip *chip, struct chip_sequence sequence, struct error *err);

/* The Param2 of `block` of `slot`. */
uint16_t chip_slot_address(uint8_t slot, uint8_t block);

/* True for 0..15, and for a block that lies at least partly in its slot. */
bool chip_is_slot(uint8_t slot);
bool chip_is_block(uint8_t slot, uint8_t block);

/* True for the slots that are long enough for a public key, 8..15. */
bool chip_can_hold_public_key(uint8_t slot);

/* Adds to a failure what was being done (and where). Both return `status`; nothing is added to CHIP_OK. */
enum chip_status chip_doing(enum chip_status status, const char *doing, struct error *err);
enum chip_status chip_doing_at(enum chip_status status, const char *doing, uint8_t slot, struct error *err);

#endif
