/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator reads: the same words on the page and in the log. */
#ifndef IMPRINT_PANEL_WORDS_H
#define IMPRINT_PANEL_WORDS_H

#include "panel/board.h"
#include "panel/socket.h"

/* The word of a tile: EMPTY, WAIT, BUSY, PASS, FAIL. */
const char *words_of_state(enum socket_state state);

/* What the operator does next: an imperative. */
const char *words_of_action(enum socket_state state, const struct panel_board *board);

/* What to do about a failure, where a station has another answer than the command line. */
const char *words_of_next(const struct panel_board *board);

#endif
