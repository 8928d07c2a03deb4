/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes through all moments of a scene at which power may fail, then through those of the runs that come after, and
 * through everything else that may go wrong on the way; docs/internals/power-cuts.md explains how. What a loss of power
 * leaves is the chip's memory and the medium, so two moments that leave the same are one state: each is recovered from
 * once.
 */
#ifndef IMPRINT_TEST_POWER_SWEEP_H
#define IMPRINT_TEST_POWER_SWEEP_H

#include "test/power/board.h"

/*
 * How much is done. Strides: every n-th, drawn by the seed; 1 is all, 0 none. What goes wrong on the chip's side has
 * little to do with the medium: on a flash it is drawn `flash_times` more sparsely.
 */
struct sweep_extent {
    unsigned depth, flash_depth; /* how often power fails one after the other */
    unsigned leaves_max;         /* of the states at the last depth above 1; 0: all of them */
    unsigned lies_max;           /* of the states that a sync that lied may leave; 0: all of them */
    unsigned group_stride, bus_stride, medium_stride, kill_stride; /* what else goes wrong in the first run */
    unsigned deep_group_stride, deep_bus_stride, deep_medium_stride, deep_kill_stride; /* in the run after a cut */
    unsigned fault_cut_stride; /* of the runs in which something goes wrong: in these power then fails at each moment */
    unsigned flash_times;
    unsigned seed;
    unsigned failures_max; /* after so many it gives up */
};
extern const struct sweep_extent sweep_short, sweep_long, sweep_cuts, sweep_sampled, sweep_plants;

#define SWEEP_DEPTH_MAX 8

struct sweep_figures {
    /* What the unbroken run does. */
    struct outcome unbroken;
    /* Depth d: places and ways for the d-th loss of power, counted with all that led there; states they leave. */
    unsigned long long points[SWEEP_DEPTH_MAX + 1];
    unsigned long states[SWEEP_DEPTH_MAX + 1], left_out;
    unsigned long other_states; /* that only something else than a cut has led to */
    unsigned long faults, kills, lies, runs, failures;
    uint32_t worst_commands;
    uint64_t worst_us;
    unsigned long worst_opening_reads, worst_opening_bytes;
    char first_failure[FAILURE_MAX], first_id[MOMENT_TEXT_MAX + 128];
};

/* The part of an id before the steps: SCENE/MEDIUM or SCENE/MEDIUM!PLANT. Failures go to stderr, with their ids. */
void sweep_scene(struct board *board, const char *name, const struct sweep_extent *extent,
                 struct sweep_figures *figures);

/* Kills processes in earnest, and compares what they leave: how many times it was something else. File medium. */
unsigned long sweep_really(struct board *board, const char *name);

/* The run before the scene, where there is one; the state that the scene begins with. */
struct state *sweep_begin(struct board *board, char failure[static FAILURE_MAX]);

/*
 * Runs what `path` says, and then undisturbed. 0: all is as promised; 1: it is not; 2: there is no such moment. What
 * happens goes to `out` (NULL: nowhere), with `verbose` down to the bus.
 */
int sweep_replay(struct board *board, const struct moment_path *path, FILE *out, bool verbose);

#endif
