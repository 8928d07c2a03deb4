/* SPDX-License-Identifier: Apache-2.0 */
/* Open drain: acknowledged when any chip acknowledges, and the bytes of several chips are ANDed. */
#include "virtual/serve/bus.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "virtual/trace/trace.h"
#include "virtual/chip/virtual.h"

uint64_t serve_bus_wall_ns(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void serve_bus_init(struct serve_bus *bus, bool real_time)
{
    *bus =
        (struct serve_bus){.real_time = real_time, .started_ns = serve_bus_wall_ns(), .clock_hz = SERVE_BUS_CLOCK_HZ};
}

bool serve_bus_add(struct serve_bus *bus, struct virtual_chip *chip)
{
    uint64_t now = serve_bus_now_ns(bus), its = virtual_now_ns(chip);

    if (bus->count == BUS_CHIPS_MAX)
        return false;
    if (its < now)
        virtual_wait_ns(chip, now - its);
    bus->chips[bus->count++] = chip;
    virtual_i2c_set_clock(chip, bus->clock_hz);
    return true;
}

uint64_t serve_bus_now_ns(const struct serve_bus *bus)
{
    return bus->count == 0 ? 0 : virtual_now_ns(bus->chips[0]);
}

void serve_bus_wait_ns(struct serve_bus *bus, uint64_t nanoseconds)
{
    for (size_t i = 0; i < bus->count; i++)
        virtual_wait_ns(bus->chips[i], nanoseconds);
}

void serve_bus_await(struct serve_bus *bus, uint8_t address, uint64_t limit_ns)
{
    for (size_t i = 0; i < bus->count; i++) {
        if (virtual_i2c_address(bus->chips[i]) >> 1 == address) {
            const uint64_t busy_ns = virtual_busy_ns(bus->chips[i]);

            serve_bus_wait_ns(bus, busy_ns < limit_ns ? busy_ns : limit_ns);
            return;
        }
    }
}

uint64_t serve_bus_ahead_ns(const struct serve_bus *bus)
{
    const uint64_t here = bus->started_ns + serve_bus_now_ns(bus), world = bus->real_time ? serve_bus_wall_ns() : here;

    return here > world ? here - world : 0;
}

void serve_bus_catch_up(struct serve_bus *bus)
{
    uint64_t world, here = serve_bus_now_ns(bus);

    if (!bus->real_time)
        return;
    world = serve_bus_wall_ns() - bus->started_ns;
    if (world > here)
        serve_bus_wait_ns(bus, world - here);
}

/*
 * On a real-time bus, waits until the wall clock has reached the chips' clocks. If a reply were sent earlier, the chips
 * would be ahead of the host, and a delay that the host then waits, such as the wake delay, would be too short for
 * them.
 */
static void wait_for_wall_clock(const struct serve_bus *bus)
{
    const uint64_t until_ns = bus->started_ns + serve_bus_now_ns(bus);
    const struct timespec until = {.tv_sec = (time_t)(until_ns / UINT64_C(1000000000)),
                                   .tv_nsec = (long)(until_ns % UINT64_C(1000000000))};
    int interrupted = 0;

    if (!bus->real_time)
        return;
    do
        interrupted = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    while (interrupted == EINTR);
}

void serve_bus_set_clock(struct serve_bus *bus, uint32_t clock_hz)
{
    if (clock_hz == bus->clock_hz)
        return;
    bus->clock_hz = clock_hz;
    for (size_t i = 0; i < bus->count; i++)
        virtual_i2c_set_clock(bus->chips[i], clock_hz);
}

void serve_bus_sda_low(struct serve_bus *bus, uint32_t microseconds)
{
    trace_wake(bus->trace, serve_bus_now_ns(bus), microseconds);
    for (size_t i = 0; i < bus->count; i++)
        virtual_i2c_sda_low(bus->chips[i], microseconds);
    serve_waiting_stop(bus);
    wait_for_wall_clock(bus);
}

size_t serve_bus_addresses(const struct serve_bus *bus, uint8_t addresses[static BUS_CHIPS_MAX])
{
    for (size_t i = 0; i < bus->count; i++)
        addresses[i] = virtual_i2c_address(bus->chips[i]);
    return bus->count;
}

/* Revision, bytes 4 to 7 of the config zone: 00 00 50 00 of the ATECC508A, 00 00 60 .. of the 608. */
bool serve_bus_is_508(const struct serve_bus *bus, size_t at)
{
    uint8_t config[VIRTUAL_CONFIG_BYTES];

    virtual_peek_config(bus->chips[at], config);
    return config[6] == 0x50;
}

/* Bytes 0 to 3 and 8 to 12 of the config zone. */
void serve_bus_serial(const struct serve_bus *bus, size_t at, uint8_t serial[static SERVE_BUS_SERIAL_BYTES])
{
    uint8_t config[VIRTUAL_CONFIG_BYTES];

    virtual_peek_config(bus->chips[at], config);
    memcpy(serial, config, 4);
    memcpy(serial + 4, config + 8, 5);
}

bool serve_bus_is_single_wire(const struct serve_bus *bus, size_t at)
{
    return virtual_is_single_wire(bus->chips[at]);
}

bool serve_bus_start(struct serve_bus *bus, uint8_t address_byte)
{
    const uint64_t now_ns = serve_bus_now_ns(bus);
    bool acknowledged = false;

    for (size_t i = 0; i < bus->count; i++)
        acknowledged |= virtual_i2c_start(bus->chips[i], address_byte);
    trace_start(bus->trace, now_ns, address_byte, acknowledged);
    serve_waiting_start(bus, address_byte, acknowledged, now_ns);
    return acknowledged;
}

bool serve_bus_write(struct serve_bus *bus, uint8_t byte)
{
    bool acknowledged = false;

    for (size_t i = 0; i < bus->count; i++)
        acknowledged |= virtual_i2c_write(bus->chips[i], byte);
    trace_written(bus->trace, byte, acknowledged);
    serve_waiting_write(bus, byte);
    return acknowledged;
}

uint8_t serve_bus_read(struct serve_bus *bus)
{
    uint8_t byte = 0xff;

    for (size_t i = 0; i < bus->count; i++)
        byte &= virtual_i2c_read(bus->chips[i]);
    trace_read(bus->trace, byte);
    return byte;
}

void serve_bus_stop(struct serve_bus *bus)
{
    for (size_t i = 0; i < bus->count; i++)
        virtual_i2c_stop(bus->chips[i]);
    trace_stop(bus->trace);
    serve_waiting_stop(bus);
    wait_for_wall_clock(bus);
}
