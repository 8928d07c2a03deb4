/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a sequence of storage calls on the emulated flash, cuts power once or twice wherever it is told to, and says
 * what was not as promised: every record old or new and whole, the others untouched, success durable, the store usable,
 * the flash's rules kept. It returns what it finds, so that it can itself be tested with planted defects: where
 * test/support/world_store.h fails the test, here a failure is the result. test/power/ does the same of a whole device;
 * this tries each operation of the flash alone, twice deep, which is too many for that.
 */
#ifndef IMPRINT_TEST_STORAGE_FLASH_POWER_H
#define IMPRINT_TEST_STORAGE_FLASH_POWER_H

#include "test/support/flash_sim.h"

/* A cut: the how-manieth operation after power came on, and how it is struck. Operation 0: none. */
struct flash_power_cut {
    unsigned at;
    enum flash_sim_cut cut;
};

/* One run, and its replay id: "geometry.scenario.seed.at.cut.at.cut.plant", all decimal. */
struct flash_power_run {
    unsigned geometry, scenario;
    uint32_t seed;
    struct flash_power_cut cuts[2]; /* the first while the scenario runs, the second while it is run again */
    enum flash_sim_plant plant;
};

#define FLASH_POWER_ID_MAX 80

void flash_power_id(const struct flash_power_run *run, char id[static FLASH_POWER_ID_MAX]);
bool flash_power_parse(const char *id, struct flash_power_run *run);

extern const struct imprint_flash_device flash_power_geometries[];
extern const unsigned flash_power_geometry_count, flash_power_scenario_count;
const char *flash_power_scenario_name(unsigned scenario);

/* What a run has shown. */
struct flash_power_result {
    const char *failure;      /* NULL: all as promised */
    unsigned step;            /* of the scenario, where it was found */
    unsigned operations[2];   /* made before the first cut (or in all), and after it */
    unsigned long reads;      /* the most that an opening has taken, in calls and ... */
    unsigned long read_bytes; /* ... in bytes */
};

void flash_power_run(const struct flash_power_run *run, struct flash_power_result *result);

#endif
