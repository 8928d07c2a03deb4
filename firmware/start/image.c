/* SPDX-License-Identifier: Apache-2.0 */
/* The image of a board that is laid out by sections.ld: what `objcopy -O binary` writes of it. */
#include <imprint/board.h>

#include "firmware/start/start.h"

size_t imprint_board_image(const uint8_t **begin)
{
    *begin = start_image_begin;
    return (size_t)((uintptr_t)start_image_end - (uintptr_t)start_image_begin);
}
