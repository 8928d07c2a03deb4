/* SPDX-License-Identifier: Apache-2.0 */
/* The loop that serves the sockets, and what the page gets. */
#include "panel/panel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "panel/serving.h"
#include "panel/slot.h"
#include "panel/state_lock.h"
#include "panel/view.h"
#include "profile/data.h"
#include "service/notify.h"
#include "station/profile_file.h"

#define PUBLISH_MS 50 /* between two states that the page gets */
#define LABEL_MS 100  /* between two looks at the worker that prints a label */

/* --- what others see --- */

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
        const struct panel_view view = slot_view(&panel->slots[i]);

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
    if (panel->scanned.board[0] != '\0')
        json_object_set_new(state, "board", json_string(panel->scanned.board));
    labels_put(&panel->labels, state);
    text = json_dumps(state, JSON_COMPACT);
    json_decref(state);
    if (text != NULL)
        page_publish(panel->page, text);
    free(text);
    panel->published_ms = worker_now_ms();
}

/* --- one turn of the loop --- */

/* Workers run, or boards have still to be switched off. */
static bool is_busy(const struct panel *panel)
{
    for (size_t i = 0; i < panel->count; i++)
        if (worker_is_running(&panel->slots[i].worker) ||
            power_holds(&panel->slots[i].power, &slot_settings(&panel->slots[i])->power))
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
    int64_t due = now + PANEL_TEND_MS;

    if (panel->is_dirty && panel->published_ms + PUBLISH_MS < due)
        due = panel->published_ms + PUBLISH_MS;
    if (labels_are_printing(&panel->labels) && now + LABEL_MS < due)
        due = now + LABEL_MS;
    for (size_t i = 0; i < panel->count; i++) {
        const struct slot *slot = &panel->slots[i];

        if (worker_is_running(&slot->worker) && slot->worker.deadline_ms < due)
            due = slot->worker.deadline_ms;
        if (slot_can_look(slot) && slot->look_ms < due)
            due = slot->look_ms;
    }
    return due > now ? (int)(due - now) : 0;
}

#define POLLED_LINE (1 + 2 * PANEL_SOCKETS_MAX)
#define POLLED_MAX (POLLED_LINE + 2)

/* The signal's descriptor, two for each socket, and two for the line; -1 is passed over by poll(). */
static void fill(const struct panel *panel, int stop_fd, struct pollfd polled[static POLLED_MAX])
{
    polled[0] = (struct pollfd){.fd = panel->is_stopping ? -1 : stop_fd, .events = POLLIN};
    for (size_t i = 0; i < panel->count; i++) {
        polled[1 + 2 * i] = (struct pollfd){.fd = panel->slots[i].worker.out, .events = POLLIN};
        polled[2 + 2 * i] = (struct pollfd){.fd = panel->slots[i].worker.pidfd, .events = POLLIN};
    }
    for (size_t i = 1 + 2 * panel->count; i < POLLED_LINE; i++)
        polled[i] = (struct pollfd){.fd = -1};
    polled[POLLED_LINE] = (struct pollfd){.fd = panel->line.keeper.out, .events = POLLIN};
    polled[POLLED_LINE + 1] = (struct pollfd){.fd = panel->line.keeper.pidfd, .events = POLLIN};
}

static void serve_line(struct panel *panel, const struct pollfd polled[static 2])
{
    if (polled[0].revents != 0)
        line_link_read(&panel->line);
    if (polled[1].revents != 0)
        line_link_finish(&panel->line);
}

static void serve(struct panel *panel, const struct pollfd polled[static POLLED_MAX])
{
    if (polled[0].revents != 0)
        stop_all(panel);
    serve_line(panel, polled + POLLED_LINE);
    for (size_t i = 0; i < panel->count; i++) {
        struct slot *slot = &panel->slots[i];

        if (polled[1 + 2 * i].revents != 0)
            worker_read(&slot->worker, slot_take_object, slot);
        slot_answer_worker(slot);
        if (polled[2 + 2 * i].revents != 0)
            slot_finish_worker(slot);
        worker_tend(&slot->worker);
        slot_tend_power(slot);
        slot_tend_number(slot);
        slot_look_at_bus(slot);
    }
}

static void add_slots(struct panel *panel, size_t count)
{
    for (; count > 0; count--, panel->count++)
        panel->slots[panel->count] = (struct slot){.panel = panel, .index = panel->count, .worker = WORKER_NONE};
    panel->is_dirty = true;
}

static void take_order(struct panel *panel, const char *order)
{
    (void)snprintf(panel->settings->order, sizeof panel->settings->order, "%s", order);
    page_set_order(panel->page, order);
    panel->order_done = panel->order_quantity = 0;
}

/* What people ask for at the page, and the printer. */
static void tend_labels(struct panel *panel)
{
    struct page_ask ask;

    while (page_take_ask(panel->page, &ask)) {
        size_t index;

        panel->is_dirty = true;
        if (ask.kind == PAGE_ASK_SOCKETS)
            add_slots(panel, serving_take_sockets(panel->page, panel->settings));
        else if (ask.kind == PAGE_ASK_ORDER)
            take_order(panel, ask.text);
        else if (ask.kind == PAGE_ASK_BOARD)
            scanned_take_number(&panel->scanned, ask.text);
        else if (ask.kind == PAGE_ASK_LABEL || ask.kind == PAGE_ASK_LABEL_TEST)
            labels_ask(&panel->labels, &ask);
        else if (label_scans_take(&panel->scans, ask.text, &index))
            slot_report_change(&panel->slots[index]);
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
        if (poll(polled, POLLED_MAX, time_to_wait(panel)) < 0 && errno != EINTR) {
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

/* The first socket that is no board's console; NULL where all are. One that is taught later may be any. */
static const char *find_chip_socket(const struct panel_settings *settings)
{
    for (size_t i = 0; i < settings->socket_count; i++)
        if (panel_console(settings->sockets[i].device) == NULL)
            return settings->sockets[i].name;
    return NULL;
}

/*
 * A board with a console makes its IO protection key itself. Of a chip on the station's own bus the key store would be
 * in the state folder: no board would get it.
 */
static bool check_io_key(const struct profile *profile, const struct panel_settings *settings, struct error *err)
{
    const char *name = find_chip_socket(settings);

    if (!profile_has_io_key(profile) || name == NULL)
        return true;
    error_set(
        err, ERROR_PROFILE_CONFLICT,
        "the board in this socket would not get its IO protection key: a station keeps it in its state folder, and "
        "the board's software needs it",
        error_keep_format(err,
                          "let boards make it themselves: device: board:PORT. Or make each board with an image of "
                          "its flash, and write that into the board: imprint provision %s --storage flash:IMAGE",
                          settings->profile));
    error_with_subject(err, error_keep(err, name));
    error_doing(err, "read the station's profile");
    return false;
}

static bool read_profile(struct panel *panel, struct error *err)
{
    struct profile *profile = calloc(1, sizeof *profile);
    uint8_t digest[PROFILE_DIGEST_BYTES];
    bool ok = profile != NULL && profile_file_read(panel->settings->profile, profile, err) &&
              check_io_key(profile, panel->settings, err);

    if (ok && !profile_digest(profile, digest))
        ok = false;
    if (ok) {
        hex_encode(bytes_of(digest, sizeof digest), panel->digest);
        panel->settings->also_at = profile->i2c_address;
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
    scanned_open(panel->settings);
    add_slots(panel, panel->settings->socket_count);
    return true;
}

struct panel *panel_read(const char *path, struct error *err)
{
    struct panel *panel = calloc(1, sizeof *panel);

    if (panel == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return NULL;
    }
    panel->lock = -1;
    panel->workers = (struct fork_server)FORK_SERVER_NONE;
    panel->labels.worker = (struct worker)WORKER_NONE;
    panel->line = (struct line_link)LINE_LINK_NONE;
    if (read_files(panel, path, err))
        return panel;
    panel_close(panel);
    return NULL;
}

bool panel_open(const char *path, const struct panel_events *events, struct panel **panel, struct error *err)
{
    struct panel *made = panel_read(path, err);

    *panel = NULL;
    if (made == NULL)
        return false;
    made->events = *events;
    run_facts_time(made->started);
    if (!serving_check(made->settings, err) || !state_lock_take(made->settings->state, &made->lock, err) ||
        !open_ledger(made, err) || !fork_server_start(&made->workers, PANEL_PROGRAM, err) ||
        !serving_open(path, made->settings, made->digest, &made->page, made->address, err)) {
        panel_close(made);
        return false;
    }
    line_link_start(&made->line, &made->workers, made->settings->state);
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
        slot_release(&panel->slots[i]);
    labels_close(&panel->labels);
    line_link_close(&panel->line);
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
