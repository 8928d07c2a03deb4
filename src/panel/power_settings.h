/* SPDX-License-Identifier: Apache-2.0 */
/* `power` of a socket in the station file. */
#ifndef IMPRINT_PANEL_POWER_SETTINGS_H
#define IMPRINT_PANEL_POWER_SETTINGS_H

#include <stdint.h>

#define POWER_COMMAND_MAX 512
#define POWER_SECONDS_USUAL 10
#define POWER_SECONDS_MAX 60

/* A command: the full name of a program, then its words, with blanks between them. "" was not given. */
struct panel_power_settings {
    char on[POWER_COMMAND_MAX], off[POWER_COMMAND_MAX];
    char closed[POWER_COMMAND_MAX]; /* ends with 0 while the fixture is closed, and with 1 while it is open */
    uint32_t seconds;               /* that a command may take */
};

#endif
