/* SPDX-License-Identifier: Apache-2.0 */
#include "test/chip/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void board_init(struct board *board, const struct virtual_making *making)
{
    struct virtual_making seeded = *making;
    struct virtual_problem problem = {.system_errno = 0};

    memset(board, 0, sizeof(*board));
    seeded.has_seed = true;
    seeded.seed = 20240229;
    (void)snprintf(board->path, sizeof(board->path), "test-board-%ld.chip", (long)getpid());
    (void)remove(board->path);
    if (virtual_create(board->path, &seeded, &problem) != VIRTUAL_OK ||
        virtual_open(board->path, &board->part, &problem) != VIRTUAL_OK)
        fail_msg("no virtual chip: %s", problem.cause != NULL ? problem.cause : "?");
    board->transport = transport_virtual_init(&board->transport_virtual, board->part);
    chip_init(&board->chip, &board->transport);
}

void board_release(struct board *board)
{
    virtual_close(board->part);
    (void)remove(board->path);
}
