/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power fails at every program and erase of every scenario, on every geometry, in every way the emulated flash knows;
 * then again while the rest is run. With an id (printed by a failure) as argument, runs exactly that. With "--long",
 * all pairs of cuts on the geometries with large units, and a larger sample on the others.
 */
#include "test/support/scratch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "test/storage/flash_power.h"
#include "test/support/sampled.h"

static bool is_long;
static unsigned long runs, cut_points;

/* Makes the run; false, with its id printed, where something was not as promised. */
static bool holds(const struct flash_power_run *run, struct flash_power_result *result)
{
    char id[FLASH_POWER_ID_MAX];
    flash_power_run(run, result);
    runs++;
    if (result->failure == NULL)
        return true;
    if (run->plant == FLASH_SIM_SOUND) {
        flash_power_id(run, id);
        print_error("%s (scenario \"%s\", step %u); replay: test_storage_flash_power %s\n", result->failure,
                    flash_power_scenario_name(run->scenario), result->step, id);
    }
    return false;
}

/* All places and ways to cut once, or every `stride`th of them. */
static bool cut_once(struct flash_power_run run, unsigned stride)
{
    struct flash_power_result result;
    run.cuts[0] = run.cuts[1] = (struct flash_power_cut){.at = 0, .cut = FLASH_SIM_AFTER};
    if (!holds(&run, &result))
        return false;
    const unsigned operations = result.operations[0];
    for (unsigned at = 1; at <= operations; at++) {
        for (unsigned cut = at % stride; cut < FLASH_SIM_CUTS; cut += stride) {
            run.cuts[0] = (struct flash_power_cut){.at = at, .cut = (enum flash_sim_cut)cut};
            run.seed = at * 7 + cut;
            cut_points++;
            if (!holds(&run, &result))
                return false;
        }
    }
    return true;
}

/* All of the above, and all places and ways to cut again after each; or every `stride`th of the pairs. */
static bool cut_twice(struct flash_power_run run, unsigned stride)
{
    struct flash_power_result result;
    unsigned long pair = 0;
    run.cuts[0] = run.cuts[1] = (struct flash_power_cut){.at = 0, .cut = FLASH_SIM_AFTER};
    if (!holds(&run, &result))
        return false;
    const unsigned operations = result.operations[0];
    for (unsigned at = 1; at <= operations; at++) {
        for (unsigned cut = sweep_first(at); cut < FLASH_SIM_CUTS; cut += SWEEP_STRIDE) {
            run.cuts[0] = (struct flash_power_cut){.at = at, .cut = (enum flash_sim_cut)cut};
            run.cuts[1].at = 0;
            if (!holds(&run, &result))
                return false;
            const unsigned left = result.operations[1];
            for (unsigned again = 1; again <= left; again++) {
                for (unsigned way = 0; way < FLASH_SIM_CUTS; way++) {
                    if (pair++ % stride != 0)
                        continue;
                    run.cuts[1] = (struct flash_power_cut){.at = again, .cut = (enum flash_sim_cut)way};
                    run.seed = (uint32_t)pair;
                    cut_points++;
                    if (!holds(&run, &result))
                        return false;
                }
            }
        }
    }
    return true;
}

static void test_once(void **state)
{
    (void)state;
    cut_points = 0;
    for (unsigned geometry = 0; geometry < flash_power_geometry_count; geometry++) {
        for (unsigned scenario = 0; scenario < flash_power_scenario_count; scenario++)
            assert_true(cut_once((struct flash_power_run){.geometry = geometry, .scenario = scenario}, SWEEP_STRIDE));
    }
    print_message("one cut: %lu places and ways, %s\n", cut_points,
                  SWEEP_STRIDE == 1 ? "all of them" : "a third of them (with sanitizers)");
}

/* Small units mean many operations: of those geometries a sample, spread evenly, with bits drawn anew for each pair. */
static unsigned stride_of(unsigned geometry)
{
    const unsigned unit = flash_power_geometries[geometry].unit;
    if (is_long)
        return unit >= 16 ? 1 : unit >= 8 ? 7 : 61;
    return geometry == 0 ? 7 : unit >= 16 ? 499 : 4999;
}

static void test_twice(void **state)
{
    (void)state;
    cut_points = 0;
    for (unsigned geometry = 0; geometry < flash_power_geometry_count; geometry++) {
        for (unsigned scenario = 0; scenario < flash_power_scenario_count; scenario++) {
            const struct flash_power_run run = {.geometry = geometry, .scenario = scenario};
            assert_true(cut_twice(run, stride_of(geometry)));
        }
    }
    print_message("two cuts: %lu places and ways%s\n", cut_points,
                  is_long ? "" : ", a sample (--long: all where a unit is 16 bytes or more)");
}

/* The harness finds what it is there to find. */
static void test_planted(void **state)
{
    (void)state;
    static const struct {
        enum flash_sim_plant plant;
        const char *name;
    } rows[] = {
        {FLASH_SIM_NO_MARK, "commit mark skipped"},
        {FLASH_SIM_SWAPPED, "order swapped"},
        {FLASH_SIM_EARLY_ERASE, "erased before it is copied"},
        {FLASH_SIM_NO_READ_BACK, "bits that did not take, not read back"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool caught = false;
        for (unsigned scenario = 1; scenario < flash_power_scenario_count; scenario++)
            caught =
                caught ||
                !cut_once((struct flash_power_run){.geometry = 1, .scenario = scenario, .plant = rows[i].plant}, 1);
        if (!caught)
            fail_msg("not caught: %s", rows[i].name);
    }
}

static int replay(const char *id)
{
    struct flash_power_run run;
    struct flash_power_result result;
    if (!flash_power_parse(id, &run)) {
        print_error("no such id: %s\n", id);
        return 2;
    }
    flash_power_run(&run, &result);
    print_message("%s: %s, step %u, %u and %u operations\n", id, result.failure == NULL ? "holds" : result.failure,
                  result.step, result.operations[0], result.operations[1]);
    return result.failure == NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        {"one cut", test_once, NULL, NULL, NULL},
        {"two cuts", test_twice, NULL, NULL, NULL},
        {"planted defects", test_planted, NULL, NULL, NULL},
    };
    is_long = argc == 2 && strcmp(argv[1], "--long") == 0;
    if (argc == 2 && !is_long)
        return replay(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
