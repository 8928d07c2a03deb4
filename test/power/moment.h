/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one enumeration of what goes wrong, and its short ids: SCENE/MEDIUM/STEP[+STEP|,STEP...], as printed by a failure
 * and taken by test/replay. The first step strikes the first run, the one behind a + the run after it, and so on; one
 * behind a comma strikes the same run once more. The run after the last one is undisturbed. SCENE/MEDIUM!PLANT/... is
 * the same with a planted defect.
 *
 *   STEP           what happens
 *   bus@N          the board loses power when bus transaction N begins
 *   group@N.W      when the chip has executed group N; W from the number of ways of the medium on: while it writes
 *   change@N.W     at change N of the medium: a call of the file system, a program or erase of the flash
 *   end@1.W        when the run is over
 *   kill@N         the program dies, the chip keeps its power: before transport call or medium change N
 *   chip:FAULT     the program runs on and meets a fault of the virtual chip, by the chip's own id (chip:lost@24)
 *   storm@N        ... 16 bus transactions in a row, from N on, that are not acknowledged
 *   full@N         ... a disk without a free block, from change N on
 *   fails@N        ... a call that fails; late@N: one that fails after it was done; dead@N: all from N on
 *   lies@N         ... a sync that reports success and has done nothing (the N-th)
 *   spoilt@N       ... a bit that the flash does not take in operation N
 *   stop@N         somebody interrupts: the N-th time that the engine asks, it is told to stop
 *
 * W numbers what may be left there, from 0: of unsynced files what is lost, kept or torn; of a flash operation what
 * flash_sim.h knows; of a chip's write each page old, torn or new.
 */
#ifndef IMPRINT_TEST_POWER_MOMENT_H
#define IMPRINT_TEST_POWER_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

enum moment_kind {
    MOMENT_BUS,
    MOMENT_GROUP,
    MOMENT_CHANGE,
    MOMENT_END,
    MOMENT_KILL,
    /* From here on the program runs on. */
    MOMENT_CHIP,
    MOMENT_STORM,
    MOMENT_FULL,
    MOMENT_FAILS,
    MOMENT_LATE,
    MOMENT_DEAD,
    MOMENT_LIES,
    MOMENT_SPOILT,
    MOMENT_STOP,
    MOMENT_KINDS
};

#define MOMENT_FAULT_MAX 24

struct moment {
    enum moment_kind kind;
    bool same_run; /* as the step before it */
    uint32_t at, way;
    char fault[MOMENT_FAULT_MAX]; /* MOMENT_CHIP: the chip's id, and only then */
};

#define MOMENT_STEPS_MAX 6
#define MOMENT_TEXT_MAX 200

/* What leads to a state: the steps of an id. */
struct moment_path {
    unsigned count;
    struct moment steps[MOMENT_STEPS_MAX];
};

/* The board's power is gone, or its program: what is left is there at that moment, and the run is not looked at. */
bool moment_ends_run(enum moment_kind kind);

/* Whether they are the same moment of a run. */
bool moment_same(const struct moment *a, const struct moment *b);

/* `path` and one step more; false when that is more than an id can hold. */
bool moment_path_add(struct moment_path *path, const struct moment *step, bool same_run);

/* "group@24.3+change@7.1"; "unbroken" for no steps. */
void moment_write(const struct moment_path *path, char text[static MOMENT_TEXT_MAX]);
bool moment_parse(const char *text, struct moment_path *path);

#endif
