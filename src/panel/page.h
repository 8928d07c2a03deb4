/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's page: a few files that lie in this program, and a stream of events that carries the state of the panel
 * (server-sent events, HTML standard, section 9.2). It only shows: there is no login yet, so nothing can be done here,
 * and it listens on loopback addresses alone. libmicrohttpd answers in a thread of its own.
 */
#ifndef IMPRINT_PANEL_PAGE_H
#define IMPRINT_PANEL_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "service/listen.h"

struct page;

/*
 * Listens at `place`, HOST:PORT, and serves. `address` gets what it is then. False with `*page` NULL and a reason:
 * ERROR_USAGE for an address that is not this machine's own, ERROR_SERVER_AWAY.
 */
bool page_open(const char *place, struct page **page, char address[static SERVICE_ADDRESS_SIZE], struct error *err);

/* Ends the connections and stops. NULL is allowed. */
void page_close(struct page *page);

/*
 * What every page shows from now on: `state`, a JSON text in one line, is copied. Call it from one thread. Without
 * memory the pages show the older state until the next call.
 */
void page_publish(struct page *page, const char *state);

/*
 * To be called at least once a second: has quiet pages hear that the station lives, and notices those that are gone.
 */
void page_tend(struct page *page);

/* Whether pages may be served at `place` at all: false with ERROR_USAGE. Listens at nothing. */
bool page_may_listen(const char *place, struct error *err);

#endif
