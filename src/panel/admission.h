/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a board that was looked at may be worked on: not one that is in quarantine or was scrapped, and none before
 * the golden device of the shift was confirmed, where the station file names one. That device is never changed.
 */
#ifndef IMPRINT_PANEL_ADMISSION_H
#define IMPRINT_PANEL_ADMISSION_H

#include "panel/board.h"
#include "panel/settings.h"
#include "station/station_ledger.h"

/* Zero-initialised: the shift's golden device was not confirmed yet. */
struct admission {
    int64_t golden_until_ms; /* of CLOCK_MONOTONIC: until then no golden device is asked for */
};

/* Whether the board is the golden device. */
bool admission_is_golden(const struct panel_settings *settings, const struct panel_board *board);

/*
 * False, and the board has the reason (board_fail()), where it may not be worked on. A golden device that is not
 * finished is confirmed no more.
 */
bool admission_allows(struct admission *admission, const struct panel_settings *settings, struct ledger *ledger,
                      struct panel_board *board, int64_t now_ms);

/*
 * Takes in that the worker that worked on a board has failed. Of the golden device: it is confirmed no more, and the
 * board says that no other one is worked on before it is.
 */
void admission_note_fail(struct admission *admission, const struct panel_settings *settings, struct panel_board *board);

/* Takes in that a board has passed. */
void admission_note_pass(struct admission *admission, const struct panel_settings *settings,
                         const struct panel_board *board, int64_t now_ms);

#endif
