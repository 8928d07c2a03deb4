/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/clock_linux.h"

#include <errno.h>
#include <time.h>

void clock_linux_delay_us(void *context, uint32_t microseconds)
{
    struct timespec left = {
        .tv_sec = (time_t)(microseconds / 1000000),
        .tv_nsec = (long)(microseconds % 1000000) * 1000,
    };

    (void)context;
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
        /* sleep what is left */
    }
}

uint64_t clock_linux_now_us(void *context)
{
    struct timespec now = {.tv_sec = 0};

    (void)context;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
