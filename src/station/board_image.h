/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which image runs on a board: its SHA-256, which the image itself computes over the flash. That is its word alone; it
 * finds an image that was not meant, and none that lies.
 */
#ifndef IMPRINT_STATION_BOARD_IMAGE_H
#define IMPRINT_STATION_BOARD_IMAGE_H

#include "station/board.h"

/*
 * Asks for it: `board->firmware` gets it, "" where the image tells none. `path` is the file that the image must be
 * (NULL: any). False with a reason; ERROR_WRONG_CONFIGURATION, which names both digests, for another image.
 */
bool board_image_ask(struct board *board, const char *path, struct error *err);

#endif
