/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/socket.h"

/* What an event does in a state. A row that is not given: the event changes nothing there. */
struct transition {
    bool is_given;
    enum socket_state next;
    enum socket_action action;
};

#define TO(state, action) {true, SOCKET_##state, SOCKET_##action}

static const struct transition transitions[SOCKET_STATE_COUNT][SOCKET_EVENT_COUNT] =
    {
        [SOCKET_EMPTY] =
            {
                [SOCKET_CHIP] = TO(SEEN, NOTHING),
                [SOCKET_OTHER_CHIP] = TO(SEEN, NOTHING),
            },
        [SOCKET_SEEN] =
            {
                [SOCKET_CHIP] = TO(LOOKING, LOOK),
                [SOCKET_OTHER_CHIP] = TO(SEEN, FORGET),
                [SOCKET_NO_CHIP] = TO(EMPTY, FORGET),
            },
        [SOCKET_LOOKING] =
            {
                [SOCKET_OTHER_CHIP] = TO(LOOKING, STOP),
                [SOCKET_NO_CHIP] = TO(LOOKING, STOP),
                [SOCKET_LOOKED] = TO(CLAIMED, CLAIM),
                [SOCKET_REFUSED] = TO(FAIL, FINISH),
                [SOCKET_SILENT] = TO(SEEN, NOTHING),
                [SOCKET_LOST] = TO(SEEN, NOTHING),
                [SOCKET_BUSY] = TO(SEEN, NOTHING),
            },
        [SOCKET_CLAIMED] =
            {
                [SOCKET_OTHER_CHIP] = TO(SEEN, FORGET),
                [SOCKET_NO_CHIP] = TO(EMPTY, FORGET),
                [SOCKET_GRANTED] = TO(WORKING, WORK),
                [SOCKET_DENIED] = TO(FAIL, FINISH),
            },
        [SOCKET_WORKING] =
            {
                [SOCKET_OTHER_CHIP] = TO(WORKING, STOP),
                [SOCKET_NO_CHIP] = TO(WORKING, STOP),
                [SOCKET_DONE] = TO(PASS, FINISH),
                [SOCKET_REFUSED] = TO(FAIL, FINISH),
                [SOCKET_SILENT] = TO(SEEN, NOTHING),
                [SOCKET_LOST] = TO(SEEN, NOTHING),
                [SOCKET_BUSY] = TO(SEEN, NOTHING),
            },
        [SOCKET_PASS] =
            {
                [SOCKET_OTHER_CHIP] = TO(SEEN, FORGET),
                [SOCKET_NO_CHIP] = TO(REMOVE, NOTHING),
            },
        [SOCKET_FAIL] =
            {
                [SOCKET_OTHER_CHIP] = TO(SEEN, FORGET),
                [SOCKET_NO_CHIP] = TO(REMOVE, NOTHING),
                [SOCKET_AGAIN] = TO(LOOKING, LOOK),
            },
        /* A board that is back is looked at again: it may be another one, or the same after a repair. */
        [SOCKET_REMOVE] =
            {
                [SOCKET_CHIP] = TO(SEEN, FORGET),
                [SOCKET_OTHER_CHIP] = TO(SEEN, FORGET),
                [SOCKET_NO_CHIP] = TO(EMPTY, FORGET),
            },
};

static const char *const names[SOCKET_STATE_COUNT] = {
    [SOCKET_EMPTY] = "empty",     [SOCKET_SEEN] = "seen", [SOCKET_LOOKING] = "looking", [SOCKET_CLAIMED] = "claimed",
    [SOCKET_WORKING] = "working", [SOCKET_PASS] = "pass", [SOCKET_FAIL] = "fail",       [SOCKET_REMOVE] = "remove",
};

/* A board that loses one worker after the other does not get them for ever. */
static enum socket_event counted(struct socket *socket, enum socket_event event)
{
    if (!socket_has_worker(socket->state) || (event != SOCKET_SILENT && event != SOCKET_LOST))
        return event;
    socket->tries++;
    return socket->tries < SOCKET_TRIES ? event : SOCKET_REFUSED;
}

enum socket_action socket_step(struct socket *socket, enum socket_event event)
{
    const struct transition *to = &transitions[socket->state][counted(socket, event)];

    if (!to->is_given)
        return SOCKET_NOTHING;
    socket->state = to->next;
    if (to->action == SOCKET_FORGET)
        socket->tries = 0;
    return to->action;
}

bool socket_has_worker(enum socket_state state)
{
    return state == SOCKET_LOOKING || state == SOCKET_WORKING;
}

const char *socket_state_name(enum socket_state state)
{
    return names[state];
}
