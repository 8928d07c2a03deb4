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

struct hid_device_;

/* Must stay valid, and in place, as long as the transport made from it is used. Private. */
struct transport_kit_hid {
    struct hid_device_ *hid;
    struct kit_port port;
    struct transport_kit kit;
};

/*
 * Opens the kit whose USB serial number is `serial`, or with NULL the only one there is, and selects the chip as
 * transport_kit_open() does. False with a reason: no such kit, several, not allowed, no such chip. On true `self` must
 * be closed.
 */
bool transport_kit_hid_open(struct transport_kit_hid *self, const char *serial, uint8_t address,
                            struct imprint_transport *transport, struct error *err);
void transport_kit_hid_close(struct transport_kit_hid *self);

#endif
