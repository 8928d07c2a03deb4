/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of an error on a board: in the image, or kept apart from it (-DIMPRINT_TEXTS=OFF), where a text is only a
 * number that scripts/firmware-texts turns back into words.
 */
#ifndef IMPRINT_FIRMWARE_TEXTS_H
#define IMPRINT_FIRMWARE_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

/* True, with its number, when `text` (of a struct error) is not in the image: it must not be read then. */
bool texts_apart(const char *text, uint32_t *number);

#endif
