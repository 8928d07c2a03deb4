/* SPDX-License-Identifier: Apache-2.0 */
/* Real time as a transport's clock, for all transports but the one to a virtual chip. */
#ifndef IMPRINT_TRANSPORT_CLOCK_LINUX_H
#define IMPRINT_TRANSPORT_CLOCK_LINUX_H

#include <stdint.h>

/* `context` is ignored. A signal does not shorten the wait. */
void clock_linux_delay_us(void *context, uint32_t microseconds);
uint64_t clock_linux_now_us(void *context);

#endif
