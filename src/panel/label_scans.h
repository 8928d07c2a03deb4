/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that must be scanned back before their socket takes another board, where the station file says so: a label
 * that was stuck onto the wrong board is found while both are at hand. Marks in the state folder outlive the station.
 */
#ifndef IMPRINT_PANEL_LABEL_SCANS_H
#define IMPRINT_PANEL_LABEL_SCANS_H

#include "panel/board.h"
#include "panel/settings.h"

/* Zero-initialised: none is awaited. */
struct label_scans {
    const struct panel_settings *settings;
    char awaited[PANEL_SOCKETS_MAX][BOARD_SERIAL_SIZE]; /* for each socket, "": none */
};

/* `settings` must stay. Awaits what the station before has awaited. */
void label_scans_open(struct label_scans *scans, const struct panel_settings *settings);

/* The label of the board in socket `index` is due: from now on it is awaited. */
void label_scans_note_due(struct label_scans *scans, size_t index, const struct panel_board *board);

/* False, and the board has the reason, where the label of another board must be scanned first. */
bool label_scans_allow(const struct label_scans *scans, size_t index, struct panel_board *board);

/* The label of this device was scanned. True: `*index` is the socket that has awaited it. */
bool label_scans_take(struct label_scans *scans, const char *serial, size_t *index);

#endif
