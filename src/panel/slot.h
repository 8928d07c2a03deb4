/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One socket of a panel at work: what happens on its bus and in its worker becomes events of its state machine
 * (panel/socket.h), and what that asks for is done. For the files of the panel itself: panel.c, panel_check.c.
 */
#ifndef IMPRINT_PANEL_SLOT_H
#define IMPRINT_PANEL_SLOT_H

#include <jansson.h>

#include "panel/admission.h"
#include "panel/command.h"
#include "panel/label_scans.h"
#include "panel/line_link.h"
#include "panel/panel.h"
#include "panel/power.h"
#include "panel/presence.h"
#include "panel/scanned.h"
#include "panel/tally.h"
#include "station/run_facts.h"
#include "station/station_ledger.h"
#include "web/page.h"

/* The file that this process runs, also when the package was upgraded meanwhile. */
#define PANEL_PROGRAM "/proc/self/exe"
#define PANEL_TEND_MS 1000 /* the longest time without a turn of the loop */

/* One socket at work. */
struct slot {
    struct panel *panel;
    size_t index; /* in the settings */
    struct socket machine;
    struct worker worker;
    enum command_kind kind; /* of the worker, or of the one that comes after a power command */
    char *asks;             /* words a look and its work share, until it is answered; NULL: none waits */
    bool is_dismissed;      /* the look was answered with no: its end means nothing */
    bool was_seen;          /* seen by one look at the bus, and by nothing else yet */
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
    int lock; /* of the state folder */
    struct station_config config;
    struct ledger ledger;
    struct admission admission;
    struct fork_server workers;
    struct line_link line;
    struct page *page;
    struct tally tally;
    struct labels labels;
    struct label_scans scans;
    struct scanned scanned;
    unsigned order_done, order_quantity; /* as the last worker that finished a board told */
    bool is_stopping, is_dirty;
    int64_t published_ms, watchdog_ms, watched_ms;
    size_t count;
    struct slot slots[PANEL_SOCKETS_MAX];
};

/*
 * The panel that the station file describes, of which nothing is open yet: panel_open(), panel_check(). NULL with a
 * reason. panel_close() ends it.
 */
struct panel *panel_read(const char *path, struct error *err);

/* Has its worker end, and frees what it holds. */
void slot_release(struct slot *slot);

const struct panel_socket_settings *slot_settings(const struct slot *slot);

/* As others see it, now. */
struct panel_view slot_view(const struct slot *slot);

/* Has the page and the caller of the panel see it as it is now. */
void slot_report_change(struct slot *slot);

/* Starts the worker, or the power command that must come first. False: neither; then the board has the reason. */
bool slot_start_worker(struct slot *slot, enum command_kind kind);

/* An object that the worker printed, for worker_read() and worker_finish(); `context` is the slot. */
void slot_take_object(void *context, const json_t *object);

/* Answers a look that asks whether the work on the board is to be done. */
void slot_answer_worker(struct slot *slot);

/* The worker, or the power command, has ended: what follows from that. */
void slot_finish_worker(struct slot *slot);

/* Whether the bus may be looked at: a virtual chip's file beside a worker, too; a bus not, nor what has no power yet.
 */
bool slot_can_look(const struct slot *slot);

/* Looks at the bus where that is due. */
void slot_look_at_bus(struct slot *slot);

/* A board that waits for its number gets the one that was scanned, where no other board waits. */
void slot_tend_number(struct slot *slot);

/* Switches the power off as soon as nothing is to be done on the board. */
void slot_tend_power(struct slot *slot);

#endif
