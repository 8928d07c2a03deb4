/* SPDX-License-Identifier: Apache-2.0 */
/* How the page teaches sockets: it asks here, from a thread of its own, and nothing of the running panel is touched. */
#ifndef IMPRINT_PANEL_TEACHING_H
#define IMPRINT_PANEL_TEACHING_H

#include "web/page.h"

/*
 * What the page calls for the station file `path`, which must stay. The files are read anew each time: what counts is
 * what they say now, and which sockets run. `also_at`: the I2C address to which the profile moves a chip, 0 for none.
 * The panel takes up a new socket when it is asked to (PAGE_ASK_SOCKETS).
 */
struct page_teaching teaching_of(const char *path, uint8_t also_at);

#endif
