/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/texts.h"

/* From texts.ld; equal when all text is in the image. */
extern const char texts_begin[], texts_end[];

bool text_is_separate(const char *text, uint32_t *number)
{
    const uintptr_t at = (uintptr_t)text, begin = (uintptr_t)texts_begin, end = (uintptr_t)texts_end;

    *number = (uint32_t)(at - begin);
    return at >= begin && at < end;
}
