/* SPDX-License-Identifier: Apache-2.0 */
/* A bus with the virtual chips whose files the command line names: what `virtual serve` and `virtual run` share. */
#ifndef IMPRINT_CLI_VIRTUAL_BUS_H
#define IMPRINT_CLI_VIRTUAL_BUS_H

#include "cli/cli.h"
#include "station/tracing.h"
#include "virtual/serve/bus.h"

/* Zero-initialised: nothing open. Must not move while open. */
struct virtual_bus {
    struct serve_bus bus;
    struct tracing tracing;
};

/* How time passes there. All false: only traffic and waiting clients move it, commands take their published maximum. */
struct virtual_bus_time {
    bool real;    /* never behind the clock on the wall */
    bool typical; /* commands take what they usually take */
};

/*
 * Opens the chips in `files` and puts them on one bus; --fault is armed on the first. False with a reason, two chips
 * of one address included, and nothing held.
 */
bool virtual_bus_open(struct virtual_bus *self, const struct cli *cli, char **files, size_t count,
                      struct virtual_bus_time time, struct error *err);

void virtual_bus_close(struct virtual_bus *self);

/* Blocks the signals that end a server and gives a file descriptor that is readable when one has come; -1: errno. */
int virtual_bus_signals(bool children);

#endif
