/* SPDX-License-Identifier: Apache-2.0 */
#include "station/stop.h"

#include <signal.h>
#include <stddef.h>

static const int stopping_signals[] = {SIGINT, SIGTERM, SIGHUP};
#define COUNT (sizeof stopping_signals / sizeof stopping_signals[0])

void stop_hold_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < COUNT; i++)
        sigaddset(&set, stopping_signals[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

bool stop_is_wanted(void)
{
    sigset_t pending;

    if (sigpending(&pending) != 0)
        return false;
    for (size_t i = 0; i < COUNT; i++) {
        if (sigismember(&pending, stopping_signals[i]) == 1)
            return true;
    }
    return false;
}
