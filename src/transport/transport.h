/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to one chip: whole groups out, whole groups in, and time. A transport knows its bus (word addresses, flags,
 * wake pulses) and nothing of commands; it never retries or judges: only the executor (`chip/executor.c`) does, which
 * also polls, but where the bus knows a better way to wait (`await`).
 * One `struct transport` is one chip, used by one caller at a time.
 */
#ifndef IMPRINT_TRANSPORT_TRANSPORT_H
#define IMPRINT_TRANSPORT_TRANSPORT_H

#include "base/bytes.h"

/* The longest group a chip sends or takes, count and CRC included (ATECC608: 155 data bytes + 7). */
#define TRANSPORT_GROUP_MAX 162

enum transport_status {
    TRANSPORT_OK = 0,
    TRANSPORT_NO_ANSWER, /* nobody acknowledged: asleep, busy executing, or not there */
    TRANSPORT_GARBLED,   /* bytes came, but not a group: count below 4, above `cap`, or cut short */
    TRANSPORT_GONE,      /* the bus itself failed: adapter, file or socket is gone; nothing later will work */
};

struct transport_operations {
    const char *name; /* "virtual", "i2c": for people */

    /* A wake pulse, then the chip's wake time. Does not read the reply: receive() does. TRANSPORT_OK or _GONE. */
    enum transport_status (*wake)(void *context);

    /* Sends one complete group (count .. CRC). OK means that the bus took it, not that it ran. */
    enum transport_status (*send)(void *context, struct bytes group);

    /*
     * Reads the chip's output from its beginning into `group` (from len 0 on): count .. CRC. May be repeated: the same
     * output is read again. NO_ANSWER while the chip is busy or asleep.
     */
    enum transport_status (*receive)(void *context, struct bytes_out *group);

    /*
     * The first receive() of the reply to the group just sent, at a time of the bus's own choosing. `first_us` is half
     * the shortest time the command is known to take, `worst_us` the longest. NO_ANSWER: not ready yet; the caller
     * polls from then on. NULL: the bus has no reason to choose, and the caller does, beginning after `first_us`.
     */
    enum transport_status (*await)(void *context, struct bytes_out *group, uint32_t first_us, uint32_t worst_us);

    /* To idle (TempKey and the other registers stay) or to sleep (they are lost). */
    enum transport_status (*idle)(void *context);
    enum transport_status (*sleep)(void *context);

    /*
     * The chip may have moved, or be about to move, to this 7-bit I2C address: a wake() that finds nobody at the
     * present one looks there, and stays where it finds somebody. NULL: a bus without addresses, or one that looks by
     * itself.
     */
    void (*also_at)(void *context, uint8_t address);

    /* Does anybody acknowledge this 7-bit address? Chips only do while awake. NULL: this bus cannot be asked. */
    bool (*is_taken)(void *context, uint8_t address);

    /* Waits; with a virtual chip it is the virtual clock that moves on. */
    void (*delay_us)(void *context, uint32_t microseconds);

    /* A clock that only runs forward, microseconds from any start; the one delay_us() moves. */
    uint64_t (*now_us)(void *context);
};

/* `context` belongs to the transport's maker and must stay valid as long as any chip uses the transport. */
struct transport {
    const struct transport_operations *operations;
    void *context;
};

#endif
