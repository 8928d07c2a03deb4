/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/board.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* A text of the object; one that is too long is cut. An absent one changes nothing. */
static void take_text(char *text, size_t size, const json_t *object, const char *name)
{
    const char *found = json_string_value(json_object_get(object, name));

    if (found != NULL)
        (void)snprintf(text, size, "%s", found);
}

static unsigned take_number(const json_t *object, const char *name)
{
    const json_int_t number = json_integer_value(json_object_get(object, name));

    return number > 0 && number <= INT32_MAX ? (unsigned)number : 0;
}

static void take_plan(struct panel_board *board, const json_t *object)
{
    const json_t *steps = json_object_get(object, "steps");

    board->has_plan = true;
    board->changes = take_number(object, "changes");
    board->steps = (unsigned)json_array_size(steps);
    board->steps_done = 0;
    for (size_t i = 0; i < json_array_size(steps); i++)
        board->steps_done += json_is_true(json_object_get(json_array_get(steps, i), "done")) ? 1 : 0;
    take_text(board->digest, sizeof board->digest, object, "digest");
}

static void take_confirm(struct panel_board *board, const json_t *object)
{
    (void)object;
    board->is_asked = board->has_plan;
}

static void take_step(struct panel_board *board, const json_t *object)
{
    (void)object;
    if (board->steps_done < board->steps)
        board->steps_done++;
}

static void take_provisioned(struct panel_board *board, const json_t *object)
{
    board->is_done = true;
    board->changes = take_number(object, "changes");
}

static void take_order(struct panel_board *board, const json_t *object)
{
    board->scans_label = json_is_true(json_object_get(object, "scan_labels"));
    board->order_done = take_number(object, "done");
    board->order_quantity = take_number(object, "quantity");
}

static void take_error(struct panel_board *board, const json_t *object)
{
    board->exit_code = (int)take_number(object, "exit");
    take_text(board->reason, sizeof board->reason, object, "reason");
    take_text(board->cause, sizeof board->cause, object, "cause");
    take_text(board->next, sizeof board->next, object, "next");
}

static void take_nothing(struct panel_board *board, const json_t *object)
{
    (void)board;
    (void)object;
}

/* The events that say something of the board. A serial number is believed from these alone. */
static const struct {
    const char *event;
    void (*take)(struct panel_board *board, const json_t *object);
} events[] = {
    {"plan", take_plan},      {"confirm", take_confirm},         {"state", take_nothing},
    {"step-done", take_step}, {"provisioned", take_provisioned}, {"error", take_error},
    {"order", take_order},
};

void board_take(struct panel_board *board, const json_t *object)
{
    const char *event = json_string_value(json_object_get(object, "event"));

    for (size_t i = 0; event != NULL && i < sizeof events / sizeof events[0]; i++) {
        if (strcmp(events[i].event, event) != 0)
            continue;
        events[i].take(board, object);
        take_text(board->serial, sizeof board->serial, object, "serial");
    }
}

void board_fail(struct panel_board *board, int exit_code, const char *reason, const char *cause, const char *next)
{
    board->exit_code = exit_code;
    (void)snprintf(board->reason, sizeof board->reason, "%s", reason);
    (void)snprintf(board->cause, sizeof board->cause, "%s", cause);
    (void)snprintf(board->next, sizeof board->next, "%s", next);
}

bool board_is_in_use(const struct panel_board *board)
{
    return strcmp(board->reason, error_reason_name(ERROR_DEVICE_BUSY)) == 0;
}

void board_begin(struct panel_board *board)
{
    board->has_plan = board->is_done = board->is_asked = false;
    board->steps = board->steps_done = board->changes = 0;
    board->exit_code = 0;
    board->digest[0] = board->reason[0] = board->cause[0] = board->next[0] = '\0';
}
