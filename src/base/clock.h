/* SPDX-License-Identifier: Apache-2.0 */
/* A clock for deadlines. For stations only: a board has its own (<imprint/board.h>). */
#ifndef IMPRINT_BASE_CLOCK_H
#define IMPRINT_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment; never goes back, whatever is done to the time of day. */
int64_t clock_now_ms(void);

#endif
