/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One I2C bus with virtual chips on it: every chip hears every byte, what any of them pulls low is low, and all their
 * clocks go together. Leaves whose turn it is to virtual/serve/server.h. A bus has no mutable state but what lies here.
 */
#ifndef IMPRINT_SERVE_BUS_H
#define IMPRINT_SERVE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/bus_protocol.h"

struct trace;
struct virtual_chip;

/* Private, but for reading. */
struct serve_bus {
    struct virtual_chip *chips[BUS_CHIPS_MAX];
    size_t count;
    bool real_time;
    uint64_t started_ns; /* wall clock when the bus began, where it follows that */
    uint32_t clock_hz;
    struct trace *trace; /* set by the caller: NULL, or what takes all that passes */
};

#define SERVE_BUS_CLOCK_HZ 400000 /* where no client says otherwise */

/* An empty bus. With `real_time` its clock never falls behind the wall clock. */
void serve_bus_init(struct serve_bus *bus, bool real_time);

/* Puts a chip on the bus, which stays the caller's and must stay open. False when the bus is full. */
bool serve_bus_add(struct serve_bus *bus, struct virtual_chip *chip);

/* Called before traffic: lets the time that has passed in the world pass on the bus. */
void serve_bus_catch_up(struct serve_bus *bus);

/* The clock on the wall, from any start. */
uint64_t serve_bus_wall_ns(void);

uint64_t serve_bus_now_ns(const struct serve_bus *bus);
void serve_bus_wait_ns(struct serve_bus *bus, uint64_t nanoseconds);

/*
 * Lets time pass until the chip at 7-bit `address` is done with what it executes, at most `limit_ns`; none at all when
 * it executes nothing, or is not there.
 */
void serve_bus_await(struct serve_bus *bus, uint8_t address, uint64_t limit_ns);

void serve_bus_set_clock(struct serve_bus *bus, uint32_t clock_hz);
void serve_bus_sda_low(struct serve_bus *bus, uint32_t microseconds);

/* The 8-bit addresses of the chips, in the order they were added. `addresses` has room for all. */
size_t serve_bus_addresses(const struct serve_bus *bus, uint8_t addresses[static BUS_CHIPS_MAX]);

/* Is chip number `at` an ATECC508A? Has it a single wire in place of I2C? */
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
