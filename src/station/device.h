/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to one chip, from DEVICE: the transport is opened, power applied where it is ours to apply, and the chip
 * asked who it is. Nothing is written to the chip by opening it.
 */
#ifndef IMPRINT_STATION_DEVICE_H
#define IMPRINT_STATION_DEVICE_H

#include "chip/chip.h"
#include "chip/config.h"
#include "station/station.h"
#include "station/tracing.h"

#include <imprint/transport.h>

struct virtual_chip;

/* Zero-initialised: closed. Must not move while open. */
struct device {
    struct chip chip;
    struct chip_config config; /* as read at opening */
    enum chip_part part;
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t named_address;    /* 7-bit, by DEVICE; 0: it names none */
    uint8_t expected_address; /* where the same DEVICE will look for the chip the next time; 0: wherever it is */
    struct imprint_transport transport; /* owned */
    /* Private. */
    struct tracing tracing;
};

/*
 * Opens `config->device`, arms `config->faults`, reads the config zone and the revision. With `looking` the chip is
 * guarded from then on: no command that may change its memory is sent. False with a reason, and nothing held.
 */
bool device_open(struct device *device, const struct station_config *config, bool looking, struct error *err);

/*
 * Opens the virtual chip in the file `path` and arms `config->faults`. `*chip` is the caller's to virtual_close().
 * False with a reason, and nothing held.
 */
bool device_open_virtual(const struct station_config *config, const char *path, struct virtual_chip **chip,
                         struct error *err);

/* The same without asking the chip anything: only the transport is open, and device_close() closes it. */
bool device_open_bus(struct device *device, const struct station_config *config, struct error *err);

/* Reads a chip's serial number, 18 hex digits in `len` characters. */
bool device_read_serial(const char *text, size_t len, uint8_t serial[static CHIP_SERIAL_BYTES]);

/* The 7-bit address that DEVICE itself names after its last @; 0: none. */
uint8_t device_named_address(const char *named);

/* The 7-bit I2C address at which the chip is spoken to now; 0: this way to it knows none. */
uint8_t device_address(const struct device *device);

/* Ends the guard of `looking`. */
void device_allow_writes(struct device *device);

/* Puts the chip to sleep and lets go of it; a closed device stays closed. */
void device_close(struct device *device);

/* Says what has been sent, as STATION_DETAIL. */
void device_say_counters(const struct device *device, const struct station *station);

#endif
