/* SPDX-License-Identifier: Apache-2.0 */
/* The command lines of workers. */
#ifndef IMPRINT_PANEL_COMMAND_H
#define IMPRINT_PANEL_COMMAND_H

#include "panel/board.h"
#include "panel/settings.h"
#include "panel/worker.h"

enum command_kind {
    COMMAND_SCAN, /* is there a chip? reads alone */
    COMMAND_LOOK, /* what is to be done on it? reads alone, then asks whether to do it, and may so become the work */
    COMMAND_WORK, /* do it, on this very chip */
};

/* One command line. The pointers lead into settings and board, and into `arm`, `tries` and `also_at`. */
struct command {
    const char *arguments[WORKER_ARGUMENTS_MAX + 1];
    char arm[BOARD_SERIAL_SIZE + BOARD_DIGEST_SIZE];
    char tries[8], also_at[8];
};

/* Makes it for the socket `index`. */
void command_make(struct command *command, const struct panel_settings *settings, size_t index, enum command_kind kind,
                  const struct panel_board *board);

/*
 * The words that a look and the work that it may continue with have in common: all but those that bind the work to a
 * chip, arm it, and have a look ask. The caller's, for free(). NULL: no memory.
 */
char *command_shared_words(const struct command *command);

#endif
