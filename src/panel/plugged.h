/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is plugged into this machine, by names that stay: serial ports in a folder that udev keeps, kits on USB by the
 * kernel's list of HID devices, chips on the I2C buses that the station file names, and, to rehearse, files of virtual
 * chips in a folder.
 */
#ifndef IMPRINT_PANEL_PLUGGED_H
#define IMPRINT_PANEL_PLUGGED_H

#include "panel/settings.h"
#include "web/page.h"

/*
 * Lists what is there, sorted by name, into `devices`: their number, at most PAGE_DEVICES_MAX. `settings` are as the
 * files are now, `running` the sockets that the station works at: chips of either are asked for nothing.
 */
size_t plugged_list(const struct panel_settings *settings, const struct page_running *running,
                    struct page_device devices[static PAGE_DEVICES_MAX]);

#endif
