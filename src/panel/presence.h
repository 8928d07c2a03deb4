/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a chip is in a socket: asked of the bus itself, since a fixture need not have a switch. */
#ifndef IMPRINT_PANEL_PRESENCE_H
#define IMPRINT_PANEL_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "panel/board.h"
#include "panel/socket.h"
#include "panel/worker.h"

/* Of a virtual chip: which file was there. Zero: none. */
struct presence_file {
    uint64_t device, inode;
};

/*
 * A virtual chip is in its socket while its file is there; moving the file away is taking the board out. `known` is the
 * file that the socket's board is in; it is kept up to date.
 */
enum socket_event presence_of_file(const char *path, struct presence_file *known);

/* What a worker of COMMAND_SCAN says. Zero-initialised: nothing yet. */
struct presence_scan {
    bool is_there; /* the socket's chip answers, or the board's application */
    char serial[BOARD_SERIAL_SIZE];
    char reason[BOARD_REASON_SIZE]; /* of its failure */
};

/*
 * Takes in an object that it has printed. Other chips on the bus of DEVICE are not this socket's, but one at `also_at`
 * is: the 7-bit address that the profile gives to its boards, 0 for none.
 */
void presence_take(struct presence_scan *scan, const char *device, uint8_t also_at, const json_t *object);

/*
 * What it found, beside the chip `known`, "" for none. False: nothing, for the bus was busy or the worker was lost.
 */
bool presence_of_scan(const struct worker_end *end, const struct presence_scan *scan, const char *known,
                      enum socket_event *event);

/* What the operator of an empty socket has to know about its bus or console. */
struct presence_fault {
    int exit_code;
    const char *reason, *cause, *next;
};

/* NULL: nothing. A console that is not there is no fault: it comes and leaves with a board that has it. */
const struct presence_fault *presence_fault_of(const struct presence_scan *scan, const char *device);

#endif
