/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "panel/command.h"

#define CONFIRM_MS 250 /* until a board that comes or leaves is looked at again */
#define SCAN_MS 20000  /* how long a look at a bus may take */
#define LOOK_MS 60000  /* how long a look at a board may take */
#define BUSY_MS 30000  /* how long a board may wait for another process: a worker whose station was killed */

const struct panel_socket_settings *slot_settings(const struct slot *slot)
{
    return &slot->panel->settings->sockets[slot->index];
}

struct panel_view slot_view(const struct slot *slot)
{
    const struct panel_board *board = &slot->board;
    const int64_t end = board->ended_ms != 0 ? board->ended_ms : worker_now_ms();

    return (struct panel_view){.name = slot_settings(slot)->name,
                               .state = slot->machine.state,
                               .board = board,
                               .unscanned = slot->panel->scans.awaited[slot->index],
                               .power = slot->power.fault,
                               .ms = board->began_ms != 0 ? end - board->began_ms : 0};
}

void slot_report_change(struct slot *slot)
{
    const struct panel_view view = slot_view(slot);

    slot->panel->is_dirty = true;
    slot->panel->events.changed(slot->panel->events.context, &view);
}

static void forget_question(struct slot *slot)
{
    free(slot->asks);
    slot->asks = NULL;
}

void slot_release(struct slot *slot)
{
    worker_ask_to_end(&slot->worker);
    forget_question(slot);
}

/* --- what a socket asks for --- */

/* What the socket has to say of its power is new. Without power a board cannot be looked at. */
static void refuse_by_power(struct slot *slot)
{
    if (slot->kind != COMMAND_SCAN && socket_has_worker(slot->machine.state))
        board_fail(&slot->board, ERROR_EXIT_INTERRUPTED, "interrupted", slot->power.fault,
                   "the lead checks the command in the station file, and what it switches");
    slot_report_change(slot);
}

/* Starts the power command as the worker. False: it cannot be started; whoever looked or worked has the reason. */
static bool start_power(struct slot *slot, enum power_command command)
{
    if (power_start(&slot->power, &slot_settings(slot)->power, command, &slot->worker, slot->panel->is_stopping))
        return true;
    refuse_by_power(slot);
    return false;
}

static int64_t patience_of(const struct slot *slot, enum command_kind kind)
{
    return kind == COMMAND_SCAN   ? SCAN_MS
           : kind == COMMAND_LOOK ? LOOK_MS
                                  : (int64_t)slot->panel->settings->worker_s * 1000;
}

static void note_label(const struct slot *slot)
{
    char scan[LABEL_MARK_TEXT_SIZE];

    label_scans_describe(&slot->panel->scans, slot->index, &slot->board, scan);
    labels_note_work(&slot->panel->labels, scan, &slot->board);
}

/* Nothing is to be done by the worker that looked. */
static void dismiss(struct slot *slot)
{
    forget_question(slot);
    slot->is_dismissed = true;
    worker_answer(&slot->worker, NULL, LOOK_MS);
}

/*
 * Has the worker that looked do the work, if its command line still fits: order, board number or operator may have
 * changed since. If not, it ends, and another one does the work.
 */
static void continue_worker(struct slot *slot, bool needs_power)
{
    struct command command;
    char *words;

    command_make(&command, slot->panel->settings, slot->index, COMMAND_WORK, &slot->board);
    words = command_shared_words(&command);
    if (words != NULL && strcmp(words, slot->asks) == 0 && !needs_power) {
        forget_question(slot);
        note_label(slot);
        worker_answer(&slot->worker, command.arm[0] != '\0' ? command.arm : slot->board.serial,
                      patience_of(slot, COMMAND_WORK));
    } else {
        dismiss(slot);
    }
    free(words);
}

/* A worker's way to the line; -1: it connects by itself, or needs none. */
static int connect_to_line(const struct slot *slot)
{
    struct panel *panel = slot->panel;

    if (slot->kind == COMMAND_SCAN)
        return -1;
    line_link_start(&panel->line, &panel->workers, panel->settings->state);
    return line_link_connect(&panel->line);
}

/* A look keeps the words that the work must have too: slot_start_worker() compares them. */
static bool start_as(struct slot *slot, const struct command *command, struct error *err)
{
    const int line = connect_to_line(slot);
    bool ok;

    forget_question(slot);
    slot->asks = slot->kind == COMMAND_LOOK ? command_shared_words(command) : NULL;
    ok = worker_start(&slot->worker, &slot->panel->workers, line, command->arguments, slot->asks != NULL,
                      patience_of(slot, slot->kind), err);
    if (line >= 0)
        (void)close(line);
    if (ok)
        return true;
    forget_question(slot);
    return false;
}

bool slot_start_worker(struct slot *slot, enum command_kind kind)
{
    const enum power_command first = power_before(&slot->power, &slot_settings(slot)->power, kind == COMMAND_SCAN);
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct command command;

    slot->kind = kind;
    if (slot->asks != NULL) {
        continue_worker(slot, first != POWER_NONE);
        return true;
    }
    if (first != POWER_NONE)
        return start_power(slot, first);
    slot->power.is_closed = false;
    if (kind == COMMAND_LOOK)
        scanned_give(&slot->panel->scanned, slot->panel->settings, &slot->board);
    command_make(&command, slot->panel->settings, slot->index, kind, &slot->board);
    if (kind == COMMAND_WORK)
        note_label(slot);
    slot->scan = (struct presence_scan){.is_there = false};
    if (kind != COMMAND_SCAN)
        board_begin(&slot->board);
    if (start_as(slot, &command, &err))
        return true;
    if (kind != COMMAND_SCAN)
        board_fail(&slot->board, ERROR_EXIT_INTERRUPTED, "interrupted", err.cause, err.next);
    return false;
}

/* The socket beside this one in which a worker is at the same board; NULL: none. */
static const struct slot *find_rival(const struct slot *slot)
{
    const struct panel *panel = slot->panel;

    for (size_t i = 0; i < panel->count; i++) {
        const struct slot *other = &panel->slots[i];

        if (other != slot && other->machine.state == SOCKET_WORKING &&
            strcmp(other->board.serial, slot->board.serial) == 0)
            return other;
    }
    return NULL;
}

/* A board is worked on in one socket, and by the profile that this station began with. */
static enum socket_event claim(struct slot *slot)
{
    const struct slot *rival = find_rival(slot);
    char cause[BOARD_TEXT_SIZE];

    scanned_take_back(&slot->panel->scanned, slot->panel->settings, &slot->board);
    if (slot->board.has_plan && strcmp(slot->board.digest, slot->panel->digest) != 0) {
        board_fail(&slot->board, ERROR_EXIT_INPUT, "input-file",
                   "the profile's file has changed since the station started",
                   "the lead restarts the station, or puts the old profile back");
        return SOCKET_DENIED;
    }
    if (!label_scans_allow(&slot->panel->scans, slot->index, &slot->board) ||
        !label_scans_note_order(&slot->panel->scans, &slot->panel->ledger, &slot->board))
        return SOCKET_DENIED;
    if (rival == NULL)
        return admission_allows(&slot->panel->admission, slot->panel->settings, &slot->panel->ledger, &slot->board,
                                worker_now_ms()) &&
                       scanned_allow(slot->panel->settings, &slot->panel->ledger, &slot->board)
                   ? SOCKET_GRANTED
                   : SOCKET_DENIED;
    (void)snprintf(cause, sizeof cause, "the same chip answers in socket %s", slot_settings(rival)->name);
    board_fail(&slot->board, ERROR_EXIT_WRONG_DEVICE, "duplicate", cause,
               "check that each socket has a bus, or an address, of its own");
    return SOCKET_DENIED;
}

static void finish(struct slot *slot)
{
    struct panel_board *board = &slot->board;

    board->ended_ms = worker_now_ms();
    if (board->order_quantity != 0) {
        slot->panel->order_done = board->order_done;
        slot->panel->order_quantity = board->order_quantity;
    }
    board->is_done = slot->machine.state == SOCKET_PASS; /* whatever a worker printed before it failed */
    if (!board->is_done && slot->kind == COMMAND_WORK)
        admission_note_fail(&slot->panel->admission, slot->panel->settings, board);
    if (board->is_done) {
        admission_note_pass(&slot->panel->admission, slot->panel->settings, board, board->ended_ms);
        if (labels_note_pass(&slot->panel->labels, slot_settings(slot)->name, board) &&
            label_scans_note_due(&slot->panel->scans, slot->index, board))
            labels_note_kept(&slot->panel->labels, board);
    }
    if (board->serial[0] != '\0' && !admission_is_golden(slot->panel->settings, board) && !scanned_is_awaited(board))
        (void)tally_add(&slot->panel->tally, board->serial, board->is_done, board->ended_ms);
}

static void forget(struct slot *slot)
{
    if (slot->board.ended_ms != 0)
        slot->last = slot->board;
    slot->board = (struct panel_board){.steps = 0};
}

/* When the bus is looked at next: soon where a look is to confirm another. */
static void plan_look(struct slot *slot)
{
    const enum socket_state state = slot->machine.state;
    const int64_t usual = slot->panel->settings->look_ms;
    const int64_t wait = (state == SOCKET_SEEN || state == SOCKET_REMOVE) && usual > CONFIRM_MS ? CONFIRM_MS : usual;

    slot->look_ms = worker_now_ms() + wait;
}

/* Does what the socket asks for. True where that has a result already: `*event`. */
static bool follow(struct slot *slot, enum socket_action action, enum socket_event *event)
{
    switch (action) {
    case SOCKET_LOOK:
    case SOCKET_WORK:
        *event = SOCKET_LOST; /* it is tried again: the machine may be short of processes for a moment */
        return !slot_start_worker(slot, action == SOCKET_LOOK ? COMMAND_LOOK : COMMAND_WORK);
    case SOCKET_CLAIM:
        *event = claim(slot);
        return true;
    case SOCKET_STOP:
        worker_ask_to_end(&slot->worker);
        return false;
    case SOCKET_FINISH:
        finish(slot);
        return false;
    case SOCKET_FORGET:
        forget(slot);
        return false;
    default:
        return false;
    }
}

/* An event, and what follows from it. */
static void happen(struct slot *slot, enum socket_event event)
{
    bool is_more = true;

    while (is_more) {
        const enum socket_state before = slot->machine.state;
        const enum socket_action action = socket_step(&slot->machine, event);

        slot->was_seen = slot->machine.state == SOCKET_SEEN && (event == SOCKET_CHIP || event == SOCKET_OTHER_CHIP);
        if (before == SOCKET_EMPTY && slot->machine.state == SOCKET_SEEN)
            slot->board = (struct panel_board){.steps = 0}; /* what was wrong with the bus is over */
        if (slot->machine.state == SOCKET_LOOKING && slot->board.began_ms == 0)
            slot->board.began_ms = worker_now_ms();
        is_more = follow(slot, action, &event);
        if (slot->machine.state == before && action == SOCKET_NOTHING)
            continue;
        plan_look(slot);
        slot_report_change(slot);
    }
}

/* --- workers --- */

void slot_take_object(void *context, const json_t *object)
{
    struct slot *slot = context;
    const unsigned before = slot->board.steps_done;

    if (slot->is_dismissed)
        return;
    if (slot->kind == COMMAND_SCAN) {
        presence_take(&slot->scan, slot_settings(slot)->device, slot->panel->settings->also_at, object);
        return;
    }
    board_take(&slot->board, object);
    if (slot->kind == COMMAND_WORK && slot->board.steps_done != before)
        slot_report_change(slot);
}

/* What the end of a worker means that looked at or worked on the board. */
static enum socket_event result_of(const struct slot *slot, const struct worker_end *end)
{
    const struct panel_board *board = &slot->board;

    if (!end->by_exit || !end->is_readable || end->code == ERROR_EXIT_INTERRUPTED)
        return SOCKET_LOST;
    if (end->code == 0) {
        const bool has_answer = slot->kind == COMMAND_LOOK ? board->has_plan : board->is_done;

        return !has_answer ? SOCKET_LOST : slot->kind == COMMAND_LOOK ? SOCKET_LOOKED : SOCKET_DONE;
    }
    if (board->reason[0] == '\0')
        return SOCKET_LOST;
    if (board->exit_code == ERROR_EXIT_UNREACHABLE)
        return board_is_in_use(board) && worker_now_ms() - board->began_ms < BUSY_MS ? SOCKET_BUSY : SOCKET_SILENT;
    /* Looking leaves no entry in the ledger: the worker that works refuses the board once more, for the record. */
    return slot->kind == COMMAND_LOOK && board->serial[0] != '\0' ? SOCKET_LOOKED : SOCKET_REFUSED;
}

static void note_lost(struct slot *slot, const struct worker_end *end)
{
    char cause[BOARD_TEXT_SIZE];

    (void)snprintf(cause, sizeof cause, "the worker ended without a result (%s %d)",
                   end->by_exit ? "exit code" : "signal", end->code);
    board_fail(&slot->board, ERROR_EXIT_INTERRUPTED, "interrupted", cause,
               "take the board out and put it in again: it continues where it stopped");
}

/* An empty socket whose bus is not there says so: nobody could see why boards are not seen. */
static void note_bus(struct slot *slot)
{
    const struct presence_fault *fault = presence_fault_of(&slot->scan, slot_settings(slot)->device);
    const bool was_faulty = slot->board.reason[0] != '\0';

    if (slot->machine.state != SOCKET_EMPTY || (fault != NULL) == was_faulty)
        return;
    slot->board = (struct panel_board){.steps = 0};
    if (fault != NULL)
        board_fail(&slot->board, fault->exit_code, fault->reason, fault->cause, fault->next);
    slot_report_change(slot);
}

/* A power command has ended: the worker that it was for comes next. */
static void finish_power(struct slot *slot)
{
    const enum power_command command = slot->power.running;
    const enum power_command failed = slot->power.failed;
    const enum power_result result =
        power_finish(&slot->power, &slot_settings(slot)->power, &slot->worker, slot->panel->is_stopping);
    const bool is_over = slot->machine.state == SOCKET_PASS || slot->machine.state == SOCKET_FAIL;

    if (result == POWER_FAILED)
        refuse_by_power(slot);
    else if (failed != slot->power.failed)
        slot_report_change(slot);
    if (command == POWER_OFF)
        return;
    plan_look(slot);
    if (result == POWER_OPEN)
        happen(slot, SOCKET_NO_CHIP);
    /* A board that has its result stays off as long as nobody opens the fixture. */
    const bool continues = result == POWER_DONE && !slot->panel->is_stopping && !(command == POWER_CLOSED && is_over);
    slot->power.is_closed = slot->power.is_closed && continues;
    if (result != POWER_OPEN && !(continues && slot_start_worker(slot, slot->kind)) && slot->kind != COMMAND_SCAN)
        happen(slot, SOCKET_LOST);
}

void slot_answer_worker(struct slot *slot)
{
    if (slot->asks == NULL || !slot->board.is_asked || slot->worker.was_asked)
        return;
    happen(slot, SOCKET_LOOKED);
    if (slot->asks != NULL) /* the board was not let in */
        dismiss(slot);
}

/* The worker that looked has ended without the work, which is for another one, if the board was let in. */
static void finish_dismissed(struct slot *slot)
{
    const bool continues = !slot->worker.was_asked && !slot->panel->is_stopping;
    const struct worker_end end = worker_finish(&slot->worker, slot_take_object, slot);

    slot->is_dismissed = false;
    if (slot->machine.state != SOCKET_WORKING || (continues && slot_start_worker(slot, COMMAND_WORK)))
        return;
    if (!continues) /* else the board has the reason why no worker could be started */
        note_lost(slot, &end);
    happen(slot, SOCKET_LOST);
}

void slot_finish_worker(struct slot *slot)
{
    if (slot->power.running != POWER_NONE) {
        finish_power(slot);
        return;
    }
    if (slot->is_dismissed) {
        finish_dismissed(slot);
        return;
    }
    const struct worker_end end = worker_finish(&slot->worker, slot_take_object, slot);
    enum socket_event event;

    forget_question(slot);

    if (slot->kind == COMMAND_SCAN) {
        if (presence_of_scan(&end, &slot->scan, slot->board.serial, &event))
            happen(slot, event);
        note_bus(slot);
        plan_look(slot);
        return;
    }
    event = result_of(slot, &end);
    if (event == SOCKET_LOST)
        note_lost(slot, &end);
    happen(slot, event);
}

bool slot_can_look(const struct slot *slot)
{
    const bool is_file = panel_virtual_file(slot_settings(slot)->device) != NULL;

    return !slot->panel->is_stopping && !slot->is_dismissed &&
           (!worker_is_running(&slot->worker) || (is_file && slot->power.running == POWER_NONE));
}

/*
 * Two looks in a row must agree, for contacts bounce. The look at the board is the second one: where its chip is
 * silent, the bus is looked at again. Not where the board greets over a console, where a look needs power or a closed
 * fixture, or takes the number that was scanned.
 */
static bool is_look_at_board_due(const struct slot *slot)
{
    const struct panel_settings *settings = slot->panel->settings;

    return slot->was_seen && panel_console(slot_settings(slot)->device) == NULL && !settings->scan_board &&
           !power_is_given(&slot_settings(slot)->power);
}

void slot_look_at_bus(struct slot *slot)
{
    const char *file = panel_virtual_file(slot_settings(slot)->device);

    if (!slot_can_look(slot) || worker_now_ms() < slot->look_ms)
        return;
    plan_look(slot);
    if (file == NULL && is_look_at_board_due(slot))
        happen(slot, SOCKET_CHIP);
    else if (file == NULL)
        (void)slot_start_worker(slot, COMMAND_SCAN); /* tries again at the next look */
    else
        happen(slot, presence_of_file(file, &slot->file));
}

static bool waits_for_number(const struct slot *slot)
{
    return slot->machine.state == SOCKET_FAIL && scanned_is_awaited(&slot->board);
}

void slot_tend_number(struct slot *slot)
{
    const struct panel *panel = slot->panel;
    size_t count = 0;

    if (panel->scanned.board[0] == '\0' || panel->is_stopping || worker_is_running(&slot->worker) ||
        !waits_for_number(slot))
        return;
    for (size_t i = 0; i < panel->count; i++)
        count += waits_for_number(&panel->slots[i]);
    if (count > 1) /* nobody guesses whose it is */
        return;
    slot->board.began_ms = slot->board.ended_ms = 0;
    happen(slot, SOCKET_AGAIN);
}

void slot_tend_power(struct slot *slot)
{
    if (!worker_is_running(&slot->worker) &&
        power_is_due_off(&slot->power, &slot_settings(slot)->power, slot->machine.state, slot->panel->is_stopping,
                         worker_now_ms()))
        (void)start_power(slot, POWER_OFF);
}
