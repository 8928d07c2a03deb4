/* SPDX-License-Identifier: Apache-2.0 */
/* What `imprint station --check` finds out about the files of a station file, and its words. Writes nothing. */
#ifndef IMPRINT_PANEL_CHECK_H
#define IMPRINT_PANEL_CHECK_H

#include "panel/panel.h"
#include "panel/presence.h"

/* Who hears of each finding, and what becomes of them all. */
struct check {
    const struct panel_settings *settings;
    void (*report)(void *context, const struct panel_finding *finding);
    void *context;
    struct error *err; /* gets the reason of the first that is bad */
    bool is_good;      /* none was bad */
};

/* Reports the finding; `why` with a reason makes it "bad", or "warning" where boards can be made all the same. */
void check_tell(struct check *check, const char *item, const char *name, bool is_warning, const struct error *why);

/* The same with other words of `finding->found`, such as a socket's. Bad is what `finding->found` calls so. */
void check_tell_finding(struct check *check, struct panel_finding finding);

/* Whether the files that it names can be read. */
void check_files(struct check *check);

/* Whether pages can be served: users, certificate, address. Nothing where there is no page. */
void check_page(struct check *check);

/* Whether labels can go where the file says, which is reported; nothing is where there are none. */
void check_labels(struct check *check);

/* Whether the virtual chip is there; its file may come later, its folder may not: false with a reason. */
bool check_virtual_file(const char *path, bool *is_there, struct error *err);

/* What panel_finding says of a socket. */
const char *check_found(const char *device, const struct presence_scan *scan, bool ok, bool is_there);

#endif
