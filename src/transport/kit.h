/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport through a Microchip kit (kit protocol: lines there and back). The kit drives the chip's bus and waits for
 * commands to end, so a command's reply has come when send() is back, and receive() gives it as often as asked. What
 * carries the lines is a `struct kit_port`: transport/kit_tty.h, transport/kit_hid.h.
 */
#ifndef IMPRINT_TRANSPORT_KIT_H
#define IMPRINT_TRANSPORT_KIT_H

#include "base/bytes.h"
#include "base/error.h"
#include <imprint/transport.h>

#define KIT_PIECE_MAX 64 /* a HID report, and a handful of a serial port's bytes */

/* A way for lines. Must stay valid, and in place, as long as a transport uses it. */
struct kit_port {
    /* Drops what has come before, then sends a whole line, its end included. False: the kit is gone. */
    bool (*say)(void *context, struct bytes line);

    /*
     * Waits for the next bytes of the kit's, at least one, into `piece`, which has room for KIT_PIECE_MAX; NULs between
     * lines do no harm. IMPRINT_TRANSPORT_OK; _NO_ANSWER when none came within `patience_ms`; _GONE.
     */
    enum imprint_transport_status (*hear)(void *context, struct bytes_out *piece, int patience_ms);

    /* Gives up the port and what `context` owns; no other function is called afterwards. May be NULL. */
    void (*close)(void *context);

    void *context;
};

/* Must stay valid, and in place, as long as the transport made from it is used. Private. */
struct transport_kit {
    const struct kit_port *port;
    bool gone;
    uint8_t identity; /* of the chip selected: its 8-bit address */
    uint8_t other;    /* where it may be as well; 0: nowhere */
    uint8_t reply[IMPRINT_TRANSPORT_GROUP_MAX];
    size_t reply_len; /* 0: nobody answered */
};

/*
 * Selects the chip at 7-bit `address`, or with 0 the first ECC chip the kit names. False with a reason: no kit, no such
 * chip. On true closing `transport` closes the port as well; else it stays the caller's.
 */
bool transport_kit_open(struct transport_kit *self, const struct kit_port *port, uint8_t address,
                        struct imprint_transport *transport, struct error *err);

#endif
