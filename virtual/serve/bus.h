/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One I2C bus with virtual chips: every chip receives every byte, any chip can pull the line low, and all chips' clocks
 * advance together. virtual/serve/server.h decides which client may use the bus.
 */
#ifndef IMPRINT_SERVE_BUS_H
#define IMPRINT_SERVE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/bus_protocol.h"
#include "virtual/serve/waiting.h"

struct trace;
struct virtual_chip;

/* Read-only for callers, except `trace`, `message_max`, `client` and `callbacks`. */
struct serve_bus {
    struct virtual_chip *chips[BUS_CHIPS_MAX];
    size_t count;
    bool real_time;
    uint64_t started_ns; /* wall clock at serve_bus_init() */
    uint32_t clock_hz;
    struct trace *trace; /* set by the caller: records all traffic; NULL: none */
    size_t message_max;  /* bytes of one message that the adapter accepts; 0: BUS_READ_MAX */
    const void *client;  /* whose request is carried out: any pointer that tells clients apart; NULL: one host only */
    struct {
        /* A host asked a busy chip too early and did not come back. NULL: not reported. */
        void (*gave_up)(const void *context, const struct serve_gave_up *gave_up);
        const void *context;
    } callbacks;
    struct serve_waiting waiting[BUS_CHIPS_MAX];
};

#define SERVE_BUS_CLOCK_HZ 400000 /* unless a client sets another */

/* An empty bus. With `real_time` its clock never falls behind the wall clock. */
void serve_bus_init(struct serve_bus *bus, bool real_time);

/* Adds a chip, which stays the caller's and must stay open. False if the bus is full. */
bool serve_bus_add(struct serve_bus *bus, struct virtual_chip *chip);

/* Call before traffic: on a real-time bus, advances the chips' clocks to the wall clock. */
void serve_bus_catch_up(struct serve_bus *bus);

/* The wall clock in nanoseconds, from any start. */
uint64_t serve_bus_wall_ns(void);

uint64_t serve_bus_now_ns(const struct serve_bus *bus);
void serve_bus_wait_ns(struct serve_bus *bus, uint64_t nanoseconds);

/*
 * Advances the clocks until the chip at 7-bit `address` has finished its command, at most `limit_ns`. Does nothing if
 * it executes none, or if there is no such chip. On a real-time bus the clocks are then ahead of the wall clock.
 */
void serve_bus_await(struct serve_bus *bus, uint8_t address, uint64_t limit_ns);

/* How far the chips' clocks are ahead of the wall clock: until then no host may hear of the bus. 0 in virtual time. */
uint64_t serve_bus_ahead_ns(const struct serve_bus *bus);

void serve_bus_set_clock(struct serve_bus *bus, uint32_t clock_hz);
void serve_bus_sda_low(struct serve_bus *bus, uint32_t microseconds);

/* The 8-bit addresses of the chips, in the order they were added. Returns their number. */
size_t serve_bus_addresses(const struct serve_bus *bus, uint8_t addresses[static BUS_CHIPS_MAX]);

/* True if chip number `at` is an ATECC508A; if it has a single wire instead of I2C. */
bool serve_bus_is_508(const struct serve_bus *bus, size_t at);
bool serve_bus_is_single_wire(const struct serve_bus *bus, size_t at);

/* The serial number of chip number `at`. */
#define SERVE_BUS_SERIAL_BYTES 9
void serve_bus_serial(const struct serve_bus *bus, size_t at, uint8_t serial[static SERVE_BUS_SERIAL_BYTES]);

/* As in virtual/chip/virtual.h, of all chips together. */
bool serve_bus_start(struct serve_bus *bus, uint8_t address_byte);
bool serve_bus_write(struct serve_bus *bus, uint8_t byte);
uint8_t serve_bus_read(struct serve_bus *bus);
void serve_bus_stop(struct serve_bus *bus);

#endif
