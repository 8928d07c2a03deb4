/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport to a chip on a single wire (parts without I2C), through a UART whose transmitter and receiver are both on
 * that wire: one UART byte is one bit. Runs on a microcontroller as it does on Linux; what differs from one UART to the
 * next is `struct swi_port`. There is no address and no acknowledgement on this bus: a chip that is busy or asleep just
 * does not answer, and what was sent counts as taken.
 */
#ifndef IMPRINT_TRANSPORT_SWI_H
#define IMPRINT_TRANSPORT_SWI_H

#include "base/bytes.h"

#include <imprint/transport.h>

/* The two rates. 7 data bits or 8 (the highest is sent as a one), no parity, 1 stop bit. */
#define SWI_BAUD 230400
#define SWI_WAKE_BAUD 115200

/* At most so many bytes are handed to one exchange(), either way. */
#define SWI_EXCHANGE_MAX 128

/* A UART. All functions must be there. A port must stay valid, and in place, as long as a transport uses it. */
struct swi_port {
    /* Sets the rate, once all that was sent has left. False: the UART is gone. */
    bool (*set_baud)(void *context, uint32_t baud);

    /*
     * Sends `out` and meanwhile fills `in`, from len 0 on, with what the receiver hears, the echo of `out` among it.
     * Returns when `in` is full, or when nothing has been heard for `silence_us` since the last byte heard or sent.
     * What was heard before an exchange that sends is dropped; an exchange that only listens (`out` empty) goes on
     * where the last one stopped, without losing a byte in between: a UART that holds but one byte has 41 us for that.
     * A receiver that does not hear its own transmitter copies `out` into `in` itself. False: the UART is gone.
     */
    bool (*exchange)(void *context, struct bytes out, struct bytes_out *in, uint32_t silence_us);

    void (*delay_us)(void *context, uint32_t microseconds);

    /* A clock that only runs forward, microseconds from any start. */
    uint64_t (*now_us)(void *context);

    /*
     * How long after a byte has been sent the next one may take to be heard: 1000 on a bare UART, more where a driver
     * or a USB adapter keeps bytes back. Each poll of a busy chip takes that long.
     */
    uint32_t patience_us;

    /* Gives up the UART and what `context` owns; no other function is called afterwards. May be NULL. */
    void (*close)(void *context);

    void *context;
};

/* Must stay valid, and in place, as long as the transport made from it is used. Private. */
struct transport_swi {
    const struct swi_port *port;
    bool down; /* the last thing sent was idle or sleep: a wake pulse finds the chip with a fresh watchdog */
    bool gone;
};

/* A transport over `port`. Sends nothing. */
struct imprint_transport transport_swi_init(struct transport_swi *self, const struct swi_port *port);

/*
 * Is anybody listening to what the transmitter says? Sends one bit, which a wake pulse undoes, and looks for its echo.
 * IMPRINT_TRANSPORT_OK; _NO_ANSWER: nothing was heard; _GARBLED: something else was; _GONE.
 */
enum imprint_transport_status transport_swi_probe(struct transport_swi *self);

#endif
