/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface between imprint and the bus of one chip: send a group, receive a group, wait. A group is a term of the
 * chip's data sheet: a count byte, the data, two CRC bytes. A transport handles its bus (word addresses, flags, wake
 * pulses) and does not interpret commands. It never resends and never checks a reply's CRC or status; imprint's
 * executor does both. The executor also polls for the reply, unless the bus has a better way to wait (`await`).
 *
 * One `struct imprint_transport` serves one chip and one caller at a time. To support another bus, fill in
 * `struct imprint_transport_operations`; see docs/guide/porting.md.
 */
#ifndef IMPRINT_TRANSPORT_H
#define IMPRINT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Length in bytes of the longest group, count and CRC included (ATECC608: 155 data bytes + 7). */
#define IMPRINT_TRANSPORT_GROUP_MAX 162

enum imprint_transport_status {
    IMPRINT_TRANSPORT_OK = 0,
    IMPRINT_TRANSPORT_NO_ANSWER, /* no acknowledgement: the chip is asleep, busy or absent */
    IMPRINT_TRANSPORT_GARBLED,   /* bytes came, but no group: count below 4, count above `cap`, or too few bytes */
    IMPRINT_TRANSPORT_GONE,      /* the bus failed: adapter, file or socket is gone; all later calls fail too */
    IMPRINT_TRANSPORT_BUSY,      /* another task did not release the bus within the time limit: nothing was sent */
    /*
     * A line of the bus is held low, or the transfer was broken off. After send() the chip may have the whole group.
     * Trying again later may help.
     */
    IMPRINT_TRANSPORT_STUCK,
    /*
     * The bus carries messages, but none as long as this one: nothing was sent by send(), and receive() leaves the
     * reply unread. Shorter ones pass.
     */
    IMPRINT_TRANSPORT_TOO_LONG,
};

/* Each function gets the transport's `context` as its first argument. Only those marked "may be NULL" are optional. */
struct imprint_transport_operations {
    const char *name; /* for messages: "virtual", "i2c" */

    /*
     * Sends a wake pulse (60 us low, tWLO), then waits until the chip is awake (1500 us, tWHI). Does not read the
     * chip's reply; the executor calls receive() for that. Returns _OK, _GONE, _BUSY or _STUCK.
     */
    enum imprint_transport_status (*wake)(void *context);

    /*
     * Sends one complete group of `len` bytes, from count to CRC. _OK: all bytes were sent, and acknowledged if the bus
     * does that; it does not mean that the chip executes the command. _NO_ANSWER: the chip did not acknowledge. _GONE,
     * _BUSY, _STUCK, _TOO_LONG. The bytes may be secret: keep no copy.
     */
    enum imprint_transport_status (*send)(void *context, const uint8_t *group, size_t len);

    /*
     * Reads the chip's reply from its start into `group`, at most `cap` bytes, from count to CRC. Sets `*len` to the
     * number of bytes, or to 0 with any status but _OK. A second call reads the same reply again. _NO_ANSWER: the chip
     * is busy or asleep. _GARBLED: no group, or longer than `cap`.
     */
    enum imprint_transport_status (*receive)(void *context, uint8_t *group, size_t cap, size_t *len);

    /*
     * Waits for the end of the command just sent, then does what receive() does. The transport chooses how long it
     * waits: `first_us` microseconds is half the shortest known execution time of the command, `worst_us` the longest.
     * _NO_ANSWER: not ready yet; the caller then polls with receive(). May be NULL: the caller waits `first_us`, then
     * polls.
     */
    enum imprint_transport_status (*await)(void *context, uint8_t *group, size_t cap, size_t *len, uint32_t first_us,
                                           uint32_t worst_us);

    /*
     * Puts the chip into idle (it keeps TempKey and its other registers) or sleep (it loses them). _NO_ANSWER: the chip
     * did not acknowledge, for example because it sleeps already.
     */
    enum imprint_transport_status (*idle)(void *context);
    enum imprint_transport_status (*sleep)(void *context);

    /* Returns the 7-bit I2C address in use. May be NULL: the bus has no addresses. */
    uint8_t (*address)(void *context);

    /*
     * Names a second 7-bit I2C address, because the chip's address may have been changed or is about to be. If wake()
     * finds no chip at the present address but one at `address`, the transport uses that address from then on. May be
     * NULL: the bus has no addresses, or finds the chip by itself.
     */
    void (*also_at)(void *context, uint8_t address);

    /*
     * True if a device acknowledges this 7-bit address. A chip does so only while it is awake. Does not change any
     * device. May be NULL: the bus cannot tell.
     */
    bool (*is_taken)(void *context, uint8_t address);

    /*
     * False if the bus cannot carry a group of `sent` bytes to the chip, or one of `received` bytes from it: where
     * send() or receive() would return _TOO_LONG. Asked with the chip awake, before a job begins that needs such
     * groups. It may move bytes on the bus, but sends no command. True also if the bus fails for another reason. May be
     * NULL: every group passes.
     */
    bool (*carries)(void *context, size_t sent, size_t received);

    /*
     * Reserves the chip for the caller: imprint calls it before it wakes the chip, and release() after it has put the
     * chip to sleep. False if another task did not release the chip within the time limit; nothing is then sent. With
     * it, several tasks or libraries can share one chip; each must leave it asleep. Both may be NULL: nobody else uses
     * the chip.
     */
    bool (*acquire)(void *context);
    void (*release)(void *context);

    /* Waits at least `microseconds`. With a virtual chip this advances the virtual clock and takes no real time. */
    void (*delay_us)(void *context, uint32_t microseconds);

    /* Returns a monotonic clock in microseconds, from any start: the clock by which delay_us() waits. */
    uint64_t (*now_us)(void *context);

    /*
     * Closes the bus and frees what `context` owns. No other function is called afterwards. Does not put the chip to
     * sleep. May be NULL if there is nothing to close, as on most microcontrollers.
     */
    void (*close)(void *context);
};

/*
 * A transport: copy it freely, but close only one copy. The code that created the transport owns `context`, which must
 * stay valid until close(). Zero-initialised: no transport.
 */
struct imprint_transport {
    const struct imprint_transport_operations *operations;
    void *context;
};

/* Returns the 7-bit I2C address in use; 0 if the bus has no addresses or the address is not known yet. */
static inline uint8_t imprint_transport_address(const struct imprint_transport *transport)
{
    if (transport->operations == NULL || transport->operations->address == NULL)
        return 0;
    return transport->operations->address(transport->context);
}

/* Closes the transport and zeroes `*transport`. Does nothing if it is closed or was never opened. */
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
