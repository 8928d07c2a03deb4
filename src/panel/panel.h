/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A panel of sockets: one process that watches them, a worker process for each board, and a page for the operator. The
 * worker is this program: it looks, provisions, and appends to the ledger, as it does when a person runs it. So a board
 * that was done, or half done, by a worker that nobody waited for is only confirmed, or finished. This process keeps
 * nothing that a restart would miss but the figures of the shift.
 *
 *     panel_open(), panel_run() until it is to end, panel_close()
 *
 * Prints nothing: what happens is reported through callbacks.
 */
#ifndef IMPRINT_PANEL_PANEL_H
#define IMPRINT_PANEL_PANEL_H

#include "panel/board.h"
#include "panel/labels.h"
#include "panel/settings.h"
#include "panel/socket.h"
#include "service/listen.h"

struct panel;

/* One socket as it is now, for whoever shows it. The pointers are valid during the call. */
struct panel_view {
    const char *name;
    enum socket_state state;
    const struct panel_board *board;
    const char *unscanned; /* serial number whose label must be scanned before the next board; "": none */
    int64_t ms;            /* how long the worker has worked, or did */
    const char *power;     /* which power command failed and why; "": none */
};

/* What a panel reports, from panel_run(). */
struct panel_events {
    void *context;
    void (*changed)(void *context, const struct panel_view *socket);  /* another state, or another step done */
    void (*labelled)(void *context, const struct labels_item *label); /* printed, or not */
};

/*
 * Reads the station file and the profile, makes the state folder, takes it for itself, and listens for the page. False
 * with `*panel` NULL and a reason: ERROR_INPUT_FILE, the profile's own, ERROR_DATABASE_BUSY (another station has the
 * folder), ERROR_USAGE (an address that is not loopback), ERROR_SERVER_AWAY.
 */
bool panel_open(const char *path, const struct panel_events *events, struct panel **panel, struct error *err);

/* NULL is allowed. Workers that still run are asked to end. */
void panel_close(struct panel *panel);

const struct panel_settings *panel_settings_of(const struct panel *panel);

/* The digest of the profile, in hex. */
const char *panel_digest(const struct panel *panel);

/* Where the page is, HOST:PORT; "" for no page. */
const char *panel_address(const struct panel *panel);

/*
 * Watches the sockets until `stop_fd` is readable; then has the workers end between two steps. False with a reason when
 * it cannot continue.
 */
bool panel_run(struct panel *panel, int stop_fd, struct error *err);

/* What panel_check() found out about one thing that the file names, or that a shift needs. */
struct panel_finding {
    const char *item;        /* "profile", "state", "order", "socket": docs/reference/json.md, station-check */
    const char *name;        /* of the socket, the order, the file */
    const char *found;       /* "good", "warning", "bad"; of a socket "chip", "board", "empty", "no-console", "bad" */
    const char *serial;      /* of the chip; NULL: none or not known */
    const struct error *why; /* of "warning" and "bad": what is wrong, and what to do about it */
    const struct panel_settings *settings; /* whose state folder and profile the commands of `why` are for */
};

/*
 * Whether everything that the station file names is there, each socket can be looked at, and the first board of a shift
 * would find what it needs. Reports each finding; writes nothing. False with the reason of the first that is bad, after
 * the last finding.
 */
bool panel_check(const char *path, void (*report)(void *context, const struct panel_finding *finding), void *context,
                 struct error *err);

#endif
