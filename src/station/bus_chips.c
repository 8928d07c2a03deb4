/* SPDX-License-Identifier: Apache-2.0 */
#include "station/bus_chips.h"

#include <stdio.h>

#include "station/device.h"

/* At which of the usual addresses something answers after a wake. */
static void find_taken(const char *bus, bool taken[static BUS_CHIPS_MAX])
{
    const struct imprint_transport_operations *operations;
    struct error ignored = {.reason = ERROR_NONE};
    struct station_config config = {.trace = NULL};
    char named[PATH_MAX + 16];
    struct device device = {.named_address = 0};

    (void)snprintf(named, sizeof named, "i2c:%s@0x%02x", bus, transport_usual_addresses[0]);
    config.device = named;
    if (!device_open_bus(&device, &config, &ignored))
        return;
    operations = device.transport.operations;
    (void)operations->wake(device.transport.context);
    for (size_t i = 0; i < BUS_CHIPS_MAX; i++)
        taken[i] = operations->is_taken != NULL &&
                   operations->is_taken(device.transport.context, transport_usual_addresses[i]);
    device_close(&device);
}

/* False: what answers is no chip, or another process uses it now. */
static bool ask(const char *bus, uint8_t address, struct bus_chip *chip)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct station_config config = {.trace = NULL};
    char named[PATH_MAX + 16];
    struct device device = {.named_address = 0};

    (void)snprintf(named, sizeof named, "i2c:%s@0x%02x", bus, address);
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
    bool taken[BUS_CHIPS_MAX] = {false};
    size_t count = 0;

    find_taken(bus, taken);
    for (size_t i = 0; i < BUS_CHIPS_MAX; i++) {
        const uint8_t address = transport_usual_addresses[i];

        if (taken[i] && may_ask(context, bus, address) && ask(bus, address, &chips[count]))
            count++;
    }
    return count;
}
