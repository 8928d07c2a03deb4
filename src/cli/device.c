/* SPDX-License-Identifier: Apache-2.0 */
/* DEVICE, taken apart by a table of its kinds. */
#include "cli/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "chip/command.h"
#include "chip/operations.h"
#include "cli/folder.h"
#include "cli/options.h"
#include "virtual/chip/virtual.h"

/* Where a part answers that leaves its maker unconfigured (I2C_Address 0xC0). */
#define BLANK_ADDRESS 0x60

/* A status of the virtual chip as a reason; one row each. */
static const enum error_reason reasons[] = {
    [VIRTUAL_NO_FILE] = ERROR_DEVICE_MISSING,   [VIRTUAL_NOT_CHIP] = ERROR_DEVICE_GARBLED,
    [VIRTUAL_DAMAGED] = ERROR_DEVICE_GARBLED,   [VIRTUAL_VERSION] = ERROR_DEVICE_GARBLED,
    [VIRTUAL_IN_USE] = ERROR_DEVICE_BUSY,       [VIRTUAL_SYSTEM] = ERROR_DEVICE_MISSING,
    [VIRTUAL_BAD_IMAGE] = ERROR_DEVICE_GARBLED,
};

bool device_split_host(char **host, char **port)
{
    char *colon = strrchr(*host, ':'), *bracket = strchr(*host, ']');
    uint64_t number;

    if (colon == NULL || colon == *host || colon[1] == '\0' || (bracket != NULL && bracket + 1 != colon))
        return false;
    if (bracket != NULL) {
        if (**host != '[')
            return false;
        ++*host;
        *bracket = '\0';
    }
    *colon = '\0';
    *port = colon + 1;
    /* A number that is none of a port would be cut down to one; a name is looked up. */
    return strspn(*port, "0123456789") != strlen(*port) || options_number(*port, 0, 65535, &number);
}

static bool refuse_form(const struct cli *cli, const char *cause, struct error *err)
{
    (void)cli;
    error_set(err, ERROR_USAGE, cause,
              "it is virtual, virtual:FILE, swi:/dev/ttyX, i2c:/dev/i2c-N, kit:/dev/ttyX, kit:hid, kit:hid:SERIAL, "
              "unix:PATH or tcp:HOST:PORT, from i2c: on also with @ADDRESS");
    return false;
}

bool device_open_virtual(const struct cli *cli, const char *path, struct virtual_chip **chip, struct error *err)
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
                  : status != VIRTUAL_NO_FILE ? NULL
                                              : "check the name, or make one with: imprint virtual new FILE");
        error_with_errno(err, status == VIRTUAL_NO_FILE ? 0 : problem.system_errno);
        error_with_subject(err, path);
        if (err != NULL && status == VIRTUAL_IN_USE && problem.holder_pid > 0)
            err->found = (uint32_t)problem.holder_pid;
        return false;
    }
    for (size_t i = 0; i < cli->fault_count; i++) {
        if (!virtual_arm_fault(*chip, cli->faults[i])) {
            error_set(
                err, ERROR_USAGE, "this is no fault of the virtual chip",
                "KIND@N with N from 1; docs/internals/virtual-chip.md lists the kinds, such as silent, lost, slow, cut and tear");
            error_with_subject(err, cli->faults[i]);
            virtual_close(*chip);
            *chip = NULL;
            return false;
        }
    }
    return true;
}

static bool open_virtual(struct device *device, const struct cli *cli, const char *rest, struct error *err)
{
    if (rest == NULL) {
        if (!folder_in_state(cli, "chip.virtual", device->path, err))
            return false;
    } else if (rest[0] == '\0' || strlen(rest) >= sizeof device->path) {
        return refuse_form(cli, "virtual: wants the name of a file behind the colon", err);
    } else {
        snprintf(device->path, sizeof device->path, "%s", rest);
    }
    if (!device_open_virtual(cli, device->path, &device->virtual_chip, err)) {
        if (rest == NULL && err != NULL && err->reason == ERROR_DEVICE_MISSING)
            err->next = "make one with: imprint virtual new";
        return false;
    }
    device->transport = transport_virtual_init(&device->virtual_bus, device->virtual_chip);
    if (!tracing_open(&device->tracing, cli, err))
        return false;
    transport_virtual_trace(&device->virtual_bus, device->tracing.trace);
    return true;
}

/* Takes the `len` characters of `rest` as `device->path`. For ways to a chip that is not ours to make fail. */
static bool take_path(struct device *device, const struct cli *cli, const char *rest, size_t len, const char *wanted,
                      struct error *err)
{
    if (len == 0 || len >= sizeof device->path)
        return refuse_form(cli, wanted, err);
    if (cli->fault_count > 0) {
        error_set(err, ERROR_USAGE, "--fault is for virtual chips only",
                  "leave it out; imprint virtual serve takes it too");
        return false;
    }
    if (cli->trace != NULL) {
        error_set(err, ERROR_USAGE, "--trace is for virtual chips only",
                  "leave it out; imprint virtual serve takes it too");
        return false;
    }
    memcpy(device->path, rest, len);
    device->path[len] = '\0';
    return true;
}

/*
 * Takes `rest` apart at its last @: into `device->path`, and the address behind it, `address` unchanged where there is
 * none.
 */
static bool split_address(struct device *device, const struct cli *cli, const char *rest, const char *wanted,
                          uint64_t *address, struct error *err)
{
    const char *at = rest == NULL ? NULL : strrchr(rest, '@');
    size_t len = rest == NULL ? 0 : at == NULL ? strlen(rest) : (size_t)(at - rest);

    /* The bus keeps 0x00 to 0x07 and 0x78 to 0x7f for itself. */
    if (at != NULL && !options_number(at + 1, 0x08, 0x77, address))
        return refuse_form(cli, "the address behind @ is not a 7-bit one from 0x08 to 0x77", err);
    device->given_address = (uint8_t)*address;
    return take_path(device, cli, rest, len, wanted, err);
}

static bool open_i2c(struct device *device, const struct cli *cli, const char *rest, struct error *err)
{
    uint64_t address = BLANK_ADDRESS;

    if (!split_address(device, cli, rest, "i2c: wants the name of an adapter behind the colon", &address, err))
        return false;
    device->i2c_open =
        transport_i2c_linux_open(&device->i2c_bus, device->path, (uint8_t)address, &device->transport, err);
    return device->i2c_open;
}

static bool open_swi(struct device *device, const struct cli *cli, const char *rest, struct error *err)
{
    if (!take_path(device, cli, rest, rest == NULL ? 0 : strlen(rest),
                   "swi: wants the name of a serial port behind the colon", err))
        return false;
    device->swi_open = transport_swi_tty_open(&device->swi_bus, device->path, &device->transport, err);
    return device->swi_open;
}

/* "hid" or "hid:SERIAL" in `path` names a kit on USB; anything else is a serial port's file. */
static bool open_kit_hid(struct device *device, uint8_t address, struct error *err)
{
    const char *serial = device->path[3] == ':' ? device->path + 4 : NULL;

    if (serial != NULL && serial[0] == '\0') {
        error_set(err, ERROR_USAGE, "kit:hid: wants a kit's serial number behind the colon",
                  "kit:hid alone is the only kit that is plugged in");
        return false;
    }
    device->hid_open = transport_kit_hid_open(&device->hid_bus, serial, address, &device->transport, err);
    if (!device->hid_open)
        error_with_subject(err, serial);
    return device->hid_open;
}

static bool open_kit_at(struct device *device, uint8_t address, struct error *err)
{
    if (strcmp(device->path, "hid") == 0 || strncmp(device->path, "hid:", 4) == 0)
        return open_kit_hid(device, address, err);
    device->kit_open = transport_kit_tty_open(&device->kit_bus, device->path, address, &device->transport, err);
    return device->kit_open;
}

/* A kit names its chips by their addresses, so one that has moved is not found by waking it. */
static bool open_kit(struct device *device, const struct cli *cli, const char *rest, struct error *err)
{
    struct error ignored = {.reason = ERROR_NONE};
    uint64_t address = 0;

    if (!split_address(device, cli, rest, "kit: wants the name of a serial port behind the colon, or hid", &address,
                       err))
        return false;
    if (address != 0 && cli->also_at != 0 && open_kit_at(device, (uint8_t)address, &ignored))
        return true;
    if (address != 0 && cli->also_at != 0 && open_kit_at(device, cli->also_at, &ignored))
        return true;
    return open_kit_at(device, (uint8_t)address, err);
}

static bool open_unix(struct device *device, const struct cli *cli, const char *rest, struct error *err)
{
    uint64_t address = 0;

    if (!split_address(device, cli, rest, "unix: wants the name of a socket behind the colon", &address, err))
        return false;
    device->socket_open =
        transport_socket_open_unix(&device->socket_bus, device->path, (uint8_t)address, &device->transport, err);
    error_with_subject(err, device->socket_open ? NULL : device->path);
    return device->socket_open;
}

static bool open_tcp(struct device *device, const struct cli *cli, const char *rest, struct error *err)
{
    static const char wanted[] = "tcp: wants HOST:PORT behind the colon";
    char copy[PATH_MAX], *host = copy, *port;
    uint64_t address = 0;

    if (!split_address(device, cli, rest, wanted, &address, err))
        return false;
    (void)snprintf(copy, sizeof copy, "%s", device->path);
    if (!device_split_host(&host, &port))
        return refuse_form(cli, wanted, err);
    device->socket_open =
        transport_socket_open_tcp(&device->socket_bus, host, port, (uint8_t)address, &device->transport, err);
    error_with_subject(err, device->socket_open ? NULL : device->path);
    return device->socket_open;
}

static const struct {
    const char *name;
    bool (*open)(struct device *device, const struct cli *cli, const char *rest, struct error *err);
    const char *when_silent; /* what to look at when nothing answers, beside what holds for any bus; or NULL */
} kinds[] = {
    {"virtual", open_virtual, NULL},
    {"i2c", open_i2c,
     "check the chip's power, wiring and address, and that the bus runs at 100 kHz or slower: a faster one wakes no chip"},
    {"swi", open_swi, NULL},
    {"kit", open_kit, NULL},
    {"unix", open_unix, NULL},
    {"tcp", open_tcp, NULL},
};

/* The guard is asked only about what would last. */
static bool allow_nothing(void *context, const struct chip_command *command, uint8_t param1, uint16_t param2)
{
    (void)context;
    (void)command;
    (void)param1;
    (void)param2;
    return false;
}

bool device_open(struct device *device, const struct cli *cli, bool looking, struct error *err)
{
    size_t len = strcspn(cli->device, ":"), kind = 0;
    const char *rest = cli->device[len] == ':' ? cli->device + len + 1 : NULL;

    *device = (struct device){.part = CHIP_PART_UNKNOWN};
    while (kind < sizeof kinds / sizeof kinds[0] &&
           (strlen(kinds[kind].name) != len || strncmp(kinds[kind].name, cli->device, len) != 0))
        kind++;
    if (kind == sizeof kinds / sizeof kinds[0]) {
        refuse_form(cli, "no such kind of device", err);
        goto failed;
    }
    if (!kinds[kind].open(device, cli, rest, err))
        goto failed;
    chip_init(&device->chip, &device->transport);
    if (cli->also_at != 0)
        chip_also_at(&device->chip, cli->also_at);
    if (looking)
        device->chip.guard.allow = allow_nothing;
    if (chip_read_config(&device->chip, &device->config, err) != CHIP_OK) {
        if (err->reason == ERROR_DEVICE_SILENT && kinds[kind].when_silent != NULL)
            err->next = kinds[kind].when_silent;
        goto failed;
    }
    chip_config_serial(&device->config, device->serial);
    device->part = chip_config_part(&device->config);
    return true;
failed:
    error_doing(err, "open the device");
    device_close(device);
    return false;
}

uint8_t device_address(const struct device *device)
{
    if (device->i2c_open)
        return device->i2c_bus.address;
    if (device->socket_open)
        return device->socket_bus.address;
    if (device->kit_open)
        return device->kit_bus.kit.identity >> 1;
    return device->hid_open ? device->hid_bus.kit.identity >> 1 : 0;
}

void device_allow_writes(struct device *device)
{
    device->chip.guard.allow = NULL;
}

void device_close(struct device *device)
{
    if (device->virtual_chip == NULL && !device->i2c_open && !device->swi_open && !device->socket_open &&
        !device->kit_open && !device->hid_open)
        return;
    if (device->chip.transport.operations != NULL)
        chip_sleep(&device->chip);
    virtual_close(device->virtual_chip);
    device->virtual_chip = NULL;
    tracing_close(&device->tracing);
    if (device->i2c_open)
        transport_i2c_linux_close(&device->i2c_bus);
    device->i2c_open = false;
    if (device->swi_open)
        transport_swi_tty_close(&device->swi_bus);
    device->swi_open = false;
    if (device->socket_open)
        transport_socket_close(&device->socket_bus);
    device->socket_open = false;
    if (device->kit_open)
        transport_kit_tty_close(&device->kit_bus);
    device->kit_open = false;
    if (device->hid_open)
        transport_kit_hid_close(&device->hid_bus);
    device->hid_open = false;
}

void device_say_counters(const struct device *device, const struct output *output)
{
    const struct chip_counters *counters = &device->chip.counters;

    output_detail(output,
                  "imprint: %" PRIu32 " commands (%" PRIu32 " resent, %" PRIu32 " that may write), %" PRIu32
                  " bytes sent, %" PRIu32 " received, %" PRIu32 " wakes, %" PRIu32 " polls",
                  counters->commands, counters->resends, counters->writing, counters->bytes_sent,
                  counters->bytes_received, counters->wakes, counters->polls);
}
