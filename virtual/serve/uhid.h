/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves a peer as a HID device, which the kernel creates through /dev/uhid: unmodified programs see a Microchip kit on
 * USB, with reports of 64 bytes. Needs the kernel module uhid and write permission on /dev/uhid.
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
 * The same with `fd`, an open /dev/uhid or a test's stand-in; it stays the caller's. True when the kernel has started
 * the device.
 */
bool serve_uhid_create(int fd, const char *serial, struct error *err);

/* Serves `peer` there until `stop_fd` is readable. False if a system call fails, with errno set. */
bool serve_uhid_run(int fd, const struct serve_peer *peer, int stop_fd);

#endif
