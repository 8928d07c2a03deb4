/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to one chip: whole groups out, whole groups in, and time. A group is what the chip's data sheet calls one: a
 * count byte, the data, a CRC of two bytes. A transport knows its bus (word addresses, flags, wake pulses) and nothing
 * of commands. It never sends anything twice and never judges an answer: imprint's executor does that. The executor
 * also polls, unless the bus knows a better way to wait (`await`).
 *
 * One `struct imprint_transport` is one chip, used by one caller at a time. To port imprint to another bus, fill in
 * `struct imprint_transport_operations`; docs/guide/porting.md walks through it.
 */
#ifndef IMPRINT_TRANSPORT_H
#define IMPRINT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest group a chip sends or takes, count and CRC included (ATECC608: 155 data bytes + 7). */
#define IMPRINT_TRANSPORT_GROUP_MAX 162

enum imprint_transport_status {
    IMPRINT_TRANSPORT_OK = 0,
    IMPRINT_TRANSPORT_NO_ANSWER, /* nothing acknowledged: the chip is asleep, busy, or not there */
    IMPRINT_TRANSPORT_GARBLED,   /* bytes came, but not a group: count below 4, above the room for it, or cut short */
    IMPRINT_TRANSPORT_GONE,      /* the bus itself failed: adapter, file or socket is gone; nothing later will work */
};

/* Every function gets the transport's `context` first. Those marked "may be NULL" are optional, all others are not. */
struct imprint_transport_operations {
    const char *name; /* "virtual", "i2c": for people */

    /* A wake pulse, then the chip's wake time. Does not read the reply: receive() does. _OK or _GONE. */
    enum imprint_transport_status (*wake)(void *context);

    /*
     * Sends one complete group of `len` bytes (count .. CRC). _OK means that the bus took it, not that the chip ran it.
     * The bytes may be secret: keep no copy.
     */
    enum imprint_transport_status (*send)(void *context, const uint8_t *group, size_t len);

    /*
     * Reads the chip's output from its beginning into `group`, at most `cap` bytes: count .. CRC. `*len` gets the
     * number of bytes, 0 with any status but _OK. May be repeated: the same output is read again. _NO_ANSWER while the
     * chip is busy or asleep; _GARBLED where the group is longer than `cap`.
     */
    enum imprint_transport_status (*receive)(void *context, uint8_t *group, size_t cap, size_t *len);

    /*
     * The first receive() of the reply to the group just sent, at a time of the bus's own choosing. `first_us` is half
     * the shortest time the command is known to take, `worst_us` the longest. _NO_ANSWER: not ready yet; the caller
     * polls from then on. May be NULL: the caller then waits `first_us` and polls.
     */
    enum imprint_transport_status (*await)(void *context, uint8_t *group, size_t cap, size_t *len, uint32_t first_us,
                                           uint32_t worst_us);

    /* Sends the chip to idle (TempKey and the other registers stay) or to sleep (they are lost). */
    enum imprint_transport_status (*idle)(void *context);
    enum imprint_transport_status (*sleep)(void *context);

    /* The 7-bit I2C address at which the chip is spoken to now. May be NULL: this bus has no addresses. */
    uint8_t (*address)(void *context);

    /*
     * The chip may have moved, or be about to move, to this 7-bit I2C address: a wake() that finds no chip at the
     * present one looks there, and stays where it finds one. May be NULL: a bus without addresses, or one that looks
     * by itself.
     */
    void (*also_at)(void *context, uint8_t address);

    /* Does anything acknowledge this 7-bit address? Chips only do while awake. May be NULL: this bus cannot tell. */
    bool (*is_taken)(void *context, uint8_t address);

    /* Waits; with a virtual chip it is the virtual clock that moves on. */
    void (*delay_us)(void *context, uint32_t microseconds);

    /* A clock that only runs forward, microseconds from any start; the one delay_us() moves. */
    uint64_t (*now_us)(void *context);

    /*
     * Gives up the bus and all that `context` owns: no other function is called afterwards. Does not put the chip to
     * sleep. May be NULL: there is nothing to give up, as on most microcontrollers.
     */
    void (*close)(void *context);
};

/* `context` belongs to the transport's maker and must stay valid until close(). Zero-initialised: no transport. */
struct imprint_transport {
    const struct imprint_transport_operations *operations;
    void *context;
};

/* The 7-bit I2C address at which the chip is spoken to now; 0: this bus has no addresses, or none is known yet. */
static inline uint8_t imprint_transport_address(const struct imprint_transport *transport)
{
    if (transport->operations == NULL || transport->operations->address == NULL)
        return 0;
    return transport->operations->address(transport->context);
}

/* Closes the transport and forgets it. One that is closed already, or was never opened, stays closed. */
static inline void imprint_transport_close(struct imprint_transport *transport)
{
    if (transport->operations != NULL && transport->operations->close != NULL)
        transport->operations->close(transport->context);
    transport->operations = NULL;
    transport->context = NULL;
}

#ifdef __cplusplus
}
#endif

#endif
