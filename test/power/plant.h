/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defects of the kind that the harness is there to find, so that it is itself tested. None is in the product's sources:
 * those of the medium are below the store (disk.h, flash_sim.h), those of the order of writes between PSA and store
 * (board.h), the rest in place of functions that the linker wraps (plant.c).
 */
#ifndef IMPRINT_TEST_POWER_PLANT_H
#define IMPRINT_TEST_POWER_PLANT_H

#include "test/power/board.h"

struct plant {
    const char *name, *what;
    enum medium_kind medium; /* on which it is looked for */
    const char *scenes[4];   /* and in which scenes */
    enum disk_plant disk;
    enum flash_sim_plant flash;
    struct board_plant board;
    unsigned wrapped; /* the one of plant.c; 0: none */
};

extern const struct plant plants[];
extern const unsigned plant_count;

/* NULL when there is no such plant. */
const struct plant *plant_find(const char *name);

/* Into the board and into the wrapped functions; NULL: none from now on. */
void plant_set(struct board *board, const struct plant *plant);

/* At the start of each run: what a planted defect remembers in RAM is gone. */
void plant_power_up(void);

#endif
