/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that must be scanned back before their socket takes another board, where the station file or the board's order
 * says so: a label that was stuck onto the wrong board is found while both are at hand. Marks in the state folder
 * outlive the station: "SOCKET", and ORDER in a second line where the order says so, whatever the file says later.
 */
#ifndef IMPRINT_PANEL_LABEL_SCANS_H
#define IMPRINT_PANEL_LABEL_SCANS_H

#include "panel/board.h"
#include "panel/settings.h"
#include "station/label_mark.h"
#include "station/station_ledger.h"

/* Zero-initialised: none is awaited. */
struct label_scans {
    const struct panel_settings *settings;
    char awaited[PANEL_SOCKETS_MAX][BOARD_SERIAL_SIZE]; /* for each socket, "": none */
};

/* `settings` must stay. Awaits what the station before has awaited. */
void label_scans_open(struct label_scans *scans, const struct panel_settings *settings);

/* What the mark of its scan will hold if the board in socket `index` is made; "": its label is not scanned back. */
void label_scans_describe(const struct label_scans *scans, size_t index, const struct panel_board *board,
                          char text[static LABEL_MARK_TEXT_SIZE]);

/*
 * The label of the board in socket `index` is due: from now on it is awaited, if it must be scanned. False, and the
 * board has a cause and what to do next: the mark could not be written, and a station that is started again does not
 * await it.
 */
bool label_scans_note_due(struct label_scans *scans, size_t index, struct panel_board *board);

/*
 * Before a worker works on the board: whether the station's order has its label scanned back (`scans_label`). False,
 * and the board has the reason, where this station cannot do that: it prints no labels, or has no page to scan at.
 */
bool label_scans_note_order(const struct label_scans *scans, struct ledger *ledger, struct panel_board *board);

/* False, and the board has the reason, where the label of another board must be scanned first. */
bool label_scans_allow(const struct label_scans *scans, size_t index, struct panel_board *board);

/* The label of this device was scanned. True: `*index` is the socket that has awaited it. */
bool label_scans_take(struct label_scans *scans, const char *serial, size_t *index);

#endif
