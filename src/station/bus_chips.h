/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which chips answer on an I2C bus, at the addresses that new ones have. Nothing else of the bus is asked for anything:
 * on a PC's SMBus there are memory modules and fans.
 */
#ifndef IMPRINT_STATION_BUS_CHIPS_H
#define IMPRINT_STATION_BUS_CHIPS_H

#include "base/hex.h"
#include "chip/config.h"
#include "transport/usual_addresses.h"

#define BUS_CHIPS_MAX TRANSPORT_USUAL_ADDRESSES

struct bus_chip {
    uint8_t address; /* 7 bits */
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
};

/*
 * Whether DEVICE of a socket is the chip at this address of the bus: by any name of the bus, and any way to write the
 * address. A DEVICE without an address is each chip of its bus; `address` 0 is the bus itself.
 */
bool bus_chips_is_at(const char *device, const char *bus, uint8_t address);

/* The same for "BUS@ADDRESS", or "BUS". */
bool bus_chips_is_named(const char *device, const char *name);

/*
 * The chips on the bus, such as "/dev/i2c-1", their number. Wakes all chips of the bus and reads from those that it
 * lists; writes nothing. `may_ask`: whether the chip at this address may be asked, with `context`: nothing is sent to
 * another one or read from it, and a bus with no other one is left alone. A bus that cannot be used has none.
 */
size_t bus_chips_find(const char *bus, bool (*may_ask)(const void *context, const char *bus, uint8_t address),
                      const void *context, struct bus_chip chips[static BUS_CHIPS_MAX]);

#endif
