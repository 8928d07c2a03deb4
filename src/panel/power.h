/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power of a socket, by commands of the station file: on before a board is looked at, off as soon as nothing has to
 * be done on it, so that a person never changes a board that has power. A command is a program and its words: no shell
 * reads it. It runs as the socket's worker (panel/worker.h), so nothing else happens in the socket meanwhile.
 */
#ifndef IMPRINT_PANEL_POWER_H
#define IMPRINT_PANEL_POWER_H

#include "panel/board.h"
#include "panel/power_settings.h"
#include "panel/socket.h"
#include "panel/worker.h"

enum power_command { POWER_NONE, POWER_ON, POWER_OFF, POWER_CLOSED };
enum power_result { POWER_DONE, POWER_OPEN, POWER_FAILED };

/* Zero-initialised: nobody knows whether the power is on. */
struct power {
    enum power_command running; /* as the socket's worker */
    enum { POWER_UNKNOWN, POWER_IS_OFF, POWER_IS_ON } now;
    bool is_closed;            /* the fixture was closed a moment ago, for the look that follows */
    int64_t off_ms;            /* of CLOCK_MONOTONIC: not switched off before */
    bool gave_up;              /* off did not work, and the station ends */
    enum power_command failed; /* the last one that did, until it works again */
    char fault[BOARD_TEXT_SIZE];
};

/* Whether `text` can be a command. NULL, or what is wrong. */
const char *power_find_fault(const char *text);

/* Whether the program of each command can be run. False with a reason. */
bool power_check(const struct panel_power_settings *settings, struct error *err);

/* Whether the socket has commands. */
bool power_is_given(const struct panel_power_settings *settings);

/* What has to run before a look at the bus (`is_look`), or a look at the board or work, can. POWER_NONE: nothing. */
enum power_command power_before(const struct power *power, const struct panel_power_settings *settings, bool is_look);

/* Whether the power has to be switched off now: nothing is to be done in this state, or the station ends. */
bool power_is_due_off(const struct power *power, const struct panel_power_settings *settings, enum socket_state state,
                      bool is_stopping, int64_t now_ms);

/* Whether a station that ends has still to switch it off. */
bool power_holds(const struct power *power, const struct panel_power_settings *settings);

/* Starts the command as the worker. False: it could not be started, and `fault` says why. */
bool power_start(struct power *power, const struct panel_power_settings *settings, enum power_command command,
                 struct worker *worker, bool is_stopping);

/* Takes down the worker, which has ended. POWER_OPEN: the fixture is open. POWER_FAILED: `fault` says why. */
enum power_result power_finish(struct power *power, const struct panel_power_settings *settings, struct worker *worker,
                               bool is_stopping);

#endif
