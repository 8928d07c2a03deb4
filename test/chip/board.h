/* SPDX-License-Identifier: Apache-2.0 */
/* A virtual chip in a file of its own, powered, behind its transport. */
#ifndef IMPRINT_TEST_CHIP_BOARD_H
#define IMPRINT_TEST_CHIP_BOARD_H

#include "chip/chip.h"
#include "transport/virtual.h"
#include "virtual/chip/virtual.h"

struct board {
    char path[64];
    struct virtual_chip *part;
    struct transport_virtual transport_virtual;
    struct imprint_transport transport;
    struct chip chip;
};

/* A new part, with a fixed seed. Fails the test when it cannot be made. */
void board_init(struct board *board, const struct virtual_making *making);

/* Removes power and the file. */
void board_release(struct board *board);

#endif
