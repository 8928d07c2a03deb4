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

/* How the bus behaves. All zero: only traffic and waiting clients move time, commands take their published maximum. */
struct virtual_bus_manner {
    bool real;          /* its time never falls behind the wall clock */
    bool typical;       /* commands and wakes take their typical times */
    size_t message_max; /* bytes that the adapter accepts in one message; 0: as many as the protocol can carry */
};

/* The values of the options that choose it, or NULL where they are not given. */
struct virtual_bus_options {
    const char *typical, *maximum, *message_limit;
};

/*
 * Reads the options. Where time follows the wall clock, typical times are the default: programs written for real parts
 * wait for typical ones. False with a reason.
 */
bool virtual_bus_read_manner(struct virtual_bus_manner *manner, bool real, struct virtual_bus_options options,
                             struct error *err);

/*
 * Opens the chips in `files` and puts them on one bus; --fault is armed on the first. False with a reason, two chips
 * of one address included, and nothing held. When a host gives up on a busy chip, that is said.
 */
bool virtual_bus_open(struct virtual_bus *self, const struct cli *cli, char **files, size_t count,
                      struct virtual_bus_manner manner, struct error *err);

/* Says what hosts were still waiting for, and closes the chips. */
void virtual_bus_close(struct virtual_bus *self);

/* Blocks the signals that end a server and gives a file descriptor that is readable when one has come; -1: errno. */
int virtual_bus_signals(bool children);

#endif
