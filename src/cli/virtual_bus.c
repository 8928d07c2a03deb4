/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/virtual_bus.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "base/number.h"
#include "station/device.h"
#include "station/stop.h"
#include "virtual/chip/virtual.h"

#define MESSAGE_MAX_LEAST 8 /* the shortest command with its word address has 8 bytes */

bool virtual_bus_read_manner(struct virtual_bus_manner *manner, bool real, struct virtual_bus_options options,
                             struct error *err)
{
    uint64_t limit = 0;

    if (options.typical != NULL && options.maximum != NULL) {
        error_set(err, ERROR_USAGE, "--typical and --maximum exclude each other", "use one of them");
        return false;
    }
    if (options.message_limit != NULL &&
        number_parse(options.message_limit, MESSAGE_MAX_LEAST, BUS_READ_MAX, &limit) != NUMBER_OK) {
        error_set(err, ERROR_USAGE, "--message-limit needs a number of bytes from 8 to 8192", "use --message-limit 32");
        error_with_subject(err, options.message_limit);
        return false;
    }
    *manner = (struct virtual_bus_manner){.real = real,
                                          .typical = options.typical != NULL || (real && options.maximum == NULL),
                                          .message_max = (size_t)limit};
    return true;
}

static void say_gave_up(const void *context, const struct serve_gave_up *gave_up)
{
    const struct output *output = &((const struct cli *)context)->output;
    const uint64_t waited_us = gave_up->waited_ns / 1000, needed_us = gave_up->needed_ns / 1000;

    if (output->json)
        output_object(output, json_pack("{s:s, s:s, s:i, s:I, s:I}", "event", "gave-up", "command", gave_up->command,
                                        "i2c_address", (int)gave_up->address, "waited_us", (json_int_t)waited_us,
                                        "needed_us", (json_int_t)needed_us));
    else
        output_warn(output,
                    "a host gave up on a busy chip (%s, 0x%02x): it waited %.1f ms, the chip needed %.1f ms; "
                    "a host must ask again until the chip acknowledges",
                    gave_up->command, gave_up->address, (double)waited_us / 1000, (double)needed_us / 1000);
}

/* Two chips at one address answer together, which no client can make sense of. */
static bool check_addresses(const struct serve_bus *bus, struct error *err)
{
    uint8_t addresses[BUS_CHIPS_MAX];
    size_t count = serve_bus_addresses(bus, addresses);

    for (size_t i = 0; i + 1 < count; i++) {
        if (addresses[i] == addresses[count - 1]) {
            error_set(
                err, ERROR_USAGE, "two chips on one bus have the same I2C address",
                "use parts with different addresses; imprint virtual new --as makes blank (0x60), trust-and-go (0x35) and "
                "trust-flex (0x36)");
            return false;
        }
    }
    return true;
}

/* One chip cannot be on the bus twice. Files are compared, not names: links count. */
static bool check_named_once(char **files, size_t index, struct error *err)
{
    struct stat this, other;

    for (size_t i = 0; i < index && stat(files[index], &this) == 0; i++) {
        if (stat(files[i], &other) == 0 && this.st_dev == other.st_dev && this.st_ino == other.st_ino) {
            error_set(err, ERROR_USAGE, "this chip is named twice", "name each chip's file once");
            error_with_subject(err, files[index]);
            return false;
        }
    }
    return true;
}

bool virtual_bus_open(struct virtual_bus *self, const struct cli *cli, char **files, size_t count,
                      struct virtual_bus_manner manner, struct error *err)
{
    struct station_config without_faults = cli->station.config;

    without_faults.fault_count = 0;
    serve_bus_init(&self->bus, manner.real);
    self->bus.message_max = manner.message_max;
    self->bus.callbacks.gave_up = say_gave_up;
    self->bus.callbacks.context = cli;
    for (size_t i = 0; i < count; i++) {
        struct virtual_chip *chip = NULL;

        if (!check_named_once(files, i, err) ||
            !device_open_virtual(i == 0 ? &cli->station.config : &without_faults, files[i], &chip, err))
            goto failed;
        if (manner.typical)
            virtual_set_times(chip, VIRTUAL_TIMES_TYPICAL);
        if (manner.real)
            virtual_prepare(chip);
        if (!serve_bus_add(&self->bus, chip)) {
            virtual_close(chip);
            error_set(err, ERROR_USAGE, "at most 16 chips fit on one bus", "name fewer files");
            goto failed;
        }
        if (!check_addresses(&self->bus, err)) {
            error_with_subject(err, files[i]);
            goto failed;
        }
    }
    if (!tracing_open(&self->tracing, &cli->station.config, err))
        goto failed;
    self->bus.trace = self->tracing.trace;
    return true;
failed:
    virtual_bus_close(self);
    return false;
}

void virtual_bus_close(struct virtual_bus *self)
{
    serve_waiting_end(&self->bus);
    for (size_t i = 0; i < self->bus.count; i++)
        virtual_close(self->bus.chips[i]);
    self->bus.count = 0;
    tracing_close(&self->tracing);
}

int virtual_bus_signals(bool children)
{
    sigset_t set;

    stop_end_watching(); /* from here on the file descriptor takes the signals */
    stop_signals(&set);
    if (children)
        (void)sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
