/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transport that plays a script: what must come next and what the bus answers. Anything else fails the test. Groups
 * are written without their CRC, which is put on here, so that scripts read like data sheets.
 */
#ifndef IMPRINT_TEST_CHIP_SCRIPTED_H
#define IMPRINT_TEST_CHIP_SCRIPTED_H

#include <imprint/transport.h>

enum scripted_kind {
    SCRIPT_END = 0,
    SCRIPT_WAKE,   /* a wake pulse */
    SCRIPT_SEND,   /* a group: `hex` is count to data */
    SCRIPT_REPLY,  /* a reply: `hex` is the payload */
    SCRIPT_RAW,    /* a reply: `hex` is all of it, right or wrong */
    SCRIPT_SILENT, /* no reply, however often it is asked for */
    SCRIPT_IDLE,
    SCRIPT_SLEEP,
    SCRIPT_ALWAYS, /* from here on everything but a wake pulse ends with `status` */
};

struct scripted_step {
    enum scripted_kind kind;
    const char *hex;
    uint32_t busy_us; /* a reply: so long after the last send nothing answers */
    enum imprint_transport_status status;
};

/* Before the pulse the chip is sent to idle, in case that it is awake; one asleep does not hear it. */
#define SCRIPT_PULSE                                                                                                   \
    {.kind = SCRIPT_IDLE, .status = IMPRINT_TRANSPORT_NO_ANSWER},                                                      \
    {                                                                                                                  \
        .kind = SCRIPT_WAKE                                                                                            \
    }
#define SCRIPT_WAKES SCRIPT_PULSE, {.kind = SCRIPT_REPLY, .hex = "11"}
/* The executor knows its state. */
#define SCRIPT_WAKES_AGAIN {.kind = SCRIPT_WAKE}, {.kind = SCRIPT_REPLY, .hex = "11"}
#define SCRIPT_SENDS(text) {.kind = SCRIPT_SEND, .hex = (text)}
#define SCRIPT_NACKS(text) {.kind = SCRIPT_SEND, .hex = (text), .status = IMPRINT_TRANSPORT_NO_ANSWER}
#define SCRIPT_ANSWERS(text) {.kind = SCRIPT_REPLY, .hex = (text), .busy_us = 2000}
#define SCRIPT_HOLDS(text) {.kind = SCRIPT_REPLY, .hex = (text)} /* what is in its output buffer when it is woken */
#define SCRIPT_ANSWERS_RAW(text) {.kind = SCRIPT_RAW, .hex = (text)}
#define SCRIPT_ANSWERS_NEVER {.kind = SCRIPT_SILENT}
#define SCRIPT_GARBLES {.kind = SCRIPT_RAW, .hex = "", .status = IMPRINT_TRANSPORT_GARBLED}
#define SCRIPT_BUSY {.kind = SCRIPT_RAW, .hex = "", .status = IMPRINT_TRANSPORT_BUSY}
#define SCRIPT_TOO_LONG {.kind = SCRIPT_RAW, .hex = "", .status = IMPRINT_TRANSPORT_TOO_LONG}
#define SCRIPT_STUCK_PULSE                                                                                             \
    {.kind = SCRIPT_IDLE, .status = IMPRINT_TRANSPORT_STUCK},                                                          \
    {                                                                                                                  \
        .kind = SCRIPT_WAKE, .status = IMPRINT_TRANSPORT_STUCK                                                         \
    }
#define SCRIPT_IDLES {.kind = SCRIPT_IDLE}

struct scripted {
    const char *name; /* of the script, for messages */
    const struct scripted_step *next;
    uint64_t now_us, sent_at_us;
    uint32_t smallest_delay_us;
    unsigned receives;
};

/* Ready to play `steps`, which end with a step of zeros. `self` must outlive the transport. */
struct imprint_transport scripted_init(struct scripted *self, const char *name, const struct scripted_step *steps);

/* Fails the test unless all steps were played. */
void scripted_done(struct scripted *self);

#endif
