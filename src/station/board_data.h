/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data of a profile on a board that provisions itself: the IO protection key, and nothing else. The board makes and
 * keeps it; the station sees that the chip has proven it, and records that, without ever having the key.
 */
#ifndef IMPRINT_STATION_BOARD_DATA_H
#define IMPRINT_STATION_BOARD_DATA_H

#include <jansson.h>

#include "station/board.h"
#include "station/board_results.h"
#include "station/run_facts.h"

/* Whether a board can provision itself by this profile, as far as its data go. False with ERROR_PROFILE_CONFLICT. */
bool board_data_check_profile(const struct profile *profile, struct error *err);

/*
 * Whether the board's application makes IO protection keys, where the profile has one: asked before anything is
 * changed. False with ERROR_WRONG_CONFIGURATION.
 */
bool board_data_check_board(const struct board *board, const struct profile *profile, struct error *err);

/* What was proven, for the record, as station/data_files.h has it. The caller's reference; NULL without data. */
json_t *board_data_record(const struct board_results *results, const struct run_facts *facts);

#endif
