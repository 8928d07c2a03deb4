/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/words.h"

#include <string.h>

#include "station/quarantine.h"
#include "web/page.h"

static const char *const states[SOCKET_STATE_COUNT] = {
    [SOCKET_EMPTY] = "EMPTY",  [SOCKET_SEEN] = "WAIT", [SOCKET_LOOKING] = "BUSY", [SOCKET_CLAIMED] = "BUSY",
    [SOCKET_WORKING] = "BUSY", [SOCKET_PASS] = "PASS", [SOCKET_FAIL] = "FAIL",    [SOCKET_REMOVE] = "WAIT",
};

static const char *const actions[SOCKET_STATE_COUNT] = {
    [SOCKET_EMPTY] = "insert a board",
    [SOCKET_SEEN] = "leave it in",
    [SOCKET_LOOKING] = "leave it in",
    [SOCKET_CLAIMED] = "leave it in",
    [SOCKET_WORKING] = "leave it in",
    [SOCKET_PASS] = "to good tray",
    [SOCKET_FAIL] = NULL, /* by its exit code */
    [SOCKET_REMOVE] = "take it out",
};

/* Else by the exit code of the worker (cli/exit.h, docs/reference/cli.md): whose fault it is. */
static const char *const after_failure[] = {
    [1] = "to red bin",   [2] = "call the lead", [3] = "press it in",
    [4] = "set it aside", [5] = "call the lead", [6] = "call the lead",
};

/* Reasons to which a station has another answer than the command line. */
static const struct {
    const char *reason, *next;
} answers[] = {
    {"not-armed", "the lead reads the plan, then writes `irreversible: true` into the station file"},
    {"rehearsal", "use real boards; to rehearse, write `rehearsal: true` into the station file"},
    {"wrong-part", "set the board aside: it does not belong to this order"},
    {"device-silent", "press the board in; if it fails in another socket too, put it into the red bin"},
    {"device-garbled", "press the board in; if it fails in another socket too, put it into the red bin"},
};

const char *words_of_state(enum socket_state state)
{
    return states[state];
}

const char *words_of_action(enum socket_state state, const struct panel_board *board)
{
    const size_t code = (size_t)board->exit_code, rows = sizeof after_failure / sizeof after_failure[0];

    if (state == SOCKET_EMPTY && board->reason[0] != '\0')
        return strcmp(board->reason, "wrong-configuration") == 0
                   ? "set it aside"     /* a board is in, but not one that can be worked on */
                   : "check the cable"; /* nobody can insert anything into a bus that is not there */
    if (actions[state] != NULL)
        return actions[state];
    if (strcmp(board->reason, PAGE_BOARD_FIRST) == 0)
        return "scan its number";
    if (quarantine_spares_board(board->reason))
        return "call the lead";
    return code < rows && after_failure[code] != NULL ? after_failure[code] : "call the lead";
}

const char *words_of_next(const struct panel_board *board)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strcmp(answers[i].reason, board->reason) == 0)
            return answers[i].next;
    return board->next;
}
