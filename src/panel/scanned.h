/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was scanned at the page and holds from then on: the order that the station works on, which a file in the state
 * folder keeps, and the number of the board that is put in next. Where the station file does not ask for it, all of
 * this does nothing.
 */
#ifndef IMPRINT_PANEL_SCANNED_H
#define IMPRINT_PANEL_SCANNED_H

#include "panel/board.h"
#include "panel/settings.h"
#include "station/station_ledger.h"
#include "web/page.h"

/* Zero-initialised: nothing was scanned. */
struct scanned {
    char board[BOARD_NUMBER_SIZE]; /* of the next board; "": none */
};

/*
 * The settings' order is the one that was selected before, where the station file still names the order that it did
 * then.
 */
void scanned_open(struct panel_settings *settings);

/*
 * Has the station work on this order after a restart, too; "": on the station file's. What it works on now stays. From
 * any thread. False with ERROR_STORAGE_FAILED, or what the note was refused for.
 */
bool scanned_keep_order(const struct panel_settings *settings, const char *order, const struct page_noting *noting,
                        struct error *err);

/* The number of the next board was scanned: another one before it is forgotten. */
void scanned_take_number(struct scanned *scanned, const char *number);

/* A board that is about to be looked at takes the number that was scanned before it, unless it has one. */
void scanned_give(struct scanned *scanned, const struct panel_settings *settings, struct panel_board *board);

/*
 * The board that was looked at is the golden device, which has no number of an order's board: what it took before it
 * was known is the next board's again.
 */
void scanned_take_back(struct scanned *scanned, const struct panel_settings *settings, struct panel_board *board);

/* False, and the board has the reason, where its number must be scanned first: it has none, and the ledger knows none.
 */
bool scanned_allow(const struct panel_settings *settings, struct ledger *ledger, struct panel_board *board);

/* Whether this board waits for its number. */
bool scanned_is_awaited(const struct panel_board *board);

#endif
