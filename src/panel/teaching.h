/* SPDX-License-Identifier: Apache-2.0 */
/* How the page teaches sockets: it asks here, from a thread of its own, and nothing of the running panel is touched. */
#ifndef IMPRINT_PANEL_TEACHING_H
#define IMPRINT_PANEL_TEACHING_H

#include "web/page.h"

/*
 * What the page calls for the station file `path`, which must stay. The files are read anew each time: what counts is
 * what they say now. The panel takes up a new socket when it is asked to (PAGE_ASK_SOCKETS).
 */
struct page_teaching teaching_of(const char *path);

#endif
