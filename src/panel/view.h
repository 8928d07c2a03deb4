/* SPDX-License-Identifier: Apache-2.0 */
/* What the page is told: the whole state of a panel as one JSON object. */
#ifndef IMPRINT_PANEL_VIEW_H
#define IMPRINT_PANEL_VIEW_H

#include <jansson.h>

#include "panel/panel.h"
#include "panel/tally.h"

/* One socket, with the last board that left it. A new reference, which the caller owns; NULL without memory. */
json_t *view_socket(const struct panel_view *socket, const struct panel_board *last);

/* The figures. */
json_t *view_tally(struct tally *tally, int64_t now_ms);

#endif
