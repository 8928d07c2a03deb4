/* SPDX-License-Identifier: Apache-2.0 */
#include "station/bus_chips.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/device.h"
#include "transport/place.h"

#define KIND "i2c:"

/* --- names --- */

/* The kernel's name of the bus; the same text where there is no such file. */
static const char *resolve(const char *bus, char resolved[static PATH_MAX])
{
    return realpath(bus, resolved) != NULL ? resolved : bus;
}

bool bus_chips_is_at(const char *device, const char *bus, uint8_t address)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct transport_place place;
    char left[PATH_MAX], right[PATH_MAX];

    if (strncmp(device, KIND, strlen(KIND)) != 0 ||
        !transport_place_read(&place, device + strlen(KIND), false, "", &ignored))
        return false;
    return (address == 0 || place.address == 0 || address == place.address) &&
           strcmp(resolve(place.path, left), resolve(bus, right)) == 0;
}

bool bus_chips_is_named(const char *device, const char *name)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct transport_place place;

    return transport_place_read(&place, name, true, "", &ignored) && bus_chips_is_at(device, place.path, place.address);
}

/* --- chips --- */

/*
 * At which of these addresses something answers after a wake. The bus is opened for the first of them: closing it puts
 * the chip there to sleep, and no other.
 */
static void find_taken(const char *bus, const uint8_t *addresses, size_t count, bool taken[static BUS_CHIPS_MAX])
{
    const struct imprint_transport_operations *operations;
    struct error ignored = {.reason = ERROR_NONE};
    struct station_config config = {.trace = NULL};
    char named[PATH_MAX + 16];
    struct device device = {.named_address = 0};

    (void)snprintf(named, sizeof named, KIND "%s@0x%02x", bus, addresses[0]);
    config.device = named;
    if (!device_open_bus(&device, &config, &ignored))
        return;
    operations = device.transport.operations;
    (void)operations->wake(device.transport.context);
    for (size_t i = 0; i < count; i++)
        taken[i] = operations->is_taken != NULL && operations->is_taken(device.transport.context, addresses[i]);
    device_close(&device);
}

/* False: what answers is no chip, or another process uses it now. */
static bool ask(const char *bus, uint8_t address, struct bus_chip *chip)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct station_config config = {.only_there = true};
    char named[PATH_MAX + 16];
    struct device device = {.named_address = 0};

    (void)snprintf(named, sizeof named, KIND "%s@0x%02x", bus, address);
    config.device = named;
    if (!device_open(&device, &config, true, &ignored))
        return false;
    chip->address = address;
    hex_encode(bytes_of(device.serial, sizeof device.serial), chip->serial);
    device_close(&device);
    return true;
}

size_t bus_chips_find(const char *bus, bool (*may_ask)(const void *context, const char *bus, uint8_t address),
                      const void *context, struct bus_chip chips[static BUS_CHIPS_MAX])
{
    uint8_t asked[BUS_CHIPS_MAX];
    bool taken[BUS_CHIPS_MAX] = {false};
    size_t asked_count = 0, count = 0;

    for (size_t i = 0; i < BUS_CHIPS_MAX; i++)
        if (may_ask(context, bus, transport_usual_addresses[i]))
            asked[asked_count++] = transport_usual_addresses[i];
    if (asked_count > 0)
        find_taken(bus, asked, asked_count, taken);
    for (size_t i = 0; i < asked_count; i++)
        if (taken[i] && ask(bus, asked[i], &chips[count]))
            count++;
    return count;
}
