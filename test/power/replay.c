/* SPDX-License-Identifier: Apache-2.0 */
/* One id once more, step by step. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/power/scene.h"
#include "test/power/sweep.h"
#include "test/power/verdict.h"

struct picking {
    struct board *board;
    const struct moment *wanted;
    struct state *found;
};

/* The run that is cut is not heard beyond its cut, although it goes on: what is picked is what it would have left. */
static void pick(void *context, const struct moment *moment, const struct state *state)
{
    struct picking *picking = context;

    if (picking->found != NULL || !moment_same(moment, picking->wanted))
        return;
    picking->found = state_copy(state);
    board_say(picking->board, "here it ends");
    picking->board->trace_to = NULL;
    transport_virtual_observe(&picking->board->part.wire, NULL);
}

static FILE *heard; /* NULL: nobody listens */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    va_list arguments;

    if (heard == NULL)
        return;
    va_start(arguments, format);
    (void)vfprintf(heard, format, arguments);
    va_end(arguments);
}

static void tell(const struct outcome *outcome, const char *what)
{
    say("%s: %s", what, outcome->done ? "done" : "not done");
    if (!outcome->done && outcome->err.reason != ERROR_NONE)
        say(" (%s: %s: %s)", error_reason_name(outcome->err.reason),
            outcome->err.doing != NULL ? outcome->err.doing : "-",
            outcome->err.cause != NULL ? outcome->err.cause : "-");
    say(", %u to do, %u commands, %llu changes of the chip's memory, %u of the medium\n", outcome->to_do,
        (unsigned)outcome->commands, (unsigned long long)outcome->memory_changes, outcome->medium.altered);
    if (outcome->failure[0] != '\0')
        say("  not as promised: %s\n", outcome->failure);
}

static bool is_good(const struct outcome *outcome)
{
    return outcome->failure[0] == '\0';
}

/* One disturbed run of `path`, which begins at step `*at`; what it leaves takes the place of `*state`. */
static int replay_run(struct board *board, const struct moment_path *path, unsigned *at, struct state **state)
{
    static struct outcome outcome;
    const struct moment *fault = NULL, *cut = NULL;
    struct picking picking = {.board = board};
    char what[MOMENT_TEXT_MAX];
    struct moment_path steps = {.count = 0};

    do {
        const struct moment *step = &path->steps[(*at)++];
        if (moment_ends_run(step->kind))
            cut = step;
        else
            fault = step;
        (void)moment_path_add(&steps, step, steps.count > 0);
    } while (*at < path->count && path->steps[*at].same_run);
    picking.wanted = cut;
    const struct run run = {.from = *state,
                            .fault = fault,
                            .weak = fault != NULL && fault->kind == MOMENT_LIES,
                            .every_transaction = true,
                            .kill_every = 1,
                            .kill_from = 1,
                            .take = cut == NULL ? NULL : pick,
                            .context = &picking};
    power_run(board, &run, &outcome);
    moment_write(&steps, what);
    if (cut == NULL) {
        tell(&outcome, what);
        if (!outcome.done && is_good(&outcome) && !verdict_may_fail(fault, &outcome, outcome.failure))
            say("  not as promised: %s\n", outcome.failure);
        picking.found = state_copy(&outcome.end);
    } else if (picking.found != NULL) {
        say("%s: the run ends there\n", what);
    } else {
        say("%s: there is no such moment\n", what);
        return 2;
    }
    state_free(*state);
    *state = picking.found;
    return cut != NULL || is_good(&outcome) ? 0 : 1;
}

static bool has_lied(const struct moment_path *path)
{
    for (unsigned i = 0; i < path->count; i++)
        if (path->steps[i].kind == MOMENT_LIES)
            return true;
    return false;
}

static int replay_rest(struct board *board, const struct moment_path *path, const struct outcome *unbroken,
                       struct state *state)
{
    static struct outcome outcome, after;
    const struct run run = {.from = state, .weak = has_lied(path)};
    char failure[FAILURE_MAX] = "";

    power_run(board, &run, &outcome);
    tell(&outcome, "the next run");
    const struct run further = {.from = &outcome.end, .weak = run.weak};
    power_run(board, &further, &after);
    tell(&after, "a further run");
    if (!is_good(&outcome) || !is_good(&after))
        return 1;
    if (run.weak)
        return 0;
    if (!outcome.done || !after.done || !verdict_same_end(board->scene, &outcome, unbroken, failure) ||
        !verdict_wrote_nothing(&after, failure)) {
        say("  not as promised: %s\n", failure[0] != '\0' ? failure : "it does not come to its end");
        return 1;
    }
    say("all is as promised\n");
    return 0;
}

int sweep_replay(struct board *board, const struct moment_path *path, FILE *out, bool verbose)
{
    static struct outcome unbroken;
    char failure[FAILURE_MAX] = "";
    struct state *state = sweep_begin(board, failure);
    unsigned at = 0;
    int result = 0;

    heard = out;
    if (state == NULL) {
        say("%s\n", failure);
        return 2;
    }
    const struct run run = {.from = state};
    power_run(board, &run, &unbroken);
    unbroken.end.image = bytes_of(unbroken.image, unbroken.end.image.len);
    tell(&unbroken, "unbroken");
    while (at < path->count && result == 0) {
        board->trace_to = verbose ? out : NULL;
        result = replay_run(board, path, &at, &state);
    }
    board->trace_to = verbose ? out : NULL;
    if (result == 0)
        result = replay_rest(board, path, &unbroken, state);
    state_free(state);
    return result;
}
