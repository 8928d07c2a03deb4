/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of a panel, as the station file has them. Without `page` there are none, and all of this is nothing. */
#ifndef IMPRINT_PANEL_SERVING_H
#define IMPRINT_PANEL_SERVING_H

#include "panel/settings.h"
#include "service/tls_pair.h"
#include "web/page.h"

/* Whether pages can be served so. Listens at nothing. False with a reason, as of page_check(). */
bool serving_check(const struct panel_settings *settings, struct error *err);

/*
 * As page_open(); `*page` NULL, and true, where there is none. `path` is the station file. It, `settings` and `digest`
 * must stay as they are.
 */
bool serving_open(const char *path, const struct panel_settings *settings, const char *digest, struct page **page,
                  char address[static SERVICE_ADDRESS_SIZE], struct error *err);

/*
 * Has the records name the operator who is logged in, or whom the station file names while nobody is. True: it is
 * another one than before.
 */
bool serving_take_operator(struct page *page, struct panel_settings *settings);

/* Takes up sockets that were taught since, at the end of the settings, and shows them. Their number. */
size_t serving_take_sockets(struct page *page, struct panel_settings *settings);

/* SHA-256 of the certificate that the page shows, for people to compare. False, and "": there is no TLS. */
bool serving_fingerprint(const struct panel_settings *settings, char text[static TLS_PAIR_FINGERPRINT_SIZE]);

#endif
