/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error texts on a board. They are in the image or, with -DIMPRINT_TEXTS=OFF, only in the ELF file. The image then has
 * only the number of each text; scripts/firmware-texts prints the text for a number.
 */
#ifndef IMPRINT_FIRMWARE_TEXTS_H
#define IMPRINT_FIRMWARE_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

/* True, with its number, when `text` (of a struct error) is only in the ELF file: the caller must not read it. */
bool text_is_separate(const char *text, uint32_t *number);

#endif
