/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One board of the harness: chip, medium, driver, PSA Crypto, and on top what a scene does. power_run() is one life of
 * its program, from power on to an orderly end, over a state that an earlier life has left; on the way it tells what
 * would be left if power failed at each moment. Nothing of one run is known to the next but the state.
 */
#ifndef IMPRINT_TEST_POWER_BOARD_H
#define IMPRINT_TEST_POWER_BOARD_H

#include "psa/driver.h"
#include "psa/start.h"
#include "test/power/medium.h"
#include "test/power/moment.h"
#include "test/power/part.h"
#include "virtual/trace/observer.h"
#include "virtual/chip/virtual_invasive.h"

#define BOARD_HAS_IO_KEY 0x80u /* in `issued`: the IO protection key was reported as stored */
#define PROMISES_MAX 8
#define RECORDS_MAX 32
#define WRITES_MAX 256
#define FAILURE_MAX 240

/* A key that was reported as created, with what its slot then held; or, `gone`, one reported as destroyed. */
struct promise {
    uint32_t key_id;
    uint8_t slot;
    bool gone;
    uint8_t digest[32];
};

/* All that outlives a run, and what was reported by then. */
struct state {
    struct part_memory part;
    struct virtual_chip *powered; /* not NULL: the chip kept its power, and this is it */
    struct bytes image;           /* of the medium */
    uint8_t *owned;               /* where the image of a copy lies */
    size_t promise_count;
    struct promise promises[PROMISES_MAX];
    uint32_t issued; /* certificates of the profile, a bit each: what a station keeps on a disk of its own */
};

struct record {
    uint64_t uid;
    uint32_t flags, size;
    uint8_t content[DISK_CONTENT_MAX];
};

/* How a run ended. */
struct outcome {
    bool done;                 /* the scene reached its end, and proved it */
    struct error err;          /* where it did not */
    unsigned to_do;            /* persistent steps not done yet */
    char failure[FAILURE_MAX]; /* what was not as promised; empty: all was */

    struct state end;
    uint8_t image[MEDIUM_IMAGE_MAX]; /* that `end` points to */
    size_t record_count;
    struct record records[RECORDS_MAX];

    uint64_t groups, transactions;
    uint64_t chip_us;        /* virtual time */
    uint32_t commands;       /* sent to the chip */
    uint64_t memory_changes; /* of the chip's memory */
    size_t write_count;      /* of groups that changed the chip's memory; more than kept are not */
    struct virtual_write writes[WRITES_MAX];
    unsigned kill_points, asked, slot_changes[CHIP_SLOTS];
    struct medium_counts medium;
};

/* Defects of the program that the board runs, planted from outside (plant.h). */
struct board_plant {
    bool transaction_late;  /* stored only with the next record */
    bool transaction_early; /* removed before the key's record is stored */
    bool no_reserve;
};

struct scene;

/* Keys of the chip that have a whole record. */
struct seen {
    size_t count;
    struct seen_key {
        uint32_t key_id;
        uint64_t slot;
    } keys[RECORDS_MAX];
};

struct board {
    struct scene *scene;
    struct part part;
    struct medium medium;
    struct board_plant plant;
    FILE *trace_to; /* NULL: nobody listens */

    /* The run under way. */
    const struct run *run;
    struct outcome *outcome;
    struct chip chip;
    struct storage storage;
    struct driver driver;
    struct its its;
    struct imprint_transport_operations front; /* between chip layer and part */
    struct storage_operations store_front;
    const struct storage_operations *store;
    struct part_memory own;      /* of the part that the run began with, should another be put in its place */
    struct seen before, started; /* before PSA started, and after */
    struct moment here;          /* the last moment told */
    size_t promise_count;
    struct promise promises[PROMISES_MAX];
    uint32_t issued;
    uint32_t data_proven;              /* entries of the profile's data, a bit each, that this run proved */
    uint8_t serial[CHIP_SERIAL_BYTES]; /* of the chip, once observed */
    unsigned stop_at;
    bool held; /* transaction_late: one is held back */
    uint32_t held_flags;
    size_t held_len;
    uint8_t held_content[64];
    struct trace trace;
};

/* One run. `take` (NULL: nobody) gets each moment at which power may fail and what it leaves; both are gone after. */
struct run {
    const struct state *from;
    const struct moment *fault; /* NULL: undisturbed; else one after which the program runs on */
    bool preparing;             /* what comes before the scene */
    bool weak;                  /* the medium has lied: nothing is promised but that it starts and tells the truth */
    bool every_transaction;     /* also tell of bus transactions, between which nothing changes */
    unsigned kill_every;        /* tell of each how-manieth place to kill the program; 0: of none */
    unsigned kill_from;         /* the first of them */
    void (*take)(void *context, const struct moment *moment, const struct state *state);
    void *context;
};

/* For `scene`, whose chip is in the file `chip_path`. False when memory or a file cannot be had. */
bool board_make(struct board *board, struct scene *scene, const char *chip_path, const char *folder,
                enum medium_kind kind);
void board_free(struct board *board);

void power_run(struct board *board, const struct run *run, struct outcome *outcome);

/* ---- for scenes */

/* Notes what was not as promised; the first counts. False, for returning it. */
bool board_fail(struct board *board, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A key has been reported to its user as created, or as destroyed. */
void board_promise(struct board *board, uint32_t key_id, uint8_t slot);
void board_promise_gone(struct board *board, uint32_t key_id);

/* The scene asks whether to go on: false when somebody interrupts. */
bool board_goes_on(struct board *board);

/* Says what goes on, where somebody listens. */
void board_say(struct board *board, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The memory of the part that the run began with, wherever that is now. */
const struct virtual_memory *board_memory(const struct board *board);

/* ---- states */

/* Deep: the copy owns its image and chip. */
struct state *state_copy(const struct state *state);
void state_free(struct state *state);

/*
 * Equal for two chips that a program cannot tell apart, and that differ in nothing but which fresh key a slot holds.
 * With a medium, and with what was promised: for two states from which the same follows.
 */
void part_digest(const struct scene *scene, const struct virtual_memory *memory, uint8_t digest[static 32]);
void state_digest(const struct scene *scene, const struct state *state, uint8_t digest[static 32]);
void digest_of(struct bytes in, uint8_t digest[static 32]);

#endif
