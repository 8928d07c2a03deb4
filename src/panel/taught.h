/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets that a lead has taught at the page: a file of their own in the state folder, sockets.yaml, with names and
 * devices alone. The station file, which a person writes, is read and never written.
 */
#ifndef IMPRINT_PANEL_TAUGHT_H
#define IMPRINT_PANEL_TAUGHT_H

#include "panel/settings.h"
#include "web/page.h"

/*
 * Adds the sockets of the file to the settings, which are complete, after those that are there. A socket that is there
 * already, with the same name and device, stays. Where there is no file, nothing happens. False with ERROR_INPUT_FILE:
 * a mistake in the file, or a name or device that another socket has, of the station file or taught before; the sockets
 * without such a conflict are added all the same.
 */
bool taught_add_all(struct panel_settings *settings, struct error *err);

/*
 * Puts one more socket into the file, durably. `settings` is what the files say now, and stays. False with ERROR_USAGE:
 * no name, or the name or the device is in use, or there are too many; or ERROR_STORAGE_FAILED, or what the
 * note was refused for.
 */
bool taught_add(const struct panel_settings *settings, const char *name, const char *device,
                const struct page_noting *noting, struct error *err);

/* Takes one out again. False with ERROR_USAGE where it was not taught; or ERROR_STORAGE_FAILED. */
bool taught_remove(const struct panel_settings *settings, const char *name, const struct page_noting *noting,
                   struct error *err);

#endif
