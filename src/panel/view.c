/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/view.h"

#include "panel/words.h"
#include "station/value.h"

static void put_text(json_t *object, const char *name, const char *text)
{
    if (text[0] != '\0')
        json_object_set_new(object, name, value_text(text));
}

/* Before the socket asks for another board, the label of the one before is scanned. */
static const char *action_of(const struct panel_view *socket)
{
    const bool is_over =
        socket->state == SOCKET_PASS || socket->state == SOCKET_REMOVE || socket->state == SOCKET_EMPTY;

    return is_over && socket->unscanned[0] != '\0' ? "scan its label" : words_of_action(socket->state, socket->board);
}

json_t *view_socket(const struct panel_view *socket, const struct panel_board *last)
{
    const struct panel_board *board = socket->board;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "name", socket->name, "state", socket_state_name(socket->state),
                               "word", words_of_state(socket->state), "action", action_of(socket));

    if (socket->power[0] != '\0') {
        json_object_set_new(object, "action", json_string("call the lead"));
        put_text(object, "power", socket->power);
    }
    put_text(object, "unscanned", socket->unscanned);
    put_text(object, "serial", board->serial);
    put_text(object, "board", board->number);
    if (board->steps != 0) {
        json_object_set_new(object, "step", json_integer(board->steps_done));
        json_object_set_new(object, "steps", json_integer(board->steps));
    }
    if (socket->ms > 0)
        json_object_set_new(object, "ms", json_integer(socket->ms));
    if (socket->state == SOCKET_PASS)
        json_object_set_new(object, "changes", json_integer(board->changes));
    put_text(object, "reason", board->reason);
    put_text(object, "cause", board->cause);
    put_text(object, "next", words_of_next(board));
    if (last != NULL && last->serial[0] != '\0')
        json_object_set_new(object, "last",
                            json_pack("{s:s, s:s}", "serial", last->serial, "result", last->is_done ? "pass" : "fail"));
    return object;
}

json_t *view_tally(struct tally *tally, int64_t now_ms)
{
    const unsigned hour = tally_last_hour(tally, now_ms);

    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "boards", (json_int_t)tally->boards, "passed",
                     (json_int_t)tally->passed, "failed", (json_int_t)tally->failed, "first_pass",
                     (json_int_t)tally->first_pass, "last_hour", (json_int_t)hour);
}
