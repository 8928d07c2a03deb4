/* SPDX-License-Identifier: Apache-2.0 */
#include "test/storage/flash_power.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Small ones, so that blocks are rewritten all the time; with and without an error correcting code. */
const struct imprint_flash_device flash_power_geometries[] = {
    {.unit = 64, .block_size = 1024, .block_count = 2},
    {.unit = 16, .block_size = 512, .block_count = 3, .blank_is_erased = true},
    {.unit = 8, .block_size = 512, .block_count = 2, .blank_is_erased = true},
    {.unit = 8, .block_size = 512, .block_count = 4, .spare_blocks = 1},
    {.unit = 4, .block_size = 384, .block_count = 2, .blank_is_erased = true},
    {.unit = 4, .block_size = 256, .block_count = 5},
    {.unit = 1, .block_size = 256, .block_count = 3, .blank_is_erased = true},
    {.unit = 64, .block_size = 2048, .block_count = 8, .spare_blocks = 1, .blank_is_erased = true},
    {.unit = 16, .block_size = 4096, .block_count = 4},
};
const unsigned flash_power_geometry_count = sizeof flash_power_geometries / sizeof flash_power_geometries[0];

enum action { SET, REMOVE, RESERVE, RELEASE, REOPEN, END };

/* SET: `size` bytes of content drawn from `seed`. RESERVE: room for `size`. */
struct step {
    enum action action;
    unsigned uid, size, seed;
};

enum { UIDS = 5, SIZE_MAX_HERE = 12, STEPS_MAX = 64 };

/* No more than three records at a time, of which one may be a transaction's: that much fits the smallest geometry. */
static const struct step create[] = {{
                                         SET,
                                         1,
                                         12,
                                         1,
                                     },
                                     {SET, 2, 0, 0},
                                     {SET, 3, 7, 1},
                                     {END, 0, 0, 0}};
static const struct step update[] = {
    {SET, 1, 12, 1},   {SET, 2, 12, 1}, {SET, 1, 12, 2}, {SET, 2, 3, 2},  {SET, 1, 12, 3}, {SET, 1, 12, 3},
    {REOPEN, 0, 0, 0}, {SET, 2, 12, 4}, {SET, 1, 1, 5},  {SET, 1, 12, 6}, {SET, 2, 11, 6}, {END, 0, 0, 0},
};
static const struct step removal[] = {
    {SET, 1, 12, 1}, {SET, 2, 9, 1},    {REMOVE, 1, 0, 0}, {REOPEN, 0, 0, 0}, {SET, 3, 12, 1},   {REMOVE, 2, 0, 0},
    {SET, 1, 12, 2}, {REMOVE, 1, 0, 0}, {REMOVE, 3, 0, 0}, {SET, 4, 5, 1},    {REMOVE, 4, 0, 0}, {END, 0, 0, 0},
};
/* As PSA makes and destroys a key: transaction (4) in, room kept, record in, transaction out. */
static const struct step keys[] = {
    {SET, 1, 12, 1},     {SET, 4, 12, 1},   {RESERVE, 0, 12, 0}, {SET, 2, 12, 1},   {REMOVE, 4, 0, 0},
    {SET, 4, 12, 2},     {REMOVE, 2, 0, 0}, {REMOVE, 4, 0, 0},   {SET, 4, 12, 3},   {RESERVE, 0, 12, 0},
    {SET, 2, 12, 2},     {REMOVE, 4, 0, 0}, {REMOVE, 1, 0, 0},   {REOPEN, 0, 0, 0}, {SET, 4, 12, 4},
    {RESERVE, 0, 12, 0}, {REMOVE, 4, 0, 0}, {RELEASE, 0, 0, 0},  {SET, 2, 12, 3},   {END, 0, 0, 0},
};
/* A record that never changes, while others push it round the ring. */
static const struct step round_the_ring[] = {
    {SET, 1, 12, 1},   {SET, 2, 12, 1},  {SET, 2, 12, 2},  {SET, 2, 12, 3},   {SET, 2, 12, 4},  {SET, 3, 12, 5},
    {SET, 2, 12, 6},   {SET, 3, 12, 7},  {SET, 2, 12, 8},  {REMOVE, 3, 0, 0}, {SET, 2, 12, 9},  {SET, 2, 12, 10},
    {SET, 2, 12, 11},  {SET, 3, 12, 12}, {SET, 2, 12, 13}, {SET, 3, 12, 14},  {SET, 3, 12, 15}, {SET, 2, 12, 16},
    {REMOVE, 2, 0, 0}, {SET, 3, 12, 17}, {SET, 3, 12, 18}, {SET, 3, 12, 19},  {SET, 3, 12, 20}, {END, 0, 0, 0},
};

static const struct {
    const char *name;
    const struct step *steps;
} scenarios[] = {
    {"create", create}, {"update", update}, {"remove", removal}, {"keys", keys}, {"round the ring", round_the_ring},
};
const unsigned flash_power_scenario_count = sizeof scenarios / sizeof scenarios[0];

const char *flash_power_scenario_name(unsigned scenario)
{
    return scenarios[scenario].name;
}

/* What a record should be: seed 0 and size 0 is an empty one. */
struct expected {
    bool there;
    unsigned size, seed;
};

struct bench {
    struct flash_sim sim;
    struct storage_flash flash;
    struct storage storage;
    struct expected before[UIDS + 1], after[UIDS + 1]; /* the step under way */
    struct flash_power_result *result;
};

/* Record 4 is the one that room is kept for; 5 comes after it in the list. */
static uint64_t uid_of(unsigned number)
{
    return number < 4 ? number : STORAGE_KEPT_UID + number - 4;
}

static void fill(uint8_t content[static SIZE_MAX_HERE], unsigned size, unsigned seed)
{
    for (unsigned i = 0; i < size; i++)
        content[i] = (uint8_t)(i * 7 + seed * 31 + (i % 3 == 0 ? 0xff : 0));
}

static bool note(struct bench *bench, const char *failure)
{
    if (bench->result->failure == NULL)
        bench->result->failure = failure;
    return false;
}

static bool open_store(struct bench *bench)
{
    bench->sim.reads = bench->sim.read_bytes = 0;
    const enum storage_status status =
        storage_flash_open(&bench->flash, &bench->sim.device, true, &bench->storage, NULL);
    if (bench->sim.reads > bench->result->reads)
        bench->result->reads = bench->sim.reads;
    if (bench->sim.read_bytes > bench->result->read_bytes)
        bench->result->read_bytes = bench->sim.read_bytes;
    return status == STORAGE_OK;
}

static bool is_as(struct bench *bench, unsigned uid, const struct expected *expected)
{
    uint8_t wanted[SIZE_MAX_HERE], found[SIZE_MAX_HERE + 1];
    struct bytes_out out = {.data = found, .cap = sizeof found};
    const enum storage_status status =
        bench->storage.operations->get(bench->storage.context, uid_of(uid), 0, &out, NULL);
    if (!expected->there)
        return status == STORAGE_ABSENT;
    fill(wanted, expected->size, expected->seed);
    return status == STORAGE_OK && bytes_equal(bytes_written(&out), bytes_of(wanted, expected->size));
}

/* Compares every record with what it was before the step or is after it, and settles on what was found. */
static bool compare(struct bench *bench)
{
    uint64_t listed = 0;
    bool first = true;
    for (unsigned uid = 1; uid <= UIDS; uid++) {
        if (is_as(bench, uid, &bench->after[uid]))
            bench->before[uid] = bench->after[uid];
        else if (is_as(bench, uid, &bench->before[uid]))
            bench->after[uid] = bench->before[uid];
        else
            return note(bench, "a record is neither old nor new");
        if (!bench->before[uid].there)
            continue;
        if (bench->storage.operations->next(bench->storage.context, first, &listed) != STORAGE_OK ||
            listed != uid_of(uid))
            return note(bench, "the list of records is wrong");
        first = false;
    }
    if (bench->storage.operations->next(bench->storage.context, first, &listed) != STORAGE_ABSENT)
        return note(bench, "a record too many is listed");
    return true;
}

/* Makes one step. False where power failed in it, or a failure was noted. */
static bool make(struct bench *bench, const struct step *step)
{
    const struct storage_operations *operations = bench->storage.operations;
    void *context = bench->storage.context;
    struct expected *after = &bench->after[step->uid];
    uint8_t content[SIZE_MAX_HERE];
    enum storage_status status = STORAGE_OK, wanted = STORAGE_OK;

    switch (step->action) {
    case SET:
        fill(content, step->size, step->seed);
        *after = (struct expected){.there = true, .size = step->size, .seed = step->seed};
        status = operations->set(context, uid_of(step->uid), 0, bytes_of(content, step->size));
        break;
    case REMOVE:
        wanted = after->there ? STORAGE_OK : STORAGE_ABSENT;
        after->there = false;
        status = operations->remove(context, uid_of(step->uid));
        break;
    case RESERVE:
        status = operations->reserve(context, step->size);
        break;
    case RELEASE:
        operations->release(context);
        break;
    case REOPEN:
        flash_sim_restart(&bench->sim);
        status = open_store(bench) ? STORAGE_OK : STORAGE_FAILED;
        break;
    case END:
        break;
    }
    if (status == wanted) /* also where power failed right after: what is reported as done is done */
        memcpy(bench->before, bench->after, sizeof bench->before);
    if (!bench->sim.powered)
        return false;
    if (status != wanted)
        return note(bench, "a call fails with the power on");
    return true;
}

/* Runs the scenario from `*at` on. False where power fails. A planned cut survives the reopening in it. */
static bool go_on(struct bench *bench, const struct step *steps, unsigned *at)
{
    for (; steps[*at].action != END; ++*at) {
        const unsigned operations = bench->sim.operations, cut_at = bench->sim.cut_at;
        const enum flash_sim_cut cut = bench->sim.cut;
        const uint32_t random = bench->sim.random;
        bench->result->step = *at;
        if (!make(bench, &steps[*at]))
            return false;
        if (steps[*at].action == REOPEN) {
            bench->sim.operations = operations;
            bench->sim.cut_at = cut_at;
            bench->sim.cut = cut;
            bench->sim.random = random;
        }
    }
    return true;
}

/* Power comes back: the store opens, and holds what it should. The step that was cut is made again later. */
static bool recover(struct bench *bench)
{
    flash_sim_restart(&bench->sim);
    if (!open_store(bench))
        return note(bench, "the store does not open");
    return compare(bench);
}

/* Whatever has happened, every record can be changed, made and removed, and the room is all there. */
static bool try_all(struct bench *bench)
{
    for (unsigned turn = 0; turn < 2; turn++) {
        for (unsigned uid = 1; uid <= UIDS; uid++) {
            const struct step remove = {REMOVE, uid, 0, 0};
            if (bench->after[uid].there && !make(bench, &remove))
                return note(bench, "power, with no cut planned");
        }
        for (unsigned uid = 1; uid <= 3; uid++) {
            const struct step set = {SET, uid, SIZE_MAX_HERE, 100 + turn};
            if (!make(bench, &set))
                return note(bench, "power, with no cut planned");
        }
    }
    return compare(bench);
}

static void run_on(struct bench *bench, const struct flash_power_run *run)
{
    const struct step *steps = scenarios[run->scenario].steps;
    unsigned at = 0;
    bool done = false;

    flash_sim_make(&bench->sim, &flash_power_geometries[run->geometry]);
    bench->sim.plant = run->plant;
    for (unsigned turn = 0; !done && turn < 3; turn++) {
        const struct flash_power_cut cut =
            turn < 2 ? run->cuts[turn] : (struct flash_power_cut){.at = 0, .cut = FLASH_SIM_AFTER};
        flash_sim_plan(&bench->sim, cut.at, cut.cut, run->seed + turn);
        done = (turn > 0 || open_store(bench)) && go_on(bench, steps, &at);
        if (turn < 2)
            bench->result->operations[turn] = bench->sim.operations;
        if (bench->result->failure != NULL || (!done && bench->sim.powered)) {
            (void)note(bench, "the store cannot be made");
            return;
        }
        if (done && !compare(bench))
            return;
        if (!recover(bench))
            return;
    }
    bench->sim.plant = FLASH_SIM_SOUND;
    (void)try_all(bench);
}

void flash_power_run(const struct flash_power_run *run, struct flash_power_result *result)
{
    static struct bench bench;
    *result = (struct flash_power_result){.failure = NULL};
    memset(bench.before, 0, sizeof bench.before);
    memset(bench.after, 0, sizeof bench.after);
    bench.result = result;
    run_on(&bench, run);
    if (bench.sim.violation != NULL)
        result->failure = bench.sim.violation;
}

void flash_power_id(const struct flash_power_run *run, char id[static FLASH_POWER_ID_MAX])
{
    (void)snprintf(id, FLASH_POWER_ID_MAX, "%u.%u.%u.%u.%u.%u.%u.%u", run->geometry, run->scenario, run->seed,
                   run->cuts[0].at, (unsigned)run->cuts[0].cut, run->cuts[1].at, (unsigned)run->cuts[1].cut,
                   (unsigned)run->plant);
}

bool flash_power_parse(const char *id, struct flash_power_run *run)
{
    unsigned long number[8];
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) {
        char *end;
        number[i] = strtoul(id, &end, 10);
        if (end == id || *end != (i + 1 < sizeof number / sizeof number[0] ? '.' : '\0') || number[i] > UINT32_MAX)
            return false;
        id = end + 1;
    }
    if (number[0] >= flash_power_geometry_count || number[1] >= flash_power_scenario_count ||
        number[4] >= FLASH_SIM_CUTS || number[6] >= FLASH_SIM_CUTS || number[7] >= FLASH_SIM_PLANTS)
        return false;
    *run = (struct flash_power_run){
        .geometry = (unsigned)number[0],
        .scenario = (unsigned)number[1],
        .seed = (uint32_t)number[2],
        .cuts = {{(unsigned)number[3], (enum flash_sim_cut)number[4]},
                 {(unsigned)number[5], (enum flash_sim_cut)number[6]}},
        .plant = (enum flash_sim_plant)number[7],
    };
    return true;
}
