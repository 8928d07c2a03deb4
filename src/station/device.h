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
#include "transport/i2c_linux.h"
#include "transport/kit_hid.h"
#include "transport/kit_tty.h"
#include "transport/socket.h"
#include "transport/swi_tty.h"
#include "transport/virtual.h"

struct virtual_chip;

/* Zero-initialised: closed. Must not move while open. */
struct device {
    struct chip chip;
    struct chip_config config; /* as read at opening */
    enum chip_part part;
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t given_address; /* 7-bit, by DEVICE or for want of one there; 0: the only or first chip */
    /* Private. */
    struct imprint_transport transport;
    struct virtual_chip *virtual_chip; /* not NULL: this is where the transport goes */
    struct transport_virtual virtual_bus;
    struct transport_i2c_linux i2c_bus;
    bool i2c_open;
    struct tracing tracing;
    struct transport_socket socket_bus;
    bool socket_open;
    struct transport_kit_tty kit_bus;
    bool kit_open;
    struct transport_kit_hid hid_bus;
    bool hid_open;
    struct transport_swi_tty swi_bus;
    bool swi_open;
    char path[PATH_MAX];
};

/*
 * Opens `config->device`, arms `config->faults`, reads the config zone. With `looking` the chip is guarded from then
 * on: no command that may change its memory is sent. False with a reason, and nothing held. Error subjects point into
 * `device`.
 */
bool device_open(struct device *device, const struct station_config *config, bool looking, struct error *err);

/*
 * Opens the virtual chip in the file `path` and arms `config->faults`. `*chip` is the caller's to virtual_close().
 * False with a reason, and nothing held.
 */
bool device_open_virtual(const struct station_config *config, const char *path, struct virtual_chip **chip,
                         struct error *err);

/* Takes "HOST:PORT" or "[HOST]:PORT" apart, in place. False when it is neither. */
bool device_split_host(char **host, char **port);

/* The 7-bit I2C address at which the chip is spoken to now; 0: this way to it knows none. */
uint8_t device_address(const struct device *device);

/* Ends the guard of `looking`. */
void device_allow_writes(struct device *device);

/* Puts the chip to sleep and lets go of it; a closed device stays closed. */
void device_close(struct device *device);

/* Says what has been sent, as STATION_DETAIL. */
void device_say_counters(const struct device *device, const struct station *station);

#endif
