/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: what happens on the buses and in the workers becomes events of sockets, and what those ask for is done. */
#include "panel/panel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "panel/admission.h"
#include "panel/check.h"
#include "panel/command.h"
#include "panel/label_scans.h"
#include "panel/labels.h"
#include "panel/power.h"
#include "panel/presence.h"
#include "panel/serving.h"
#include "panel/state_lock.h"
#include "panel/tally.h"
#include "panel/view.h"
#include "service/notify.h"
#include "station/profile_file.h"
#include "station/run_facts.h"
#include "station/station_ledger.h"

#define PROGRAM "/proc/self/exe" /* the file that this process runs, also when the package was upgraded meanwhile */
#define CONFIRM_MS 250           /* until a board that comes or leaves is looked at again */
#define SCAN_MS 20000            /* how long a look at a bus may take */
#define LOOK_MS 60000            /* how long a look at a board may take */
#define PUBLISH_MS 50            /* between two states that the page gets */
#define LABEL_MS 100             /* between two looks at the worker that prints a label */
#define TEND_MS 1000             /* the longest time without a turn of the loop */

/* One socket at work. */
struct slot {
    struct panel *panel;
    size_t index; /* in the settings */
    struct socket machine;
    struct worker worker;
    enum command_kind kind; /* of the worker, or of the one that comes after a power command */
    struct power power;
    struct presence_scan scan;
    struct presence_file file;
    struct panel_board board, last; /* the one that is in; the one that was in before it */
    int64_t look_ms;                /* when the bus is to be looked at */
};

struct panel {
    struct panel_settings *settings;
    struct panel_events events;
    char digest[BOARD_DIGEST_SIZE], started[RUN_FACTS_TIME_SIZE], address[SERVICE_ADDRESS_SIZE];
    uint8_t also_at; /* the I2C address that the profile gives */
    int lock;        /* of the state folder */
    struct station_config config;
    struct ledger ledger;
    struct admission admission;
    struct fork_server workers;
    struct page *page;
    struct tally tally;
    struct labels labels;
    struct label_scans scans;
    unsigned order_done, order_quantity; /* as the last worker that finished a board told */
    bool is_stopping, is_dirty;
    int64_t published_ms, watchdog_ms, watched_ms;
    size_t count;
    struct slot slots[PANEL_SOCKETS_MAX];
};

static const struct panel_socket_settings *settings_of(const struct slot *slot)
{
    return &slot->panel->settings->sockets[slot->index];
}

/* --- what others see --- */

static struct panel_view view_of(const struct slot *slot)
{
    const struct panel_board *board = &slot->board;
    const int64_t end = board->ended_ms != 0 ? board->ended_ms : worker_now_ms();

    return (struct panel_view){.name = settings_of(slot)->name,
                               .state = slot->machine.state,
                               .board = board,
                               .unscanned = slot->panel->scans.awaited[slot->index],
                               .power = slot->power.fault,
                               .ms = board->began_ms != 0 ? end - board->began_ms : 0};
}

static void report_change(struct slot *slot)
{
    const struct panel_view view = view_of(slot);

    slot->panel->is_dirty = true;
    slot->panel->events.changed(slot->panel->events.context, &view);
}

/* Everything, so that a page that was away knows all from the next event on. */
static void publish(struct panel *panel)
{
    char time[RUN_FACTS_TIME_SIZE];
    json_t *sockets, *state;
    char *text;

    panel->is_dirty = false;
    if (panel->page == NULL)
        return;
    sockets = json_array();
    run_facts_time(time);
    for (size_t i = 0; i < panel->count; i++) {
        const struct panel_view view = view_of(&panel->slots[i]);

        json_array_append_new(sockets, view_socket(&view, &panel->slots[i].last));
    }
    state =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "station", panel->settings->name, "operator",
                  panel->settings->operator_name, "started", panel->started, "time", time, "stopping",
                  panel->is_stopping ? 1 : 0, "count", view_tally(&panel->tally, worker_now_ms()), "sockets", sockets);
    if (panel->settings->order[0] != '\0')
        json_object_set_new(state, "order",
                            json_pack("{s:s, s:I, s:I}", "id", panel->settings->order, "done",
                                      (json_int_t)panel->order_done, "quantity", (json_int_t)panel->order_quantity));
    labels_put(&panel->labels, state);
    text = json_dumps(state, JSON_COMPACT);
    json_decref(state);
    if (text != NULL)
        page_publish(panel->page, text);
    free(text);
    panel->published_ms = worker_now_ms();
}

/* --- what a socket asks for --- */

/* What the socket has to say of its power is new. Without power a board cannot be looked at. */
static void refuse_by_power(struct slot *slot)
{
    if (slot->kind != COMMAND_SCAN && socket_has_worker(slot->machine.state))
        board_fail(&slot->board, ERROR_EXIT_INTERRUPTED, "interrupted", slot->power.fault,
                   "the lead checks the command in the station file, and what it switches");
    report_change(slot);
}

/* Starts the power command as the worker. False: it cannot be started; whoever looked or worked has the reason. */
static bool start_power(struct slot *slot, enum power_command command)
{
    if (power_start(&slot->power, &settings_of(slot)->power, command, &slot->worker, slot->panel->is_stopping))
        return true;
    refuse_by_power(slot);
    return false;
}

/* Starts the worker. False where that is not possible; then the board has the reason. */
static bool start_worker(struct slot *slot, enum command_kind kind)
{
    const enum power_command first = power_before(&slot->power, &settings_of(slot)->power, kind == COMMAND_SCAN);
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct command command;
    const int64_t patience = kind == COMMAND_SCAN   ? SCAN_MS
                             : kind == COMMAND_LOOK ? LOOK_MS
                                                    : (int64_t)slot->panel->settings->worker_s * 1000;

    slot->kind = kind;
    if (first != POWER_NONE)
        return start_power(slot, first);
    slot->power.is_closed = false;
    command_make(&command, slot->panel->settings, slot->index, kind, &slot->board);
    if (kind == COMMAND_WORK)
        labels_note_work(&slot->panel->labels, &slot->board);
    slot->scan = (struct presence_scan){.is_there = false};
    if (kind != COMMAND_SCAN)
        board_begin(&slot->board);
    if (worker_start(&slot->worker, &slot->panel->workers, command.arguments, patience, &err))
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

    if (slot->board.has_plan && strcmp(slot->board.digest, slot->panel->digest) != 0) {
        board_fail(&slot->board, ERROR_EXIT_INPUT, "input-file",
                   "the profile's file has changed since the station started",
                   "the lead restarts the station, or puts the old profile back");
        return SOCKET_DENIED;
    }
    if (!label_scans_allow(&slot->panel->scans, slot->index, &slot->board))
        return SOCKET_DENIED;
    if (rival == NULL)
        return admission_allows(&slot->panel->admission, slot->panel->settings, &slot->panel->ledger, &slot->board,
                                worker_now_ms())
                   ? SOCKET_GRANTED
                   : SOCKET_DENIED;
    (void)snprintf(cause, sizeof cause, "the same chip answers in socket %s", settings_of(rival)->name);
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
    if (board->is_done) {
        admission_note_pass(&slot->panel->admission, slot->panel->settings, board, board->ended_ms);
        if (labels_note_pass(&slot->panel->labels, settings_of(slot)->name, board))
            label_scans_note_due(&slot->panel->scans, slot->index, board);
    }
    if (board->serial[0] != '\0' && !admission_is_golden(slot->panel->settings, board))
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
        return !start_worker(slot, action == SOCKET_LOOK ? COMMAND_LOOK : COMMAND_WORK);
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

        if (before == SOCKET_EMPTY && slot->machine.state == SOCKET_SEEN)
            slot->board = (struct panel_board){.steps = 0}; /* what was wrong with the bus is over */
        if (slot->machine.state == SOCKET_LOOKING && slot->board.began_ms == 0)
            slot->board.began_ms = worker_now_ms();
        is_more = follow(slot, action, &event);
        if (slot->machine.state == before && action == SOCKET_NOTHING)
            continue;
        plan_look(slot);
        report_change(slot);
    }
}

/* --- workers --- */

static void take_object(void *context, const json_t *object)
{
    struct slot *slot = context;
    const unsigned before = slot->board.steps_done;

    if (slot->kind == COMMAND_SCAN) {
        presence_take(&slot->scan, settings_of(slot)->device, slot->panel->also_at, object);
        return;
    }
    board_take(&slot->board, object);
    if (slot->kind == COMMAND_WORK && slot->board.steps_done != before)
        report_change(slot);
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
        return SOCKET_SILENT;
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
    const struct presence_fault *fault = presence_fault_of(&slot->scan, settings_of(slot)->device);
    const bool was_faulty = slot->board.reason[0] != '\0';

    if (slot->machine.state != SOCKET_EMPTY || (fault != NULL) == was_faulty)
        return;
    slot->board = (struct panel_board){.steps = 0};
    if (fault != NULL)
        board_fail(&slot->board, fault->exit_code, fault->reason, fault->cause, fault->next);
    report_change(slot);
}

/* A power command has ended: the worker that it was for comes next. */
static void finish_power(struct slot *slot)
{
    const enum power_command command = slot->power.running;
    const enum power_command failed = slot->power.failed;
    const enum power_result result =
        power_finish(&slot->power, &settings_of(slot)->power, &slot->worker, slot->panel->is_stopping);
    const bool is_over = slot->machine.state == SOCKET_PASS || slot->machine.state == SOCKET_FAIL;

    if (result == POWER_FAILED)
        refuse_by_power(slot);
    else if (failed != slot->power.failed)
        report_change(slot);
    if (command == POWER_OFF)
        return;
    plan_look(slot);
    if (result == POWER_OPEN)
        happen(slot, SOCKET_NO_CHIP);
    /* A board that has its result stays off as long as nobody opens the fixture. */
    const bool goes_on = result == POWER_DONE && !slot->panel->is_stopping && !(command == POWER_CLOSED && is_over);
    slot->power.is_closed = slot->power.is_closed && goes_on;
    if (result != POWER_OPEN && !(goes_on && start_worker(slot, slot->kind)) && slot->kind != COMMAND_SCAN)
        happen(slot, SOCKET_LOST);
}

static void finish_worker(struct slot *slot)
{
    if (slot->power.running != POWER_NONE) {
        finish_power(slot);
        return;
    }
    const struct worker_end end = worker_finish(&slot->worker, take_object, slot);
    enum socket_event event;

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

/* --- one turn of the loop --- */

/* A virtual chip's file can be looked at beside a worker; a bus cannot, nor what has no power yet. */
static bool can_look(const struct slot *slot)
{
    const bool is_file = panel_virtual_file(settings_of(slot)->device) != NULL;

    return !slot->panel->is_stopping &&
           (!worker_is_running(&slot->worker) || (is_file && slot->power.running == POWER_NONE));
}

static void look_at_bus(struct slot *slot)
{
    const char *file = panel_virtual_file(settings_of(slot)->device);

    if (!can_look(slot) || worker_now_ms() < slot->look_ms)
        return;
    plan_look(slot);
    if (file == NULL)
        (void)start_worker(slot, COMMAND_SCAN); /* tries again at the next look */
    else
        happen(slot, presence_of_file(file, &slot->file));
}

/* The power goes as soon as nothing is to be done on the board. */
static void tend_power(struct slot *slot)
{
    if (!worker_is_running(&slot->worker) &&
        power_is_due_off(&slot->power, &settings_of(slot)->power, slot->machine.state, slot->panel->is_stopping,
                         worker_now_ms()))
        (void)start_power(slot, POWER_OFF);
}

/* Workers run, or boards have still to be switched off. */
static bool is_busy(const struct panel *panel)
{
    for (size_t i = 0; i < panel->count; i++)
        if (worker_is_running(&panel->slots[i].worker) ||
            power_holds(&panel->slots[i].power, &settings_of(&panel->slots[i])->power))
            return true;
    return labels_are_printing(&panel->labels);
}

static void stop_all(struct panel *panel)
{
    panel->is_stopping = panel->is_dirty = true;
    (void)service_notify("STOPPING=1");
    for (size_t i = 0; i < panel->count; i++)
        if (panel->slots[i].power.running == POWER_NONE)
            worker_ask_to_end(&panel->slots[i].worker);
}

/* The time until something is due, in milliseconds, for poll(). */
static int time_to_wait(const struct panel *panel)
{
    const int64_t now = worker_now_ms();
    int64_t due = now + TEND_MS;

    if (panel->is_dirty && panel->published_ms + PUBLISH_MS < due)
        due = panel->published_ms + PUBLISH_MS;
    if (labels_are_printing(&panel->labels) && now + LABEL_MS < due)
        due = now + LABEL_MS;
    for (size_t i = 0; i < panel->count; i++) {
        const struct slot *slot = &panel->slots[i];

        if (worker_is_running(&slot->worker) && slot->worker.deadline_ms < due)
            due = slot->worker.deadline_ms;
        if (can_look(slot) && slot->look_ms < due)
            due = slot->look_ms;
    }
    return due > now ? (int)(due - now) : 0;
}

#define POLLED_MAX (1 + 2 * PANEL_SOCKETS_MAX)

/* The signal's descriptor, then two for each socket; -1 is passed over by poll(). */
static void fill(const struct panel *panel, int stop_fd, struct pollfd polled[static POLLED_MAX])
{
    polled[0] = (struct pollfd){.fd = panel->is_stopping ? -1 : stop_fd, .events = POLLIN};
    for (size_t i = 0; i < panel->count; i++) {
        polled[1 + 2 * i] = (struct pollfd){.fd = panel->slots[i].worker.out, .events = POLLIN};
        polled[2 + 2 * i] = (struct pollfd){.fd = panel->slots[i].worker.pidfd, .events = POLLIN};
    }
}

static void serve(struct panel *panel, const struct pollfd polled[static POLLED_MAX])
{
    if (polled[0].revents != 0)
        stop_all(panel);
    for (size_t i = 0; i < panel->count; i++) {
        struct slot *slot = &panel->slots[i];

        if (polled[1 + 2 * i].revents != 0)
            worker_read(&slot->worker, take_object, slot);
        if (polled[2 + 2 * i].revents != 0)
            finish_worker(slot);
        worker_tend(&slot->worker);
        tend_power(slot);
        look_at_bus(slot);
    }
}

static void add_slots(struct panel *panel, size_t count)
{
    for (; count > 0; count--, panel->count++)
        panel->slots[panel->count] = (struct slot){.panel = panel, .index = panel->count, .worker = WORKER_NONE};
    panel->is_dirty = true;
}

/* What people ask for at the page, and the printer. */
static void tend_labels(struct panel *panel)
{
    struct page_ask ask;

    while (page_take_ask(panel->page, &ask)) {
        size_t index;

        if (ask.kind == PAGE_ASK_SOCKETS)
            add_slots(panel, serving_take_sockets(panel->page, panel->settings));
        else if (ask.kind == PAGE_ASK_SCANNED && label_scans_take(&panel->scans, ask.serial, &index))
            report_change(&panel->slots[index]);
        else if (ask.kind == PAGE_ASK_LABEL && labels_again(&panel->labels, ask.serial))
            panel->is_dirty = true;
    }
    if (labels_tend(&panel->labels, !panel->is_stopping))
        panel->is_dirty = true;
}

/* Page and service manager. */
static void tell(struct panel *panel)
{
    const int64_t now = worker_now_ms();

    tend_labels(panel);
    if (serving_take_operator(panel->page, panel->settings))
        panel->is_dirty = true;
    if (panel->is_dirty && now - panel->published_ms >= PUBLISH_MS)
        publish(panel);
    page_tend(panel->page);
    if (panel->watchdog_ms != 0 && now - panel->watched_ms >= panel->watchdog_ms) {
        panel->watched_ms = now;
        (void)service_notify("WATCHDOG=1");
    }
}

bool panel_run(struct panel *panel, int stop_fd, struct error *err)
{
    struct pollfd polled[POLLED_MAX];

    panel->watchdog_ms = service_watchdog_ms();
    (void)service_notify("READY=1");
    while (!panel->is_stopping || is_busy(panel)) {
        fill(panel, stop_fd, polled);
        if (poll(polled, (nfds_t)(1 + 2 * panel->count), time_to_wait(panel)) < 0 && errno != EINTR) {
            error_set(err, ERROR_UNEXPECTED, "the workers cannot be waited for", NULL);
            error_with_errno(err, errno);
            return false;
        }
        serve(panel, polled);
        tell(panel);
    }
    publish(panel);
    return true;
}

/* --- opening --- */

/*
 * Open as long as the station runs: SQLite writes its log back into the file, with two more syncs, whenever the last
 * one who has it open closes it. So the workers do not, and a ledger that cannot be used is found at once.
 */
static bool open_ledger(struct panel *panel, struct error *err)
{
    (void)snprintf(panel->config.state, sizeof panel->config.state, "%s", panel->settings->state);
    return station_ledger_open(&panel->config, LEDGER_WRITE, &panel->ledger, err);
}

static bool read_profile(struct panel *panel, struct error *err)
{
    struct profile *profile = calloc(1, sizeof *profile);
    uint8_t digest[PROFILE_DIGEST_BYTES];
    bool ok = profile != NULL && profile_file_read(panel->settings->profile, profile, err);

    if (ok && !profile_digest(profile, digest))
        ok = false;
    if (ok) {
        hex_encode(bytes_of(digest, sizeof digest), panel->digest);
        panel->also_at = profile->i2c_address;
    }
    free(profile);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "no memory for the profile", NULL);
    return ok;
}

static bool read_files(struct panel *panel, const char *path, struct error *err)
{
    if (!panel_settings_read(path, &panel->settings, err) || !read_profile(panel, err))
        return false;
    add_slots(panel, panel->settings->socket_count);
    return serving_check(panel->settings, err);
}

bool panel_open(const char *path, const struct panel_events *events, struct panel **panel, struct error *err)
{
    struct panel *made = calloc(1, sizeof *made);

    *panel = NULL;
    if (made == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    made->events = *events;
    made->lock = -1;
    made->workers = (struct fork_server)FORK_SERVER_NONE;
    made->labels.worker = (struct worker)WORKER_NONE;
    run_facts_time(made->started);
    if (!read_files(made, path, err) || !state_lock_take(made->settings->state, &made->lock, err) ||
        !open_ledger(made, err) || !fork_server_start(&made->workers, PROGRAM, err) ||
        !serving_open(path, made->settings, made->digest, &made->page, made->address, err)) {
        panel_close(made);
        return false;
    }
    labels_open(&made->labels, made->settings, &made->workers, events->context, events->labelled);
    label_scans_open(&made->scans, made->settings);
    publish(made);
    *panel = made;
    return true;
}

void panel_close(struct panel *panel)
{
    if (panel == NULL)
        return;
    for (size_t i = 0; i < panel->count; i++)
        worker_ask_to_end(&panel->slots[i].worker);
    labels_close(&panel->labels);
    fork_server_stop(&panel->workers);
    page_close(panel->page);
    tally_release(&panel->tally);
    ledger_close(&panel->ledger);
    if (panel->lock >= 0)
        (void)close(panel->lock);
    free(panel->settings);
    free(panel);
}

const struct panel_settings *panel_settings_of(const struct panel *panel)
{
    return panel->settings;
}

const char *panel_digest(const struct panel *panel)
{
    return panel->digest;
}

const char *panel_address(const struct panel *panel)
{
    return panel->address;
}

/* --- checking --- */

/* Waits for the worker that looks at the bus. */
static void wait_for_worker(struct slot *slot)
{
    while (worker_is_running(&slot->worker)) {
        struct pollfd polled[] = {{.fd = slot->worker.out, .events = POLLIN},
                                  {.fd = slot->worker.pidfd, .events = POLLIN}};

        (void)poll(polled, 2, TEND_MS);
        worker_read(&slot->worker, take_object, slot);
        if (polled[1].revents != 0)
            return;
        worker_tend(&slot->worker);
    }
}

/* What the bus of a socket answers. False with a reason. */
static bool check_bus(struct slot *slot, bool *is_there, struct error *err)
{
    const char *device = settings_of(slot)->device, *console = panel_console(device);
    enum socket_event event;
    struct worker_end end;

    if (!start_worker(slot, COMMAND_SCAN)) {
        error_set(err, ERROR_UNEXPECTED, "no worker can be started", NULL);
        return false;
    }
    wait_for_worker(slot);
    end = worker_finish(&slot->worker, take_object, slot);
    *is_there = presence_of_scan(&end, &slot->scan, "", &event) && event == SOCKET_CHIP;
    if (*is_there || strcmp(slot->scan.reason, "device-silent") == 0 || end.code == 0 ||
        (console != NULL && strcmp(slot->scan.reason, "device-missing") == 0))
        return true;
    error_set(err, ERROR_DEVICE_MISSING,
              error_keep_format(err, "the socket's bus cannot be used (%s)",
                                slot->scan.reason[0] != '\0' ? slot->scan.reason : "no answer"),
              console != NULL ? error_keep_format(err, "see why: imprint board info --console %s", console)
                              : error_keep_format(err, "see why: imprint --device %s scan", device));
    return false;
}

/* Runs a power command to its end. POWER_FAILED with a reason. */
static enum power_result run_power(struct slot *slot, enum power_command command, struct error *err)
{
    const struct panel_power_settings *settings = &settings_of(slot)->power;
    enum power_result result = POWER_FAILED;

    if (power_start(&slot->power, settings, command, &slot->worker, false)) {
        wait_for_worker(slot);
        result = power_finish(&slot->power, settings, &slot->worker, false);
    }
    if (result == POWER_FAILED)
        error_set(err, ERROR_DEVICE_MISSING, error_keep(err, slot->power.fault),
                  "run the command of the station file by hand");
    return result;
}

/* The bus of a socket that has to be switched on, and off afterwards. An open fixture counts as empty. */
static bool check_powered_bus(struct slot *slot, bool *is_there, struct error *err)
{
    const struct panel_power_settings *settings = &settings_of(slot)->power;
    enum power_result result = POWER_DONE;

    if (settings->closed[0] != '\0')
        result = run_power(slot, POWER_CLOSED, err);
    if (result != POWER_DONE)
        return result == POWER_OPEN;
    slot->power.is_closed = true;
    const bool ok = run_power(slot, POWER_ON, err) == POWER_DONE && check_bus(slot, is_there, err);
    return run_power(slot, POWER_OFF, err) == POWER_DONE && ok;
}

static bool check_socket(struct slot *slot, struct panel_finding *finding, struct error *err)
{
    const char *file = panel_virtual_file(settings_of(slot)->device);
    bool is_there = false;
    const bool is_powered = settings_of(slot)->power.on[0] != '\0';
    const bool ok =
        power_check(&settings_of(slot)->power, err) && (file != NULL ? check_virtual_file(file, &is_there, err)
                                                        : is_powered ? check_powered_bus(slot, &is_there, err)
                                                                     : check_bus(slot, &is_there, err));

    *finding = (struct panel_finding){.item = "socket",
                                      .name = settings_of(slot)->name,
                                      .found = check_found(settings_of(slot)->device, &slot->scan, ok, is_there),
                                      .serial = slot->scan.serial[0] != '\0' ? slot->scan.serial : NULL};
    return ok;
}

bool panel_check(const char *path, void (*report)(void *context, const struct panel_finding *finding), void *context,
                 struct error *err)
{
    struct panel *panel = calloc(1, sizeof *panel);
    struct panel_finding finding = {.item = "profile", .found = "good"};
    bool ok, all_good = true;

    if (panel == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    panel->lock = -1;
    panel->workers = (struct fork_server)FORK_SERVER_NONE;
    panel->labels.worker = (struct worker)WORKER_NONE;
    ok = read_files(panel, path, err) && check_files(panel->settings, err) &&
         fork_server_start(&panel->workers, PROGRAM, err);
    if (ok) {
        finding.name = panel->settings->profile;
        report(context, &finding);
    }
    all_good = !ok || check_labels(panel->settings, report, context, err);
    /* One bad socket does not hide the others. */
    for (size_t i = 0; i < (ok ? panel->count : 0); i++) {
        all_good = check_socket(&panel->slots[i], &finding, err) && all_good;
        report(context, &finding);
    }
    panel_close(panel);
    return ok && all_good;
}
