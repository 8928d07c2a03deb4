/* SPDX-License-Identifier: Apache-2.0 */
#include "test/power/sweep.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/power/scene.h"
#include "test/power/verdict.h"

const struct sweep_extent sweep_short = {.depth = 2,
                                         .flash_depth = 2,
                                         .leaves_max = 200,
                                         .lies_max = 200,
                                         .group_stride = 3,
                                         .bus_stride = 100,
                                         .medium_stride = 1,
                                         .kill_stride = 100,
                                         .deep_group_stride = 2000,
                                         .deep_bus_stride = 50000,
                                         .deep_medium_stride = 100,
                                         .fault_cut_stride = 50,
                                         .flash_times = 10,
                                         .seed = 1,
                                         .failures_max = 10};
const struct sweep_extent sweep_long = {.depth = 3,
                                        .flash_depth = 2,
                                        .group_stride = 1,
                                        .bus_stride = 1,
                                        .medium_stride = 1,
                                        .kill_stride = 1,
                                        .deep_group_stride = 20,
                                        .deep_bus_stride = 2000,
                                        .deep_medium_stride = 2,
                                        .deep_kill_stride = 1000,
                                        .fault_cut_stride = 2,
                                        .flash_times = 10,
                                        .seed = 1,
                                        .failures_max = 10};
/* Nothing but cuts, and all of them: for figures. */
const struct sweep_extent sweep_cuts = {.depth = 3, .flash_depth = 2, .lies_max = 1, .seed = 1, .failures_max = 10};
/* For a build that is slow. */
const struct sweep_extent sweep_sampled = {.depth = 2,
                                           .flash_depth = 2,
                                           .leaves_max = 20,
                                           .lies_max = 20,
                                           .group_stride = 10,
                                           .bus_stride = 1000,
                                           .medium_stride = 5,
                                           .kill_stride = 500,
                                           .deep_group_stride = 10000,
                                           .deep_medium_stride = 1000,
                                           .fault_cut_stride = 100,
                                           .flash_times = 10,
                                           .seed = 1,
                                           .failures_max = 10};
/* For finding a planted defect. */
const struct sweep_extent sweep_plants = {.depth = 2,
                                          .flash_depth = 2,
                                          .leaves_max = 2000,
                                          .lies_max = 1,
                                          .group_stride = 1,
                                          .medium_stride = 1,
                                          .flash_times = 10,
                                          .seed = 1,
                                          .failures_max = 1};

enum { TABLE_SIZE = 1 << 20, RUN_SECONDS_MAX = 120 };

/* A state that was met, by its digest. */
struct known {
    uint8_t digest[32];
    unsigned long long times; /* how many ways lead to it, at its depth */
    unsigned depth;           /* 0: an empty row */
};

/* One that is still to be recovered from. */
struct work {
    struct state *state;
    struct moment_path path;
    size_t known; /* its row */
    bool weak;
};

struct list {
    struct work *items;
    size_t count, room;
};

struct sweep {
    struct board *board;
    const char *name;
    const struct sweep_extent *extent;
    struct sweep_figures *figures;
    struct known *table;
    struct list levels[SWEEP_DEPTH_MAX + 2]; /* by how often power has failed */
    struct list kills, lies;
    uint8_t confirmed[32]; /* the last end that a further run was seen to leave alone */

    /* The run under way. */
    const struct moment_path *path;
    const struct moment *fault;
    unsigned depth, taken;
    bool weak;
};

/* What to say when a run never ends. */
static char running[MOMENT_TEXT_MAX + 128];

static void on_alarm(int number)
{
    static const char words[] = "power: this run does not end: ";

    (void)number;
    if (write(STDERR_FILENO, words, sizeof words - 1) > 0 && write(STDERR_FILENO, running, strlen(running)) > 0)
        (void)!write(STDERR_FILENO, "\n", 1);
    _exit(1);
}

static void name_run(const char *name, const struct moment_path *path, const struct moment *fault)
{
    struct moment_path whole = *path;
    char text[MOMENT_TEXT_MAX];

    if (fault != NULL)
        (void)moment_path_add(&whole, fault, false);
    moment_write(&whole, text);
    (void)snprintf(running, sizeof running, "%s/%s", name, text);
    (void)alarm(RUN_SECONDS_MAX);
}

static void fail(struct sweep *sweep, const char *failure)
{
    struct sweep_figures *figures = sweep->figures;

    if (figures->failures++ == 0) {
        (void)snprintf(figures->first_id, sizeof figures->first_id, "%s", running);
        (void)snprintf(figures->first_failure, sizeof figures->first_failure, "%s", failure);
    }
    if (sweep->extent->failures_max > 1) /* who stops at the first one says so himself */
        fprintf(stderr, "power: %s\n  replay: " POWER_REPLAY " '%s'\n", failure, running);
}

static bool gives_up(const struct sweep *sweep)
{
    return sweep->figures->failures >= sweep->extent->failures_max;
}

/* FNV-1a, by numbers. */
static uint64_t hash_moment(uint64_t hash, const struct moment *step)
{
    const uint32_t numbers[] = {step->kind, step->same_run, step->at, step->way};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        hash = (hash ^ numbers[i]) * 1099511628211ULL;
    for (const char *at = step->fault; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * 1099511628211ULL;
    return hash;
}

/* Every `stride`-th, which ones drawn by the seed and what went wrong. Asked millions of times. */
static bool is_drawn(const struct sweep *sweep, unsigned stride, const struct moment_path *path,
                     const struct moment *step)
{
    uint64_t hash = 14695981039346656037ULL + sweep->extent->seed;

    if (stride <= 1)
        return stride == 1;
    for (unsigned i = 0; i < path->count; i++)
        hash = hash_moment(hash, &path->steps[i]);
    if (step != NULL)
        hash = hash_moment(hash, step);
    return (hash ^ hash >> 29) % stride == 0;
}

/* ---- states ----------------------------------------------------------------------------------------------------- */

static void list_add(struct list *list, const struct work *work)
{
    if (list->count == list->room) {
        const size_t room = list->room == 0 ? 256 : 2 * list->room;
        struct work *items = realloc(list->items, room * sizeof *items);
        if (items == NULL)
            abort();
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = *work;
}

static void list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        state_free(list->items[i].state);
    free(list->items);
    *list = (struct list){.items = NULL};
}

/* To go through `count` in at most `most` steps; 0: all. */
static size_t step_of(size_t count, unsigned most)
{
    return most == 0 || count <= most ? 1 : (count + most - 1) / most;
}

static size_t row_of(const struct sweep *sweep, const uint8_t digest[static 32])
{
    uint64_t hash;

    memcpy(&hash, digest, sizeof hash);
    size_t row = hash % TABLE_SIZE;
    while (sweep->table[row].depth != 0 && memcmp(sweep->table[row].digest, digest, 32) != 0)
        row = (row + 1) % TABLE_SIZE;
    return row;
}

static unsigned depth_of(const struct sweep *sweep)
{
    return sweep->board->medium.kind == MEDIUM_FILE ? sweep->extent->depth : sweep->extent->flash_depth;
}

/* A state that is met after `path`, at this depth. `times` ways lead to it by cuts alone; 0: something else went wrong.
 */
static void meet(struct sweep *sweep, const struct state *state, const struct moment_path *path, unsigned depth,
                 unsigned long long times)
{
    uint8_t digest[32];

    state_digest(sweep->board->scene, state, digest);
    const size_t row = row_of(sweep, digest);
    struct known *known = &sweep->table[row];
    if (known->depth != 0 && known->depth <= depth) {
        sweep->figures->states[depth] += known->depth == depth && known->times == 0 && times > 0;
        known->times += known->depth == depth ? times : 0;
        return;
    }
    memcpy(known->digest, digest, sizeof digest);
    known->times = times;
    known->depth = depth;
    sweep->figures->states[depth] += times > 0;
    sweep->figures->other_states += times == 0;
    const struct work work = {.state = state_copy(state), .path = *path, .known = row};
    list_add(&sweep->levels[depth], &work);
}

static unsigned long long times_of(const struct sweep *sweep, const struct work *work)
{
    return sweep->depth == 0 ? 1 : sweep->table[work->known].times;
}

static unsigned long long times_now; /* ways that lead to the run under way */

/* Each moment of a run, and what it leaves. */
static void take(void *context, const struct moment *moment, const struct state *state)
{
    struct sweep *sweep = context;
    struct moment_path path = *sweep->path;

    if (sweep->fault != NULL && !moment_path_add(&path, sweep->fault, false))
        return;
    if (!moment_path_add(&path, moment, sweep->fault != NULL))
        return;
    if (moment->kind == MOMENT_KILL || sweep->weak) {
        const struct work work = {.state = state_copy(state), .path = path, .weak = sweep->weak};
        list_add(sweep->weak ? &sweep->lies : &sweep->kills, &work);
        return;
    }
    const unsigned depth = sweep->depth + (sweep->fault != NULL ? 2 : 1);
    sweep->taken++;
    if (depth > depth_of(sweep))
        return;
    sweep->figures->points[depth] += times_now;
    meet(sweep, state, &path, depth, times_now);
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

static struct outcome after; /* of confirming runs */

/* A finished device is only looked at by a further run. */
static bool confirm(struct sweep *sweep, const struct outcome *outcome, char failure[static FAILURE_MAX])
{
    struct state end = outcome->end;
    const struct run run = {.from = &end};
    uint8_t digest[32];

    end.promise_count = 0;
    state_digest(sweep->board->scene, &end, digest);
    if (memcmp(digest, sweep->confirmed, sizeof digest) == 0)
        return true;
    end.promise_count = outcome->end.promise_count;
    sweep->figures->runs++;
    power_run(sweep->board, &run, &after);
    if (after.failure[0] != '\0') {
        memcpy(failure, after.failure, FAILURE_MAX);
        return false;
    }
    if (!after.done) {
        (void)snprintf(failure, FAILURE_MAX, "a further run fails: %s",
                       after.err.cause != NULL ? after.err.cause : "without a reason");
        return false;
    }
    if (!verdict_wrote_nothing(&after, failure))
        return false;
    memcpy(sweep->confirmed, digest, sizeof digest);
    return true;
}

/* What an undisturbed run must have come to. */
static bool judge(struct sweep *sweep, const struct outcome *outcome, char failure[static FAILURE_MAX])
{
    if (outcome->failure[0] != '\0') {
        memcpy(failure, outcome->failure, FAILURE_MAX);
        return false;
    }
    if (!outcome->done) {
        (void)snprintf(failure, FAILURE_MAX, "the next run does not finish the device: %s: %s: %s",
                       error_reason_name(outcome->err.reason), outcome->err.doing != NULL ? outcome->err.doing : "-",
                       outcome->err.cause != NULL ? outcome->err.cause : "-");
        return false;
    }
    return verdict_same_end(sweep->board->scene, outcome, &sweep->figures->unbroken, failure) &&
           confirm(sweep, outcome, failure);
}

static void note_worst(struct sweep_figures *figures, const struct outcome *outcome)
{
    if (outcome->commands > figures->worst_commands)
        figures->worst_commands = outcome->commands;
    if (outcome->chip_us > figures->worst_us)
        figures->worst_us = outcome->chip_us;
    if (outcome->medium.opening_reads > figures->worst_opening_reads)
        figures->worst_opening_reads = outcome->medium.opening_reads;
    if (outcome->medium.opening_bytes > figures->worst_opening_bytes)
        figures->worst_opening_bytes = outcome->medium.opening_bytes;
}

/* An undisturbed run from a state that power or program has left; false when it is not as promised. */
static bool recover(struct sweep *sweep, const struct work *work, bool deeper, unsigned kill_stride,
                    struct outcome *outcome)
{
    char failure[FAILURE_MAX] = "";
    struct run run = {.from = work->state,
                      .take = deeper || kill_stride > 0 ? take : NULL,
                      .context = sweep,
                      .kill_every = kill_stride,
                      .kill_from = kill_stride == 0 ? 0 : 1 + sweep->extent->seed % kill_stride};

    sweep->path = &work->path;
    sweep->fault = NULL;
    sweep->weak = false;
    times_now = times_of(sweep, work);
    name_run(sweep->name, &work->path, NULL);
    sweep->figures->runs++;
    power_run(sweep->board, &run, outcome);
    if (deeper && sweep->depth < depth_of(sweep))
        sweep->figures->points[sweep->depth + 1] += outcome->transactions * times_now;
    note_worst(sweep->figures, outcome);
    if (judge(sweep, outcome, failure))
        return true;
    fail(sweep, failure);
    return false;
}

/* A program that runs on beside what goes wrong. What it leaves is one more state. */
static void disturb(struct sweep *sweep, const struct work *work, const struct moment *fault)
{
    static struct outcome outcome;
    char failure[FAILURE_MAX] = "";
    const bool lies = fault->kind == MOMENT_LIES;
    const bool cuts = lies || (sweep->depth + 2 <= depth_of(sweep) &&
                               is_drawn(sweep, sweep->extent->fault_cut_stride, &work->path, fault));
    const struct run run = {.from = work->state, .fault = fault, .take = cuts ? take : NULL, .context = sweep};
    struct moment_path path = work->path;

    if (gives_up(sweep) || !moment_path_add(&path, fault, false))
        return;
    sweep->path = &work->path;
    sweep->fault = fault;
    sweep->weak = lies;
    times_now = 0;
    name_run(sweep->name, &work->path, fault);
    sweep->figures->runs++;
    sweep->figures->faults++;
    power_run(sweep->board, &run, &outcome);
    sweep->fault = NULL;
    if (outcome.failure[0] != '\0')
        fail(sweep, outcome.failure);
    else if (!outcome.done && !verdict_may_fail(fault, &outcome, failure))
        fail(sweep, failure);
    else if (outcome.done && fault->kind < MOMENT_FULL && !judge(sweep, &outcome, failure))
        fail(sweep, failure);
    else if (!outcome.done || fault->kind >= MOMENT_FULL) /* a failing medium may keep what is done with */
        meet(sweep, &outcome.end, &path, sweep->depth + 1, 0);
}

static const char *const chip_faults[] = {"silent@%u", "nack@%u",     "garbage@%u",  "badcrc@%u", "flip@%u",
                                          "lost@%u",   "reset@%u",    "slow@%u",     "swap@%u",   "watchdog@%u",
                                          "cut@%u",    "brownout@%u", "cut@%u.after"};
static const char *const bus_faults[] = {"buscut@%u", "busnack@%u"};

static struct moment chip_fault(const char *format, unsigned at)
{
    struct moment fault = {.kind = MOMENT_CHIP};

    /* The formats are the two tables' above, of one number each. */
    const char *number = strchr(format, '%');
    (void)snprintf(fault.fault, sizeof fault.fault, "%.*s%u%s", (int)(number - format), format, at, number + 2);
    return fault;
}

static void disturb_where_drawn(struct sweep *sweep, const struct work *work, unsigned stride,
                                const struct moment *fault)
{
    if (is_drawn(sweep, stride, &work->path, fault))
        disturb(sweep, work, fault);
}

static void disturb_groups(struct sweep *sweep, const struct work *work, const struct outcome *outcome, unsigned stride)
{
    for (size_t i = 0; i < outcome->write_count; i++) {
        unsigned patterns = 2;
        for (unsigned page = 0; page < outcome->writes[i].pages; page++)
            patterns *= 3;
        for (unsigned pattern = 0; pattern < patterns; pattern++) {
            struct moment fault = {.kind = MOMENT_CHIP};
            (void)snprintf(fault.fault, sizeof fault.fault, "tear@%u.%u", (unsigned)outcome->writes[i].group, pattern);
            disturb_where_drawn(sweep, work, stride, &fault);
        }
    }
    for (unsigned group = 1; group <= outcome->groups; group++) {
        for (size_t i = 0; i < sizeof chip_faults / sizeof chip_faults[0]; i++) {
            if (group == 1 && strcmp(chip_faults[i], "swap@%u") == 0)
                continue; /* simply another board */
            const struct moment fault = chip_fault(chip_faults[i], group);
            disturb_where_drawn(sweep, work, stride, &fault);
        }
    }
}

static void disturb_bus(struct sweep *sweep, const struct work *work, const struct outcome *outcome, unsigned stride)
{
    for (unsigned transaction = 1; transaction <= outcome->transactions; transaction++) {
        for (size_t i = 0; i < sizeof bus_faults / sizeof bus_faults[0]; i++) {
            const struct moment fault = chip_fault(bus_faults[i], transaction);
            disturb_where_drawn(sweep, work, stride, &fault);
        }
        const struct moment storm = {.kind = MOMENT_STORM, .at = transaction};
        disturb_where_drawn(sweep, work, stride, &storm);
    }
}

static void disturb_medium(struct sweep *sweep, const struct work *work, const struct outcome *outcome, unsigned stride)
{
    static const enum moment_kind file[] = {MOMENT_FULL, MOMENT_FAILS, MOMENT_LATE, MOMENT_DEAD};
    const bool is_file = sweep->board->medium.kind == MEDIUM_FILE;

    for (unsigned change = 1; change <= outcome->medium.changes; change++) {
        for (size_t i = 0; is_file && i < sizeof file / sizeof file[0]; i++) {
            const struct moment fault = {.kind = file[i], .at = change};
            disturb_where_drawn(sweep, work, stride, &fault);
        }
        const struct moment spoilt = {.kind = MOMENT_SPOILT, .at = change};
        if (!is_file)
            disturb_where_drawn(sweep, work, stride, &spoilt);
    }
    for (unsigned sync = 1; sync <= outcome->medium.syncs; sync++) {
        const struct moment lies = {.kind = MOMENT_LIES, .at = sync};
        disturb_where_drawn(sweep, work, stride, &lies);
    }
    for (unsigned asked = 1; asked <= outcome->asked; asked++) {
        const struct moment stop = {.kind = MOMENT_STOP, .at = asked};
        disturb_where_drawn(sweep, work, stride, &stop);
    }
}

/* ---- the program killed, and the medium that lied --------------------------------------------------------------- */

static void after_kills(struct sweep *sweep)
{
    static struct outcome outcome;

    for (size_t i = 0; i < sweep->kills.count && !gives_up(sweep); i++) {
        sweep->figures->kills++;
        const unsigned depth = sweep->depth;
        sweep->depth = 0; /* counts as one way */
        (void)recover(sweep, &sweep->kills.items[i], false, 0, &outcome);
        sweep->depth = depth;
    }
    list_free(&sweep->kills);
}

/* Nothing can be kept that was lost behind everybody's back; but PSA starts, and what is said is true. */
static bool judge_lied(struct sweep *sweep, const struct outcome *outcome, char failure[static FAILURE_MAX])
{
    const enum error_reason reason = outcome->err.reason;

    if (outcome->failure[0] != '\0')
        memcpy(failure, outcome->failure, FAILURE_MAX);
    else if (outcome->done)
        return confirm(sweep, outcome, failure);
    else if (reason != ERROR_SLOT_FILLED && reason != ERROR_STORAGE_CORRUPT && reason != ERROR_KEY_EXISTS &&
             reason != ERROR_NO_FREE_SLOT && reason != ERROR_SLOT_LOCKED && reason != ERROR_SLOT_POLICY &&
             reason != ERROR_DONE_ELSEWHERE) /* the mark outlives key records that were lost */
        (void)snprintf(failure, FAILURE_MAX, "after a sync that lied: %s: %s", error_reason_name(reason),
                       outcome->err.cause != NULL ? outcome->err.cause : "-");
    else
        return true;
    return false;
}

static void after_lies(struct sweep *sweep)
{
    static struct outcome outcome;
    static uint8_t met[4096][32];
    size_t met_count = 0;

    const size_t step = step_of(sweep->lies.count, sweep->extent->lies_max);

    for (size_t i = 0; i < sweep->lies.count && !gives_up(sweep); i += step) {
        struct work *work = &sweep->lies.items[i];
        const struct run run = {.from = work->state, .weak = true};
        char failure[FAILURE_MAX] = "";
        uint8_t digest[32];
        bool known = false;
        work->state->promise_count = 0;
        state_digest(sweep->board->scene, work->state, digest);
        for (size_t j = 0; j < met_count && !known; j++)
            known = memcmp(met[j], digest, sizeof digest) == 0;
        if (known)
            continue;
        if (met_count < sizeof met / sizeof met[0])
            memcpy(met[met_count++], digest, sizeof digest);
        sweep->figures->lies++;
        sweep->figures->runs++;
        name_run(sweep->name, &work->path, NULL);
        power_run(sweep->board, &run, &outcome);
        if (!judge_lied(sweep, &outcome, failure))
            fail(sweep, failure);
    }
    list_free(&sweep->lies);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

struct state *sweep_begin(struct board *board, char failure[static FAILURE_MAX])
{
    static struct outcome outcome;
    struct state new_device = {.image = BYTES_NONE};
    const struct run run = {.from = &new_device, .preparing = true};
    struct state *begin = NULL;

    part_take(&board->part, &new_device.part);
    if (board->scene->prepare == NULL) {
        begin = state_copy(&new_device);
    } else {
        power_run(board, &run, &outcome);
        if (!outcome.done || outcome.failure[0] != '\0') {
            (void)snprintf(failure, FAILURE_MAX, "the scene cannot be prepared: %.180s",
                           outcome.failure[0] != '\0'  ? outcome.failure
                           : outcome.err.cause != NULL ? outcome.err.cause
                                                       : "-");
            return NULL;
        }
        begin = state_copy(&outcome.end);
    }
    board->scene->initial = begin->part.bytes;
    return begin;
}

/* Beside cuts, one thing goes wrong on the way to a state, and no second one after it. */
static bool was_disturbed(const struct moment_path *path)
{
    for (unsigned i = 0; i < path->count; i++)
        if (!moment_ends_run(path->steps[i].kind))
            return true;
    return false;
}

/* One state: recovered from, then everything that may go wrong while it is. */
static void explore(struct sweep *sweep, const struct work *work)
{
    static struct outcome outcome;
    const struct sweep_extent *extent = sweep->extent;
    const bool first = sweep->depth == 0, deeper = sweep->depth < depth_of(sweep);
    const unsigned times = sweep->board->medium.kind == MEDIUM_FILE ? 1 : extent->flash_times;
    const unsigned kill_stride = times * (first ? extent->kill_stride : deeper ? extent->deep_kill_stride : 0);

    if (!recover(sweep, work, deeper, kill_stride, &outcome) || !deeper || work->weak)
        return;
    if (was_disturbed(&work->path)) {
        after_kills(sweep);
        return;
    }
    disturb_groups(sweep, work, &outcome, times * (first ? extent->group_stride : extent->deep_group_stride));
    disturb_bus(sweep, work, &outcome, times * (first ? extent->bus_stride : extent->deep_bus_stride));
    disturb_medium(sweep, work, &outcome, first ? extent->medium_stride : extent->deep_medium_stride);
    after_lies(sweep);
    after_kills(sweep);
}

/* What all others are compared with; it must itself be as promised. */
static bool run_unbroken(struct sweep *sweep, const struct work *work)
{
    const struct run run = {.from = work->state};
    struct outcome *unbroken = &sweep->figures->unbroken;
    char failure[FAILURE_MAX] = "";

    name_run(sweep->name, &work->path, NULL);
    power_run(sweep->board, &run, unbroken);
    unbroken->end.image = bytes_of(unbroken->image, unbroken->end.image.len);
    if (judge(sweep, unbroken, failure))
        return true;
    fail(sweep, failure);
    return false;
}

void sweep_scene(struct board *board, const char *name, const struct sweep_extent *extent,
                 struct sweep_figures *figures)
{
    struct sweep sweep = {.board = board, .name = name, .extent = extent, .figures = figures};
    char failure[FAILURE_MAX] = "";

    memset(figures, 0, sizeof *figures);
    sweep.table = calloc(TABLE_SIZE, sizeof *sweep.table);
    if (sweep.table == NULL)
        abort();
    (void)signal(SIGALRM, on_alarm);
    (void)snprintf(running, sizeof running, "%s/unbroken", name);
    struct work work = {.state = sweep_begin(board, failure)};
    if (work.state == NULL) {
        fail(&sweep, failure);
    } else if (run_unbroken(&sweep, &work)) {
        list_add(&sweep.levels[0], &work);
        work.state = NULL;
    }
    state_free(work.state);
    for (sweep.depth = 0; sweep.depth <= depth_of(&sweep); sweep.depth++) {
        struct list *level = &sweep.levels[sweep.depth];
        const bool last = sweep.depth == depth_of(&sweep) && sweep.depth > 1;
        const size_t step = last ? step_of(level->count, extent->leaves_max) : 1;
        for (size_t i = 0; i < level->count && !gives_up(&sweep); i += step) {
            const struct work item = level->items[i];
            explore(&sweep, &item);
        }
        figures->left_out += (unsigned long)(level->count - (level->count + step - 1) / step);
        list_free(level);
    }
    (void)alarm(0);
    for (unsigned i = 0; i < sizeof sweep.levels / sizeof sweep.levels[0]; i++)
        list_free(&sweep.levels[i]);
    list_free(&sweep.kills);
    list_free(&sweep.lies);
    free(sweep.table);
}
