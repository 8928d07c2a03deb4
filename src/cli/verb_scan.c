/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint scan: which chips answer on a bus. Only reads. Other devices may share an I2C bus, and a command for a chip
 * could change one of them: so only addresses at which new chips answer are asked for more than an acknowledgement,
 * unless the bus is a served one, which has nothing but chips. Where DEVICE names an address, that one alone is looked
 * at: another program may be in the middle of a command at each other chip.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "base/number.h"
#include "chip/config.h"
#include "station/device.h"
#include "transport/kinds.h"
#include "transport/place.h"
#include "station/value.h"

/* The I2C specification reserves the addresses below and above. */
#define FIRST_ADDRESS 0x08
#define LAST_ADDRESS 0x77

enum scan_option { OPTION_ALSO_AT, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_ALSO_AT] = {"also-at", 0, "ADDRESS", "also look at ADDRESS, to which the profile moves the chip", NULL},
};

static void show_chip(const struct output *output, const struct device *device, const char *named)
{
    /* A virtual part with a single wire has an address byte, but no bus to be found on by it. */
    const uint8_t address = chip_config_is_i2c(&device->config) ? device_address(device) : 0;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)], place[8] = "-";

    hex_encode(bytes_of(device->serial, sizeof device->serial), serial);
    if (address != 0)
        (void)snprintf(place, sizeof place, "0x%02x", address);
    output_result(output, "%-4s  %s  %-11s  --device %s\n", place, serial, chip_part_name(device->part), named);
    output_object(output, json_pack("{s:s, s:o, s:s, s:s, s:o}", "event", "found", "i2c_address",
                                    address != 0 ? json_integer(address) : json_null(), "serial", serial, "part",
                                    chip_part_name(device->part), "device", value_text(named)));
}

static void show_other(const struct output *output, uint8_t address, const char *named)
{
    struct advice_given there = output->given;
    char *next;

    there.device = named;
    next = advice_complete(&there, "imprint info");
    output_result(output, "0x%02x  something answers; if it is a chip: %s\n", address, next != NULL ? next : named);
    free(next);
    output_object(output, json_pack("{s:s, s:i, s:n, s:n, s:o}", "event", "found", "i2c_address", (int)address,
                                    "serial", "part", "device", value_text(named)));
}

static bool is_usual(uint8_t address)
{
    return memchr(transport_usual_addresses, address, TRANSPORT_USUAL_ADDRESSES) != NULL;
}

/* What is looked at: the whole bus, or one address of it and perhaps another one. */
struct scope {
    uint8_t given, also; /* 0: none */
};

static bool is_in_scope(const struct scope *scope, uint8_t address)
{
    return scope->given == 0 || address == scope->given || address == scope->also;
}

/* The addresses in the scope at which something answers after a wake. False with a reason. */
static bool find_taken(const struct station_config *config, const struct scope *scope,
                       bool taken[static LAST_ADDRESS + 1], struct error *err)
{
    struct device bus;
    const struct imprint_transport_operations *operations;

    if (!device_open_bus(&bus, config, err))
        return false;
    operations = bus.transport.operations;
    (void)operations->wake(bus.transport.context);
    for (uint8_t address = FIRST_ADDRESS; address <= LAST_ADDRESS; address++)
        taken[address] = is_in_scope(scope, address) && operations->is_taken != NULL &&
                         operations->is_taken(bus.transport.context, address);
    device_close(&bus);
    return true;
}

/* Opens, shows, closes: one chip. `only_there`: reads from no other address of its bus. */
static bool show_one(const struct cli *cli, const char *named, bool only_there, struct error *err)
{
    struct station_config one = cli->station.config;
    struct device device;

    one.device = named;
    one.only_there = only_there;
    if (!device_open(&device, &one, true, err))
        return false;
    show_chip(&cli->output, &device, named);
    device_close(&device);
    return true;
}

/* False with ERROR_USAGE. */
static bool read_scope(const struct cli *cli, const struct transport_kind *kind, struct scope *scope, struct error *err)
{
    const char *also = cli->values[OPTION_ALSO_AT];
    uint64_t address = 0;

    *scope = (struct scope){.given = device_named_address(cli->station.config.device)};
    if (also == NULL)
        return true;
    if (number_parse(also, FIRST_ADDRESS, LAST_ADDRESS, &address) != NUMBER_OK) {
        error_set(err, ERROR_USAGE, "--also-at needs a 7-bit address from 0x08 to 0x77", NULL);
        error_with_subject(err, also);
        return false;
    }
    if (kind == NULL || !kind->scans || scope->given == 0) {
        error_set(err, ERROR_USAGE, "--also-at needs a DEVICE that names an address of a bus",
                  "name the address, as in i2c:/dev/i2c-1@0x60, or leave out --also-at");
        error_with_subject(err, cli->station.config.device);
        return false;
    }
    scope->also = (uint8_t)address;
    return true;
}

/* Nothing answers in the scope. `bare`: the length of the bus's name in DEVICE. */
static void advise_silent(struct cli *cli, const struct transport_kind *kind, const struct scope *scope, int bare,
                          struct error *err)
{
    const char *cause, *device = cli->station.config.device;

    if (scope->given == 0) {
        error_set(err, ERROR_DEVICE_SILENT, "no chip answers on this bus", kind->when_silent);
        return;
    }
    cause = scope->also == 0 || scope->also == scope->given
                ? error_keep_format(err, "no chip answers at 0x%02x", scope->given)
                : error_keep_format(err, "no chip answers at 0x%02x or 0x%02x", scope->given, scope->also);
    error_set(err, ERROR_DEVICE_SILENT, cause, "list the whole bus: imprint scan");
    device = error_keep_format(err, "%.*s", bare, device);
    if (device != NULL)
        cli->output.given.device = device;
}

/* A bus with addresses. False with a reason where nothing at all answers. */
static bool scan_addresses(struct cli *cli, const struct transport_kind *kind, const struct scope *scope,
                           struct error *err)
{
    const char *device = cli->station.config.device;
    bool taken[LAST_ADDRESS + 1] = {false};
    char named[PATH_MAX + 8];
    struct station_config there = cli->station.config;
    unsigned found = 0;
    int bare;

    bare = (int)(scope->given != 0 ? (size_t)(strrchr(device, '@') - device) : strlen(device));
    /* Closing the bus puts the chip at this address to sleep. */
    (void)snprintf(named, sizeof named, "%.*s@0x%02x", bare, device,
                   scope->given != 0 ? scope->given : transport_usual_addresses[0]);
    there.device = named;
    if (!find_taken(&there, scope, taken, err))
        return false;
    for (uint8_t address = FIRST_ADDRESS; address <= LAST_ADDRESS; address++) {
        struct error ignored = {.reason = ERROR_NONE};

        if (!taken[address])
            continue;
        found++;
        (void)snprintf(named, sizeof named, "%.*s@0x%02x", bare, device, address);
        if ((kind->only_chips || scope->given != 0 || is_usual(address)) &&
            show_one(cli, named, scope->given != 0, &ignored))
            continue;
        show_other(&cli->output, address, named);
    }
    if (found == 0)
        advise_silent(cli, kind, scope, bare, err);
    return found > 0;
}

static enum cli_exit run_scan(struct cli *cli)
{
    const struct transport_kind *kind = transport_kind_of(cli->station.config.device);
    struct error err = ERROR_IN(cli->error_room);
    struct scope scope;
    bool good;

    cli->output.device = cli->station.config.device;
    good = read_scope(cli, kind, &scope, &err) &&
           (kind != NULL && kind->scans ? scan_addresses(cli, kind, &scope, &err)
                                        : show_one(cli, cli->station.config.device, false, &err));
    if (good)
        return CLI_DONE;
    error_doing(&err, "scan the bus");
    return output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_scan = {
    .name = "scan",
    .arguments = "",
    .summary = "List the chips that answer on a bus",
    .description = "Wakes the bus of DEVICE and lists what answers: I2C address, serial number,\n"
                   "part, and the DEVICE to use. Only reads. On an I2C bus, only the addresses of\n"
                   "new chips are asked who is there. Anything else that answers is listed; to ask\n"
                   "it, name its address in DEVICE: then nothing else of the bus is looked at.\n",
    .examples = "  imprint --device i2c:/dev/i2c-1 scan\n"
                "  imprint --device i2c:/dev/i2c-1@0x50 scan\n"
                "  imprint --json --device unix:chip.sock scan\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run_scan,
};
