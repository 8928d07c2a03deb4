/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer behind a HID device that the kernel makes for us (/dev/uhid): unmodified programs find it as a kit on USB,
 * with vendor and product of Microchip's, in reports of 64 bytes. Wants the kernel's module uhid, and the right to it.
 */
#ifndef IMPRINT_SERVE_UHID_H
#define IMPRINT_SERVE_UHID_H

#include <stdbool.h>

#include "base/error.h"
#include "virtual/serve/peer.h"

#define SERVE_UHID_SERIAL_MAX 63

/* Makes the device, with `serial` as its serial number; the descriptor is the caller's to close. -1 with a reason. */
int serve_uhid_open(const char *serial, struct error *err);

/*
 * The same with `fd`, on which the kernel's side speaks as /dev/uhid does; it stays the caller's. True when the kernel
 * has taken the device into use.
 */
bool serve_uhid_create(int fd, const char *serial, struct error *err);

/* Serves `peer` there until `stop_fd` is readable. False when the kernel refuses to go on, with errno set. */
bool serve_uhid_run(int fd, const struct serve_peer *peer, int stop_fd);

#endif
