/* SPDX-License-Identifier: Apache-2.0 */
/* DEVICE: the virtual chip here, all other transports by the table in transport/kinds.c. */
#include "station/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/hex.h"
#include "chip/command.h"
#include "chip/operations.h"
#include "station/folder.h"
#include "transport/kinds.h"
#include "transport/place.h"
#include "transport/virtual.h"
#include "virtual/chip/virtual.h"
#include "virtual/trace/observer.h"

/* A status of the virtual chip as a reason; one row each. */
static const enum error_reason reasons[] = {
    [VIRTUAL_NO_FILE] = ERROR_DEVICE_MISSING,   [VIRTUAL_NOT_CHIP] = ERROR_DEVICE_GARBLED,
    [VIRTUAL_DAMAGED] = ERROR_DEVICE_GARBLED,   [VIRTUAL_VERSION] = ERROR_DEVICE_GARBLED,
    [VIRTUAL_IN_USE] = ERROR_DEVICE_BUSY,       [VIRTUAL_SYSTEM] = ERROR_DEVICE_MISSING,
    [VIRTUAL_BAD_IMAGE] = ERROR_DEVICE_GARBLED,
};

/* "virtual:FILE, i2c:..., ...": all forms of DEVICE. */
static void list_forms(char *text, size_t size)
{
    size_t len = (size_t)snprintf(text, size, "name one of: virtual, virtual:FILE");

    for (size_t i = 0; i < transport_kind_count && len < size; i++)
        len += (size_t)snprintf(text + len, size - len, ", %s", transport_kinds[i].form);
}

bool device_open_virtual(const struct station_config *config, const char *path, struct virtual_chip **chip,
                         struct error *err)
{
    struct virtual_problem problem = {.cause = NULL};
    enum virtual_status status;

    status = virtual_open(path, chip, &problem);
    if (status != VIRTUAL_OK) {
        enum error_reason reason = (size_t)status < sizeof reasons / sizeof reasons[0] ? reasons[status] : ERROR_NONE;

        *chip = NULL;
        error_set(err, reason == ERROR_NONE ? ERROR_UNEXPECTED : reason,
                  problem.cause != NULL ? problem.cause : "the virtual chip cannot be opened",
                  status == VIRTUAL_SYSTEM    ? "check who may read and write the file"
                  : status == VIRTUAL_NO_FILE ? "check the name, or make one with: imprint virtual new FILE"
                  : status == VIRTUAL_IN_USE
                      ? "wait until the other program has ended, then run the same command again"
                      : "name the file of a virtual chip, or make one with: imprint virtual new FILE");
        error_with_errno(err, status == VIRTUAL_NO_FILE ? 0 : problem.system_errno);
        error_with_subject(err, path);
        if (err != NULL && status == VIRTUAL_IN_USE && problem.holder_pid > 0)
            err->found = (uint32_t)problem.holder_pid;
        return false;
    }
    for (size_t i = 0; i < config->fault_count; i++) {
        if (!virtual_arm_fault(*chip, config->faults[i])) {
            error_set(
                err, ERROR_USAGE, "the virtual chip has no such fault",
                "write KIND@N with N from 1; docs/internals/virtual-chip.md lists the kinds, such as silent, lost, slow, cut and tear");
            error_with_subject(err, config->faults[i]);
            virtual_close(*chip);
            *chip = NULL;
            return false;
        }
    }
    return true;
}

static bool open_virtual(struct device *device, const struct station_config *config, const char *place,
                         struct error *err)
{
    char path[PATH_MAX];
    struct virtual_chip *chip;
    struct transport_virtual_observer observer;

    if (place == NULL) {
        if (!folder_in_state(config, "chip.virtual", path, err))
            return false;
    } else if (place[0] == '\0' || strlen(place) >= sizeof path) {
        error_set(err, ERROR_USAGE, "virtual: needs the name of a file after the colon", NULL);
        return false;
    } else {
        (void)snprintf(path, sizeof path, "%s", place);
    }
    if (!device_open_virtual(config, path, &chip, err)) {
        if (place == NULL && err != NULL && err->reason == ERROR_DEVICE_MISSING && err->system_errno == 0)
            err->next = "make one with: imprint virtual new";
        return false;
    }
    if (!tracing_open(&device->tracing, config, err)) {
        virtual_close(chip);
        return false;
    }
    observer = trace_observer(device->tracing.trace);
    if (transport_virtual_own(chip, device->tracing.trace != NULL ? &observer : NULL, &device->transport))
        return true;
    virtual_close(chip);
    tracing_close(&device->tracing);
    error_set(err, ERROR_UNEXPECTED, "no memory", NULL);
    return false;
}

/* For ways to a chip that imprint does not simulate, and so cannot disturb or record. */
static bool refuse_virtual_options(const struct station_config *config, struct error *err)
{
    const char *cause = config->fault_count > 0 ? "--fault is for virtual chips only"
                        : config->trace != NULL ? "--trace is for virtual chips only"
                                                : NULL;

    if (cause == NULL)
        return false;
    error_set(err, ERROR_USAGE, cause, "leave it out, or give it to imprint virtual serve");
    return true;
}

/* Opens the transport that DEVICE names. A usage error of any of them tells all forms, unless it has a hint. */
static bool open_transport(struct device *device, const struct station_config *config, struct error *err)
{
    const char *colon = strchr(config->device, ':'), *place = colon == NULL ? NULL : colon + 1;
    const struct transport_kind *kind = transport_kind_of(config->device);
    char forms[512];
    bool opened = false;

    if (kind != NULL)
        opened = !refuse_virtual_options(config, err) && kind->open(place, config->also_at, &device->transport, err);
    else if (strcmp(config->device, "virtual") == 0 || strncmp(config->device, "virtual:", 8) == 0)
        opened = open_virtual(device, config, place, err);
    else
        error_set(err, ERROR_USAGE, "no such kind of device", NULL);
    if (!opened && err->reason == ERROR_USAGE && err->next == NULL) {
        list_forms(forms, sizeof forms);
        err->next = error_keep(err, forms);
    }
    return opened;
}

bool device_read_serial(const char *text, size_t len, uint8_t serial[static CHIP_SERIAL_BYTES])
{
    struct bytes_out out = {.data = serial, .cap = CHIP_SERIAL_BYTES};

    return hex_decode(text, len, &out, NULL) && out.len == CHIP_SERIAL_BYTES;
}

uint8_t device_named_address(const char *named)
{
    const char *at = strrchr(named, '@');
    uint64_t address;

    return at != NULL && number_parse(at + 1, 0x08, 0x77, &address) == NUMBER_OK ? (uint8_t)address : 0;
}

/*
 * No chip answered: looks whether one does at another of the usual addresses of the same bus, and says how to name it.
 * An address whose half is one of them was probably taken from a data sheet that prints the 8-bit form.
 */
static void advise_silent(const struct device *device, const struct station_config *config, struct error *err)
{
    const struct imprint_transport_operations *bus = device->transport.operations;
    const struct transport_kind *kind = transport_kind_of(config->device);
    const uint8_t tried = imprint_transport_address(&device->transport);
    const char *at = strrchr(config->device, '@');
    const int bare =
        device->named_address != 0 && at != NULL ? (int)(at - config->device) : (int)strlen(config->device);
    char text[PATH_MAX + 64];

    if (kind != NULL && kind->when_silent != NULL)
        err->next = kind->when_silent;
    if (tried == 0 || config->only_there)
        return;
    if (bus->is_taken != NULL)
        (void)bus->wake(device->transport.context);
    for (size_t i = 0; i < sizeof transport_usual_addresses; i++) {
        const uint8_t other = transport_usual_addresses[i];

        if (other == tried)
            continue;
        if (bus->is_taken != NULL && bus->is_taken(device->transport.context, other)) {
            (void)snprintf(text, sizeof text, "no chip answers at 0x%02x; one answers at 0x%02x", tried, other);
            err->cause = error_keep(err, text);
            (void)snprintf(text, sizeof text, "use --device %.*s@0x%02x", bare, config->device, other);
            err->next = error_keep(err, text);
            return;
        }
        if (tried == 2 * other) {
            (void)snprintf(text, sizeof text, "0x%02x is the 8-bit form of 0x%02x: use --device %.*s@0x%02x", tried,
                           other, bare, config->device, other);
            err->next = error_keep(err, text);
            return;
        }
    }
}

/* Where the same DEVICE will look for the chip the next time; 0: wherever it is. */
static uint8_t expected_address(const struct device *device, const struct transport_kind *kind)
{
    const uint8_t address = device_address(device);

    if (kind == NULL || device->named_address != 0 || !kind->one_by_default)
        return device->named_address;
    for (size_t i = 0; i < sizeof transport_usual_addresses; i++) {
        if (transport_usual_addresses[i] == address)
            return address;
    }
    return transport_usual_addresses[0];
}

bool device_open(struct device *device, const struct station_config *config, bool looking, struct error *err)
{
    const struct transport_kind *kind = transport_kind_of(config->device);

    *device = (struct device){.part = CHIP_PART_UNKNOWN};
    if (!open_transport(device, config, err))
        goto failed;
    device->named_address = kind == NULL ? 0 : device_named_address(config->device);
    chip_init(&device->chip, &device->transport);
    if (config->also_at != 0)
        chip_also_at(&device->chip, config->also_at);
    if (looking)
        chip_forbid_changes(&device->chip);
    if (chip_read_config(&device->chip, &device->config, err) != CHIP_OK ||
        chip_identify_part(&device->chip, &device->config, err) != CHIP_OK) {
        if (err->reason == ERROR_DEVICE_SILENT)
            advise_silent(device, config, err);
        goto failed;
    }
    device->expected_address = expected_address(device, kind);
    chip_config_serial(&device->config, device->serial);
    device->part = chip_config_part(&device->config);
    return true;
failed:
    error_doing(err, "open the device");
    device_close(device);
    return false;
}

bool device_open_bus(struct device *device, const struct station_config *config, struct error *err)
{
    *device = (struct device){.part = CHIP_PART_UNKNOWN};
    if (!open_transport(device, config, err))
        return false;
    chip_init(&device->chip, &device->transport);
    return true;
}

uint8_t device_address(const struct device *device)
{
    return imprint_transport_address(&device->transport);
}

void device_allow_writes(struct device *device)
{
    device->chip.guard.allow = NULL;
}

void device_close(struct device *device)
{
    if (device->transport.operations != NULL)
        chip_sleep(&device->chip);
    imprint_transport_close(&device->transport);
    tracing_close(&device->tracing);
}

void device_say_counters(const struct device *device, const struct station *station)
{
    const struct chip_counters *counters = &device->chip.counters;

    station_say(station, STATION_DETAIL,
                "%" PRIu32 " commands (%" PRIu32 " resent, %" PRIu32 " that may write), %" PRIu32
                " bytes sent, %" PRIu32 " received, %" PRIu32 " wakes, %" PRIu32 " polls",
                counters->commands, counters->resends, counters->writing, counters->bytes_sent,
                counters->bytes_received, counters->wakes, counters->polls);
}
