/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport through a Microchip kit, which speaks the kit protocol: one line of text for a request, one for the reply
 * (docs/reference/kit-protocol.md). The kit drives the chip's bus and waits for the end of each command, so send()
 * returns with the reply, and receive() can read it repeatedly. A `struct kit_port` carries the lines:
 * transport/kit_tty.h, transport/kit_hid.h.
 */
#ifndef IMPRINT_TRANSPORT_KIT_H
#define IMPRINT_TRANSPORT_KIT_H

#include "base/bytes.h"
#include "base/error.h"
#include <imprint/transport.h>

#define KIT_PIECE_MAX 64 /* a HID report, and a handful of a serial port's bytes */

/* A connection that carries lines. Must stay valid, and in place, as long as a transport uses it. */
struct kit_port {
    /* Drops bytes received so far, then sends a whole line with its end. False: the kit is gone. */
    bool (*send_line)(void *context, struct bytes line);

    /*
     * Waits for at least one byte from the kit and writes what came to `piece`, which has space for KIT_PIECE_MAX
     * bytes. NULs between lines are ignored. IMPRINT_TRANSPORT_OK; _NO_ANSWER if none came within `timeout_ms`; _GONE.
     */
    enum imprint_transport_status (*receive)(void *context, struct bytes_out *piece, int timeout_ms);

    /* Closes the port and frees what `context` owns; no other function is called afterwards. May be NULL. */
    void (*close)(void *context);

    void *context;
};

/* Must stay valid, and in place, as long as the transport made from it is used. Private. */
struct transport_kit {
    const struct kit_port *port;
    bool gone;
    uint8_t identity; /* of the chip selected: its 8-bit address */
    uint8_t other;    /* second address at which the chip may answer; 0: none */
    uint8_t reply[IMPRINT_TRANSPORT_GROUP_MAX];
    size_t reply_len; /* 0: no reply */
};

/*
 * Selects the chip at 7-bit `address`, or with 0 the first ECC chip the kit names. False with a reason: no kit, no such
 * chip. On true, closing `transport` also closes the port; on false the port stays the caller's.
 */
bool transport_kit_open(struct transport_kit *self, const struct kit_port *port, uint8_t address,
                        struct imprint_transport *transport, struct error *err);

#endif
