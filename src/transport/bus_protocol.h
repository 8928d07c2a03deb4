/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of the bus protocol, by which programs share a bus with virtual chips over a socket.
 * docs/reference/bus-protocol.md explains them. All integers are sent least significant byte first.
 */
#ifndef IMPRINT_TRANSPORT_BUS_PROTOCOL_H
#define IMPRINT_TRANSPORT_BUS_PROTOCOL_H

#define BUS_VERSION 1
#define BUS_MAGIC "imprint-bus"
#define BUS_MAGIC_BYTES 11

/* A frame: length of what follows (2), type (1), body. */
#define BUS_LENGTH_BYTES 2
#define BUS_HEADER_BYTES 3
#define BUS_FRAME_MAX 8448 /* the length field's highest value: type and body */

enum bus_request {
    BUS_HELLO = 0x01,
    BUS_TRANSFER = 0x02,
    BUS_WAKE = 0x03,
    BUS_TIME = 0x04,
    BUS_CLOCK = 0x05,
    BUS_HOLD = 0x06,
    BUS_RELEASE = 0x07,
    BUS_AWAIT = 0x08, /* only where the reply to BUS_HELLO has BUS_HELLO_AWAIT */
};

enum bus_reply_type {
    BUS_OK = 0x80,    /* body: time (8), then the reply data of the request */
    BUS_ERROR = 0x81, /* body: enum bus_refusal (1), then text for people; the server closes after it */
};

enum bus_refusal {
    BUS_NOT_REFUSED = 0,
    BUS_NOT_A_CLIENT = 1, /* the first frame is not BUS_HELLO with the magic */
    BUS_BAD_VERSION = 2,
    BUS_BAD_FRAME = 3, /* a length of 0 or above BUS_FRAME_MAX, an unknown type, a body that does not fit it */
    BUS_HOLD_LOST = 4, /* the hold was lost: BUS_HOLD_SILENCE_MS without use, or BUS_HOLD_MAX_MS, while others waited */
    BUS_TOO_MANY = 5,  /* the server has its maximum number of clients */
};

/* Flags in the reply to BUS_HELLO. A client ignores flags that it does not know. */
#define BUS_HELLO_REAL_TIME 0x01
#define BUS_HELLO_AWAIT 0x02
#define BUS_CHIPS_MAX 16

/* BUS_TRANSFER: count (1), then per message flags (1), 7-bit address (1), length (2), and the bytes of a write. */
#define BUS_MESSAGES_MAX 42
#define BUS_MESSAGE_HEADER_BYTES 4
#define BUS_MESSAGE_READ 0x01
#define BUS_MESSAGE_GROUP 0x02 /* with READ: the first byte read is the count of all, up to the length given */
#define BUS_READ_MAX 8192      /* bytes of all reads of one transfer */

/* The reply to it, after the time: result (1), messages completed (1), bytes acknowledged of the message refused (2).
 */
#define BUS_TRANSFER_REPLY_BYTES 4
enum bus_result {
    BUS_ACKNOWLEDGED = 0,
    BUS_ADDRESS_REFUSED = 1, /* no chip acknowledged the address of message number `completed` */
    BUS_BYTE_REFUSED = 2,    /* one of its bytes was not acknowledged */
    BUS_TOO_LONG = 3,        /* message number `completed` is longer than the adapter accepts: it was not sent */
};

#define BUS_AWAIT_BYTES 9 /* 7-bit address (1), nanoseconds (8) */

#define BUS_WAKE_LOW_MAX_US 1000000
#define BUS_HELLO_MAX_MS 10000   /* from connecting to the hello */
#define BUS_HOLD_SILENCE_MS 5000 /* a holder that does not use the bus while others wait */
#define BUS_HOLD_MAX_MS 30000    /* a holder that uses it while others wait */

#endif
