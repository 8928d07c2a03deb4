/* SPDX-License-Identifier: Apache-2.0 */
/* The clock on the wall, as a transport's own: for all ways to a chip whose time is real. */
#ifndef IMPRINT_TRANSPORT_CLOCK_LINUX_H
#define IMPRINT_TRANSPORT_CLOCK_LINUX_H

#include <stdint.h>

/* `context` is not looked at. A signal does not shorten the wait. */
void clock_linux_delay_us(void *context, uint32_t microseconds);
uint64_t clock_linux_now_us(void *context);

#endif
