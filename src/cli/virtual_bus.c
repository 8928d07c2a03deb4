/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/virtual_bus.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "station/device.h"
#include "station/stop.h"
#include "virtual/chip/virtual.h"

/* Two chips at one address answer together, which no client can make sense of. */
static bool check_addresses(const struct serve_bus *bus, struct error *err)
{
    uint8_t addresses[BUS_CHIPS_MAX];
    size_t count = serve_bus_addresses(bus, addresses);

    for (size_t i = 0; i + 1 < count; i++) {
        if (addresses[i] == addresses[count - 1]) {
            error_set(err, ERROR_USAGE, "two chips on one bus have the same I2C address",
                      "imprint virtual new --as another part makes one with another address");
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
                      struct virtual_bus_time time, struct error *err)
{
    struct station_config without_faults = cli->station.config;

    without_faults.fault_count = 0;
    serve_bus_init(&self->bus, time.real);
    for (size_t i = 0; i < count; i++) {
        struct virtual_chip *chip = NULL;

        if (!check_named_once(files, i, err) ||
            !device_open_virtual(i == 0 ? &cli->station.config : &without_faults, files[i], &chip, err))
            goto failed;
        if (time.typical)
            virtual_set_times(chip, VIRTUAL_TIMES_TYPICAL);
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
