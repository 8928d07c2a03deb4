/* SPDX-License-Identifier: Apache-2.0 */
/* What `imprint station --check` finds out about the files of a station file, and its words. Writes nothing. */
#ifndef IMPRINT_PANEL_CHECK_H
#define IMPRINT_PANEL_CHECK_H

#include "panel/panel.h"
#include "panel/presence.h"

/* Whether the files that it names can be read, and the state folder written or made. False with a reason. */
bool check_files(const struct panel_settings *settings, struct error *err);

/* Whether labels can go where the file says, which is reported; nothing is where there are none. */
bool check_labels(const struct panel_settings *settings, void (*report)(void *, const struct panel_finding *),
                  void *context, struct error *err);

/* Whether the virtual chip is there; its file may come later, its folder may not: false with a reason. */
bool check_virtual_file(const char *path, bool *is_there, struct error *err);

/* What panel_finding says of a socket. */
const char *check_found(const char *device, const struct presence_scan *scan, bool ok, bool is_there);

#endif
