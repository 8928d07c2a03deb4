/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sweep never stops a run: it notes what would be left at each moment. Here processes are really killed, and what
 * lies in their files is compared with what was noted. A killed process loses nothing that it has written, so the
 * states to compare with are those of a medium and a chip that keep everything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/power/scene.h"
#include "test/power/sweep.h"

enum { KILLED = 77, MOMENTS_MAX = 512 };

struct noting {
    struct board *board;
    unsigned count, die_at; /* die_at 0: nobody dies */
    struct state *noted[MOMENTS_MAX];
};

/* The first thing told of each moment at which something has just changed. */
static void note(void *context, const struct moment *moment, const struct state *state)
{
    struct noting *noting = context;
    uint8_t room[MEDIUM_IMAGE_MAX];
    struct bytes_out image = {.data = room, .cap = sizeof room};
    struct state kept = *state;

    if (moment->way != 0 || (moment->kind != MOMENT_CHANGE && moment->kind != MOMENT_GROUP))
        return;
    if (++noting->count == noting->die_at)
        _exit(KILLED);
    if (noting->die_at != 0 || noting->count > MOMENTS_MAX)
        return;
    medium_keep(&noting->board->medium, &image);
    kept.image = bytes_written(&image);
    part_take(&noting->board->part, &kept.part);
    noting->noted[noting->count - 1] = state_copy(&kept);
}

static void run_once(struct noting *noting, const struct state *from)
{
    static struct outcome outcome;
    const struct run run = {.from = from, .take = note, .context = noting};

    noting->count = 0;
    power_run(noting->board, &run, &outcome);
}

/* True when the process was killed where it should be, and left what was noted there. */
static bool kill_at(struct noting *noting, const struct state *from, unsigned at)
{
    uint8_t room[DISK_IMAGE_MAX];
    struct bytes_out found = {.data = room, .cap = sizeof room};
    struct part_memory memory;
    int status = 0;

    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        noting->die_at = at;
        if (part_write_file(&noting->board->part, &from->part))
            run_once(noting, from);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != KILLED)
        return false;
    const struct state *noted = noting->noted[at - 1];
    return disk_read(noting->board->medium.path, &found) && bytes_equal(bytes_written(&found), noted->image) &&
           part_read_file(&noting->board->part, &memory) &&
           memcmp(&memory.bytes, &noted->part.bytes, sizeof memory.bytes) == 0;
}

unsigned long sweep_really(struct board *board, const char *name)
{
    static struct noting noting;
    char failure[FAILURE_MAX] = "";
    struct state *from = sweep_begin(board, failure);
    unsigned long failures = 0;

    if (from == NULL) {
        fprintf(stderr, "power: %s: %s\n", name, failure);
        return 1;
    }
    from->part.sequence += 2;
    noting = (struct noting){.board = board};
    run_once(&noting, from);
    const unsigned count = noting.count < MOMENTS_MAX ? noting.count : MOMENTS_MAX;
    for (unsigned at = 1; at <= count; at++) {
        if (kill_at(&noting, from, at))
            continue;
        fprintf(stderr, "power: %s: a process killed at change %u leaves something else than was noted\n", name, at);
        failures++;
    }
    printf("%s: killed at %u changes, %lu of them left something else than was noted\n", name, count, failures);
    // cppcheck-suppress knownConditionTrueFalse ; note() counts
    for (unsigned i = 0; i < count; i++)
        state_free(noting.noted[i]);
    state_free(from);
    return failures + (count == 0);
}
