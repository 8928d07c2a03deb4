/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport to a chip on a single wire (parts without I2C), through a UART whose transmitter and receiver are both on
 * that wire: one UART byte is one bit. Runs on a microcontroller as it does on Linux; a
 * `struct swi_port` gives access to the UART. This bus has no address and no acknowledgement: send() reports success
 * even if no chip listens, and a chip that is busy or asleep does not answer.
 */
#ifndef IMPRINT_TRANSPORT_SWI_H
#define IMPRINT_TRANSPORT_SWI_H

#include "base/bytes.h"

#include <imprint/transport.h>

/* The two baud rates. 7 data bits, or 8 with the highest sent as a one; no parity, 1 stop bit. */
#define SWI_BAUD 230400
#define SWI_WAKE_BAUD 115200

/* The most bytes that one exchange() sends or receives. */
#define SWI_EXCHANGE_MAX 128

/* A UART. All functions but close() are required. A port must stay valid, and in place, as long as a transport uses it.
 */
struct swi_port {
    /* Sets the baud rate after all bytes have been sent. False: the UART is gone. */
    bool (*set_baud)(void *context, uint32_t baud);

    /*
     * Sends `out` and at the same time receives into `in`, starting at len 0. The received bytes include the echo of
     * `out`. Returns when `in` is full, or when no byte was sent or received for `silence_us` microseconds. An exchange
     * that sends first drops bytes received earlier. One that only receives (`out` empty) continues where the last one
     * stopped and must not lose a byte in between: 41 us per byte at 230,400 baud if the UART buffers only one. If the
     * receiver is off while the transmitter sends, the port copies `out` to `in` itself. False: the UART is gone.
     */
    bool (*exchange)(void *context, struct bytes out, struct bytes_out *in, uint32_t silence_us);

    void (*delay_us)(void *context, uint32_t microseconds);

    /* A clock that only runs forward, microseconds from any start. */
    uint64_t (*now_us)(void *context);

    /*
     * How long to wait for a byte, in microseconds: 1000 on a bare UART, more if a driver or a USB adapter delays
     * received bytes. Each poll of a busy chip takes this long.
     */
    uint32_t patience_us;

    /* Closes the UART and frees what `context` owns; no other function is called afterwards. May be NULL. */
    void (*close)(void *context);

    void *context;
};

/* Must stay valid, and in place, as long as the transport made from it is used. Private. */
struct transport_swi {
    const struct swi_port *port;
    bool down; /* the last flag sent was idle or sleep: after a wake pulse the watchdog starts at 0 */
    bool gone;
};

/* A transport over `port`. Sends nothing. */
struct imprint_transport transport_swi_init(struct transport_swi *self, const struct swi_port *port);

/*
 * Checks that transmitter and receiver are connected: sends one bit, which the next wake pulse cancels, and compares
 * its echo. IMPRINT_TRANSPORT_OK; _NO_ANSWER: no echo; _GARBLED: a wrong echo; _GONE.
 */
enum imprint_transport_status transport_swi_probe(struct transport_swi *self);

#endif
