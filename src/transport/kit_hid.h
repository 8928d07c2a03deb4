/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport through a Microchip kit on USB HID: transport/kit.h over hidapi, in reports of 64 bytes, padded with NULs.
 * hidapi keeps state of its own in the process, so one kit is open at a time.
 */
#ifndef IMPRINT_TRANSPORT_KIT_HID_H
#define IMPRINT_TRANSPORT_KIT_HID_H

#include "base/error.h"
#include "transport/kit.h"

#define KIT_HID_VENDOR 0x03EB
#define KIT_HID_PRODUCT 0x2312

/*
 * Opens the kit whose USB serial number is `serial`, or with NULL the only one there is, and selects the chip as
 * transport_kit_open() does. False with a reason: no such kit, several, not allowed, no such chip. On true the caller
 * closes `transport`.
 */
bool transport_kit_hid_open(const char *serial, uint8_t address, struct imprint_transport *transport,
                            struct error *err);

/* Does `place`, what follows the colon of kit:, mean a kit on USB: hid, hid:SERIAL? */
bool transport_kit_hid_is_meant(const char *place);

/*
 * Whether a program plays the kit that `place` means, through the kernel's uhid (imprint virtual serve --kit-hid): it
 * is no device on USB. False also if there is no such kit.
 */
bool transport_kit_hid_is_emulated(const char *place);

/* The same of a device in sysfs, such as /sys/class/hidraw/hidraw0/device: no hardware is behind it. */
bool transport_kit_hid_is_without_hardware(const char *sysfs);

/* The same from what follows the colon of DEVICE (transport/kinds.h). */
bool transport_kit_hid_open_place(const char *place, uint8_t also_at, struct imprint_transport *transport,
                                  struct error *err);

#endif
